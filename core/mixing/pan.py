"""Balance: turning to one side takes away from the other, and the middle changes nothing."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt


def balance(pan: float, channels: int) -> npt.NDArray[np.float64]:
    """Factors of the channels, (I,). pan: -1 for the left alone, 1 for the right alone; stereo only, else all 1.

    The side that is turned away from fades as a quarter cosine: -3 dB half way, silent at the end.
    """
    factors = np.ones(channels)
    if channels == 2 and pan != 0.0:
        away = 0.0 if abs(pan) >= 1.0 else math.cos(math.pi / 2 * abs(pan))
        factors[0 if pan > 0 else 1] = away
    return factors
