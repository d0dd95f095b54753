"""Between the points of a rate-quality curve: what a rate buys, what a quality costs.

SDR goes straight over the logarithm of the rate between two points, and straight over the rate beyond the last one
(at high rates a bit more for each sample is worth six decibels).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise

from unbraid.core.informed.dial import MOST_KBPS, CurvePoint


def in_order(points: Sequence[CurvePoint]) -> tuple[CurvePoint, ...]:
    """Points with rising rates, each rate once: the later one counts."""
    return tuple(sorted({point.rate_kbps: point for point in points}.values(), key=lambda point: point.rate_kbps))


def at_rate(points: Sequence[CurvePoint], rate_kbps: float) -> CurvePoint:
    """What that rate buys. points: in order, at least one. Below the first the first counts."""
    place = bisect_right([point.rate_kbps for point in points], rate_kbps)
    if place == 0 or len(points) == 1:
        return points[max(0, place - 1)]
    first, second = points[place - 1 : place + 1] if place < len(points) else points[-2:]
    if first.rate_kbps == rate_kbps:
        return first
    way = (
        math.log(rate_kbps / first.rate_kbps) / math.log(second.rate_kbps / first.rate_kbps)
        if place < len(points)
        else (rate_kbps - first.rate_kbps) / (second.rate_kbps - first.rate_kbps)
    )
    costs = (rate_kbps - first.rate_kbps) / (second.rate_kbps - first.rate_kbps)
    return CurvePoint(
        rate_kbps,
        _between(first.parametric_kbps, second.parametric_kbps, costs),
        second.step,
        tuple(_between(a, b, way) for a, b in zip(first.sdr_db, second.sdr_db, strict=True)),
        tuple(_between(a, b, costs) for a, b in zip(first.kbps, second.kbps, strict=True)),
    )


def rate_for(points: Sequence[CurvePoint], quality_db: float, stem: int | None = None) -> float:
    """The least rate in kbit/s at which a stem (all on average: None) has that SDR; at most MOST_KBPS."""
    reached = [point.mean_db if stem is None else point.sdr_db[stem] for point in points]
    rates = [point.rate_kbps for point in points]
    if not rates or not any(map(math.isfinite, reached)) or quality_db <= reached[0]:
        return rates[0] if rates else MOST_KBPS
    for (low, less), (high, more) in pairwise(zip(rates, reached, strict=True)):
        if less < quality_db <= more:
            return float(low * (high / low) ** ((quality_db - less) / (more - less)))
    if len(points) < 2 or not reached[-1] > reached[-2]:
        return MOST_KBPS
    slope = (reached[-1] - reached[-2]) / (rates[-1] - rates[-2])
    return min(MOST_KBPS, rates[-1] + (quality_db - reached[-1]) / slope)


def rate_for_all(points: Sequence[CurvePoint], wanted_db: Mapping[int, float]) -> float:
    """The least rate at which each of these stems has the SDR that is wanted of it."""
    return max((rate_for(points, db, stem) for stem, db in wanted_db.items()), default=MOST_KBPS)


def _between(a: float, b: float, way: float) -> float:
    return a + (b - a) * way if math.isfinite(a) and math.isfinite(b) else math.nan
