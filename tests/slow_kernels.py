"""Medians and means over neighbours as slowly and plainly as possible, and pictures to try them on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.stft import StftParams
from unbraid.core.kam.surroundings import Surroundings
from unbraid.core.separation.guide import Guide

Picture = npt.NDArray[np.float32]
Neighbour = tuple[int, int, float]
"""Bin, frame, weight."""
NeighboursOf = Callable[[int, int], Iterable[Neighbour]]


def song(bins: int, frames: int, *, guide: Guide | None = None, seed: int = 0) -> Surroundings:
    """A song whose bins (an odd number of them) are 10 Hz apart and whose frames are 25 ms apart."""
    fft = max(1, 2 * (bins - 1))
    params, rate = StftParams(fft, max(1, fft // 4)), 40 if fft == 1 else 10 * fft
    return Surroundings(params, rate, frames, picture(bins, frames, seed=seed), guide or Guide())


def picture(bins: int, frames: int, *, seed: int = 0) -> Picture:
    """Magnitudes with many equal values and zeros, in memory (T, F)."""
    rng = np.random.default_rng(seed)
    rows = rng.exponential(size=(frames, bins)) * rng.integers(0, 2, (frames, bins))
    return np.where(rng.random(rows.shape) < 0.2, 1.0, rows).astype(np.float32).T


def folded(place: int, bins: int) -> int:
    """A bin mirrored at both ends."""
    if bins == 1:
        return 0
    place = abs(place) % (2 * bins - 2)
    return min(place, 2 * bins - 2 - place)


def lower_median(values: list[float], weights: list[float]) -> float:
    """The least value up to which there is at least half of the weight; 0 of nothing."""
    pairs = sorted(zip(values, weights, strict=True))
    total, below = sum(weights), 0.0
    for value, weight in pairs:
        below += weight
        if 2 * below >= total:
            return value
    return 0.0


def fitted(z: Picture, neighbours: NeighboursOf, cost: str) -> Picture:
    """The fit at every place."""
    out = np.zeros_like(z)
    for b in range(z.shape[0]):
        for t in range(z.shape[1]):
            near = list(neighbours(b, t))
            values = [float(z[place, frame]) for place, frame, _ in near]
            weights = [weight for *_, weight in near]
            if cost == "median":
                out[b, t] = lower_median(values, weights)
            elif near:
                out[b, t] = np.average(np.array(values), weights=weights)
    return out


def at_offsets(offsets: Iterable[tuple[int, int, float]], bins: int, frames: int) -> NeighboursOf:
    """The same (bins, frames, weight) around every place; mirrored in frequency, left out beyond the song."""
    chosen = list(offsets)

    def of(b: int, t: int) -> Iterable[Neighbour]:
        return [(folded(b + df, bins), t + dt, w) for df, dt, w in chosen if 0 <= t + dt < frames]

    return of
