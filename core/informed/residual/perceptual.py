"""Weights of errors by what the ear hears: masking thresholds of the sources from their powers, in powers of two."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

RISE, FALL = 192, 72
"""Powers of two by which a mask is lower at the other end of all bands: below what masks (25 dB for each of 24 critical
bands), and above it (9 dB)."""
FINE = 16
"""Parts of a power of two in which masks fall from band to band."""
QUIET = -34
"""Exponent of the threshold in quiet: variance of coefficients of samples of 1 at full scale."""
LOUD = 20
NEUTRAL = -8
"""Exponent of the threshold at which the weight is 1."""


def masking_weights(powers: Doubles) -> Doubles:
    """Weights of the amplitudes of errors, powers of two, of the same shape as variances (T, B, J).

    The exponents of the variances are spread over the bands by whole numbers. Weights of amplitudes are about one over
    the fourth root of the threshold: half way, in decibels, from errors alike everywhere to errors as the threshold is.
    """
    exponents = np.where(powers > 0, np.frexp(powers)[1], QUIET)
    spread = FINE * np.clip(exponents, QUIET, LOUD).astype(np.int64)
    bands = spread.shape[1]
    rise, fall = (max(1, FINE * whole // bands) for whole in (RISE, FALL))
    for band in range(1, bands):
        np.maximum(spread[:, band], spread[:, band - 1] - fall, out=spread[:, band])
    for band in range(bands - 2, -1, -1):
        np.maximum(spread[:, band], spread[:, band + 1] - rise, out=spread[:, band])
    return np.ldexp(1.0, (NEUTRAL - spread // FINE) // 4)
