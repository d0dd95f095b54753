"""Kernels at work: `bind` a kernel to a song, and the smoother fits any picture of the song, block by block.

A smoother is the local regression of kernel additive modelling with a locally constant model: the median over the
neighbours of each place, or their mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from unbraid.core.cpu import coarse_threads
from unbraid.core.dsp.compiled import Engine, use_compiled
from unbraid.core.dsp.median import NETWORK_FROM, median
from unbraid.core.errors import ParameterError
from unbraid.core.kam.fitting import Cost, Way, fit
from unbraid.core.kam.kernels import Everywhere, Horizontal, InRegion, Kernel, Vertical
from unbraid.core.kam.neighbourhoods import neighbourhood, regions_of
from unbraid.core.kam.neighbours import Neighbourhood
from unbraid.core.kam.plain import check
from unbraid.core.kam.surroundings import Area, Floats, Surroundings
from unbraid.core.progress import Progress, silent_progress

BLOCK = 128
"""Frames fitted at a time."""
LONG_BLOCK = 1024
"""The same for running medians, which work in tiles of their own."""


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be fitted: frames start to stop of the song into out (stop - start, F), from rows (T, F) that begin at
    frame `first`.
    """

    rows: Floats
    first: int
    start: int
    stop: int
    out: Floats
    threads: int | None
    engine: Engine

    def part(self, start: int, stop: int) -> Task:
        """Some of the frames."""
        out = self.out[start - self.start : stop - self.start]
        return Task(self.rows, self.first, start, stop, out, self.threads, self.engine)

    @property
    def own(self) -> Floats:
        """The picture at the frames to be fitted."""
        return self.rows[self.start - self.first : self.stop - self.first]


Fill = Callable[[Task], None]


@dataclass(frozen=True, eq=False)
class Smoother:
    """A kernel bound to a song.

    reach: how many frames to either side a fitted frame depends on; None if on the whole song.
    """

    reach: int | None
    bins: int
    frames: int
    _fill: Fill

    def __call__(
        self,
        z: Floats,
        start: int | None = None,
        stop: int | None = None,
        *,
        first: int = 0,
        out: Floats | None = None,
        threads: int | None = None,
        engine: Engine = "auto",
    ) -> Floats:
        """What is fitted at frames start to stop (all of z), (F, stop - start) float32, in memory (frames, F).

        z: (F, T) float32, at least 0 and finite, in memory (T, F): frames `first` and on of the song, at least `reach`
        more on either side than are wanted (as far as there are), all if reach is None. out: what to fill, not z.
        """
        start = first if start is None else start
        stop = first + z.shape[-1] if stop is None else stop
        self._check(z, start, stop, first)
        result = np.empty((stop - start, self.bins), np.float32).T if out is None else out
        if result.shape != (self.bins, stop - start) or not result.T.flags.c_contiguous:
            raise ParameterError(f"out is {(self.bins, stop - start)} with frames as rows, not {result.shape}")
        if out is not None and np.may_share_memory(out, z):
            raise ParameterError("out must not be the picture that is fitted: give another array")
        if result.size:
            rows = np.ascontiguousarray(z.T, np.float32)
            self._fill(Task(rows, first, start, stop, result.T, threads, engine))
        return result

    def _check(self, z: Floats, start: int, stop: int, first: int) -> None:
        last = first + z.shape[-1]
        if z.ndim != 2 or z.shape[0] != self.bins or not 0 <= first <= last <= self.frames:
            raise ParameterError(
                f"the kernel is bound to {self.bins} bins and {self.frames} frames: frames {first} to {last} of "
                f"{z.shape[0]} bins were given; bind it to this song and transform"
            )
        low, high = self.needs(start, stop)
        if not (first <= start <= stop <= last and first <= low and high <= last):
            raise ParameterError(
                f"frames {start} to {stop} need frames {low} to {high} of the picture: {first} to {last} were given"
            )

    def needs(self, start: int, stop: int) -> tuple[int, int]:
        """The frames (from, to) of the picture that frames start to stop depend on."""
        if self.reach is None:
            return 0, self.frames
        return max(0, start - self.reach), min(self.frames, stop + self.reach)


def bind(
    kernel: Kernel, surroundings: Surroundings, *, cost: Cost = "median", progress: Progress = silent_progress
) -> Smoother:
    """The smoother of a kernel in a song; all that depends on the song is found here, once.

    cost: "median" withstands the gross errors of first estimates, "mean" (of powers) is the classical local average.
    """
    check(kernel)
    if cost not in ("median", "mean"):
        raise ParameterError(f"the cost of a fit is median or mean, not {cost!r}")
    area = None
    held = kernel
    if isinstance(kernel, InRegion):
        area, held = Area.of(regions_of(kernel, surroundings), surroundings), kernel.kernel
    reach, fill = _fitting(held, surroundings, cost, area, progress)
    if isinstance(kernel, InRegion) and area is not None:
        fill = _within(area, fill, keeps=kernel.elsewhere == "same")
    return Smoother(reach, surroundings.bins, surroundings.frames, fill)


