"""What the producer asks for, and what there is to choose from: rates, qualities, and what each stem costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from unbraid.core.errors import ParameterError

LEAST_KBPS, MOST_KBPS = 0.1, 6000.0
LEAST_DB, MOST_DB = -10.0, 120.0
DEFAULT_KBPS = 20.0
TRANSPARENT_DB = 45.0
EXACT_DBFS = -98.0
"""Root mean square of the error of a stem that is asked for exactly: that of rounding to 16 bits."""

Model = Literal["auto", "ntf", "image"]


@dataclass(frozen=True)
class Dial:
    """How much side-information may be spent, or what it must reach; one of the three, none for a sensible rate.

    rate_kbps: of all stems together. quality_db: SDR that the mean of the stems reaches. exact: stems whose error is
    to be below what 16 bits can hold. perceptual: errors are weighed by what the ear hears. model: of the parametric
    layer.
    """

    rate_kbps: float | None = None
    quality_db: float | None = None
    exact: tuple[str, ...] = ()
    perceptual: bool = False
    model: Model = "auto"

    def __post_init__(self) -> None:
        given = [self.rate_kbps is not None, self.quality_db is not None, bool(self.exact)]
        if sum(given) > 1:
            raise ParameterError("give a rate, a quality or stems to be exact, one of the three")
        if self.rate_kbps is not None and not LEAST_KBPS <= self.rate_kbps <= MOST_KBPS:
            raise ParameterError(f"the rate is {LEAST_KBPS:g} to {MOST_KBPS:g} kbit/s, not {self.rate_kbps:g}; try 20")
        if self.quality_db is not None and not LEAST_DB <= self.quality_db <= MOST_DB:
            raise ParameterError(f"the quality is {LEAST_DB:g} to {MOST_DB:g} dB, not {self.quality_db:g}; try 20")


@dataclass(frozen=True)
class CurvePoint:
    """A point of the rate-quality curve. Tuples are by stem, in the order of the stems (without the remainder).

    step: of the residual layer, None where there is the parametric layer only. kbps: what each stem costs; what all
    share (header, remainder) is the rest of rate_kbps.
    """

    rate_kbps: float
    parametric_kbps: float
    step: float | None
    sdr_db: tuple[float, ...]
    kbps: tuple[float, ...]

    @property
    def mean_db(self) -> float:
        """Mean SDR of the stems that sound."""
        heard = [value for value in self.sdr_db if math.isfinite(value)]
        return sum(heard) / len(heard) if heard else math.nan


@dataclass(frozen=True)
class Layer:
    """A component of the parametric layer as the producer sees it: a sound that a stem is made of.

    number: of the component. stem: which it belongs to. energy: its share of the stem, 0 to 1. low_hz, high_hz: where
    most of it lies. name: given by hand, or empty. A muted layer is left out of what is published: what it held goes
    to the remainder.
    """

    number: int
    stem: str
    name: str = ""
    energy: float = 0.0
    low_hz: float = 0.0
    high_hz: float = 0.0
    is_muted: bool = False
