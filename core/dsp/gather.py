"""The pixels of a picture out of a pyramid of level codes, for any stretch of time and any scale of frequency.

Between two samples (frames, bins) the picture is a straight line, and a pixel shows the greatest value that it covers.
So nothing is ever skipped: a click of one frame keeps its level at every zoom, and zoomed in it becomes a smooth hill.
Two engines with equal results up to rounding: compiled loops, and numpy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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

    @property
    def is_smooth(self) -> bool:
        """Whether edges count anywhere."""
        return bool(self.left.any() or self.right.any())

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
    level = min(pyramid.shape[0] - 1, max(0, math.floor(math.log2(max(time.step, 1e-12)) + 1e-9)))
    cells, columns = _visible(pyramid.level(level), level, time)
    rows = plan(bins, pyramid.bins)
    result = np.empty((len(bins) - 1, time.columns), np.uint8) if out is None else out
    if use_compiled(engine):
        ends, owners = columns.ends(cells.shape[1]), columns.owners(cells.shape[1])

        def work(part: slice) -> None:
            bounds = slice(part.start, part.stop + 1)
            kernels_view.gather(
                cells,
                rows.first[part],
                rows.stop[part],
                rows.index[bounds],
                rows.left[bounds],
                rows.right[bounds],
                ends[0],
                ends[1],
                owners,
                columns.index,
                columns.left,
                columns.right,
                columns.is_smooth,
                result[len(result) - part.stop : len(result) - part.start],
            )

        parts = slices(len(result), threads)
        coarse_threads(work, parts, threads=threads)
    else:
        lines = _along_rows(cells, rows)
        result[::-1] = _along_rows(lines.T, columns).T
    return result


def _visible(cells: Codes, level: int, time: TimeWindow) -> tuple[Codes, Plan]:
    """The cells of a level that are needed, and the plan of columns for them; smooth where some column has none.

    A cell of level i stands in the middle of its 2^i frames, at (k + 1/2) 2^i - 1/2. Each column of a level that fits
    holds one or two cells, so the compiled loops look at the first and the last only.
    """
    scale = 2.0**level
    edges = ((time.first + np.arange(time.columns + 1)) * time.step + 0.5) / scale - 0.5
    count = cells.shape[1]
    a = int(np.clip(math.floor(edges[0]), 0, count - 1))
    b = int(np.clip(math.ceil(edges[-1]) + 1, a + 1, count))
    return cells[:, a:b], plan(np.asarray(edges - a, np.float64), b - a, smooth=time.step < 1)


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
    codes: Codes, tables: npt.NDArray[np.uint64], curve: npt.NDArray[np.uint8], *, engine: Engine = "auto"
) -> npt.NDArray[np.uint32]:
    """Pixels 0xAARRGGBB of pictures (J, H, W) whose light adds up.

    tables: (J, 256), light of each code in 3 x 21 bits: red, green, blue. curve: (n,) what is shown for an amount of
    light, its last value for all above.
    """
    result = np.empty(codes.shape[1:], np.uint32)
    if use_compiled(engine):
        kernels_view.add_lights(codes, tables, curve, result)
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
    """Load or compile the loops, so that the first picture has not to wait for them."""
    codes = np.zeros((2, 3, 3), np.uint8)
    pyramid = LevelPyramid(3, 3, freq_levels=1)
    gather(pyramid, TimeWindow(0.0, 1.0, 3), np.array([0.0, 1.0, 2.0]), out=codes[0, :2])
    colour(codes[0], np.zeros(256, np.uint32))
    add_lights(codes, np.zeros((2, 256), np.uint64), np.zeros(2, np.uint8))
