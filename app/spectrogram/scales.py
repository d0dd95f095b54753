"""Scales of the frequency axis: from hertz to a height between 0 (bottom) and 1 (top), and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from unbraid.core.notes import note_hz

ScaleName = Literal["linear", "log", "mel", "note"]
SCALES: tuple[ScaleName, ...] = ("linear", "log", "mel", "note")

LOWEST_LOG_HZ = 20.0
LOWEST_NOTE, HIGHEST_NOTE = 24, 132
"""C1 and C10."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """A scale between two frequencies."""

    name: ScaleName
    low_hz: float
    high_hz: float

    def to_height(self, hz: npt.ArrayLike) -> Values:
        """Heights of frequencies; below 0 or above 1 outside of the scale."""
        low, high = self._warped(self.low_hz), self._warped(self.high_hz)
        return np.asarray((self._warped(hz) - low) / (high - low), np.float64)

    def to_hz(self, height: npt.ArrayLike) -> Values:
        """Frequencies at heights; the inverse of `to_height`."""
        low, high = self._warped(self.low_hz), self._warped(self.high_hz)
        warped = low + np.asarray(height, np.float64) * (high - low)
        if self.name == "linear":
            return warped
        if self.name == "mel":
            return np.asarray(700 * np.expm1(warped / 1127), np.float64)
        return np.asarray(np.exp2(warped), np.float64)

    def _warped(self, hz: npt.ArrayLike) -> Values:
        """What grows evenly along the axis: Hz, mel (O'Shaughnessy, 1987) or octaves."""
        values = np.asarray(hz, np.float64)
        if self.name == "linear":
            return values
        if self.name == "mel":
            return np.asarray(1127 * np.log1p(np.maximum(values, 0) / 700), np.float64)
        return np.asarray(np.log2(np.maximum(values, 1e-3)), np.float64)


def scale_for(name: ScaleName, rate: int) -> Scale:
    """The scale of that name for sound of a rate: up to half of it, notes from C1 to C10 at most."""
    nyquist = rate / 2
    if name in ("linear", "mel"):
        return Scale(name, 0.0, nyquist)
    if name == "log":
        return Scale(name, min(LOWEST_LOG_HZ, nyquist / 100), nyquist)
    low = min(note_hz(LOWEST_NOTE - 0.5), nyquist / 100)
    return Scale(name, low, min(note_hz(HIGHEST_NOTE + 0.5), nyquist))
