"""Frames in which two copies of a mix are compared: bands, bins on the ear's scale, spectra at any rate and place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Audio, Samples

Doubles = npt.NDArray[np.float64]
Spectrum = npt.NDArray[np.complex64]

FRAME_S = 0.0929
BANDS = 20
PROBE_BINS = 144
LOWEST_HZ, HIGHEST_HZ = 80.0, 19_000.0
MOST_FRAMES = 4096
"""Frames over which levels are averaged; in songs beyond six minutes there are gaps between them."""

MID, SIDE = 0, 1
FLOOR = 1e-20
"""Power of what counts as silence, 200 dB below full scale."""


def frame_samples(rate: int) -> int:
    """Samples N of a frame: the power of two nearest to 93 ms."""
    return max(64, 1 << round(float(np.log2(FRAME_S * rate))))


def _erb(freq_hz: npt.ArrayLike) -> Doubles:
    """Number of equivalent rectangular bandwidths below a frequency (Glasberg and Moore, 1990)."""
    return np.asarray(21.4 * np.log10(1 + 0.00437 * np.asarray(freq_hz, np.float64)))


def _hz(erb: npt.ArrayLike) -> Doubles:
    """Frequency of a number of equivalent rectangular bandwidths."""
    return np.asarray((10 ** (np.asarray(erb, np.float64) / 21.4) - 1) / 0.00437)


def edges_hz() -> Doubles:
    """Edges of the bands, (BANDS + 1,)."""
    return _hz(np.linspace(_erb(LOWEST_HZ), _erb(HIGHEST_HZ), BANDS + 1))


def probe_hz(rate: int) -> Doubles:
    """Frequencies of the bins that probes hold, (PROBE_BINS,): whole bins, evenly spread on the ear's scale."""
    frame = frame_samples(rate)
    top = min(HIGHEST_HZ, 0.45 * rate)
    wanted = _hz(np.linspace(_erb(LOWEST_HZ), _erb(top), PROBE_BINS))
    return np.rint(wanted * frame / rate) * rate / frame


def band_of(freq_hz: Doubles) -> npt.NDArray[np.int64]:
    """Number of the band of each frequency, -1 and BANDS outside."""
    return np.asarray(np.searchsorted(edges_hz() * (1 - 1e-9), freq_hz, side="right") - 1)


def fold(samples: Samples, kind: int) -> Samples:
    """(N, I) as one signal (N,): the mean of all channels, or half the difference of the first two."""
    channels = samples.shape[1]
    weights = np.full(channels, 1.0 / channels, np.float32)
    if kind == SIDE:
        weights[:] = 0.0
        weights[:2] = 0.5, -0.5
    return np.asarray(samples @ weights)


def kinds(channels: int) -> tuple[int, ...]:
    """Which foldings a mix has."""
    return (MID, SIDE) if channels > 1 else (MID,)


def excerpt(audio: Audio, start: int, frames: int) -> Samples:
    """`frames` samples from `start` on, silence where there are none."""
    inside = audio.samples[max(0, start) : max(0, start + frames)]
    if len(inside) == frames:
        return inside
    out = np.zeros((frames, audio.channels), np.float32)
    at = max(0, -start)
    out[at : at + len(inside)] = inside
    return out


@dataclass(frozen=True, eq=False)
class Analyser:
    """Spectra of Hann-windowed frames at given frequencies, at any fractional place of sound of any rate.

    rate: samples per second of the sound, as it plays in the time of the print. seconds: length of the frame.
    """

    freq_hz: Doubles
    rate: float
    seconds: float
    basis: Spectrum

    @classmethod
    def of(cls, freq_hz: Doubles, rate: float, seconds: float) -> Analyser:
        """An analyser with its table."""
        n = np.arange(int(np.ceil(seconds * rate)) + 1)
        return cls(freq_hz, rate, seconds, np.exp(-2j * np.pi * freq_hz[:, None] * n / rate).astype(np.complex64))

    def spectrum(self, audio: Audio, kind: int, start: float) -> Spectrum:
        """(K,) of the frame that begins at sample `start`; its size does not depend on the rate."""
        first = int(np.ceil(start))
        late = first - start
        count = self.basis.shape[1]
        at = (np.arange(count) + late) / (self.seconds * self.rate)
        window = np.where(at < 1, np.square(np.sin(np.pi * at)), 0.0)
        sound = fold(excerpt(audio, first, count), kind) * window.astype(np.float32)
        turned = np.exp(-2j * np.pi * self.freq_hz * late / self.rate) / (self.seconds * self.rate)
        return np.asarray((self.basis @ sound) * turned.astype(np.complex64))


def whole_spectra(audio: Audio, kind: int, starts: npt.NDArray[np.int64]) -> Spectrum:
    """(T, PROBE_BINS) of frames at whole samples, as `Analyser` would find them at the frequencies of probes."""
    from scipy.fft import rfft

    size = frame_samples(audio.rate)
    bins = np.rint(probe_hz(audio.rate) * size / audio.rate).astype(int)
    window = np.square(np.sin(np.pi * np.arange(size) / size)).astype(np.float32) / np.float32(size)
    sounds = np.stack([fold(excerpt(audio, int(start), size), kind) for start in starts])
    return np.asarray(rfft(sounds * window)[:, bins])


def band_powers(audio: Audio, starts: Doubles, rate: float, seconds: float) -> Iterator[Doubles]:
    """Mean square in each band of frames, (kinds, BANDS) for each start, in order. rate: as in `Analyser`."""
    from scipy.fft import rfft

    size = round(seconds * rate)
    window = np.square(np.sin(np.pi * np.arange(size) / size)).astype(np.float32)
    band = band_of(np.arange(size // 2 + 1) * rate / size)
    inside = np.flatnonzero((band >= 0) & (band < BANDS))
    member = (band[inside, None] == np.arange(BANDS)).astype(np.float32) * (2.0 / (size * float(window @ window)))
    for start in starts:
        block = excerpt(audio, round(float(start)), size)
        sounds = np.stack([fold(block, kind) for kind in kinds(audio.channels)])
        X = rfft(sounds * window)[:, inside]
        yield (np.square(X.real) + np.square(X.imag)) @ member
