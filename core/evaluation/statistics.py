"""From figures of frames and tracks to what is reported: medians, quartiles, confidence intervals, paired comparisons.

Functions over arrays; NaN (a silent frame, a track that was not scored) is left out everywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError

Floats = npt.NDArray[np.float64]
Statistic = Literal["median", "mean"]

EXACT_TRACKS = 200
"""Up to so many tracks the distribution of signed ranks is computed; beyond, it is a normal one."""

DRAWN_AT_ONCE = 1 << 20
"""Values drawn at a time for a bootstrap."""


def median_over_frames(figures: Floats) -> Floats:
    """Median over the last axis, (..., T) -> (...): the figure of a track. NaN where no frame has one."""
    return quartiles(figures)[..., 1]


def over_tracks(figures: Floats, statistic: Statistic = "median") -> float:
    """Median or mean of figures of tracks, (tracks,), as campaigns report them; NaN without any."""
    known = _known(figures)
    return _of(known[None], statistic)[0] if known.size else math.nan


def quartiles(figures: Floats) -> Floats:
    """Lower quartile, median, upper quartile over the last axis, (..., T) -> (..., 3); NaN where there is nothing."""
    rows = figures.reshape(math.prod(figures.shape[:-1]), figures.shape[-1])
    out = np.full((len(rows), 3), np.nan)
    for row, result in zip(rows, out, strict=True):
        known = _known(row)
        if known.size:
            result[...] = _quantiles(known[None], (0.25, 0.5, 0.75))[:, 0]
    return out.reshape(*figures.shape[:-1], 3)


@dataclass(frozen=True)
class Interval:
    """A statistic with the interval that holds it with some confidence."""

    value: float
    low: float
    high: float


def bootstrap(
    figures: Floats,
    statistic: Statistic = "median",
    *,
    rng: np.random.Generator,
    confidence: float = 0.95,
    draws: int = 10000,
) -> Interval:
    """Median or mean over tracks, (tracks,), with its percentile bootstrap interval (Efron, 1979).

    NaN limits for fewer than two tracks.
    """
    if not 0 < confidence < 1 or draws < 1:
        raise ParameterError(f"an interval has a confidence between 0 and 1, not {confidence}, and 1 draw or more")
    known = _known(figures)
    if known.size < 2:
        return Interval(over_tracks(known, statistic), math.nan, math.nan)
    step = max(1, DRAWN_AT_ONCE // known.size)
    drawn = np.concatenate(
        [
            _of(known[rng.integers(known.size, size=(min(step, draws - k), known.size))], statistic)
            for k in range(0, draws, step)
        ]
    )
    low, high = _quantiles(drawn[None], ((1 - confidence) / 2, (1 + confidence) / 2))[:, 0]
    return Interval(over_tracks(known, statistic), float(low), float(high))


@dataclass(frozen=True)
class PairedComparison:
    """Two methods on the same tracks: a minus b, positive where a is better.

    tracks: pairs that both have a figure. better, worse: how often a wins and loses.
    signed_rank_p, sign_p: two-sided probabilities of so clear a difference by chance, by the ranks of the differences
    (Wilcoxon, 1945) and by their signs alone; exact up to `EXACT_TRACKS` tracks, ties included.
    """

    tracks: int
    better: int
    worse: int
    median_difference: float
    mean_difference: float
    signed_rank_p: float
    sign_p: float


def compare_paired(a: Floats, b: Floats) -> PairedComparison:
    """Compare figures (tracks,) of two methods on the same tracks."""
    if a.shape != b.shape or a.ndim != 1:
        raise ParameterError(f"pairs are two lists of equal length, not of shapes {a.shape} and {b.shape}")
    with np.errstate(invalid="ignore"):
        difference = _known(np.where(a == b, 0.0, a - b))  # two infinite figures are alike
    better, worse = int((difference > 0).sum()), int((difference < 0).sum())
    return PairedComparison(
        tracks=difference.size,
        better=better,
        worse=worse,
        median_difference=over_tracks(difference),
        mean_difference=over_tracks(difference, "mean"),
        signed_rank_p=signed_rank_p(difference),
        sign_p=sign_p(better, worse),
    )


def signed_rank_p(differences: Floats) -> float:
    """Two-sided probability of Wilcoxon's signed rank test; differences of zero are left out, ties share ranks."""
    d = differences[differences != 0]
    if not d.size:
        return 1.0
    if d.size > EXACT_TRACKS:
        from scipy.stats import wilcoxon

        return float(wilcoxon(d, method="asymptotic").pvalue)
    doubled = _doubled_ranks(np.abs(d))
    chances = np.ones(1)  # of each sum of the doubled ranks that are positive, each sign a toss of a coin
    for rank in doubled:
        grown = np.zeros(len(chances) + rank)
        grown[: len(chances)] += chances / 2
        grown[rank:] += chances / 2
        chances = grown
    seen = int(doubled[d > 0].sum())
    return float(min(1.0, 2 * min(chances[: seen + 1].sum(), chances[seen:].sum())))


def _doubled_ranks(values: Floats) -> npt.NDArray[np.int64]:
    """Twice the ranks of values (n,) from 1 on; equal values share the mean of their ranks."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((2 * last - counts + 1)[place], np.int64)


def sign_p(better: int, worse: int) -> float:
    """Two-sided probability of the sign test: so many heads, or so few, in fair tosses."""
    n = better + worse
    tail = sum(math.comb(n, k) for k in range(min(better, worse) + 1))
    return min(1.0, tail / 2 ** (n - 1)) if n else 1.0


def _known(figures: Floats) -> Floats:
    return np.asarray(figures[~np.isnan(figures)])


def _of(rows: Floats, statistic: Statistic) -> Floats:
    """Median or mean of each row, (rows,)."""
    if statistic == "median":
        return np.asarray(_quantiles(rows, (0.5,))[0])
    if statistic != "mean":
        raise ParameterError(f"the statistic is median or mean, not {statistic!r}")
    with np.errstate(invalid="ignore"):
        return np.asarray(rows.mean(axis=1))


def _quantiles(rows: Floats, levels: tuple[float, ...]) -> Floats:
    """Quantiles of each row by linear interpolation, (levels, rows); infinite figures are figures."""
    ordered = np.sort(rows, axis=1)
    out = np.empty((len(levels), len(rows)))
    for k, level in enumerate(levels):
        place = level * (rows.shape[1] - 1)
        low = int(place)
        out[k] = ordered[:, low]
        if share := place - low:
            with np.errstate(invalid="ignore"):
                out[k] = (1 - share) * out[k] + share * ordered[:, low + 1]
    return out
