"""Kernels whose neighbours are other moments of the song: whole periods away, alike in sound, or marked as the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError
from unbraid.core.kam.kernels import MOST_REPETITIONS, Periodic, Repetitions, Similar
from unbraid.core.kam.neighbours import ABSENT, Index, Neighbourhood, Neighbours, check_count, joined, table
from unbraid.core.kam.patterns import mirrored_bins
from unbraid.core.kam.periods import beat_spectrum, choose_periods, lag_bounds, period_track
from unbraid.core.kam.repeating import periodic_neighbours
from unbraid.core.kam.similarity import Likeness, band_features, similar_frames
from unbraid.core.kam.surroundings import Area, Floats, Rectangle, Surroundings, nearest
from unbraid.core.progress import Progress, silent_progress
from unbraid.core.separation.guide import Region

Doubles = npt.NDArray[np.float64]

SHORTEST = 2.0
"""Frames of the shortest period: below, repetitions overlap."""

LEAST_WEIGHT = 0.05
"""Neighbours of less weight are left out where weights fade away."""


def periodic(kernel: Periodic, song: Surroundings, progress: Progress) -> Neighbourhood:
    """Frames whole periods away."""
    given = [np.full(song.frames, period / song.frame_s) for period in kernel.period_s]
    tracks = given or _found(kernel, song, progress)
    if min(float(track.min()) for track in tracks) < SHORTEST:
        raise ParameterError(
            f"a period is at least {SHORTEST:g} frames, here {SHORTEST * song.frame_s:.3g} s: give a longer one, or a "
            "shorter hop"
        )
    if kernel.tolerance > 0:
        return joined([_pseudo_periodic(track, kernel, song.frames) for track in tracks])
    order = 2 * kernel.repetitions + 1
    members = [table(periodic_neighbours(track, order)[0], song.frames) for track in tracks]
    return members[0] if len(members) == 1 else joined(members)


def _found(kernel: Periodic, song: Surroundings, progress: Progress) -> list[Doubles]:
    """The period of every frame, in frames, (T,): one track for each of the periods that the song tells most of."""
    V = song.seen(kernel.kind)
    if kernel.segment_s > 0:
        segment = max(4, nearest(kernel.segment_s / song.frame_s))
        low, high = lag_bounds(
            min(song.frames, segment), kernel.shortest_s / song.frame_s, kernel.longest_s / song.frame_s
        )
        tracks = [period_track(V, low, high, segment=segment, step=max(1, segment // 6), progress=progress)]
    else:
        low, high = lag_bounds(song.frames, kernel.shortest_s / song.frame_s, kernel.longest_s / song.frame_s)
        beat = beat_spectrum(V, max(high + 1, song.frames // 2))
        periods = choose_periods(beat, low, high, song.frames, count=kernel.count)
        tracks = [np.full(song.frames, period.frames) for period in periods]
    return [np.maximum(track, SHORTEST) for track in tracks]


def periods_found(kernel: Periodic, song: Surroundings) -> tuple[float, ...]:
    """The periods in seconds that a periodic kernel without any finds in the song, the most telling first."""
    return tuple(float(np.median(track)) * song.frame_s for track in _found(kernel, song, silent_progress))


def _pseudo_periodic(track: Doubles, kernel: Periodic, frames: int) -> Neighbourhood:
    """Frames about whole periods away, near ones with more weight. track: (T,) periods in frames."""
    fading = kernel.repetitions * float(np.sqrt(-2 * np.log(LEAST_WEIGHT)))
    reach = min(int(fading * track.max()), frames - 1)
    check_count(2 * reach + 1)
    offsets = np.arange(-reach, reach + 1)

    def of(start: int, stop: int) -> Neighbours:
        T = track[start:stop, None]
        exponent = 2 / kernel.tolerance**2 * np.sin(np.pi * offsets / T) ** 2
        exponent += 0.5 * (offsets / (kernel.repetitions * T)) ** 2
        weights = np.exp(-exponent).astype(np.float32)
        places = np.arange(start, stop)[:, None] + offsets
        counts = (weights >= LEAST_WEIGHT) & (places >= 0) & (places < frames)
        best = np.argsort(~counts, axis=1, kind="stable")[:, : max(1, int(counts.sum(axis=1).max()))]
        chosen = np.where(counts, places, ABSENT).astype(np.int32)
        return Neighbours(np.take_along_axis(chosen, best, axis=1), weights=np.take_along_axis(weights, best, axis=1))

    return Neighbourhood(of, reach, is_plain=False)


def similar(kernel: Similar, song: Surroundings, progress: Progress) -> Neighbourhood:
    """The most similar frames."""
    likeness = Likeness(
        kernel.count,
        max(1, nearest(kernel.distance_s / song.frame_s)),
        kernel.threshold,
        nearest(kernel.context_s / 2 / song.frame_s),
        nearest(kernel.reach_s / song.frame_s),
    )
    features = band_features(song.seen(kernel.kind), song.params.freqs_hz(song.rate), bands=kernel.bands)
    return table(similar_frames(features, likeness, progress=progress)[0], song.frames)


def repetitions(kernel: Repetitions, song: Surroundings) -> Neighbourhood:
    """The same moments of regions declared to be the same event."""
    groups = [r.regions for r in kernel.repetitions or song.guide.repetitions if r.regions]
    if not groups:
        raise ParameterError("there are no marked repetitions: mark regions that are the same event")
    if any(len(regions) > MOST_REPETITIONS for regions in groups):
        raise ParameterError(f"an event is marked {MOST_REPETITIONS} times at most: leave some out")
    near = joined([_event(regions, kernel, song) for regions in groups])
    area = Area.of([region for regions in groups for region in regions], song)

    def finish(fitted: Floats, own: Floats, start: int) -> Floats:
        inside = area.inside(np.arange(start, start + len(fitted)), fitted.shape[1])
        return np.where(inside, fitted, own if kernel.elsewhere == "same" else np.float32(0))

    return replace(near, finish=finish)


def _event(regions: Sequence[Region], kernel: Repetitions, song: Surroundings) -> Neighbourhood:
    """The neighbours within one group of regions: the same moment of each, at the bins that correspond."""
    places = [Rectangle.of(region, song) for region in regions]
    maps = [[_same_bins(a, b, kernel.transposed, song) for b in regions] for a in regions]
    starts = _aligned(places, maps[0], kernel, song)
    levels = _levels(places)
    count, width = len(places), len(places) * (max(levels) + 1)
    check_count(width)

    def of(start: int, stop: int) -> Neighbours:
        found = np.full((stop - start, width), ABSENT, np.int32)
        numbers, lows, highs = (np.zeros(found.shape, np.int32) for _ in range(3))
        for i, place in enumerate(places):
            a, b = max(start, place.first_frame), min(stop, place.stop_frame)
            if a >= b:
                continue
            block = slice(a - start, b - start), slice(levels[i] * count, (levels[i] + 1) * count)
            same = np.arange(a, b)[:, None] - starts[i] + np.array(starts)
            within = (same >= [p.first_frame for p in places]) & (same < [p.stop_frame for p in places])
            found[block] = np.where(within, same, ABSENT)
            numbers[block] = 1 + i * count + np.arange(count)
            lows[block], highs[block] = place.first_bin, place.stop_bin
        return Neighbours(found, maps=numbers, lows=lows, highs=highs)

    stacked = np.array(maps, np.int32).reshape(count * count, song.bins)
    reach = max(abs(a - b) for a in starts for b in starts)
    return Neighbourhood(of, min(reach, max(0, song.frames - 1)), maps=stacked, is_plain=False)


def _same_bins(a: Region, b: Region, transposed: str, song: Surroundings) -> Index:
    """The bins of region b that correspond to all bins of region a, (F,)."""
    bins = np.arange(song.bins, dtype=np.float64)
    if transposed == "shift":
        bins += nearest((b.low_hz - a.low_hz) / song.bin_hz)
    elif transposed == "ratio":
        if min(a.low_hz, b.low_hz) <= 0:
            raise ParameterError(
                "a transposition is the ratio of the lower edges of the regions, which must be above 0 Hz: mark the "
                "events from their lowest tone, or use shift"
            )
        bins *= b.low_hz / a.low_hz
    return mirrored_bins(np.rint(bins).astype(np.int64), song.bins)


def _aligned(places: Sequence[Rectangle], maps: Sequence[Index], kernel: Repetitions, song: Surroundings) -> list[int]:
    """First frames of regions, each moved to where it looks most like the first. maps: bins of each for its bins."""
    model = places[0]
    starts = [place.first_frame for place in places]
    most = nearest(kernel.align_s / song.frame_s)
    if song.magnitudes is None or most == 0:
        return starts
    V = song.seen(kernel.kind)
    bins = slice(model.first_bin, model.stop_bin)
    for i, place in enumerate(places[1:], 1):
        length = min(model.stop_frame - model.first_frame, place.stop_frame - place.first_frame)
        first = _shape(V[bins, model.first_frame : model.first_frame + length])
        earliest, latest = max(0, starts[i] - most), min(song.frames - length, starts[i] + most)
        nearest_first = sorted(range(earliest, latest + 1), key=lambda at: abs(at - place.first_frame))
        alike = [float((first * _shape(V[maps[i][bins], at : at + length])).sum()) for at in nearest_first]
        starts[i] = nearest_first[int(np.argmax(np.round(alike, 6)))] if alike else starts[i]
    return starts


def _shape(V: Floats) -> Doubles:
    """Compressed magnitudes without their mean, of unit length (or zero)."""
    level = np.sqrt(V, dtype=np.float64)
    level -= level.mean() if level.size else 0.0
    norm = float(np.linalg.norm(level))
    return level / norm if norm > 0 else level


def _levels(places: Sequence[Rectangle]) -> list[int]:
    """A number for each rectangle such that those of the same number do not overlap in time."""
    levels: list[int] = []
    for i, place in enumerate(places):
        taken = {
            levels[j]
            for j, other in enumerate(places[:i])
            if other.first_frame < place.stop_frame and place.first_frame < other.stop_frame
        }
        levels.append(next(level for level in range(len(places)) if level not in taken))
    return levels
