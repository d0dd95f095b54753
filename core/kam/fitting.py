"""Medians and means over listed neighbours, with compiled loops or with numpy; both give the same result.

The median is the lower one: of an even number of neighbours, the lower of the two in the middle. So it is always a
value that occurs, and of two repetitions what both have in common. Weights are rounded to shares of `MOST_WEIGHT`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp import kernels_kam, networks
from unbraid.core.dsp.compiled import Kernel, kernel_from_source
from unbraid.core.dsp.kernels_kam import LANES, MOST_WEIGHT
from unbraid.core.kam.neighbours import Index, Neighbourhood, Neighbours
from unbraid.core.kam.repeating import WIDTHS
from unbraid.core.kam.surroundings import Area, Floats

Cost = Literal["median", "mean"]
"""What a fit minimises over the neighbours: the sum of distances (median) or of their squares (mean)."""

TOGETHER = 512
"""Neighbours times frames searched at a time: 256 kB."""
FINEST_WEIGHT = 1024
BEYOND = np.int64(1 << 40)
"""More frames than any song has."""


class Way(NamedTuple):
    """How to fit. is_large: worth a sorting network, which takes seconds to compile, once on each machine."""

    cost: Cost
    is_compiled: bool
    is_large: bool


@dataclass(frozen=True, eq=False)
class Listed:
    """Neighbours as places in a flat picture: starts (n, k) where bin 0 of each would be."""

    flat: Floats
    starts: npt.NDArray[np.int64]
    neighbours: Neighbours
    is_plain: bool


def fit(
    rows: Floats, first: int, near: Neighbourhood, start: int, stop: int, *, way: Way, area: Area | None = None
) -> Floats:
    """What is fitted at frames start to stop, (stop - start, F).

    rows: (T, F) of at least 0, of the song's frames `first` and on. area: only places in it count as neighbours.
    """
    found = near.of(start, stop)
    listed = _placed(rows, first, near, found, area)
    out = np.empty((stop - start, rows.shape[1]), np.float32)
    if way.cost == "mean":
        (_compiled_mean if way.is_compiled else _numpy_mean)(listed, out)
    elif not way.is_compiled:
        _numpy_median(listed, out)
    elif listed.is_plain and way.is_large and found.frames.shape[1] <= networks.LONGEST:
        _network_median(listed, out)
    else:
        _searched_median(listed, out)
    own = rows[start - first : stop - first]
    return out if near.finish is None else near.finish(out, own, start)


def _placed(rows: Floats, first: int, near: Neighbourhood, found: Neighbours, area: Area | None) -> Listed:
    """Neighbours as places in the picture itself, or in a copy of what is needed of it, mirrored and masked."""
    shifts = np.int64(0) if found.shifts is None else found.shifts.astype(np.int64)
    if near.shift == 0 and near.maps is None and area is None:
        starts = (found.frames.astype(np.int64) - first) * rows.shape[1] + shifts
        return Listed(rows.reshape(-1), starts, found, near.is_plain)
    present = found.frames >= 0
    codes = found.frames.astype(np.int64) if found.maps is None else found.frames + BEYOND * found.maps
    used = np.unique(codes[present])
    copy = rows[used % BEYOND - first]
    if area is not None:
        copy[~area.inside(used % BEYOND, rows.shape[1])] = -1
    if near.maps is not None:
        edges = np.searchsorted(used, BEYOND * np.arange(1, len(near.maps) + 2))
        for bins, a, b in zip(near.maps, edges[:-1], edges[1:], strict=True):
            copy[a:b] = np.take(copy[a:b], bins, axis=1)
    if near.shift:
        copy = np.pad(copy, ((0, 0), (near.shift, near.shift)), mode="reflect")
    starts = np.searchsorted(used, codes) * copy.shape[1] + near.shift + shifts
    return Listed(copy.reshape(-1), starts, found, near.is_plain and area is None)


class _Numbers(NamedTuple):
    """What compiled loops take for each neighbour: places of at least 0, weights, bins for which it counts, (n, k)."""

    starts: npt.NDArray[np.int64]
    weights: Floats
    lows: Index
    highs: Index


def _numbers(listed: Listed, bins: int) -> _Numbers:
    frames, _, weights, _, lows, highs = listed.neighbours.complete()
    present = frames >= 0
    return _Numbers(
        np.where(present, listed.starts, 0),
        np.where(present, weights, np.float32(0)),
        np.ascontiguousarray(lows, np.int32),
        np.where(present, np.minimum(highs, bins), 0).astype(np.int32),
    )


def whole_weights(weights: Floats) -> npt.NDArray[np.int16]:
    """Weights (n, k) from 0 to 1 as whole numbers whose sum over k neighbours is at most `MOST_WEIGHT`."""
    finest = min(FINEST_WEIGHT, MOST_WEIGHT // weights.shape[1])
    return np.where(weights > 0, np.maximum(np.rint(weights * np.float32(finest)), 1), 0).astype(np.int16)


def _searched_median(listed: Listed, out: Floats) -> None:
    """Any number of neighbours with any weights, some frames and `LANES` bins at a time."""
    count, bins = out.shape
    numbers = _numbers(listed, bins)
    k = numbers.starts.shape[1]
    weights = np.zeros((count, -(-k // 4) * 4), np.int16)
    weights[:, :k] = whole_weights(numbers.weights)
    values = listed.flat.view(np.int32)
    bits = out.view(np.int32)
    together = max(1, TOGETHER // k)
    for a in range(0, count, together):
        some = slice(a, min(a + together, count))
        scratch = _Scratch.of(numbers, weights, some)
        for f in range(0, bins, LANES):
            width = min(LANES, bins - f)
            bits[some, f : f + width] = scratch.median(values, f)[:, :width]


@dataclass(frozen=True, eq=False)
class _Scratch:
    """Some frames' lists, and room to search in: halves of the values' bits, and sums of weights."""

    lists: _Numbers
    weights: npt.NDArray[np.int16]
    halves: npt.NDArray[np.int16]
    sums: npt.NDArray[np.int16]

    @classmethod
    def of(cls, lists: _Numbers, weights: npt.NDArray[np.int16], some: slice) -> _Scratch:
        """Room for some frames of the lists. weights: (n, K), K a multiple of 4, filled up with 0."""
        part = _Numbers(lists.starts[some], lists.weights[some], lists.lows[some], lists.highs[some])
        count, k = weights[some].shape
        return cls(part, weights[some], np.empty((2, count, k, LANES), np.int16), np.empty((3, count, LANES), np.int16))

    def median(self, values: Index, first: int) -> Index:
        """Bits of the medians at bins from `first`, (n, LANES)."""
        upper, lower = self.halves
        total, below, found = self.sums
        lists, weights = self.lists, self.weights
        kernels_kam.gather(values, lists.starts, weights, lists.lows, lists.highs, first, upper, lower, total)
        below[:] = 0
        kernels_kam.search(upper, weights, total, below, 15, 0, found)
        result = found.astype(np.int32) << 16
        kernels_kam.keep_equal(upper, lower, weights, found, below)
        kernels_kam.search(lower, weights, total, below, 16, -(2**15), found)
        return np.asarray(result | (found.astype(np.int32) & 0xFFFF), np.int32)


def _network_median(listed: Listed, out: Floats) -> None:
    """Neighbours of equal weight, by a sorting network; the lists are filled up to a length that there is one for."""
    starts = filled(np.where(listed.neighbours.frames >= 0, listed.starts, -1))
    spares = np.zeros((2, out.shape[1]), np.float32)
    spares[1] = np.finfo(np.float32).max
    if not listed.flat.flags.writeable:
        spares.flags.writeable = False  # both of one type, as the compiler sees it
    _network(starts.shape[1])(listed.flat, starts, spares, out)


def filled(starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Lists (n, k) filled up with -2 (zeros) and -1 (greatest numbers) in turn, which leaves the lower median.

    Zeros come first: of an odd number of spares there is one more.
    """
    n, k = starts.shape
    width = next((w for w in WIDTHS if w >= k), k | 1)
    wide = np.full((n, width), -1, np.int64)
    wide[:, :k] = starts
    absent = wide == -1
    wide[absent & (np.cumsum(absent, axis=1) % 2 == 1)] = -2
    return wide


