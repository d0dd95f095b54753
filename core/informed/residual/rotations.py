"""Directions in which the deviations of the stems of one tile are independent, with the same bits on every machine.

A tile is one band of one frame. The model says that the images of the sources are Gaussian with covariances v_j R_j;
given their sum, what is unknown of them has the covariance P = S - S A' (A S A')^-1 A S, which leaves the sum alone.
With a weight w_j for each source, the weighted deviations w_j d_j lie in the space that is orthogonal to 1 / w_j; a
Householder reflection takes that space to all sources but the last; Jacobi rotations make its covariance diagonal.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.exact import jitable

Doubles = npt.NDArray[np.float64]

SWEEPS = 6
"""Most rounds of rotations."""
SMALL_CORRELATION = 1e-4
"""A squared correlation below this is left as it is."""
RIDGE = 1e-9
"""Of the mean power, added to the covariance of the mix, which is singular when everything is panned hard."""
LEAST_POWER = 1e-100
"""Likewise, where there is silence."""
LEAST_DETERMINANT = 1e-10
"""Of the covariance of the mix, beside the product of its channels' powers."""


@jitable
def posterior(powers: Doubles, spatial: Doubles, weights: Doubles, out: Doubles) -> float:
    """Weighted covariance of the sources given their sum; its trace.

    powers: (J,). spatial: (J, I, I). weights: (J,). out: (J I, J I), filled.
    """
    J, channels = spatial.shape[0], spatial.shape[1]
    a = b = d = 0.0
    for j in range(J):
        a += powers[j] * spatial[j, 0, 0]
        if channels == 2:
            b += powers[j] * spatial[j, 0, 1]
            d += powers[j] * spatial[j, 1, 1]
    ridge = RIDGE * (a + d) + LEAST_POWER
    a += ridge
    d += ridge
    scale = 1.0 / max(a * d - b * b, LEAST_DETERMINANT * a * d) if channels == 2 else 0.0
    g00 = d * scale if channels == 2 else 1.0 / a
    g01 = -b * scale
    g11 = a * scale
    trace = 0.0
    for j in range(J):
        for k in range(j + 1):
            for m in range(channels):
                r0 = powers[j] * spatial[j, m, 0]
                r1 = powers[j] * spatial[j, m, channels - 1] if channels == 2 else 0.0
                h0 = r0 * g00 + r1 * g01
                h1 = r0 * g01 + r1 * g11
                for n in range(channels):
                    value = h0 * (powers[k] * spatial[k, 0, n])
                    if channels == 2:
                        value += h1 * (powers[k] * spatial[k, 1, n])
                    value = -value
                    if j == k:
                        value += powers[j] * spatial[j, m, n]
                    value *= weights[j] * weights[k]
                    out[j * channels + m, k * channels + n] = value
                    out[k * channels + n, j * channels + m] = value
            if j == k:
                for m in range(channels):
                    trace += out[j * channels + m, j * channels + m]
    return trace


@jitable
def reflector(weights: Doubles, u: Doubles) -> float:
    """The vector u (J,) and factor f of the reflection 1 - f u u' that takes 1 / w to the last source."""
    J = len(weights)
    total = 0.0
    for j in range(J):
        total += 1.0 / (weights[j] * weights[j])
    length = math.sqrt(total)
    for j in range(J):
        u[j] = 1.0 / (weights[j] * length)
    factor = float(1.0 / (1.0 + u[J - 1]))
    u[J - 1] += 1.0
    return factor


@jitable
def reflect(matrix: Doubles, u: Doubles, factor: float, channels: int) -> None:
    """Reflect rows and columns of a matrix (J I, J I) in place."""
    J, S = len(u), len(u) * channels
    for row in range(S):
        for m in range(channels):
            total = 0.0
            for j in range(J):
                total += matrix[row, j * channels + m] * u[j]
            total *= factor
            for j in range(J):
                matrix[row, j * channels + m] -= total * u[j]
    reflect_rows(matrix, u, factor, channels, S)


@jitable
def reflect_rows(matrix: Doubles, u: Doubles, factor: float, channels: int, columns: int) -> None:
    """Reflect the rows of a matrix (J I, columns) in place."""
    J = len(u)
    for column in range(columns):
        for m in range(channels):
            total = 0.0
            for j in range(J):
                total += matrix[j * channels + m, column] * u[j]
            total *= factor
            for j in range(J):
                matrix[j * channels + m, column] -= total * u[j]


@jitable
def jacobi(matrix: Doubles, size: int, vectors: Doubles) -> None:
    """Make the first `size` rows and columns of a symmetric matrix diagonal; `vectors` (size, size) gets the axes."""
    for i in range(size):
        for j in range(size):
            vectors[i, j] = 1.0 if i == j else 0.0
    for _ in range(SWEEPS):
        turned = 0
        for p in range(size - 1):
            for q in range(p + 1, size):
                apq, app, aqq = matrix[p, q], matrix[p, p], matrix[q, q]
                if apq * apq > SMALL_CORRELATION * abs(app * aqq):
                    turned += 1
                    rotate(matrix, size, vectors, p, q, apq, app, aqq)
        if turned == 0:
            break


@jitable
def rotate(matrix: Doubles, size: int, vectors: Doubles, p: int, q: int, apq: float, app: float, aqq: float) -> None:
    """One Jacobi rotation, which takes element (p, q) to zero."""
    theta = (aqq - app) / (2.0 * apq)
    t = 1.0 / (abs(theta) + math.sqrt(theta * theta + 1.0))
    if theta < 0.0:
        t = -t
    c = 1.0 / math.sqrt(t * t + 1.0)
    s = t * c
    for k in range(size):
        x, y = matrix[k, p], matrix[k, q]
        new_x, new_y = c * x - s * y, s * x + c * y
        matrix[k, p], matrix[k, q] = new_x, new_y
        matrix[p, k], matrix[q, k] = new_x, new_y
        x, y = vectors[k, p], vectors[k, q]
        vectors[k, p], vectors[k, q] = c * x - s * y, s * x + c * y
    matrix[p, p] = app - t * apq
    matrix[q, q] = aqq + t * apq
    matrix[p, q] = 0.0
    matrix[q, p] = 0.0


@jitable
def directions(
    work: Doubles, weights: Doubles, channels: int, u: Doubles, vectors: Doubles, axes: Doubles, variances: Doubles
) -> None:
    """Directions of a tile, the most uncertain first, from its weighted covariance `work` (J I, J I), which is used up.

    axes: (J I, n) gets them in the weighted domain, n = (J - 1) I; variances: (n,). The others are scratch.
    """
    J, size = len(weights), len(variances)
    factor = reflector(weights, u)
    reflect(work, u, factor, channels)
    jacobi(work, size, vectors)
    for i in range(size):
        variances[i] = work[i, i]
    sort_down(variances, vectors)
    for i in range(J * channels):
        for j in range(size):
            axes[i, j] = vectors[i, j] if i < size else 0.0
    reflect_rows(axes, u, factor, channels, size)


@jitable
def sort_down(variances: Doubles, vectors: Doubles) -> None:
    """Put the largest variances first, and with them the columns of `vectors`; of equal ones the first."""
    size = len(variances)
    for place in range(size):
        best = place
        for i in range(place + 1, size):
            if variances[i] > variances[best]:
                best = i
        if best != place:
            variances[place], variances[best] = variances[best], variances[place]
            for k in range(size):
                vectors[k, place], vectors[k, best] = vectors[k, best], vectors[k, place]
