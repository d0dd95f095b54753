import numpy as np
import pytest

from unbraid.core.audio import Audio
from unbraid.core.dsp.median import median
from unbraid.core.dsp.stft import istft, stft
from unbraid.core.errors import ParameterError
from unbraid.core.kam.resolution import stft_at
from unbraid.core.separation import run
from unbraid.core.separation.contract import silent_progress
from unbraid.core.separation.guide import Guide
from unbraid.plugins.hpss import HPSS
from unbraid.plugins.hpss.medians import Medians, hpss_masks

RATE = 22050


def sdr(truth, estimate):
    error = truth.astype(np.float64) - estimate
    return 10 * np.log10(np.vdot(truth, truth) / np.vdot(error, error))


def tones(seconds=4.0):
    t = np.arange(round(seconds * RATE)) / RATE
    return np.stack([0.2 * np.sin(2 * np.pi * f * t) for f in (440.0, 660.0)], axis=1).astype(np.float32)


def clicks(seconds=4.0):
    """Bursts of noise of five milliseconds, (N, 2)."""
    rng = np.random.default_rng(4)
    x = np.zeros((round(seconds * RATE), 2), np.float32)
    for start in range(3000, len(x) - 100, RATE // 3):
        x[start : start + 100] = 0.5 * rng.standard_normal((100, 1)) * (1.0, 0.6)
    return x


def separated(x, separator=None):
    stems = (separator or HPSS()).separate(Audio(x, RATE), Guide(), silent_progress)
    return stems["harmonic"].samples, stems["percussive"].samples


def test_tones_and_clicks_are_told_apart():
    harmonic, percussive = separated(tones() + clicks())
    assert sdr(tones(), harmonic) > 25
    assert sdr(clicks(), percussive) > 15


def test_one_iteration_is_the_formula():
    x = np.random.default_rng(0).standard_normal((RATE, 1)).astype(np.float32)
    params = stft_at(2048, 512, RATE)
    X = stft(x, params)
    V = np.abs(X[:, :, 0])
    H = median(V, 17, 1).astype(np.float64)
    P = median(np.concatenate([V[8:0:-1], V, V[-2:-10:-1]]), 17, 0)[8:-8].astype(np.float64)
    expected = istft((X * (H**2 / (H**2 + P**2))[:, :, None]).astype(np.complex64), params, len(x))
    got, _ = separated(x, HPSS(window=2048, hop=512, harmonic_frames=17, percussive_bins=17, exponent=2.0))
    assert np.abs(got - expected).max() < 1e-5


def test_iterations_sharpen_the_masks_and_still_cover_everything():
    V = np.abs(np.random.default_rng(1).standard_normal((60, 50))).astype(np.float32)
    spread = []
    for iterations in (1, 3):
        harmonic, percussive = hpss_masks(V, Medians(9, 9, iterations=iterations))
        assert np.abs(harmonic + percussive - 1).max() < 1e-6
        spread.append(float(harmonic.std()))
    assert spread[1] > spread[0]


def test_a_margin_leaves_a_residual():
    stems = run.separate(HPSS(margin=2.0), Audio(tones() + clicks() + 0.05, RATE))
    assert set(stems) == {"harmonic", "percussive", "residual"}
    total = sum(s.samples.astype(np.float64) for s in stems.values())
    assert np.abs(total - (tones() + clicks() + 0.05)).max() < 1e-6


def test_joint_masks_keep_the_image_and_single_ones_need_not():
    x = tones() + clicks()
    x[:, 1] = 0.25 * x[:, 0]
    harmonic, _ = separated(x)
    assert np.allclose(harmonic[:, 1], 0.25 * harmonic[:, 0], atol=1e-6)
    alone = separated(x[:, :1], HPSS(channels="each"))[0]
    assert np.allclose(separated(x, HPSS(channels="each"))[0][:, :1], alone, atol=1e-6)


@pytest.mark.parametrize("seconds", [1 / RATE, 0.01, 0.3])
def test_shorter_than_a_window(seconds):
    x = (tones() + clicks())[2990 : 2990 + max(1, round(seconds * RATE))]
    harmonic, percussive = separated(x)
    assert np.abs(harmonic + percussive - x).max() < 1e-6


def test_even_medians_are_refused():
    with pytest.raises(ParameterError, match="try 19"):
        separated(tones(0.1), HPSS(harmonic_frames=18))


def test_context_covers_what_a_sample_depends_on():
    separator = HPSS(window=1024, hop=256, harmonic_frames=9, percussive_bins=9, iterations=2)
    x = (tones(3.0) + clicks(3.0)).copy()
    changed = x.copy()
    reach = round(separator.context(RATE) * RATE)
    changed[: RATE * 2 - reach] += 0.3 * np.random.default_rng(2).standard_normal((RATE * 2 - reach, 2)).astype(
        np.float32
    )
    before, after = separated(x, separator)[0], separated(changed, separator)[0]
    assert np.abs(before[RATE * 2 :] - after[RATE * 2 :]).max() < 1e-6
    assert np.abs(before[:RATE] - after[:RATE]).max() > 1e-3
