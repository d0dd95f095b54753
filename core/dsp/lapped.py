"""What the STFT and the MDCT share: overlapping frames through a transform and back, in blocks and on several threads.

Coefficients have the shape (F, T, I) and lie in memory as (I, T, F): work along bins is contiguous, and numpy's
element-wise functions keep that order. Blocks of frames stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from unbraid.core.cpu import coarse_threads, cores, slices
from unbraid.core.dsp.overlap import OverlapAdd, OverlapPlan, Vector, segment
from unbraid.core.errors import ParameterError

Samples = npt.NDArray[np.float32]
"""Samples, (N, I) float32."""

BLOCK_VALUES = 1 << 18
"""Samples in the windowed frames of one block."""
FRAMES_PER_TASK = 32
"""Fewer frames are not worth a thread."""

S = TypeVar("S", np.complex64, np.float32)


class Transform(Protocol[S]):
    """A lapped transform: frame t starts at sample t * hop - offset."""

    @property
    def window(self) -> Vector:
        """Window of analysis and synthesis, (n,)."""

    @property
    def hop(self) -> int:
        """Samples from one frame to the next."""

    @property
    def offset(self) -> int:
        """Samples of frame 0 before the signal begins."""

    @property
    def bins(self) -> int:
        """Coefficients of a frame, F."""

    @property
    def dtype(self) -> type[S]:
        """Type of a coefficient."""

    def frames(self, length: int) -> int:
        """Frames T of a signal of `length` samples."""

    def forward(self, windowed: Vector) -> npt.NDArray[S]:
        """Coefficients (B, F) of windowed frames (B, n), which may be overwritten."""

    def inverse(self, coefficients: npt.NDArray[S]) -> Vector:
        """Frames (..., n), not yet windowed, of coefficients (..., F)."""


def _block_frames(transform: Transform[S]) -> int:
    """Frames handled at a time."""
    return max(4, min(256, BLOCK_VALUES // len(transform.window)))


def _jobs(channels: int, frames: int, reach: int, threads: int | None) -> list[tuple[int, slice]]:
    """(channel, frames) of each task: one for each channel, more where there are more threads than channels."""
    parts = -(-(threads or cores()) // max(1, channels))
    parts = max(1, min(parts, frames // max(FRAMES_PER_TASK, 4 * reach)))
    return [(c, part) for c in range(channels) for part in slices(frames, parts)]


def _plan(transform: Transform[S], length: int) -> OverlapPlan:
    return OverlapPlan(transform.window, transform.hop, transform.offset, transform.frames(length), length)


def analyse(
    samples: npt.NDArray[np.floating],
    transform: Transform[S],
    first: int,
    frames: int | None,
    out: npt.NDArray[S] | None,
    threads: int | None,
) -> npt.NDArray[S]:
    """Coefficients (F, T, I) of samples (N, I), frames `first` to `first + frames`."""
    if samples.ndim != 2:
        raise ParameterError(f"samples have the shape (samples, channels), not {samples.shape}")
    length, channels = samples.shape
    total = transform.frames(length)
    count = total - first if frames is None else frames
    if first < 0 or count < 0 or first + count > total:
        raise ParameterError(f"frames {first} to {first + count} are not within the {total} frames of this signal")
    shape = (transform.bins, count, channels)
    result = np.empty(shape[::-1], transform.dtype).transpose(2, 1, 0) if out is None else out
    if result.shape != shape or result.dtype != transform.dtype:
        raise ParameterError(f"out is {np.dtype(transform.dtype)} {shape}, not {result.dtype} {result.shape}")

    def work(job: tuple[int, slice]) -> None:
        channel, part = job
        _analyse(samples[:, channel], transform, first + part.start, result[:, part, channel].T)

    if count:
        coarse_threads(work, _jobs(channels, count, 1, threads), threads=threads)
    return result


def _analyse(signal: npt.NDArray[np.floating], transform: Transform[S], first: int, out: npt.NDArray[S]) -> None:
    """Frames of one channel from `first` on. signal: (N,). out: (T, F), filled."""
    n, hop, window = len(transform.window), transform.hop, transform.window
    step = _block_frames(transform)
    windowed = np.empty((min(step, len(out)), n), np.float32)
    for a in range(0, len(out), step):
        count = min(step, len(out) - a)
        piece = segment(signal, (first + a) * hop - transform.offset, (count - 1) * hop + n)
        np.multiply(np.lib.stride_tricks.sliding_window_view(piece, n)[::hop], window, out=windowed[:count])
        out[a : a + count] = transform.forward(windowed[:count])


def analyse_blocks(
    samples: npt.NDArray[np.floating], transform: Transform[S], frames_per_block: int, threads: int | None
) -> Iterator[tuple[int, npt.NDArray[S]]]:
    """(first frame, coefficients (F, Tb, I)) of one block of frames after the other."""
    total = transform.frames(samples.shape[0])
    for first in range(0, total, frames_per_block):
        yield first, analyse(samples, transform, first, min(frames_per_block, total - first), None, threads)


def synthesise(coefficients: npt.NDArray[S], transform: Transform[S], length: int, threads: int | None) -> Samples:
    """Samples (N, I) of coefficients (F, T, I), N = `length`: transformed back, windowed, overlapped, added."""
    plan = _plan(transform, length)
    if coefficients.ndim != 3 or coefficients.shape[:2] != (transform.bins, plan.frames):
        raise ParameterError(
            f"{length} samples have {transform.bins} bins and {plan.frames} frames for each channel, "
            f"not the shape {coefficients.shape}"
        )
    channels = coefficients.shape[2]
    out = np.empty((length, channels), np.float32)

    def work(job: tuple[int, slice]) -> None:
        channel, part = job
        _synthesise(coefficients[:, :, channel].T, transform, plan, part, out[:, channel])

    coarse_threads(work, _jobs(channels, plan.frames, plan.reach, threads), threads=threads)
    return out


def _synthesise(
    coefficients: npt.NDArray[S], transform: Transform[S], plan: OverlapPlan, part: slice, out: Vector
) -> None:
    """Samples of one channel from where frame part.start begins to where frame part.stop begins, or to the end.

    coefficients: (T, F) of the whole signal. out: (N,), filled there.
    """
    adder = OverlapAdd(plan, part.start)
    step = _block_frames(transform)
    for a in range(adder.frame, part.stop, step):
        start = adder.position
        finished = adder.add(transform.inverse(coefficients[a : min(a + step, part.stop)]))
        out[start : adder.position] = finished
    if part.stop == plan.frames:
        start = adder.position
        out[start:] = adder.finish()


class InverseLapped(Generic[S]):
    """The inverse transform frame by frame: coefficients in, finished samples out, bounded memory."""

    def __init__(self, transform: Transform[S], length: int, channels: int):
        self._transform: Transform[S] = transform
        self._plan = _plan(transform, length)
        self._adders = [OverlapAdd(self._plan) for _ in range(channels)]

    def push(self, coefficients: npt.NDArray[S]) -> Samples:
        """Samples (n, I) finished by the next frames (F, Tb, I), in order; with `finish` they make the signal."""
        bins, channels, done = self._transform.bins, len(self._adders), self._adders[0].frame
        if coefficients.ndim != 3 or coefficients.shape[::2] != (bins, channels):
            raise ParameterError(f"frames have {bins} bins and {channels} channels, not {coefficients.shape}")
        if done + coefficients.shape[1] > self._plan.frames:
            raise ParameterError(f"this signal has {self._plan.frames} frames, not {done + coefficients.shape[1]}")
        step = _block_frames(self._transform)
        parts = [np.empty((0, channels), np.float32)]
        for a in range(0, coefficients.shape[1], step):
            block = [self._transform.inverse(coefficients[:, a : a + step, c].T) for c in range(channels)]
            parts.append(np.stack([adder.add(f) for adder, f in zip(self._adders, block, strict=True)], axis=1))
        return np.concatenate(parts)

    def finish(self) -> Samples:
        """The remaining samples (m, I), after the last frame."""
        done = self._adders[0].frame
        if done != self._plan.frames:
            raise ParameterError(f"{done} of {self._plan.frames} frames were pushed; push the others before finishing")
        return np.stack([adder.finish() for adder in self._adders], axis=1)
