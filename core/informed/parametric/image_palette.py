"""The palette and the places of the image codec, fitted to where each colour is used."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.informed.parametric.image import LEVELS
from unbraid.core.informed.parametric.image_kernels import MOST_LABELS
from unbraid.core.informed.parametric.image_statistics import errors
from unbraid.core.informed.parametric.spatial import ANGLES, PHASES, POINT, Covariances, Places, plain

Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FAR = 20
"""Level below the loudest, in steps, of sources that a first colour does not have."""
UNEVEN = (0, 4, 8)
"""Levels of the second source of a first colour of two."""
SWEEPS = 3
STEPS = (4, 2, 1)
"""Steps in which numbers of a place are tried."""


def first_palette(energy: Doubles, most: int = MOST_LABELS) -> Integers:
    """Colours to begin with, (K, J): each source alone, all alike, and pairs, the loudest ones first. energy: (J,)."""
    sources = len(energy)
    colours = [np.where(np.arange(sources) == j, 0, FAR) for j in range(sources)]
    colours.append(np.zeros(sources, np.int64))
    loudest = np.argsort(-energy, kind="stable")
    pairs = [(int(a), int(b)) for number, a in enumerate(loudest) for b in loudest[number + 1 :]]
    for a, b in sorted(pairs, key=lambda pair: -min(energy[pair[0]], energy[pair[1]])):
        for level in UNEVEN:
            for first, second in ((a, b), (b, a))[: 2 if level else 1]:
                colour = np.full(sources, FAR)
                colour[first], colour[second] = 0, level
                colours.append(colour)
    distinct = list(dict.fromkeys(tuple(int(v) for v in colour) for colour in colours))
    return np.array(distinct[:most], np.int64)


def refined_palette(palette: Integers, sums: Doubles, R: Covariances, priorities: Doubles) -> Integers:
    """The palette with each colour's levels where it errs least.

    sums: (S, K, n), see `sums_of_colours`. R: (S, J, I, I).
    """
    result = palette.copy()
    for k in range(len(palette)):
        if np.any(sums[:, k]):
            result[k] = _refined_colour(result[k], sums[:, k], R, priorities)
    return result


def _refined_colour(colour: Integers, sums: Doubles, R: Covariances, priorities: Doubles) -> Integers:
    """Coordinate descent over the levels. sums: (S, n)."""
    for _ in range(SWEEPS):
        before = colour.copy()
        for j in range(len(colour)):
            tried = np.repeat(colour[None], LEVELS, 0)
            tried[:, j] = np.arange(LEVELS)
            error = np.einsum("skn,sn->k", errors(tried, R, priorities), sums)
            colour = tried[int(np.argmin(error))]
        colour = colour - colour.min()
        if (colour == before).all():
            break
    return colour


def refined_places(places: Places, palette: Integers, sums: Doubles, priorities: Doubles) -> Places:
    """Places with which all colours together err least, found by trying steps of each number. sums: (S, K, n)."""
    if places.channels == 1:
        return places
    index = places.index.copy()
    for step in STEPS:
        for j in range(places.sources):
            for part in range(3):
                _move(index, (j, part), step, palette, sums, priorities)
    return Places(plain(index), 2)


def _move(
    index: Integers, which: tuple[int, int], step: int, palette: Integers, sums: Doubles, priorities: Doubles
) -> None:
    """Change one number of places (S, J, 3) by a step to either side, in the bands where that errs less."""
    j, part = which
    tried = np.stack([index] * 3)
    value = index[:, j, part] + np.array([0, -step, step])[:, None]
    tried[:, :, j, part] = value % PHASES if part == 1 else np.clip(value, 0, (ANGLES, 0, POINT)[part])
    R = [Places(one, 2).covariances() for one in tried]
    error = np.stack([(errors(palette, one, priorities) * sums).sum((1, 2)) for one in R])
    best = np.argmin(error, axis=0)
    index[:, j, part] = tried[best, np.arange(len(index)), j, part]


def in_use(palette: Integers, used: Integers) -> tuple[Integers, Integers]:
    """The colours that are used, the most frequent first, and the new number of each old one. used: (K,)."""
    order = [int(k) for k in np.argsort(-used, kind="stable") if used[k] > 0] or [0]
    number = np.zeros(len(palette), np.int64)
    number[order] = np.arange(len(order))
    return palette[order], number
