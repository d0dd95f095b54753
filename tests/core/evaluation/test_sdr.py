"""Literals of SI-SDR are what fast_bss_eval 0.1.4 gives for the same samples."""

import math

import numpy as np
import pytest

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.evaluation.sdr import decibels, sdr, si_sdr, si_sdr_improvement


def shifted(audio, offset):
    return Audio.of(audio.samples.astype(float) + offset, audio.rate)


def test_scale_invariant_figures_are_those_of_fast_bss_eval(separated):
    true, estimates = separated(channels=1)
    mix = Audio.of(sum(a.samples.astype(float) for a in true.values()), 8000)
    expected = {
        "vocals": (20.35100, 20.34138, 10.80409, 20.34138, 3.44389, 3.43508),
        "drums": (11.98506, 11.98886, 4.01910, 11.98886, -6.54032, -6.54139),
        "bass": (9.53476, 9.54118, 1.28345, 9.54118, -8.85181, -8.82396),
    }
    for name, figures in expected.items():
        s, e = true[name], estimates[name]
        found = (
            si_sdr(s, e),
            si_sdr(s, e, zero_mean=True),
            si_sdr(shifted(s, -0.02), shifted(e, 0.05)),
            si_sdr(shifted(s, -0.02), shifted(e, 0.05), zero_mean=True),
            si_sdr(s, mix),
            si_sdr(s, mix, zero_mean=True),
        )
        np.testing.assert_allclose(found, figures, atol=1e-4)
        assert si_sdr_improvement(s, e, mix) == pytest.approx(figures[0] - figures[4], abs=1e-4)


def test_channels_are_one_long_vector(separated):
    true, estimates = separated()
    found = [(si_sdr(true[n], estimates[n]), sdr(true[n], estimates[n])) for n in ("vocals", "drums", "bass")]
    np.testing.assert_allclose(found, [(20.11363, 20.13629), (12.09244, 12.34965), (9.72585, 10.14370)], atol=1e-4)


@pytest.mark.parametrize("loudness", [1e-6, 1.0, 1e3])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_loudness_and_blocks_do_not_matter(separated, monkeypatch, loudness, channels):
    (true, estimates), (loud, other) = separated(1, channels, 0.3), separated(1, channels, 0.3, loudness=loudness)
    expected = [f(true["vocals"], estimates["vocals"]) for f in (sdr, si_sdr)]
    monkeypatch.setattr("unbraid.core.evaluation.sdr.BLOCK", 100)
    np.testing.assert_allclose([f(loud["vocals"], other["vocals"]) for f in (sdr, si_sdr)], expected, atol=1e-4)


@pytest.mark.parametrize("gain", [1e-4, -0.5, 7.0])
def test_scale_does_not_matter(separated, gain):
    true, estimates = (audios["vocals"] for audios in separated(1, 2, 0.3))
    scaled = Audio.of(estimates.samples * gain, 8000)
    assert si_sdr(true, scaled) == pytest.approx(si_sdr(true, estimates), abs=1e-4)
    assert si_sdr(true, Audio.of(true.samples * gain, 8000)) > 120


def test_extremes_have_figures_without_warnings(separated):
    true, estimates = (audios["vocals"] for audios in separated(1, 2, 0.3))
    silence = Audio.silence(true.frames, 2, 8000)
    assert sdr(true, true) == si_sdr(true, true) == math.inf
    assert math.isnan(sdr(silence, silence))
    assert math.isnan(si_sdr(silence, estimates))
    assert sdr(silence, estimates) == -math.inf
    assert sdr(true, silence) == 0.0
    assert si_sdr(true, silence) == -math.inf
    left, right = Audio.of([[1, 0]], 8000), Audio.of([[0, 1]], 8000)
    assert si_sdr(left, right) == -math.inf
    assert math.isnan(si_sdr_improvement(true, true, true))
    constant = Audio.of(np.ones(100), 8000)
    assert math.isnan(si_sdr(constant, constant, zero_mean=True))
    assert math.isnan(sdr(Audio.silence(0, 1, 8000), Audio.silence(0, 1, 8000)))


def test_ratios_of_nothing():
    assert decibels(1.0, 0.0) == math.inf
    assert decibels(0.0, 1.0) == -math.inf
    assert math.isnan(decibels(0.0, 0.0))
    assert decibels(1e-200, 1e200) == pytest.approx(-4000)


def test_signals_that_differ_in_kind_are_refused(separated):
    true, estimates = (audios["vocals"] for audios in separated(1, 2, 0.3))
    with pytest.raises(ParameterError, match="100 samples of 2 channels at 8000 Hz"):
        sdr(true, estimates.slice(0, 100))
    with pytest.raises(ParameterError, match="44100 Hz"):
        si_sdr(true, Audio(estimates.samples, 44100))