@lru_cache(maxsize=64)
def _network(count: int) -> Kernel:
    def warm_up(kernel: Kernel) -> None:
        line = np.zeros(4, np.float32)
        kernel(line, np.zeros((1, count), np.int64), np.zeros((2, 4), np.float32), np.zeros((1, 4), np.float32))

    return kernel_from_source(f"kernel_median_{count}", kernels_kam.median_network_source(count), warm_up)


def _compiled_mean(listed: Listed, out: Floats) -> None:
    numbers = _numbers(listed, out.shape[1])
    kernels_kam.listed_mean(listed.flat, *numbers, out)


def _numpy_median(listed: Listed, out: Floats) -> None:
    numbers = _numbers(listed, out.shape[1])
    weights = whole_weights(numbers.weights).astype(np.int32)
    rank = (weights.shape[1] - 1) // 2
    is_full = listed.is_plain and bool(weights.all())
    for t in range(len(out)):
        values = _values(listed.flat, numbers, t, out.shape[1])
        if is_full:
            out[t] = np.partition(values, rank, axis=0)[rank]
            continue
        order = np.argsort(np.where(values >= 0, values, np.inf), axis=0)
        values = np.take_along_axis(values, order, axis=0)
        weight = np.where(values >= 0, weights[t][order], 0)
        middle = np.argmax(2 * np.cumsum(weight, axis=0) >= weight.sum(axis=0), axis=0)
        chosen = np.take_along_axis(values, middle[None], axis=0)[0]
        out[t] = np.maximum(chosen, 0)


def _numpy_mean(listed: Listed, out: Floats) -> None:
    numbers = _numbers(listed, out.shape[1])
    for t in range(len(out)):
        values = _values(listed.flat, numbers, t, out.shape[1])
        weights = np.where(values >= 0, numbers.weights[t][:, None].astype(np.float64), 0.0)
        total = weights.sum(axis=0)
        np.divide((weights * values).sum(axis=0), total, out=total, where=total > 0)
        out[t] = total


def _values(flat: Floats, numbers: _Numbers, t: int, bins: int) -> Floats:
    """The neighbours of frame t of a list, (k, F); -1 where they do not count."""
    starts, lows, highs = numbers.starts[t], numbers.lows[t], numbers.highs[t]
    values = np.full((len(starts), bins), -1, np.float32)
    for row, start, low, high in zip(values, starts, lows, highs, strict=True):
        if high > low:
            row[low:high] = flat[start + low : start + high]
    return values
