"""The pixels of a picture out of a pyramid of level codes, for any stretch of time and any scale of frequency.

Between two samples (frames, bins) the picture is a straight line, and a pixel shows the greatest value that it covers.
So nothing is ever skipped: a click of one frame keeps its level at every zoom, and zoomed in it becomes a smooth hill.
Two engines with equal results up to rounding: compiled loops, and numpy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from unbraid.core.cpu import coarse_threads, slices
from unbraid.core.dsp import kernels_view
from unbraid.core.dsp.compiled import Engine, use_compiled
from unbraid.core.dsp.pyramid import Codes, LevelPyramid

Edges = npt.NDArray[np.float64]
"""Where pixels begin and end, (n + 1,) rising, in units of samples; sample k stands at k."""

Places = npt.NDArray[np.uint32]
Weights = npt.NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Plan:
    """Which samples make which pixel. first, stop (n,): samples inside a pixel.

    index, left, right (n + 1,): what lies at the edges of pixels, left / 256 of sample index and right / 256 of the
    next. Both are 0 where pixels hold two samples or more, and fade in below, so that zooming has no jump.
    """

    first: Places
    stop: Places
    index: Places
    left: Weights
    right: Weights

    @cached_property
    def is_smooth(self) -> bool:
        """Whether edges count anywhere."""
        return bool(self.left.any() or self.right.any())

    def part(self, first: int, stop: int) -> Plan:
        """Of some pixels only."""
        edges = slice(first, stop + 1)
        inside = slice(first, stop)
        return Plan(self.first[inside], self.stop[inside], self.index[edges], self.left[edges], self.right[edges])

    def ends(self, count: int) -> tuple[Places, Places]:
        """The first and last of `count` samples in each pixel; `count` where there is none."""
        has_none = self.stop <= self.first
        ends = np.stack([self.first, np.maximum(self.stop, 1) - np.uint32(1)])
        ends[:, has_none] = count
        return ends[0], ends[1]

    def owners(self, count: int) -> Places:
        """The pixel that each of `count` samples is inside of, the number of pixels where there is none."""
        result = np.full(count, len(self.first), np.uint32)
        sizes = self.stop - self.first
        result[self.first[0] : self.stop[-1]] = np.repeat(np.arange(len(sizes), dtype=np.uint32), sizes)
        return result


def plan(edges: Edges, count: int, *, smooth: bool = True) -> Plan:
    """Plan of pixels between `edges` for `count` samples; the first and last sample reach beyond the ends."""
    inside = np.clip(np.ceil(edges), 0, count).astype(np.uint32)
    place = np.clip(edges, 0, count - 1)
    index = np.floor(place)
    width = np.diff(edges)
    widest = np.maximum(np.append(width, 0), np.append(0, width))
    weight = 256 * np.clip(2 - widest, 0, 1) * smooth
    right = np.rint(weight * (place - index))
    return Plan(
        inside[:-1],
        inside[1:],
        index.astype(np.uint32),
        (np.rint(weight) - right).astype(np.uint16),
        right.astype(np.uint16),
    )


@dataclass(frozen=True)
class TimeWindow:
    """The columns of a picture: column p covers frames (first + p) * step to (first + p + 1) * step.

    With whole numbers as `first`, scrolling moves columns and never changes them, to the last bit.
    """

    first: float
    step: float
    columns: int


@dataclass(frozen=True, eq=False)
class Sampling:
    """Which cells of a pyramid make which pixel: worked out once for all sounds of the same bins and frames."""

    level: int
    cells: slice
    """Columns of that level."""
    rows: Plan
    columns: Plan

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the picture."""
        return len(self.rows.first), len(self.columns.first)

    @cached_property
    def places(self) -> Places:
        """Where each pixel of a row is looked up (`kernels_view.pick`)."""
        count = self.cells.stop - self.cells.start
        lowest, highest = self.columns.ends(count)
        return lowest + np.where(highest > lowest, np.uint32(count + 1), np.uint32(0))

    @cached_property
    def owners(self) -> Places:
        """The pixel of a row that each cell lies in (`kernels_view.blend`)."""
        return self.columns.owners(self.cells.stop - self.cells.start)


def sampling(bins: int, frames: int, time: TimeWindow, edges: Edges) -> Sampling:
    """How to sample a pyramid of F bins and T frames for columns of time and rows between `edges` (H + 1,) in bins.

    A cell of level i stands in the middle of its 2^i frames, at (k + 1/2) 2^i - 1/2. Each column of a level that fits
    holds one or two cells, so looking at the first and the last is enough. Smooth where some column holds none.
    """
    most = math.ceil(math.log2(max(frames, 1)))
    level = min(most, max(0, math.floor(math.log2(max(time.step, 1e-12)) + 1e-9)))
    count = -(-frames >> level)
    borders = ((time.first + np.arange(time.columns + 1)) * time.step + 0.5) / 2.0**level - 0.5
    a = int(np.clip(math.floor(borders[0]), 0, count - 1))
    b = int(np.clip(math.ceil(borders[-1]) + 1, a + 1, count))
    columns = plan(np.asarray(borders - a, np.float64), b - a, smooth=time.step < 1)
    return Sampling(level, slice(a, b), plan(edges, bins), columns)


