import numpy as np
import pytest

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.kam.background import Rule, split_voice
from unbraid.core.kam.magnitudes import song_magnitudes
from unbraid.core.kam.resolution import stft_at
from unbraid.core.progress import part_of
from unbraid.core.separation.contract import silent_progress


@pytest.fixture
def mix():
    return Audio.of(np.random.default_rng(0).standard_normal((8000, 2)), 16000)


def split(mix, model_of, **options):
    params = stft_at(1024, 256, mix.rate)
    V = song_magnitudes(mix.samples, params)
    rule = Rule(**{"exponent": 1.0, "high_pass_hz": 0.0, "bins": 3, "frames": 5} | options)
    return split_voice(mix, params, V, lambda a, b: model_of(V[:, a:b]), rule=rule, progress=silent_progress)


def energy(audio):
    return float(np.square(audio.samples).sum())


def test_a_model_of_everything_leaves_no_voice(mix):
    stems = split(mix, lambda V: 2 * V)
    assert energy(stems["vocals"]) == 0
    assert np.allclose(stems["accompaniment"].samples, mix.samples)


def test_a_model_of_nothing_leaves_everything_above_the_high_pass(mix):
    assert np.allclose(split(mix, np.zeros_like)["vocals"].samples, mix.samples, atol=1e-5)
    high = split(mix, np.zeros_like, high_pass_hz=4000.0)
    assert 0.4 * energy(mix) < energy(high["vocals"]) < 0.55 * energy(mix)


def test_stems_add_up(mix):
    stems = split(mix, lambda V: 0.3 * V, exponent=2.0)
    total = stems["vocals"].samples.astype(np.float64) + stems["accompaniment"].samples
    assert np.abs(total - mix.samples).max() < 1e-6


def test_even_smoothing_is_refused(mix):
    with pytest.raises(ParameterError, match="odd"):
        split(mix, np.zeros_like, frames=4)


def test_progress_of_a_part_stays_within_it():
    seen = []
    part_of(lambda f, m: seen.append((f, m)), 0.5, 0.7)(2.0, "x")
    assert seen == [(0.7, "x")]
