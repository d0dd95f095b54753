"""Modified discrete cosine transform (Princen and Bradley, 1987), orthonormal, with an exact inverse at the edges.

Frame t covers samples (t - 1) M to (t + 1) M, so that every sample of the signal is in two frames, whose aliasing
cancels. Windowed frames of 2 M samples are folded to M values and go through a DCT of type 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.lapped import InverseLapped, Samples, analyse, analyse_blocks, synthesise
from unbraid.core.dsp.windows import Window, window
from unbraid.core.errors import ParameterError

Coefficients = npt.NDArray[np.float32]
"""MDCT coefficients, (M, T, I) float32, in memory (I, T, M)."""

MAX_BINS = 1 << 19
COMPLEMENTARY = ("sine", "kaiser_bessel", "vorbis")
"""Windows whose squares, one hop apart, add up to one."""


@dataclass(frozen=True)
class MdctParams:
    """What defines an MDCT: M bins (even; windows of 2 M samples every M samples) and a power-complementary window."""

    bins: int = 1024
    window: str = "sine"

    def __post_init__(self) -> None:
        if not 2 <= self.bins <= MAX_BINS or self.bins % 2:
            raise ParameterError(f"an MDCT has an even number of bins from 2 to {MAX_BINS}, not {self.bins}; try 1024")
        if self.window not in COMPLEMENTARY:
            raise ParameterError(f"an MDCT needs one of the windows {', '.join(COMPLEMENTARY)}, not {self.window!r}")

    def frames(self, length: int) -> int:
        """Frames of a signal of `length` samples, T."""
        return 1 + -(-length // self.bins)

    def freqs_hz(self, rate: int) -> npt.NDArray[np.float64]:
        """Frequency in the middle of each bin in Hz, (M,)."""
        return np.asarray((np.arange(self.bins) + 0.5) * (rate / (2 * self.bins)), np.float64)

    def times_s(self, rate: int, frames: int) -> npt.NDArray[np.float64]:
        """Time of the centre of each frame in seconds, (T,)."""
        return np.asarray(np.arange(frames) * (self.bins / rate), np.float64)


def _fold(frames: Samples) -> Samples:
    """Windowed frames (B, 2 M) = (a, b, c, d) as (-reversed c - d, a - reversed b), (B, M)."""
    half = frames.shape[-1] // 4
    a, b, c, d = (frames[..., i * half : (i + 1) * half] for i in range(4))
    folded = np.empty((*frames.shape[:-1], 2 * half), np.float32)
    np.subtract(a, b[..., ::-1], out=folded[..., half:])
    np.add(c[..., ::-1], d, out=folded[..., :half])
    np.negative(folded[..., :half], out=folded[..., :half])
    return folded


def _unfold(folded: Samples) -> Samples:
    """Frames (B, 2 M) with their aliasing, (v, -reversed v, -reversed u, -u) of (u, v), (B, M)."""
    half = folded.shape[-1] // 2
    u, v = folded[..., :half], folded[..., half:]
    frames = np.empty((*folded.shape[:-1], 4 * half), np.float32)
    frames[..., :half] = v
    np.negative(v[..., ::-1], out=frames[..., half : 2 * half])
    np.negative(u[..., ::-1], out=frames[..., 2 * half : 3 * half])
    np.negative(u, out=frames[..., 3 * half :])
    return frames


@dataclass(frozen=True)
class _Cosine:
    """The transform of `lapped` for these parameters."""

    params: MdctParams
    dtype = np.float32

    @property
    def window(self) -> Window:
        return window(self.params.window, 2 * self.params.bins)

    @property
    def hop(self) -> int:
        return self.params.bins

    @property
    def offset(self) -> int:
        return self.params.bins

    @property
    def bins(self) -> int:
        return self.params.bins

    def frames(self, length: int) -> int:
        return self.params.frames(length)

    def forward(self, windowed: Samples) -> Coefficients:
        from scipy.fft import dct

        return np.asarray(dct(_fold(windowed), type=4, norm="ortho", axis=-1, overwrite_x=True), np.float32)

    def inverse(self, coefficients: Coefficients) -> Samples:
        from scipy.fft import dct

        return _unfold(dct(coefficients, type=4, norm="ortho", axis=-1))


def mdct(
    samples: npt.NDArray[np.floating],
    params: MdctParams,
    *,
    first: int = 0,
    frames: int | None = None,
    out: Coefficients | None = None,
    threads: int | None = None,
) -> Coefficients:
    """Coefficients (M, T, I) float32 of samples (N, I), or frames `first` to `first + frames` only; same energy."""
    return analyse(samples, _Cosine(params), first, frames, out, threads)


def mdct_blocks(
    samples: npt.NDArray[np.floating], params: MdctParams, *, frames_per_block: int = 256, threads: int | None = None
) -> Iterator[tuple[int, Coefficients]]:
    """(first frame, coefficients (M, Tb, I)) of one block of frames after the other."""
    return analyse_blocks(samples, _Cosine(params), frames_per_block, threads)


def imdct(coefficients: Coefficients, params: MdctParams, length: int, *, threads: int | None = None) -> Samples:
    """Samples (N, I) float32 of coefficients (M, T, I), N = `length`; the inverse of `mdct`."""
    return synthesise(coefficients, _Cosine(params), length, threads)


class InverseMdctStream(InverseLapped[np.float32]):
    """`imdct` block by block: `push(coefficients (M, Tb, I)) -> (n, I)`, then `finish() -> (m, I)`; bounded memory."""

    def __init__(self, params: MdctParams, length: int, channels: int):
        super().__init__(_Cosine(params), length, channels)
