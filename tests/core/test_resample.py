"""Lengths are exact, nothing is late, and what was in both bands comes back."""

from __future__ import annotations

import numpy as np
import pytest
import signals
from hypothesis import given, settings
from hypothesis import strategies as st

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.resample import resample, resample_blocks, resample_exactly, resampled_frames

RATES = [8000, 22050, 44100, 48000, 96000, 192000]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.integers(1, 5000), st.sampled_from(RATES), st.sampled_from(RATES), st.sampled_from([1, 2, 3]))
def test_lengths_are_exact_there_and_back(frames: int, old: int, new: int, channels: int) -> None:
    audio = Audio.silence(frames, channels, old)
    there = resample(audio, new)
    assert there.frames == resampled_frames(frames, old, new) == int(np.floor(frames * new / old + 0.5))
    assert there.channels == channels
    assert resample(there, old, frames=frames).frames == frames


@pytest.mark.parametrize(
    ("old", "new"), [(44100, 48000), (48000, 44100), (44100, 22050), (8000, 192000), (96000, 44100)]
)
def test_nothing_is_late_or_louder(old: int, new: int) -> None:
    """A tone that both rates hold is the same tone, sample by sample, away from the ends."""
    low = min(old, new)
    tone = signals.sine(0.11 * low, seconds=0.5, rate=old)
    got, want = resample(tone, new), signals.sine(0.11 * low, seconds=0.5, rate=new)
    inside = slice(new // 20, -new // 20)
    assert np.abs(got.samples[inside] - want.samples[inside]).max() < 1e-5


def test_there_and_back_gives_the_sound_back() -> None:
    chirp = signals.chirp(100, 15000, seconds=1.0)
    back = resample(resample(chirp, 48000), 44100, frames=chirp.frames)
    inside = slice(2000, -2000)
    assert np.abs(back.samples[inside] - chirp.samples[inside]).max() < 2e-5


def test_a_click_stays_in_its_place() -> None:
    click = signals.click(20000, 10000)
    assert np.argmax(resample(click, 88200).samples) == 20000


def test_the_same_rate_is_the_same_sound() -> None:
    audio = signals.noise(seconds=0.1)
    assert resample(audio, audio.rate) is audio


def test_blocks_change_nothing() -> None:
    audio = signals.noise(seconds=0.5)
    whole = np.concatenate(list(resample_blocks([audio.samples], 44100, 48000, 2)))
    pieces = [audio.samples[k : k + 999] for k in range(0, audio.frames, 999)]
    parts = np.concatenate(list(resample_blocks(pieces, 44100, 48000, 2)))
    assert np.array_equal(parts, whole)
    assert sum(map(len, resample_exactly(pieces, 44100, 48000, 2, 24001))) == 24001
    assert sum(map(len, resample_exactly(pieces, 44100, 48000, 2, 10))) == 10


def test_a_memory_map_is_accepted(tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "a"
    mapped = np.memmap(path, np.float32, "w+", shape=(1000, 2))
    assert resample(Audio(mapped, 44100), 48000).frames == 1088


def test_an_unknown_quality_is_named() -> None:
    with pytest.raises(ParameterError, match="VHQ"):
        resample(signals.sine(seconds=0.1), 48000, quality="best")