def _fitting(
    kernel: Kernel, song: Surroundings, cost: Cost, area: Area | None, progress: Progress
) -> tuple[int | None, Fill]:
    """The reach of a kernel, and its fastest fit; neighbours are those in the area, if there is one."""
    if isinstance(kernel, Everywhere):
        return 0 if kernel.along == "frequency" else None, _global(kernel.along, cost, area)
    if cost == "median" and area is None and isinstance(kernel, (Vertical, Horizontal)) and kernel.profile == "flat":
        if isinstance(kernel, Vertical):
            return 0, _running_over_bins(song.half_bins(kernel.height_hz))
        half = song.half_frames(kernel.length_s)
        if 2 * half < song.frames:
            return half, _running_over_frames(half, song.frames)
    near = neighbourhood(kernel, song, progress)
    return near.reach, _listed(near, cost, area)


def _listed(near: Neighbourhood, cost: Cost, area: Area | None) -> Fill:
    """Medians or means over lists of neighbours, some frames at a time."""
    length = max(BLOCK, near.reach) if near.reach is not None and near.reach <= 4 * BLOCK else BLOCK

    def fill(task: Task) -> None:
        way = Way(cost, use_compiled(task.engine), task.out.size >= NETWORK_FROM)

        def work(start: int) -> None:
            part = task.part(start, min(start + length, task.stop))
            part.out[:] = fit(task.rows, task.first, near, part.start, part.stop, way=way, area=area)

        coarse_threads(work, range(task.start, task.stop, length), threads=task.threads)

    return fill


def _running_over_bins(half: int) -> Fill:
    """Running median along frequency, mirrored at both ends."""

    def fill(task: Task) -> None:
        for start in range(task.start, task.stop, LONG_BLOCK):
            part = task.part(start, min(start + LONG_BLOCK, task.stop))
            mirrored = np.pad(part.own, ((0, 0), (half, half)), mode="reflect")
            found = median(mirrored.T, 2 * half + 1, 0, threads=task.threads, engine=task.engine)
            part.out[:] = found[half : half + part.out.shape[1]].T

    return fill


def _running_over_frames(half: int, frames: int) -> Fill:
    """Running median along time; what is beyond the song is left out.

    Beyond the ends stand zeros and greatest numbers in turn, zeros first, which leaves the lower median of the rest.
    """
    length = max(LONG_BLOCK, 8 * half)

    def fill(task: Task) -> None:
        for start in range(task.start, task.stop, length):
            part = task.part(start, min(start + length, task.stop))
            low, high = max(0, part.start - half), min(frames, part.stop + half)
            before, after = low - (part.start - half), part.stop + half - high
            rows = task.rows[low - task.first : high - task.first]
            if before or after:
                beyond = np.zeros((max(before, after), rows.shape[1]), np.float32)
                beyond[1::2] = np.finfo(np.float32).max
                rows = np.concatenate([beyond[:before][::-1], rows, beyond[:after]])
            found = median(rows.T, 2 * half + 1, 1, threads=task.threads, engine=task.engine)
            part.out[:] = found[:, half : half + len(part.out)].T

    return fill


def _global(along: str, cost: Cost, area: Area | None) -> Fill:
    """One value for the song, for each bin, or for each frame."""

    def fill(task: Task) -> None:
        rows = task.own if along == "frequency" else task.rows
        first = task.start if along == "frequency" else task.first
        if area is not None:
            inside = area.inside(np.arange(first, first + len(rows)), rows.shape[1])
            rows = np.where(inside, rows, np.float32(-1))
        if along == "both":
            task.out[:] = _overall(rows.reshape(1, -1), cost)
        elif along == "frequency":
            task.out[:] = _overall(rows, cost)[:, None]
        else:
            for a in range(0, rows.shape[1], BLOCK):
                task.out[:, a : a + BLOCK] = _overall(np.ascontiguousarray(rows[:, a : a + BLOCK].T), cost)

    return fill


def _overall(rows: Floats, cost: Cost) -> Floats:
    """Lower median or mean of each row (n, m) without its negative values, (n,); 0 where there are no others."""
    counts = np.count_nonzero(rows >= 0, axis=1)
    if cost == "mean":
        sums = np.where(rows >= 0, rows, np.float32(0)).sum(axis=1, dtype=np.float64)
        return np.asarray(sums / np.maximum(counts, 1), np.float32)
    ranks = rows.shape[1] - counts + (counts - 1) // 2  # negative values come first
    ordered = np.sort(rows, axis=1)
    chosen = np.take_along_axis(ordered, np.minimum(ranks, rows.shape[1] - 1)[:, None], axis=1)[:, 0]
    return np.maximum(chosen, np.float32(0))


def _within(area: Area, fill: Fill, *, keeps: bool) -> Fill:
    """Fitted in an area; elsewhere the picture itself or zero."""

    def limited(task: Task) -> None:
        task.out[:] = task.own if keeps else 0
        for start, stop in area.spans(task.start, task.stop):
            part = task.part(start, stop)
            found = np.empty_like(part.out)
            fill(replace(part, out=found))
            inside = area.inside(np.arange(start, stop), found.shape[1])
            np.copyto(part.out, found, where=inside)

    return limited
