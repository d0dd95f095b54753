import numpy as np
import pytest

from unbraid.app.spectrogram.analysis import Waveform
from unbraid.app.spectrogram.signals import Signal
from unbraid.app.spectrogram.waves import columns, loudness, peaks_of
from unbraid.core.audio import Audio

RATE = 1000
X = np.random.default_rng(0).standard_normal((5000, 2)).astype(np.float32)


def waveform() -> Waveform:
    wave = Waveform(Signal(((Audio.of(X, RATE), 1.0),)))
    while wave.step():
        pass
    return wave


@pytest.mark.parametrize("samples", [7, 100, 300, 1000])
def test_columns_hold_the_extremes_of_their_samples(samples: int) -> None:
    low, high = columns(waveform(), 1, samples / RATE, 4)
    for k in range(4):
        part = X[(k + 1) * samples : (k + 2) * samples]
        near = X[max(0, (k + 1) * samples - 512) : (k + 2) * samples + 512]
        if samples < 256:
            assert (low[k], high[k]) == (part.min(), part.max())
        else:  # blocks of 256 samples stand where they begin
            assert near.min() <= low[k] < 0 < high[k] <= near.max()
    low, high = columns(waveform(), 0, samples / RATE, 5000 // samples + 1)
    assert (low.min(), high.max()) == (X.min(), X.max())


def test_beyond_the_end_there_is_silence() -> None:
    low, high = columns(waveform(), 0, 1.0, 9)
    assert (low[6:] == 0).all() and (high[6:] == 0).all() and low[0] < 0 < high[0]


def test_the_whole_song_has_levels_and_peaks() -> None:
    assert loudness(waveform(), 10) == pytest.approx(np.ones(10), abs=0.2)
    assert peaks_of(waveform(), 5).max() == np.abs(X).max()
    assert len(loudness(waveform(), 300)) == 300
