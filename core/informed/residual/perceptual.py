"""Weights of errors by what the ear hears: masking thresholds of the sources from their powers, in powers of two."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

RISE, FALL = 3, 1
"""Powers of two by which a band's mask is lower one band below it, and one band above it."""
QUIET = -34
"""Exponent of the threshold in quiet: variance of coefficients of samples of 1 at full scale."""
LOUD = 20
NEUTRAL = -8
"""Exponent of the threshold at which the weight is 1."""


def masking_weights(powers: Doubles) -> Doubles:
    """Weights of the amplitudes of errors, powers of two, of the same shape as variances (T, B, J).

    The exponents of the variances are spread over the bands by whole numbers; each weight is about one over the square
    root of the threshold.
    """
    exponents = np.where(powers > 0, np.frexp(powers)[1], QUIET)
    spread = np.clip(exponents, QUIET, LOUD).astype(np.int64)
    for band in range(1, spread.shape[1]):
        np.maximum(spread[:, band], spread[:, band - 1] - FALL, out=spread[:, band])
    for band in range(spread.shape[1] - 2, -1, -1):
        np.maximum(spread[:, band], spread[:, band + 1] - RISE, out=spread[:, band])
    return np.ldexp(1.0, (NEUTRAL - spread) // 2)
