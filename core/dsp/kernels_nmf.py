"""The element-wise part of multiplicative updates, fused: one pass where numpy needs four.

A model M and data V, both (B, F) and above zero, become the two factors that are multiplied with the templates and
activations: what pulls the model up, written to P, and what pulls it down, written over M. `np.reciprocal` and
`np.divide` and no division sign: the latter asks for zeros at every element, which keeps vector instructions away.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.compiled import compiled

Floats = npt.NDArray[np.float32]


@compiled
def itakura_saito(M: Floats, V: Floats, P: Floats, floor: np.float32) -> None:
    """P = V / m^2 and M = 1 / m, of m = M + floor."""
    for i in range(M.shape[0]):
        for f in range(M.shape[1]):
            r = np.reciprocal(M[i, f] + floor)
            M[i, f] = r
            P[i, f] = V[i, f] * r * r


@compiled
def kullback_leibler(M: Floats, V: Floats, P: Floats, floor: np.float32) -> None:
    """P = V / m, of m = M + floor."""
    for i in range(M.shape[0]):
        for f in range(M.shape[1]):
            P[i, f] = V[i, f] * np.reciprocal(M[i, f] + floor)


@compiled
def cauchy(M: Floats, V: Floats, P: Floats, floor: np.float32) -> None:
    """P = 1 / m and M = 3 m / (m^2 + V^2), of m = M + floor."""
    for i in range(M.shape[0]):
        for f in range(M.shape[1]):
            m, v = M[i, f] + floor, V[i, f]
            P[i, f] = np.reciprocal(m)
            M[i, f] = np.divide(np.float32(3) * m, m * m + v * v)


@compiled
def levy(M: Floats, V: Floats, P: Floats, floor: np.float32) -> None:
    """P = 1 / m and M = m / V^2, of m = M + floor."""
    for i in range(M.shape[0]):
        for f in range(M.shape[1]):
            m, v = M[i, f] + floor, V[i, f]
            P[i, f] = np.reciprocal(m)
            M[i, f] = np.divide(m, v * v)
