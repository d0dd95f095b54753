import numpy as np
import pytest

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.separation.contract import silent_progress
from unbraid.core.separation.guide import Guide
from unbraid.plugins.hpss.voice import HPSSVoice

RATE = 22050


def sources(seconds=5.0):
    """A gliding tone with vibrato, a standing chord, and clicks, (N, 1) each."""
    t = np.arange(round(seconds * RATE)) / RATE
    pitch = 500 * 2 ** (0.3 * np.sin(2 * np.pi * 0.4 * t) + 0.06 * np.sin(2 * np.pi * 5.5 * t))
    voice = 0.2 * np.sin(2 * np.pi * np.cumsum(pitch) / RATE)
    chord = 0.15 * (np.sin(2 * np.pi * 220 * t) + np.sin(2 * np.pi * 1400 * t))
    clicks = np.zeros_like(t)
    clicks[2000 :: RATE // 3] = 0.9
    return [x[:, None].astype(np.float32) for x in (voice, chord, clicks)]


def sdr(truth, estimate):
    error = truth.astype(np.float64) - estimate
    return 10 * np.log10(np.vdot(truth, truth) / np.vdot(error, error))


def test_a_gliding_voice_a_chord_and_clicks_are_told_apart():
    voice, chord, clicks = sources()
    stems = HPSSVoice().separate(Audio(voice + chord + clicks, RATE), Guide(), silent_progress)
    assert sdr(voice, stems["vocals"].samples) > 10
    assert sdr(chord, stems["harmonic"].samples) > 10
    assert sdr(clicks, stems["percussive"].samples) > 8


def test_stems_add_up_and_nothing_low_is_voice():
    t = np.arange(RATE * 3) / RATE
    hum = Audio.of(0.5 * np.sin(2 * np.pi * (60 + 10 * np.sin(2 * np.pi * 3 * t)) * t), RATE)
    stems = HPSSVoice().separate(hum, Guide(), silent_progress)
    total = sum(s.samples.astype(np.float64) for s in stems.values())
    assert np.abs(total - hum.samples).max() < 1e-6
    low = HPSSVoice(high_pass_hz=1000.0).separate(hum, Guide(), silent_progress)
    assert np.abs(low["vocals"].samples[RATE:-RATE]).max() < 0.02


def test_even_medians_are_refused():
    with pytest.raises(ParameterError, match="odd"):
        HPSSVoice(short_frames=8).separate(Audio.silence(100, 1, RATE), Guide(), silent_progress)
