"""Where rates and qualities lie on the plot, and what stands on its axes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from unbraid.app.spectrogram.ticks import Tick, level_ticks
from unbraid.core.informed.dial import CurvePoint

LOW_KBPS, HIGH_KBPS = 0.5, 1000.0
LOW_DB, HIGH_DB = 0.0, 30.0
"""Shown at least."""
STEP_DB = 5.0
HIGHEST_DB = 120.0
LEFT, TOP, BOTTOM = 34.0, 22.0, 34.0
LABEL_PX, LABEL_DB_PX = 12.0, 22.0


@dataclass(frozen=True)
class Axes:
    """A plot of so many pixels, with room for labels around it: rates on a logarithm to the right, decibels upwards."""

    width: float
    height: float
    right: float
    low_kbps: float = LOW_KBPS
    high_kbps: float = HIGH_KBPS
    low_db: float = LOW_DB
    high_db: float = HIGH_DB

    @classmethod
    def around(cls, points: Sequence[CurvePoint], width: float, height: float, right: float) -> Axes:
        """Axes that show all points. right: room for the ends of the lines."""
        rates = [point.rate_kbps for point in points]
        levels = [min(db, HIGHEST_DB) for point in points for db in point.sdr_db if math.isfinite(db)]
        return cls(
            width, height, right, min([LOW_KBPS, *rates]), max([HIGH_KBPS, *rates]),
            STEP_DB * math.floor(min([LOW_DB, *levels]) / STEP_DB),
            STEP_DB * math.ceil(max([HIGH_DB, *levels]) / STEP_DB),
        )  # fmt: skip

    @property
    def end(self) -> float:
        """Where the plot ends on the right."""
        return self.width - self.right

    @property
    def bottom(self) -> float:
        """Where the plot ends below."""
        return self.height - BOTTOM

    def x(self, kbps: float) -> float:
        """Where a rate lies; inside the plot in any case."""
        way = math.log(max(kbps, 1e-9) / self.low_kbps) / math.log(self.high_kbps / self.low_kbps)
        return LEFT + (self.end - LEFT) * min(max(way, 0.0), 1.0)

    def y(self, db: float) -> float:
        """Where a quality lies."""
        way = (db - self.low_db) / (self.high_db - self.low_db)
        return self.bottom - (self.bottom - TOP) * min(max(way, 0.0), 1.0)

    def kbps(self, x: float) -> float:
        """The rate at a place."""
        way = min(max((x - LEFT) / max(self.end - LEFT, 1.0), 0.0), 1.0)
        return float(self.low_kbps * (self.high_kbps / self.low_kbps) ** way)

    def rate_ticks(self, label_width: float) -> list[Tick]:
        """Marks of the rates: powers of ten with numbers, then those of five and two that have room."""
        taken: list[float] = []
        ticks = []
        for kbps, is_label in _rates(self.low_kbps, self.high_kbps):
            place = self.x(kbps)
            has_room = is_label and all(abs(place - other) >= label_width + LABEL_PX for other in taken)
            if has_room:
                taken.append(place)
            ticks.append(Tick(kbps, f"{kbps:g}" if has_room else ""))
        return sorted(ticks, key=lambda tick: tick.value)

    def level_ticks(self) -> list[Tick]:
        """Marks of the qualities."""
        return level_ticks(self.low_db, self.high_db, self.bottom - TOP, LABEL_DB_PX)


def _rates(low: float, high: float) -> Iterator[tuple[float, bool]]:
    """Round rates in order of importance, and whether they may have a number."""
    decades = [10.0**e for e in range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 1)]
    for digits, is_label in (((1,), True), ((5,), True), ((2,), True), ((3, 4, 6, 7, 8, 9), False)):
        for kbps in sorted(digit * decade for decade in decades for digit in digits):
            if low <= kbps <= high:
                yield kbps, is_label
