"""How positions of a slider stand for values: decibels as a fader has them, or evenly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

STEPS = 1000
"""Positions of a slider, from 0 on."""

_FADER = ((0.0, -60.0), (0.06, -48.0), (0.2, -30.0), (0.45, -12.0), (0.75, 0.0), (1.0, 12.0))
"""Share of the way and decibels; below the first lies silence."""


class Taper(Protocol):
    """A scale between slider positions and values."""

    @property
    def low(self) -> float:
        """The lowest value."""
        ...

    @property
    def high(self) -> float:
        """The highest value."""
        ...

    def position(self, value: float) -> int:
        """Where the handle stands for a value."""
        ...

    def value(self, position: int) -> float:
        """What a position stands for."""
        ...


@dataclass(frozen=True)
class Even:
    """Equal ways for equal differences, in steps of `step`."""

    low: float
    high: float
    step: float = 0.1

    def position(self, value: float) -> int:
        """Where the handle stands."""
        inside = min(max(value, self.low), self.high)
        return round(STEPS * (inside - self.low) / (self.high - self.low))

    def value(self, position: int) -> float:
        """The value, rounded to a step."""
        raw = self.low + (self.high - self.low) * position / STEPS
        return round(raw / self.step) * self.step + 0.0


@dataclass(frozen=True)
class Fader:
    """A mixer's fader: 0 dB at three quarters, fine around it, silence at the very end."""

    low: float = -math.inf
    high: float = 12.0

    def position(self, value: float) -> int:
        """Where the handle stands; 0 is silence."""
        if value < _FADER[0][1]:
            return 0
        for (share, db), (further, more) in pairwise(_FADER):
            if value <= more:
                return max(1, round(STEPS * (share + (further - share) * (value - db) / (more - db))))
        return STEPS

    def value(self, position: int) -> float:
        """Decibels, to a tenth."""
        if position <= 0:
            return -math.inf
        way = position / STEPS
        for (share, db), (further, more) in pairwise(_FADER):
            if way <= further:
                return round(db + (more - db) * (way - share) / (further - share), 1) + 0.0
        return self.high
