"""Where the blocks of a marked song begin in a file from which something was cut off."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.informed.watermark.layout import Layout, read_headers
from unbraid.core.informed.watermark.reversible import Whole, second_of_pair

PLACES = 4
OFFSETS_AT_ONCE = 64
CONFIRMED = 3
"""Right headers that must follow each other at an offset; one of 2^24 is right by chance."""

FOLLOWING = 6
"""Pairs looked at to confirm an offset."""


def _loud_places(samples: Whole, plan: Layout) -> list[int]:
    """Starts of stretches of the search's length, the loudest of each part of the song."""
    length = 5 * plan.bins
    count = len(samples) // length
    if not count:
        return []
    energy = np.array(
        [float(np.square(samples[k * length : (k + 1) * length : 7], dtype=np.float64).sum()) for k in range(count)]
    )
    parts = np.array_split(np.arange(count), min(PLACES, count))
    return [int(part[np.argmax(energy[part])]) * length for part in parts if energy[part].max() > 0]


def _right(windows: Whole, plan: Layout) -> npt.NDArray[np.bool_]:
    """Whether the headers of second blocks of pairs in windows (3 M, C) are right, (C,)."""
    bits = (second_of_pair(windows, plan.bins)[:, plan.header] & 1).astype(np.uint8)
    return read_headers(bits)[1]


def _confirmed(samples: Whole, start: int, plan: Layout) -> bool:
    """Whether pairs before and behind one that starts at sample `start` have right headers, too."""
    right = 0
    for pair in range(-FOLLOWING, FOLLOWING + 1):
        first = start + 2 * pair * plan.bins - plan.bins // 2
        if 0 <= first <= len(samples) - 3 * plan.bins:
            right += int(_right(samples[first : first + 3 * plan.bins], plan).sum())
    return right >= CONFIRMED


def _starts_near(samples: Whole, place: int, plan: Layout) -> list[int]:
    """Starts of pairs with a right header within two blocks behind `place`."""
    stretch = samples[place : place + 5 * plan.bins]
    loudest = int(np.argmax(np.square(stretch, dtype=np.float64).sum(axis=0)))
    windows = np.lib.stride_tricks.sliding_window_view(stretch[:, loudest], 3 * plan.bins)[: 2 * plan.bins]
    found: list[int] = []
    for first in range(0, len(windows), OFFSETS_AT_ONCE):
        right = _right(windows[first : first + OFFSETS_AT_ONCE].T, plan)
        found += [place + first + int(k) + plan.bins // 2 for k in np.flatnonzero(right)]
    return found


def find_offset(samples: Whole, plan: Layout, *, cuts: bool = True) -> int | None:
    """The first sample, below 2 M, at which pairs of blocks of integers (N, C) begin, or None without hidden bits.

    cuts: try every offset; else only that of a copy from whose start nothing was cut, which takes a moment.
    """
    pair = 2 * plan.bins
    places = _loud_places(samples, plan)
    if any(_confirmed(samples, place // pair * pair, plan) for place in places):
        return 0
    for place in places if cuts else []:
        for start in _starts_near(samples, place, plan):
            if _confirmed(samples, start, plan):
                return start % pair
    return None
