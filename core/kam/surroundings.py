"""Where kernels are bound: the grid of a song's spectrogram, what is seen of it, and what the user knows of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.stft import StftParams
from unbraid.core.errors import ParameterError
from unbraid.core.separation.guide import Guide, Region

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Frames = npt.NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Surroundings:
    """A song as kernels see it.

    params, rate, frames: the transform and how many frames it has of the song.
    magnitudes: (F, frames) float32 of the mixture or of an estimate, for kernels that depend on the data, or None.
    guide: what the user knows, in seconds of the song.
    """

    params: StftParams
    rate: int
    frames: int
    magnitudes: Floats | None = None
    guide: Guide = field(default_factory=Guide)

    @property
    def bins(self) -> int:
        """Bins of a frame, F."""
        return self.params.bins

    @property
    def bin_hz(self) -> float:
        """Distance of two bins in Hz."""
        return self.rate / self.params.fft

    @property
    def frame_s(self) -> float:
        """Distance of two frames in seconds."""
        return self.params.hop_samples / self.rate

    def half_bins(self, extent_hz: float) -> int:
        """Bins on either side of the middle of an extent: at least one, at most all."""
        return min(max(1, nearest(extent_hz / 2 / self.bin_hz)), self.bins - 1)

    def half_frames(self, extent_s: float) -> int:
        """Frames on either side of the middle of an extent: at least one, at most all."""
        return min(max(1, nearest(extent_s / 2 / self.frame_s)), max(0, self.frames - 1))

    def seen(self, kernel: str) -> Floats:
        """The magnitudes, for a kernel that needs them."""
        if self.magnitudes is None:
            raise ParameterError(f"the kernel {kernel} looks at the song: give its magnitudes along with the transform")
        if self.magnitudes.shape != (self.bins, self.frames):
            raise ParameterError(
                f"the magnitudes are those of the whole song, {(self.bins, self.frames)}, not {self.magnitudes.shape}"
            )
        return self.magnitudes


ROUNDING = 1e-6
"""Parts of a step by which the end of a region may miss a place."""


def nearest(value: float) -> int:
    """The nearest whole number, halves upwards."""
    return math.floor(value + 0.5)


@dataclass(frozen=True)
class Rectangle:
    """A region on a grid: frames and bins from start to stop, at least one of each that the song has."""

    first_frame: int
    stop_frame: int
    first_bin: int
    stop_bin: int

    @classmethod
    def of(cls, region: Region, surroundings: Surroundings) -> Rectangle:
        """The places whose time and frequency lie within a region; the nearest one where it lies between places."""
        frames = _between(region.start_s, region.end_s, surroundings.frame_s, surroundings.frames)
        bins = _between(region.low_hz, region.high_hz, surroundings.bin_hz, surroundings.bins)
        return cls(*frames, *bins)


def _between(low: float, high: float, step: float, count: int) -> tuple[int, int]:
    """First and stop of the places i * step, i < count, from low to high; none where the range is off the grid."""
    low, high = max(low / step, -1.0), min(high / step, float(count))
    first, stop = max(0, math.ceil(low - ROUNDING)), min(count, math.floor(high + ROUNDING) + 1)
    if first == stop and low >= 0 and high < count:
        first = nearest((low + high) / 2)
        return first, first + 1
    return min(first, count), max(min(first, count), stop)


@dataclass(frozen=True)
class Area:
    """Several rectangles."""

    rectangles: tuple[Rectangle, ...]

    @classmethod
    def of(cls, regions: Iterable[Region], surroundings: Surroundings) -> Area:
        """The places of any of the regions."""
        return cls(tuple(Rectangle.of(region, surroundings) for region in regions))

    def inside(self, frames: Frames, bins: int) -> Bools:
        """Which places of the given frames belong to it, (T, F)."""
        found = np.zeros((len(frames), bins), bool)
        for r in self.rectangles:
            rows = (frames >= r.first_frame) & (frames < r.stop_frame)
            found[rows, r.first_bin : r.stop_bin] = True
        return found

    def spans(self, start: int, stop: int) -> list[tuple[int, int]]:
        """The stretches of frames from start to stop that it touches, in order."""
        spans: list[tuple[int, int]] = []
        for r in sorted(self.rectangles, key=lambda r: r.first_frame):
            a, b = max(start, r.first_frame), min(stop, r.stop_frame)
            if a >= b:
                continue
            if spans and a <= spans[-1][1]:
                spans[-1] = spans[-1][0], max(spans[-1][1], b)
            else:
                spans.append((a, b))
        return spans
