"""What a kernel becomes on the grid of a song: for every frame a list of neighbours, the same for all kernels.

In time there is nothing beyond the ends of the song: such neighbours are left out. In frequency the picture is mirrored
at 0 Hz and at half the rate, as the spectrum of a real signal is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.kernels_kam import MOST_WEIGHT
from unbraid.core.errors import ParameterError
from unbraid.core.kam.surroundings import Floats

Index = npt.NDArray[np.int32]

ABSENT = -1
"""The number of a frame that is not there."""

ALL = np.iinfo(np.int32).max
"""Above all bins."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Up to k neighbours for each of n frames, in arrays (n, k); None stands for zeros, ones or all bins.

    frames: numbers in the song, ABSENT where there is none. shifts: the neighbour of bin b is bin b + shift.
    weights: above 0. maps: which of the neighbourhood's maps gives the bins, 0 for none. lows, highs: the bins b, from
    low and below high, that have this neighbour.
    """

    frames: Index
    shifts: Index | None = None
    weights: Floats | None = None
    maps: Index | None = None
    lows: Index | None = None
    highs: Index | None = None

    def complete(self) -> tuple[Index, Index, Floats, Index, Index, Index]:
        """Frames, shifts, weights, maps, lows and highs with no None."""

        def filled(given: npt.NDArray[Any] | None, value: float, kind: type) -> npt.NDArray[Any]:
            return np.broadcast_to(np.asarray(value, kind), self.frames.shape) if given is None else given

        return (
            self.frames,
            filled(self.shifts, 0, np.int32),
            filled(self.weights, 1.0, np.float32),
            filled(self.maps, 0, np.int32),
            filled(self.lows, 0, np.int32),
            filled(self.highs, ALL, np.int32),
        )


Finish = Callable[[Floats, Floats, int], Floats]
"""(fitted, the picture itself, first frame) -> what the source is there; all (n, F)."""


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """A kernel on the grid of a song.

    of: the neighbours of frames start to stop. reach: frames to either side within which they are, None for the whole
    song. shift: most bins by which a neighbour can lie beyond the ends, to be mirrored in. maps: (V, F), the bins of
    the picture that stand for the bins of a neighbour. is_plain: all neighbours weigh the same and count for all bins.
    finish: what is done with the fit.
    """

    of: Callable[[int, int], Neighbours]
    reach: int | None
    shift: int = 0
    maps: Index | None = None
    is_plain: bool = True
    finish: Finish | None = None


def pattern(
    frames: Index, bins: Index, weights: Floats | None, song_frames: int, *, maps: Index | None = None
) -> Neighbourhood:
    """The same neighbours for every place: offsets in frames and bins, (k,), and weights, (k,) or None if equal.

    maps: (k, F), the bins of each neighbour in place of an offset.
    """
    k = len(frames)
    check_count(k)
    numbers = None if maps is None else np.arange(1, k + 1, dtype=np.int32)
    shifts = bins.astype(np.int32) if bins.any() else None

    def of(start: int, stop: int) -> Neighbours:
        places = np.arange(start, stop, dtype=np.int32)[:, None] + frames.astype(np.int32)
        places[(places < 0) | (places >= song_frames)] = ABSENT
        return Neighbours(places, *(_repeated(row, stop - start) for row in (shifts, weights, numbers)))

    reach = min(int(np.abs(frames).max()), max(0, song_frames - 1))
    return Neighbourhood(of, reach, int(np.abs(bins).max()), maps, is_plain=weights is None)


def _repeated(row: npt.NDArray[Any] | None, count: int) -> npt.NDArray[Any] | None:
    return None if row is None else np.broadcast_to(row, (count, len(row)))


def check_count(count: int) -> None:
    """Refuse more neighbours than can be weighed against each other."""
    if count > MOST_WEIGHT:
        raise ParameterError(
            f"a kernel has at most {MOST_WEIGHT} neighbours, not {count}, which are so many frames and bins of this "
            "transform: make the kernel smaller or the hop longer"
        )


def table(places: Index, song_frames: int) -> Neighbourhood:
    """Neighbours from a table of frame numbers, (T, k), ABSENT where there is none."""
    distance = np.abs(places - np.arange(len(places), dtype=np.int32)[:, None])
    reach = min(int(distance[places >= 0].max(initial=0)), max(0, song_frames - 1))
    return Neighbourhood(lambda start, stop: Neighbours(places[start:stop]), reach)


def joined(members: Sequence[Neighbourhood]) -> Neighbourhood:
    """The neighbours of any of the members; one that several name counts once, with its greatest weight."""
    maps, renumbered = _joined_maps([member.maps for member in members])
    reaches = [member.reach for member in members]

    def of(start: int, stop: int) -> Neighbours:
        parts = []
        for member, number in zip(members, renumbered, strict=True):
            frames, shifts, weights, numbers, lows, highs = member.of(start, stop).complete()
            parts.append((frames, shifts, weights, number[numbers], lows, highs))
        return without_repeats(*(np.concatenate(arrays, axis=1) for arrays in zip(*parts, strict=True)))

    return Neighbourhood(
        of,
        None if None in reaches else max(reach for reach in reaches if reach is not None),
        max(member.shift for member in members),
        maps,
        all(member.is_plain for member in members),
    )


def _joined_maps(maps: Sequence[Index | None]) -> tuple[Index | None, list[Index]]:
    """All different maps, and for each member the new numbers of its own, from 0, which leaves bins where they are."""
    given = [m for m in maps if m is not None]
    if not given:
        return None, [np.zeros(1, np.int32) for _ in maps]
    itself = np.arange(given[0].shape[1], dtype=np.int32)
    known: dict[bytes, int] = {itself.tobytes(): 0}
    rows: list[Index] = []
    numbers = []
    for member in maps:
        mine = [0]
        for row in () if member is None else member.astype(np.int32):
            if row.tobytes() not in known:
                known[row.tobytes()] = len(known)
                rows.append(row)
            mine.append(known[row.tobytes()])
        numbers.append(np.array(mine, np.int32))
    return (np.array(rows, np.int32) if rows else None), numbers


def without_repeats(
    frames: Index, shifts: Index, weights: Floats, maps: Index, lows: Index, highs: Index
) -> Neighbours:
    """Neighbours (n, k) of which each is named once, with its greatest weight."""
    keys = [frames, maps, shifts, lows, highs]
    order = np.lexsort((-weights, *keys[::-1]), axis=-1)
    keys = [np.take_along_axis(key, order, axis=1) for key in keys]
    repeated = np.logical_and.reduce([key[:, 1:] == key[:, :-1] for key in keys])
    keys[0][:, 1:][repeated] = ABSENT
    count = max(1, int((keys[0] >= 0).sum(axis=1).max()))
    present = np.argsort(keys[0] < 0, axis=1, kind="stable")[:, :count]
    frames, maps, shifts, lows, highs = (np.take_along_axis(key, present, axis=1) for key in keys)
    order = np.take_along_axis(order, present, axis=1)
    return Neighbours(frames, shifts, np.take_along_axis(weights, order, axis=1), maps, lows, highs)