def sample(
    pyramid: LevelPyramid, how: Sampling, *, out: Codes, part: slice | None = None, engine: Engine = "auto"
) -> None:
    """Write the codes of rows `part` of a picture, counted from its top, to out (rows, W); all rows if None."""
    height = how.shape[0]
    a, b = (0, height) if part is None else (height - part.stop, height - part.start)
    rows, columns = how.rows.part(a, b), how.columns
    cells = pyramid.level(how.level)[:, how.cells]
    if not use_compiled(engine):
        out[::-1] = _along_rows(_along_rows(cells, rows).T, columns).T
        return
    lines = np.empty((b - a, cells.shape[1] + 1), np.uint8)
    kernels_view.lines(cells, rows.first, rows.stop, rows.index, rows.left, rows.right, lines)
    if columns.is_smooth:
        kernels_view.blend(lines, how.owners, columns.index, columns.left, columns.right, out)
    else:
        kernels_view.pick(lines, how.places, out)


def gather(
    pyramid: LevelPyramid,
    time: TimeWindow,
    bins: Edges,
    *,
    out: Codes | None = None,
    threads: int = 1,
    engine: Engine = "auto",
) -> Codes:
    """Codes (H, W) of the pixels, highest frequency on top.

    bins: (H + 1,) edges of the rows in bins. Columns beyond the ends of the sound show its first and last frame.
    """
    how = sampling(pyramid.bins, pyramid.frames, time, bins)
    result = np.empty(how.shape, np.uint8) if out is None else out
    parts = slices(len(result), threads)
    coarse_threads(lambda p: sample(pyramid, how, out=result[p], part=p, engine=engine), parts, threads=threads)
    return result


def _along_rows(codes: Codes, plan: Plan) -> Codes:
    """Rows of `codes` (n, m) reduced as planned, (pixels, m); numpy."""
    padded = np.concatenate([codes, np.zeros((1, codes.shape[1]), np.uint8)])
    bounds = np.stack([plan.first, plan.stop], axis=1).ravel().astype(np.intp)
    result = np.maximum.reduceat(padded, bounds, axis=0)[::2]
    result[plan.stop <= plan.first] = 0
    if not plan.is_smooth:
        return result
    index = plan.index.astype(np.intp)
    following = np.minimum(index + 1, len(codes) - 1)
    left, right = plan.left.astype(np.uint32)[:, None], plan.right.astype(np.uint32)[:, None]
    edges = ((left * codes[index] + right * codes[following] + 128) >> 8).astype(np.uint8)
    return np.maximum(result, np.maximum(edges[:-1], edges[1:]))


def colour(
    codes: Codes,
    table: npt.NDArray[np.uint32],
    *,
    out: npt.NDArray[np.uint32] | None = None,
    engine: Engine = "auto",
) -> npt.NDArray[np.uint32]:
    """Pixels 0xAARRGGBB of codes (H, W) by a table (256,)."""
    result = np.empty(codes.shape, np.uint32) if out is None else out
    if use_compiled(engine):
        kernels_view.colour(codes, table, result)
    else:
        table.take(codes, out=result, mode="clip")
    return result


def add_lights(
    codes: Codes,
    tables: npt.NDArray[np.uint64],
    curve: npt.NDArray[np.uint8],
    *,
    out: npt.NDArray[np.uint32] | None = None,
    engine: Engine = "auto",
) -> npt.NDArray[np.uint32]:
    """Pixels 0xAARRGGBB of pictures (J, H, W) whose light adds up.

    tables: (J, 256), light of each code in 3 x 21 bits: red, green, blue; a greater code has no less. curve: (n,) what
    is shown for an amount of light, its last value for all above.
    """
    result = np.empty(codes.shape[1:], np.uint32) if out is None else out
    if use_compiled(engine):
        dark = np.zeros((1, 256), np.uint64)
        tops = [[int(table[-1] >> np.uint64(shift) & kernels_view.MASK) for table in tables] for shift in (42, 21, 0)]
        most = max(map(sum, tops))
        curve = np.pad(curve, (0, max(0, most + 1 - len(curve))), mode="edge")
        kernels_view.add_lights(codes, np.concatenate([tables, dark]), curve, result)
        return result
    light = np.zeros(codes.shape[1:], np.uint64)
    for picture, table in zip(codes, tables, strict=True):
        light += table.take(picture, mode="clip")
    result[:] = 0xFF
    for shift in (42, 21, 0):
        amount = np.minimum((light >> np.uint64(shift)) & np.uint64((1 << 21) - 1), np.uint64(len(curve) - 1))
        result <<= 8
        result |= curve.take(amount.astype(np.intp)).astype(np.uint32)
    return result


def prepare() -> None:
    """Load or compile the loops, for whole arrays and for parts, so that no picture has to wait for them."""
    pyramid = LevelPyramid(3, 8, freq_levels=1)
    edges = np.array([0.0, 1.0, 2.0])
    codes, pixels = np.zeros((2, 2, 8), np.uint8), np.zeros((2, 8), np.uint32)
    table, lights, curve = np.zeros(256, np.uint32), np.zeros((2, 256), np.uint64), np.zeros(2, np.uint8)
    for columns in (8, 4):
        part = slice(0, columns)
        for step in (1.0, 0.5):
            gather(pyramid, TimeWindow(0.0, step, columns), edges, out=codes[0, :, part])
        colour(codes[0, :, part], table, out=pixels[:, part])
        add_lights(codes[:, :, part], lights, curve, out=pixels[:, part])
        add_lights(codes[:, :1, part], lights, curve, out=pixels[:1, part])
