"""Short-time Fourier transform and its exact inverse.

Frame t is centred on sample t * hop, with zeros beyond both ends. The synthesis window is the analysis window over
the sum of the squared windows that are really there, so the inverse is exact at the edges too, for any length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.lapped import InverseLapped, Samples, analyse, analyse_blocks, synthesise
from unbraid.core.dsp.overlap import hop_sums
from unbraid.core.dsp.windows import Window, window
from unbraid.core.errors import ParameterError

Spectrum = npt.NDArray[np.complex64]
"""Spectrogram, (F, T, I) complex64, in memory (I, T, F)."""

MAX_FFT = 1 << 20
COVERAGE = 1e-4
"""Least sum of squared windows, relative to its greatest, that still counts as invertible."""


@dataclass(frozen=True)
class StftParams:
    """What defines a short-time Fourier transform: window and hop in samples, the window's name, samples of one FFT.

    fft_samples: None means as long as the window; a longer one has the window in its middle.
    """

    window_samples: int = 4096
    hop_samples: int = 1024
    window: str = "hann"
    fft_samples: int | None = None

    def __post_init__(self) -> None:
        n, hop = self.window_samples, self.hop_samples
        if not 1 <= n <= MAX_FFT:
            raise ParameterError(f"the window has 1 to {MAX_FFT} samples, not {n}; try 4096")
        if not n <= self.fft <= MAX_FFT:
            raise ParameterError(f"the FFT is as long as the window ({n}) or longer, up to {MAX_FFT}, not {self.fft}")
        if hop < 1:
            raise ParameterError(f"the hop is at least 1 sample, not {hop}; try {max(1, n // 4)}")
        if _coverage(self.window, n, hop) < COVERAGE:
            raise ParameterError(
                f"{self.window} windows of {n} samples every {hop} samples leave gaps that cannot be "
                f"inverted; try a hop of {_hop_that_covers(self.window, n)}"
            )

    @property
    def fft(self) -> int:
        """Samples of one FFT."""
        return self.window_samples if self.fft_samples is None else self.fft_samples

    @property
    def bins(self) -> int:
        """Bins of one frame, F."""
        return self.fft // 2 + 1

    def frames(self, length: int) -> int:
        """Frames of a signal of `length` samples, T."""
        return 1 + -(-length // self.hop_samples)

    def freqs_hz(self, rate: int) -> npt.NDArray[np.float64]:
        """Frequency of each bin in Hz, (F,)."""
        return np.asarray(np.arange(self.bins) * (rate / self.fft), np.float64)

    def times_s(self, rate: int, frames: int) -> npt.NDArray[np.float64]:
        """Time of the centre of each frame in seconds, (T,)."""
        return np.asarray(np.arange(frames) * (self.hop_samples / rate), np.float64)


@lru_cache(maxsize=64)
def _coverage(name: str, length: int, hop: int) -> float:
    """Least over greatest sum of squared windows, over one hop."""
    power = hop_sums(window(name, length).astype(np.float64) ** 2, hop)
    return float(power.min() / power.max())


def _hop_that_covers(name: str, length: int) -> int:
    """The greatest of length/2, length/4, ... that can be inverted."""
    hop = max(1, length // 2)
    while hop > 1 and _coverage(name, length, hop) < COVERAGE:
        hop //= 2
    return hop


@dataclass(frozen=True)
class _Fourier:
    """The transform of `lapped` for these parameters."""

    params: StftParams
    dtype = np.complex64

    @property
    def window(self) -> Window:
        return _padded_window(self.params.window, self.params.window_samples, self.params.fft)

    @property
    def hop(self) -> int:
        return self.params.hop_samples

    @property
    def offset(self) -> int:
        return self.params.fft // 2

    @property
    def bins(self) -> int:
        return self.params.bins

    def frames(self, length: int) -> int:
        return self.params.frames(length)

    def forward(self, windowed: Samples) -> Spectrum:
        from scipy.fft import rfft

        return np.asarray(rfft(windowed, axis=-1, overwrite_x=True), np.complex64)

    def inverse(self, coefficients: Spectrum) -> Samples:
        from scipy.fft import irfft

        return np.asarray(irfft(coefficients, self.params.fft, axis=-1), np.float32)


@lru_cache(maxsize=16)
def _padded_window(name: str, length: int, fft: int) -> Window:
    """The window in the middle of an FFT's samples, (fft,)."""
    padded = np.zeros(fft, np.float32)
    start = fft // 2 - length // 2
    padded[start : start + length] = window(name, length)
    padded.flags.writeable = False
    return padded


def stft(
    samples: npt.NDArray[np.floating],
    params: StftParams,
    *,
    first: int = 0,
    frames: int | None = None,
    out: Spectrum | None = None,
    threads: int | None = None,
) -> Spectrum:
    """Spectrogram of `samples`, or its frames `first` to `first + frames` only.

    samples: (N, I), may be read-only or memory-mapped. Returns (F, T, I) complex64, `out` if given.
    """
    return analyse(samples, _Fourier(params), first, frames, out, threads)


def stft_blocks(
    samples: npt.NDArray[np.floating], params: StftParams, *, frames_per_block: int = 256, threads: int | None = None
) -> Iterator[tuple[int, Spectrum]]:
    """(first frame, spectrogram (F, Tb, I)) of one block of frames after the other; only one is held at a time."""
    return analyse_blocks(samples, _Fourier(params), frames_per_block, threads)


def istft(spectrum: Spectrum, params: StftParams, length: int, *, threads: int | None = None) -> Samples:
    """Samples (N, I) float32 of a spectrogram (F, T, I), N = `length`; the inverse of `stft`."""
    return synthesise(spectrum, _Fourier(params), length, threads)


class InverseStream(InverseLapped[np.complex64]):
    """`istft` block by block: `push(spectrum (F, Tb, I)) -> (n, I)`, then `finish() -> (m, I)`; bounded memory."""

    def __init__(self, params: StftParams, length: int, channels: int):
        super().__init__(_Fourier(params), length, channels)
