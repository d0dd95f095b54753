"""Powers that the residual layer reckons with: those of the parametric layer, nowhere as sure of themselves.

A model that serves the filter may say that a source is silent where it nearly is. What is coded is what such a model
missed: so each source gets a little of all sources' power, of its own mean over the block and of that of all.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

OF_ALL, OF_MEAN, OF_MEAN_OF_ALL = 2.0**-18, 2.0**-8, 2.0**-20
"""Shares of the powers of all sources here, of the source's mean over the block, of the mean of all (measured)."""


def lifted(powers: Doubles) -> Doubles:
    """Powers (B, T, J) of a block for the residual layer; sums in the order of sources and frames, exact."""
    whole = np.zeros(powers.shape[:2])
    for j in range(powers.shape[2]):
        whole = whole + powers[:, :, j]
    mean, mean_of_all = np.zeros((len(powers), powers.shape[2])), np.zeros(len(powers))
    for t in range(powers.shape[1]):
        mean = mean + powers[:, t]
        mean_of_all = mean_of_all + whole[:, t]
    count = float(max(1, powers.shape[1]))
    steady = OF_MEAN * (mean / count) + (OF_MEAN_OF_ALL * (mean_of_all / count))[:, None]
    return np.asarray((powers + (OF_ALL * whole)[:, :, None]) + steady[:, None, :])
