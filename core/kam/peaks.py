"""The best values of similarity rows that lie some distance apart."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.compiled import compiled, use_compiled

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int32]
Search = Callable[[Floats, int, int, float, Index, Index], None]

GONE = -2.0
"""Below any cosine: what has been taken or lies too near to it."""


@lru_cache(maxsize=1)
def search() -> Search:
    """The fastest search of this machine: `search_rows` as machine code, or the same with numpy."""
    return compiled(search_rows) if use_compiled("auto") else search_with_numpy


def search_rows(similarity: Floats, first: int, distance: int, threshold: float, index: Index, counts: Index) -> None:
    """Fill the neighbours of frames `first`, `first` + 1, ... from their rows of similarity, which are used up.

    similarity: (R, T), overwritten. index: (R, k), best first. counts: (R,). The frame itself comes first; then, again
    and again, the most similar frame that is at least `threshold` similar and `distance` frames from all before.
    Only the best of every section of `distance` frames is remembered, so a choice looks at T / distance values.
    """
    rows, frames = similarity.shape
    sections = (frames + distance - 1) // distance
    best = np.empty(sections, np.int64)
    for r in range(rows):
        row = similarity[r]
        place = first + r
        found = 0
        while found < index.shape[1]:
            index[r, found] = place
            low, high = max(0, place - distance + 1), min(frames, place + distance)
            for t in range(low, high):
                row[t] = GONE
            changed, end = low // distance, (high - 1) // distance + 1
            if found == 0:
                changed, end = 0, sections
            found += 1
            for s in range(changed, end):
                at = s * distance
                for t in range(at + 1, min((s + 1) * distance, frames)):
                    if row[t] > row[at]:
                        at = t
                best[s] = at
            place = best[0]
            for s in range(1, sections):
                if row[best[s]] > row[place]:
                    place = best[s]
            if row[place] < threshold or row[place] <= GONE:
                break
        counts[r] = found


def search_with_numpy(
    similarity: Floats, first: int, distance: int, threshold: float, index: Index, counts: Index
) -> None:
    """The same as `search_rows`, all rows at once."""
    rows = np.arange(len(similarity))
    columns = np.arange(similarity.shape[1])
    place = first + rows
    going = np.ones(len(rows), bool)
    for found in range(index.shape[1]):
        index[going, found] = place[going]
        counts[going] = found + 1
        similarity[np.abs(columns - place[:, None]) < distance] = GONE
        place = similarity.argmax(axis=1)
        top = similarity[rows, place]
        going &= (top >= threshold) & (top > GONE)
