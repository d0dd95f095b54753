"""What a producer chooses about the residual layer."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from unbraid.core.errors import ParameterError
from unbraid.core.informed.residual.levels import STEPS, WEIGHTS

LEAST_BINS, MOST_BINS = 256, 1 << 14


@dataclass(frozen=True)
class Settings:
    """step: of the quantiser, for MDCT coefficients of samples of 1 at full scale; its errors are about step^2 / 12.

    weights: of the amplitude of the errors of each source, (J,); empty: all 1. perceptual: errors of each source are
    weighed by its masking threshold. bins: of the MDCT, a power of two.
    """

    step: float = 0.125
    weights: tuple[float, ...] = field(default=())
    perceptual: bool = False
    bins: int = 2048

    def __post_init__(self) -> None:
        if not STEPS[-1] <= self.step <= STEPS[0]:
            raise ParameterError(f"the step is {STEPS[-1]:.3g} to {STEPS[0]:g}, not {self.step:g}; try 0.125")
        if not LEAST_BINS <= self.bins <= MOST_BINS or self.bins & (self.bins - 1):
            raise ParameterError(
                f"the number of bins is a power of two from {LEAST_BINS} to {MOST_BINS}, not {self.bins}; try 2048"
            )
        for weight in self.weights:
            if not (math.isfinite(weight) and WEIGHTS[0] <= weight <= WEIGHTS[-1]):
                raise ParameterError(f"a weight is {WEIGHTS[0]:.3g} to {WEIGHTS[-1]:g}, not {weight:g}; try 1")

    def for_sources(self, count: int) -> tuple[float, ...]:
        """The weight of each of `count` sources."""
        if self.weights and len(self.weights) != count:
            raise ParameterError(f"there are {count} sources, but {len(self.weights)} weights; give one for each")
        return self.weights or (1.0,) * count
