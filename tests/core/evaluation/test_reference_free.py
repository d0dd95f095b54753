import math

import numpy as np
import pytest

from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import StftParams, stft
from unbraid.core.errors import ParameterError
from unbraid.core.evaluation.reference_free import (
    agreement,
    disjointness,
    inconsistency_db,
    mask_inconsistency_db,
    null_level,
)
from unbraid.core.evaluation.sdr import si_sdr

PARAMS = StftParams(512, 128)


def mix_of(stems):
    return Audio.of(sum(a.samples.astype(float) for a in stems.values()), 8000)


@pytest.mark.parametrize("loudness", [1e-6, 1.0, 1e3])
def test_what_stems_leave_of_the_mix(separated, loudness):
    stems, _ = separated(loudness=loudness)
    mix = mix_of(stems)
    assert null_level(mix, stems).relative_db < -130
    rest = null_level(mix, {name: stems[name] for name in ("vocals", "drums")})
    x = stems["bass"].samples.astype(float)
    assert rest.rms_dbfs == pytest.approx(10 * np.log10(np.mean(x**2)), abs=1e-4)
    assert rest.peak_dbfs == pytest.approx(20 * np.log10(np.abs(x).max()), abs=1e-4)
    assert rest.relative_db == pytest.approx(
        10 * np.log10(np.sum(x**2) / np.sum(mix.samples.astype(float) ** 2)), abs=1e-4
    )


def test_nothing_left_is_minus_infinity():
    silence, tone = Audio.silence(100, 2, 8000), Audio.of(np.ones((100, 2)), 8000)
    for mix in (silence, tone):
        level = null_level(mix, {"all": mix})
        assert level.rms_dbfs == level.peak_dbfs == level.relative_db == -math.inf
    assert null_level(silence, {"all": tone}).relative_db == math.inf
    assert null_level(tone, {}).relative_db == 0.0


def test_the_mix_is_not_written_to(separated):
    stems, _ = separated()
    mix = mix_of(stems)
    before = mix.samples.copy()
    null_level(mix, stems)
    assert np.array_equal(mix.samples, before)


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("loudness", [1e-6, 1.0, 1e3])
def test_spectrograms_of_signals_are_consistent(separated, channels, loudness):
    audio = separated(1, channels, 0.5, loudness=loudness)[0]["vocals"]
    assert inconsistency_db(stft(audio.samples, PARAMS), PARAMS, audio.frames) < -130


def test_random_spectrograms_are_not_consistent(separated, monkeypatch):
    audio = separated(1, 2, 0.5)[0]["vocals"]
    spectrum = stft(audio.samples, PARAMS)
    turned = spectrum * np.exp(2j * np.pi * np.random.default_rng(0).random(spectrum.shape)).astype(np.complex64)
    whole = inconsistency_db(turned, PARAMS, audio.frames)
    assert -6 < whole < 0  # three quarters of the energy at an overlap of 4
    monkeypatch.setattr("unbraid.core.evaluation.reference_free.BLOCK_VALUES", 1)
    assert inconsistency_db(turned, PARAMS, audio.frames) == pytest.approx(whole, abs=1e-4)


def test_masks_make_inconsistent_spectrograms(separated):
    audio = separated(1, 2, 0.5)[0]["vocals"]
    spectrum = stft(audio.samples, PARAMS)
    rng = np.random.default_rng(1)
    for shape in (spectrum.shape[:2], spectrum.shape):
        mask = rng.random(shape, np.float32)
        masked = spectrum * (mask if mask.ndim == 3 else mask[:, :, None])
        found = mask_inconsistency_db(audio, mask, PARAMS)
        assert found == pytest.approx(inconsistency_db(masked, PARAMS, audio.frames), abs=1e-3)
        assert -20 < found < 0
    assert mask_inconsistency_db(audio, np.full(spectrum.shape, 0.3, np.float32), PARAMS) < -130
    assert math.isnan(mask_inconsistency_db(audio, np.zeros(spectrum.shape, np.float32), PARAMS))
    with pytest.raises(ParameterError, match="257 bins by 33 frames"):
        mask_inconsistency_db(audio, np.zeros((257, 5), np.float32), PARAMS)


def test_agreement_is_the_scale_invariant_sdr_of_pairs(separated):
    true, estimates = separated()
    methods = {"a": true, "b": estimates, "c": {"vocals": Audio(2 * estimates["vocals"].samples, 8000)}, "d": {}}
    found = agreement(methods, "vocals")
    assert found.methods == ("a", "b", "c")
    expected = si_sdr(true["vocals"], estimates["vocals"])
    np.testing.assert_allclose(found.si_sdr[0, 1:], expected, atol=1e-5)
    np.testing.assert_allclose(found.si_sdr, found.si_sdr.T)
    assert found.si_sdr[1, 2] == found.si_sdr[0, 0] == np.inf
    assert si_sdr(estimates["vocals"], true["vocals"]) == pytest.approx(expected, abs=1e-6)  # it is symmetric
    with pytest.raises(ParameterError, match="'piano' is in none of a, b, c, d"):
        agreement(methods, "piano")


@pytest.mark.parametrize("loudness", [1e-6, 1.0, 1e3])
def test_stems_that_share_no_bins_are_disjoint(loudness):
    t = np.arange(8000)
    low, high = (Audio.of(loudness * np.sin(2 * np.pi * f * t / 8000), 8000) for f in (500, 2500))
    silence = Audio.silence(8000, 1, 8000)
    found = disjointness({"low": low, "high": high, "none": silence}, PARAMS)
    assert min(found["low"].wdo, found["high"].wdo) > 0.999
    assert math.isnan(found["none"].wdo)
    alike = disjointness({"a": low, "b": low}, PARAMS)
    assert alike["a"].preserved == alike["a"].wdo == 0


def test_disjointness_does_not_depend_on_blocks(separated, monkeypatch):
    stems, _ = separated(seconds=0.6)
    whole = disjointness(stems, PARAMS)
    assert 0 < whole["vocals"].interference < whole["vocals"].preserved < 1
    monkeypatch.setattr("unbraid.core.evaluation.reference_free.BLOCK_VALUES", 1)
    for name, found in disjointness(stems, PARAMS).items():
        assert found.wdo == pytest.approx(whole[name].wdo, rel=1e-6)


def test_one_stem_is_not_disjoint_from_anything(separated):
    with pytest.raises(ParameterError, match="two stems or more"):
        disjointness(separated(1)[0])
