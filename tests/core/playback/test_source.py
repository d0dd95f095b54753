from __future__ import annotations

import numpy as np
import pytest
import signals

from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.playback.source import Source, channel_matrix


def test_a_device_of_the_songs_kind_gets_the_song() -> None:
    song = signals.noise(seconds=0.2)
    assert np.array_equal(Source(Mixdown(song), song.rate, 2).block(100, 50), song.samples[100:150])


@pytest.mark.parametrize(("old", "new"), [(44100, 48000), (48000, 44100), (22050, 96000), (44101, 48000)])
def test_another_rate_is_in_time_wherever_it_begins(old: int, new: int) -> None:
    song = signals.sine(500.0, seconds=1.0, rate=old)
    want = signals.sine(500.0, seconds=1.0, rate=new).samples
    source = Source(Mixdown(song), new, 1)
    assert source.frames == len(want)
    for start in (0, 1, 12_345, 20_000):
        got = np.concatenate([source.block(start + k, 700) for k in range(0, 2100, 700)])
        inside = slice(700 if start < 100 else 0, None)
        assert np.abs(got - want[start : start + 2100])[inside].max() < 0.04, start
    assert not np.abs(source.block(source.frames + 4000, 100)).max() > 1e-3


def test_a_resampled_song_goes_on_without_a_joint() -> None:
    song = signals.sine(500.0, seconds=1.0, rate=44100)
    source = Source(Mixdown(song), 48000, 1)
    got = np.concatenate([source.block(k, 333) for k in range(5000, 5000 + 333 * 60, 333)])
    assert np.abs(np.diff(got[:, 0].astype(np.float64), 2)).max() < 1.1 * 0.5 * (2 * np.pi * 500 / 48000) ** 2


@pytest.mark.parametrize(
    ("channels", "wanted", "heard"),
    [
        (1, 2, [[1, 1]]),
        (2, 1, [[0.5], [0.5]]),
        (2, 6, [[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]]),
        (6, 2, [[1, 0], [0, 1], [0.5**0.5, 0.5**0.5], [0, 0], [0.5**0.5, 0], [0, 0.5**0.5]]),
        (3, 2, [[1, 0], [0, 1], [0, 0]]),
    ],
)
def test_channels_are_folded_and_spread(channels: int, wanted: int, heard: list[list[float]]) -> None:
    matrix = channel_matrix(channels, wanted)
    assert matrix is not None and matrix == pytest.approx(np.array(heard))
    song = signals.noise(seconds=0.1, channels=channels)
    got = Source(Mixdown(song), song.rate, wanted).block(0, 1000)
    assert got == pytest.approx(song.samples[:1000] @ matrix, abs=1e-6)


def test_all_of_surround_is_heard_on_one_loudspeaker() -> None:
    matrix = channel_matrix(6, 1)
    assert matrix is not None and matrix.shape == (6, 1) and (matrix[[0, 1, 2, 4, 5]] > 0).all()
