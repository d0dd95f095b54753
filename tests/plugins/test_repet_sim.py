import numpy as np
import pytest
from repeating import RATE, glide, sdr

from unbraid.core.audio import Audio
from unbraid.core.separation.contract import silent_progress
from unbraid.core.separation.guide import Guide
from unbraid.plugins.repet_sim import RepetSim


def events(seconds=20.0, channels=2, seed=3):
    """Four chords that come back in a random order with random pauses: repetition without a period. (N, I)."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(0.7 * RATE)) / RATE
    chords = [
        sum(np.sin(2 * np.pi * f * t) for f in rng.uniform(160, 3000, 5)) * np.exp(-3 * t)[None].ravel()
        for _ in range(4)
    ]
    x = np.zeros((round(seconds * RATE), channels), np.float32)
    start = 0
    while start + len(t) < len(x):
        x[start : start + len(t)] += 0.06 * chords[rng.integers(4)][:, None].astype(np.float32)
        start += round(rng.uniform(0.7, 0.95) * RATE)
    return x


def separate(x, separator=None):
    stems = (separator or RepetSim()).separate(Audio(x, RATE), Guide(), silent_progress)
    return stems["vocals"].samples, stems["accompaniment"].samples


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_a_voice_over_events_without_a_period_is_found(channels):
    voice, backing = glide(20.0, channels), events(channels=channels)
    vocals, accompaniment = separate(voice + backing)
    assert sdr(voice, vocals) > 9  # 6 dB in the mix
    assert sdr(backing, accompaniment) > 3  # -6 dB
    assert np.abs(vocals + accompaniment - voice - backing).max() < 1e-6


def test_more_moments_than_there_are_do_no_harm():
    x = events(2.0, 1)
    vocals, accompaniment = separate(x, RepetSim(count=100, distance_s=0.05))
    assert np.abs(vocals + accompaniment - x).max() < 1e-6


def test_a_moment_like_no_other_belongs_to_itself():
    x = events(6.0, 1)
    vocals, _ = separate(x, RepetSim(threshold=1.0, context_s=0.0))
    assert np.abs(vocals).max() < 1e-3  # nothing but itself to compare with: all is accompaniment


def test_silence_between_events_stays_silent():
    x = events(8.0, 1)
    x[3 * RATE : 5 * RATE] = 0
    vocals, accompaniment = separate(x)
    inside = slice(3 * RATE + 5000, 5 * RATE - 5000)
    assert np.all(vocals[inside] == 0)
    assert np.all(accompaniment[inside] == 0)


@pytest.mark.parametrize("frames", [1, 700, 9000])
def test_too_short_to_repeat(frames):
    x = events(1.0)[:frames]
    vocals, accompaniment = separate(x)
    assert np.abs(vocals + accompaniment - x).max() < 1e-6
