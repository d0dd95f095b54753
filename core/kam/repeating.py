"""Models of what repeats: medians over one period of a song, over its nearest repetitions, or over listed frames."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.cpu import coarse_threads
from unbraid.core.dsp.median import median_of_frames

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int32]

SPARE_FRAMES = 2
"""Frames that `median_of_listed` needs beyond the song: one of zeros and one of the greatest number."""

WIDTHS = (3, 5, 9, 17, 25, 33, 49, 65, 101)
"""Lengths of lists that medians are compiled for; shorter lists are filled up without changing their median."""


def segment_places(frames: int, period: float) -> tuple[Index, int]:
    """The place of each frame within its repetition, (T,), and the places of one repetition; any period >= 1 frame."""
    starts = np.floor(np.arange(int(frames / period) + 2) * period + 0.5).astype(np.int64)
    t = np.arange(frames)
    places = t - starts[np.searchsorted(starts, t, side="right") - 1]
    return places.astype(np.int32), int(places.max(initial=0)) + 1


def repeating_segment(V: Floats, places: Index, count: int) -> Floats:
    """Median of all frames that share a place in the repetition, (F, count). V: (F, T or more). places: (T,)."""
    order = np.argsort(places, kind="stable")
    edges = np.searchsorted(places[order], np.arange(count + 1))
    out = np.empty((count, V.shape[0]), np.float32)

    def work(place: int) -> None:
        listed = order[edges[place] : edges[place + 1]]
        out[place] = _middle(V.T[listed])

    coarse_threads(work, range(count))
    return out.T


def _middle(rows: Floats) -> Floats:
    """Median of the rows (n, F); the mean of the two middle ones where n is even."""
    n = len(rows)
    if n <= 2:
        return np.asarray(rows.mean(axis=0), np.float32)
    low, high = (n - 1) // 2, n // 2
    part = np.partition(rows, (low, high), axis=0)
    return np.asarray(part[high] if low == high else (part[low] + part[high]) * np.float32(0.5), np.float32)


def periodic_neighbours(periods: npt.NDArray[np.floating], order: int) -> tuple[Index, Index]:
    """For each frame the `order` nearest frames that lie whole periods away, itself first, and how many there are.

    periods: (T,) in frames. Returns (T, order) filled with -1, and the counts (T,). Where the song ends on one side,
    the repetitions come from the other.
    """
    frames = len(periods)
    multiples = np.array([m * sign for m in range(order) for sign in ((1, -1) if m else (1,))])
    wanted = np.floor(np.arange(frames)[:, None] + multiples * periods[:, None] + 0.5).astype(np.int64)
    inside = (wanted >= 0) & (wanted < frames)
    best = np.argsort(~inside, axis=1, kind="stable")[:, :order]
    counts = np.minimum(inside.sum(axis=1), order).astype(np.int32)
    index = np.take_along_axis(wanted, best, axis=1).astype(np.int32)
    index[np.arange(order) >= counts[:, None]] = -1
    return index, counts


def fill_lists(index: Index, counts: Index, frames: int) -> Index:
    """Lists of the same length whose lower median is that of the listed frames, for a picture made by `with_spares`.

    index: (T, k) filled with -1 after the first `counts` entries. An even list loses its last entry, but for a list of
    two, of which the lower is taken. Zeros and greatest numbers in equal count do not move a median.
    """
    kept = np.where((counts > 2) & (counts % 2 == 0), counts - 1, counts)
    widest = int(kept.max(initial=1))
    width = next((w for w in WIDTHS if w >= widest), widest | 1)
    filled = np.full((len(index), width), frames, np.int32)
    common = min(width, index.shape[1])
    filled[:, :common] = index[:, :common]
    place = np.arange(width)
    spare = place >= kept[:, None]
    filled[spare] = frames
    filled[spare & ((place - kept[:, None]) % 2 == 1)] = frames + 1
    return filled


def with_spares(V: Floats) -> Floats:
    """Set the last two frames of V (F, T + 2), made for it, to zero and the greatest number, in place; returns V."""
    V[:, -2] = 0
    V[:, -1] = np.finfo(np.float32).max
    return V


def median_of_listed(V: Floats, lists: Index) -> Floats:
    """Median over listed frames, (F, len(lists)). V: (F, T + 2) of `with_spares`. lists: (T2, k) of `fill_lists`."""
    return median_of_frames(V, lists)
