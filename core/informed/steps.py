"""The step of the residual layer that does what a dial asks for: bisected on some blocks, corrected on all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from unbraid.core.informed.dial import EXACT_DBFS, Dial
from unbraid.core.informed.residual.payload import Coded
from unbraid.core.informed.residual.settings import Settings
from unbraid.core.progress import Progress

if TYPE_CHECKING:
    from unbraid.core.informed.encoder import Base, Layered

Doubles = npt.NDArray[np.float64]

COARSEST, FINEST = 3.0, -24.0
"""Binary logarithms of the steps that are looked at."""
BLOCKS = 6
ROUNDS = 11
PACKET_BYTES = 11
"""What a packet costs beside its payload."""
DB_PER_OCTAVE = 5.0
"""Of quality, about, for each halving of the step."""
RATE_RANGE = (0.985, 1.003)
QUALITY_RANGE_DB = (0.0, 0.15)
EXACT_RANGE_DB = (0.0, 1.0)
"""What is near enough: of the rate, and of decibels above the quality."""


class StepSearch:
    """Looks for the step above a parametric layer."""

    def __init__(self, base: Base, dial: Dial) -> None:
        self._base, self._dial = base, dial
        self._settings = base.weighed(dial)
        self._numbers = base.some(BLOCKS)

    def first(self, progress: Progress) -> Settings:
        """By bisection on blocks spread over the song."""
        low, high = FINEST, COARSEST
        for number in range(ROUNDS):
            progress(number / ROUNDS, "looking for the step of the residual layer")
            middle = (low + high) / 2
            if self._is_too_coarse(replace(self._settings, step=2.0**middle)):
                high = middle
            else:
                low = middle
        return replace(self._settings, step=2.0**low)

    def corrected(self, layer: Layered) -> Settings | None:
        """A better step, now that it is known what one gives on the whole song; None when it is near enough."""
        step = layer.settings.step
        if self._dial.rate_kbps is not None:
            room = self._dial.rate_kbps - self._base.kbps
            ratio = (self._base.rate_of(layer) - self._base.kbps) / room
            if RATE_RANGE[0] <= self._base.rate_of(layer) / self._dial.rate_kbps <= RATE_RANGE[1]:
                return None
            return replace(layer.settings, step=_within(step * ratio))
        least, most = EXACT_RANGE_DB if self._dial.exact else QUALITY_RANGE_DB
        spare = self._spare_db(layer.errors, self._base.encoder.energies, self._base.encoder.sources.mix.duration_s)
        if least <= spare <= most:
            return None
        return replace(layer.settings, step=_within(step * 2.0 ** ((spare - least / 2 - most / 2) / DB_PER_OCTAVE)))

    def _is_too_coarse(self, settings: Settings) -> bool:
        """Whether a finer step would still keep within the rate, or is needed for the quality."""
        coded = self._base.residual.blocks(settings, numbers=self._numbers)
        seconds = self._base.seconds(self._numbers)
        if self._dial.rate_kbps is not None:
            spent = sum(len(c.payload) + PACKET_BYTES for c in coded) * 8e-3 / seconds
            return spent <= self._dial.rate_kbps - self._base.kbps
        return self._spare_db(sums_of(coded)[1], self._base.energies_in(self._numbers), seconds) < 0

    def _spare_db(self, errors: Doubles, energies: Doubles, seconds: float) -> float:
        """By how much the wish is surpassed, below 0 where it is not reached."""
        encoder, dial = self._base.encoder, self._dial
        if dial.exact:
            samples = seconds * encoder.sources.mix.rate * encoder.sources.mix.channels
            exact = [encoder.sources.names.index(name) for name in dial.exact]
            return min(EXACT_DBFS - _decibels(float(errors[j]) / samples) for j in exact)
        return _mean(
            [_decibels(energies[j] / errors[j]) for j in encoder.shown if energies[j] > 0 and errors[j] > 0]
        ) - (dial.quality_db or 0.0)


def sums_of(coded: Sequence[Coded]) -> tuple[Doubles, Doubles]:
    """Bits and squared errors of each source in blocks, (J,) each."""
    return np.sum([c.costs for c in coded], axis=0), np.sum([c.errors for c in coded], axis=0)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else math.inf


def _decibels(ratio: float) -> float:
    return 10 * math.log10(max(ratio, 1e-30))


def _within(step: float) -> float:
    return min(max(step, math.exp2(FINEST)), math.exp2(COARSEST))
