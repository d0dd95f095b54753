from __future__ import annotations

import numpy as np
import pytest
import signals

from unbraid.core.dsp.stft import StftParams, stft
from unbraid.core.errors import ParameterError
from unbraid.core.kam.recordings import SAMPLED_FRAMES, Recordings, Rounds

PARAMS = StftParams(512, 128)


def two(seconds=1.0, channels=2):
    return [signals.noise(seconds=seconds, rate=8000, channels=channels, seed=seed).samples for seed in (1, 2)]


def test_blocks_are_the_spectrograms():
    samples = two()
    found = Recordings(samples, PARAMS).spectra(7, 11)
    assert found.shape == (2, 2, 11, PARAMS.bins)
    assert np.array_equal(found[1], stft(samples[1], PARAMS, first=7, frames=11).T)


def test_a_sample_of_a_short_song_is_all_of_it_and_of_a_long_one_bounded():
    samples = two()
    assert np.array_equal(Recordings(samples, PARAMS).sample()[0], stft(samples[0], PARAMS).T)
    long = [np.tile(s, (60, 1)) for s in samples]
    assert Recordings(long, PARAMS).sample().shape[2] < 1.5 * SAMPLED_FRAMES[1]


def test_copies_of_one_channel_are_read_once():
    one = [np.broadcast_to(s[:, :1], (len(s), 3)) for s in two()]
    recordings = Recordings(one, PARAMS)
    found = recordings.spectra(0, 5)
    assert found.shape == (2, 1, 5, PARAMS.bins)
    assert recordings.spread(found[0].T).shape == (PARAMS.bins, 5, 3)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ParameterError, match="one shape"):
        Recordings([two()[0], two(0.5)[0]], PARAMS)
    with pytest.raises(ParameterError, match="odd"):
        Rounds(4, 2, 3)
    assert Rounds(4, 3, 5).context_frames == 10
