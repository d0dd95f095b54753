"""The equaliser of a strip: three bands with the curves of Bristow-Johnson's cookbook, as a finite impulse response.

The cascade of its three biquads has minimum phase and dies away fast (a low shelf of +24 dB, the slowest, by 160 dB
in 42 ms), so its response can be cut off. Unlike the recursion it does not remember where playing began.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from unbraid.core.document.state import Equaliser
from unbraid.core.mixing.convolution import Kernel

LOW_HZ, MID_HZ, HIGH_HZ = 200.0, 1000.0, 5000.0
MID_Q = 0.7
SHELF_Q = math.sqrt(0.5)
LENGTH_S = 0.04
HIGHEST = 0.4
"""Bands lie below this fraction of the sample rate."""

Biquad = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
"""Numerator and denominator, (3,) each, in powers of z^-1."""


def biquads(equaliser: Equaliser, rate: int) -> tuple[Biquad, Biquad, Biquad]:
    """Low shelf, peak, high shelf (R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients")."""
    return (
        _low_shelf(equaliser.low_db, LOW_HZ, rate),
        _peak(equaliser.mid_db, MID_HZ, rate),
        _high_shelf(equaliser.high_db, HIGH_HZ, rate),
    )


def _angle(freq_hz: float, rate: int, q: float) -> tuple[float, float]:
    """Cosine of the frequency, and alpha."""
    w = 2 * math.pi * min(freq_hz / rate, HIGHEST)
    return math.cos(w), math.sin(w) / (2 * q)


def _peak(gain_db: float, freq_hz: float, rate: int) -> Biquad:
    c, alpha = _angle(freq_hz, rate, MID_Q)
    A = 10 ** (gain_db / 40)
    return (
        np.array([1 + alpha * A, -2 * c, 1 - alpha * A]),
        np.array([1 + alpha / A, -2 * c, 1 - alpha / A]),
    )


def _low_shelf(gain_db: float, freq_hz: float, rate: int) -> Biquad:
    c, alpha = _angle(freq_hz, rate, SHELF_Q)
    A = 10 ** (gain_db / 40)
    s = 2 * math.sqrt(A) * alpha
    return (
        A * np.array([A + 1 - (A - 1) * c + s, 2 * (A - 1 - (A + 1) * c), A + 1 - (A - 1) * c - s]),
        np.array([A + 1 + (A - 1) * c + s, -2 * (A - 1 + (A + 1) * c), A + 1 + (A - 1) * c - s]),
    )


def _high_shelf(gain_db: float, freq_hz: float, rate: int) -> Biquad:
    c, alpha = _angle(freq_hz, rate, SHELF_Q)
    A = 10 ** (gain_db / 40)
    s = 2 * math.sqrt(A) * alpha
    return (
        A * np.array([A + 1 + (A - 1) * c + s, -2 * (A - 1 + (A + 1) * c), A + 1 + (A - 1) * c - s]),
        np.array([A + 1 - (A - 1) * c + s, 2 * (A - 1 - (A + 1) * c), A + 1 - (A - 1) * c - s]),
    )


def frequency_response(equaliser: Equaliser, rate: int, freqs_hz: npt.ArrayLike) -> npt.NDArray[np.complex128]:
    """Response of the biquads at some frequencies, (F,) complex: what the strip's curve is drawn from."""
    z = np.exp(-2j * np.pi * np.asarray(freqs_hz, np.float64) / rate)
    response = np.ones(z.shape, np.complex128)
    for b, a in biquads(equaliser, rate):
        response *= (b[0] + z * (b[1] + z * b[2])) / (a[0] + z * (a[1] + z * a[2]))
    return response


def taps(rate: int) -> int:
    """Length of the response: a power of two of at least 40 ms."""
    return 1 << math.ceil(math.log2(LENGTH_S * rate))


@lru_cache(maxsize=64)
def kernel(equaliser: Equaliser, rate: int) -> Kernel:
    """The equaliser as a finite impulse response."""
    length = taps(rate)
    size = 16 * length  # so long that nothing folds back
    response = np.fft.irfft(frequency_response(equaliser, rate, np.fft.rfftfreq(size, 1 / rate)), size)
    return Kernel.of(response[:length])
