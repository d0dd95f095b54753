"""Masked thresholds: what is loud hides what is near it in frequency, and tones hide less than noise."""

import numpy as np
import pytest

from unbraid.core.dsp import masking
from unbraid.core.errors import ParameterError

RATE, SIZE = 44100, 2048
FREQS = np.fft.rfftfreq(SIZE, 1 / RATE)


def spectrogram(x):
    """Powers (F, T) whose sums are mean squares."""
    window = np.sin(np.pi * (np.arange(SIZE) + 0.5) / SIZE)
    frames = np.lib.stride_tricks.sliding_window_view(x, SIZE)[:: SIZE // 2]
    return 2 * np.abs(np.fft.rfft(frames * window)).T ** 2 / (SIZE * np.sum(window**2))


def tone(freq_hz, level=0.1):
    return level * np.sin(2 * np.pi * freq_hz * np.arange(RATE) / RATE)


def noise(level=0.1):
    return level * np.random.default_rng(0).standard_normal(RATE)


def db(x):
    return 10 * np.log10(x)


def test_silence_hides_no_more_than_the_threshold_in_quiet():
    found = masking.thresholds(np.zeros((len(FREQS), 3)), FREQS)
    parts = masking.bands(FREQS)
    np.testing.assert_allclose(found, np.repeat((parts.quiet / parts.sizes)[:, None], parts.sizes, axis=0)[:, [0] * 3])


def test_the_ear_is_best_between_2_and_5_khz():
    khz = FREQS[np.argmin(masking.quiet_spl(FREQS))] / 1000
    assert 2 < khz < 5


def test_bark_of_1_khz_is_8_and_a_half():
    assert masking.bark(1000) == pytest.approx(8.5, abs=0.1)


def test_a_tone_hides_more_above_it_than_below():
    parts = masking.bands(FREQS)
    found = db(masking.band_thresholds(spectrogram(tone(1000)), parts)[:, 10])
    below, here, above = (found[np.argmin(np.abs(parts.centres_bark - z))] for z in (6.5, 8.5, 10.5))
    assert here > above + 10 and above > below + 10


def test_noise_hides_more_than_a_tone_of_the_same_power():
    parts = masking.bands(FREQS)
    band = int(np.argmin(np.abs(parts.centres_hz - 2000)))
    for sound, least, most in ((tone(2000), 24, 36), (noise(), 3, 9)):
        power = spectrogram(sound)
        ratio = db(parts.sums(power)[band] / masking.band_thresholds(power, parts)[band])
        assert least < np.median(ratio) < most


@pytest.mark.parametrize("level", [1e-6, 1e-3, 1.0, 1e3])
def test_thresholds_grow_with_the_sound_and_are_finite(level):
    found = masking.thresholds(spectrogram(noise(level)), FREQS)
    louder = masking.thresholds(spectrogram(noise(2 * level)), FREQS)
    assert np.isfinite(found).all() and (found > 0).all() and (louder >= found * 0.999).all()


def test_each_bin_is_in_one_band():
    for freqs in (FREQS, (np.arange(256) + 0.5) * 4000 / 256, np.array([0.0, 50.0, 20000.0]), np.array([100.0])):
        parts = masking.bands(freqs)
        assert parts.starts[0] == 0 and parts.starts[-1] == len(freqs) and (parts.sizes > 0).all()
        np.testing.assert_allclose(parts.sums(parts.spread_evenly(np.ones((len(parts.sizes), 2)))), 1)


def test_noise_before_an_attack_and_after_the_end_is_limited():
    thresholds = np.array([[1.0, 1.0, 100.0, 100.0, 1.0, 1.0]])
    np.testing.assert_allclose(masking.limit_rise(thresholds), [[1, 1, 2, 100, 1, 1]])
    np.testing.assert_allclose(masking.after_masking(thresholds, 0.1), [[1, 1, 100, 100, 10, 1]])


def test_other_shapes_are_refused_in_words():
    with pytest.raises(ParameterError, match="a power per bin"):
        masking.thresholds(np.zeros((5, 3)), FREQS)
    with pytest.raises(ParameterError, match="rising"):
        masking.bands(FREQS[::-1])
