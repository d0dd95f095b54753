"""Hearing a band of frequencies alone: a long filter of linear phase, its delay taken off."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError
from unbraid.core.mixing.convolution import Kernel

LENGTH_S = 0.17
"""At 48 kHz 8192 taps: the edges of a band are 30 Hz wide."""
KAISER_BETA = 7.9
"""Stops by 80 dB."""


def check_band(low_hz: float, high_hz: float) -> None:
    """Refuse a band that holds nothing."""
    if not (0.0 <= low_hz < high_hz):
        raise ParameterError(f"a band has a lower and a higher end, not {low_hz:g} to {high_hz:g} Hz")


@lru_cache(maxsize=16)
def kernel(low_hz: float, high_hz: float, rate: int) -> Kernel:
    """The filter that lets `low_hz` to `high_hz` pass, half of the amplitude at its edges (windowed sine integral)."""
    check_band(low_hz, high_hz)
    length = 1 << math.ceil(math.log2(LENGTH_S * rate))
    half = length // 2
    n = np.arange(1 - half, half)
    response = np.kaiser(len(n), KAISER_BETA) * (_low_pass(high_hz, rate, n) - _low_pass(low_hz, rate, n))
    return Kernel.of(np.append(response, 0.0), ahead=half - 1, times=1)


def _low_pass(freq_hz: float, rate: int, n: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Ideal low pass at integers `n`; everything passes from half the rate on."""
    cycles = min(2 * freq_hz / rate, 1.0)
    return np.asarray(cycles * np.sinc(cycles * n), np.float64)
