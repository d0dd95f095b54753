"""Loops of the NTF codec: powers from levels (equal bits on every machine), and errors of the filter (encoder only).

The filter's error in a cell (band and frame) needs only sums of the true spectra over its bins. With the weights u_j of
the sources, S = (sum_j v_j R_j)^-1, X = sum x x', N_j = sum x y_j' R_j:
    error = tr(S X S P) - 2 tr(S N) + constant,   P = sum_j u_j v_j^2 R_j^2,   N = sum_j u_j v_j N_j.
Matrices are real and symmetric, written as Q = 3 numbers (11, 12, 22), or Q = 1 number for mono.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.exact import exact, jitable

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

TINY = 1e-20
FLAT = 1e-7
"""Least determinant of a matrix over the product of its diagonal."""


@exact
def add_powers(W: Doubles, H: Doubles, source: Integers, out: Doubles) -> None:
    """Fill out (B, T, J) with (sum over the components k of source j of W (B, K) H (T, K))^2, in the order of k."""
    for b in range(out.shape[0]):
        for t in range(out.shape[1]):
            for k in range(W.shape[1]):
                out[b, t, source[k]] += W[b, k] * H[t, k]
            for j in range(out.shape[2]):
                out[b, t, j] = out[b, t, j] * out[b, t, j]


@exact
def slopes(V: Floats, R: Floats, X: Floats, N: Floats, u: Doubles, G: Floats, errors: Doubles) -> None:
    """Slope G (J, B, T) of the weighted error by the powers V (J, B, T), and the errors (J,) less their constants.

    R (B, J, Q). X (B, T, Q). N (B, T, J, Q).
    """
    if X.shape[2] == 1:
        slopes_mono(V, X, N, u, G, errors)
    else:
        slopes_stereo(V, R, X, N, u, G, errors)


@jitable
def slopes_mono(V: Floats, X: Floats, N: Floats, u: Doubles, G: Floats, errors: Doubles) -> None:
    """`slopes` where S, X and N are numbers."""
    for b in range(V.shape[1]):
        for t in range(V.shape[2]):
            total = TINY
            for j in range(V.shape[0]):
                total += V[j, b, t]
            S, x, pull = 1.0 / total, X[b, t, 0], 0.0
            for j in range(V.shape[0]):
                m = V[j, b, t] * S
                n = N[b, t, j, 0]
                errors[j] += m * (x * m - 2.0 * n)
                g = u[j] * (x * m - n)
                pull += m * g
                G[j, b, t] = g
            for j in range(V.shape[0]):
                G[j, b, t] = 2.0 * (G[j, b, t] - pull) * S


@jitable
def slopes_stereo(V: Floats, R: Floats, X: Floats, N: Floats, u: Doubles, G: Floats, errors: Doubles) -> None:
    """`slopes` of 2 x 2 matrices."""
    for b in range(V.shape[1]):
        for t in range(V.shape[2]):
            a, h, c = TINY, 0.0, TINY
            p0, p1, p2, n0, n1, n2 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
            for j in range(V.shape[0]):
                v = V[j, b, t]
                r0, r1, r2 = R[b, j, 0], R[b, j, 1], R[b, j, 2]
                a += v * r0
                h += v * r1
                c += v * r2
                w = u[j] * v
                n0 += w * N[b, t, j, 0]
                n1 += w * N[b, t, j, 1]
                n2 += w * N[b, t, j, 2]
                w *= v
                p0 += w * (r0 * r0 + r1 * r1)
                p1 += w * r1 * (r0 + r2)
                p2 += w * (r1 * r1 + r2 * r2)
            d = 1.0 / max(a * c - h * h, FLAT * a * c)
            s0, s1, s2 = c * d, -h * d, a * d
            x0, x1, x2 = X[b, t, 0], X[b, t, 1], X[b, t, 2]
            e0, e1 = s0 * x0 + s1 * x1, s0 * x1 + s1 * x2  # S X
            e2, e3 = s1 * x0 + s2 * x1, s1 * x1 + s2 * x2
            y0, y1, y2 = e0 * s0 + e1 * s1, e0 * s1 + e1 * s2, e2 * s1 + e3 * s2  # Y = S X S
            q0, q1 = p0 * s0 + p1 * s1, p0 * s1 + p1 * s2  # P S
            q2, q3 = p1 * s0 + p2 * s1, p1 * s1 + p2 * s2
            m0, m1 = n0 * s0 + n1 * s1, n0 * s1 + n1 * s2  # N S
            m2, m3 = n1 * s0 + n2 * s1, n1 * s1 + n2 * s2
            z0 = 2.0 * (s0 * m0 + s1 * m2 - y0 * q0 - y1 * q2)
            z1 = s0 * m1 + s1 * m3 + s1 * m0 + s2 * m2 - y0 * q1 - y1 * q3 - y1 * q0 - y2 * q2
            z2 = 2.0 * (s1 * m1 + s2 * m3 - y1 * q1 - y2 * q3)
            for j in range(V.shape[0]):
                v = V[j, b, t]
                r0, r1, r2 = R[b, j, 0], R[b, j, 1], R[b, j, 2]
                square = v * (y0 * (r0 * r0 + r1 * r1) + 2.0 * y1 * r1 * (r0 + r2) + y2 * (r1 * r1 + r2 * r2))
                cross = s0 * N[b, t, j, 0] + 2.0 * s1 * N[b, t, j, 1] + s2 * N[b, t, j, 2]
                errors[j] += v * (square - 2.0 * cross)
                G[j, b, t] = r0 * z0 + 2.0 * r1 * z1 + r2 * z2 + 2.0 * u[j] * (square - cross)


@jitable
def gather_others(A: Doubles, R: Floats, N: Floats, u: Doubles, j: int, out: Doubles) -> None:
    """What all sources but j put into S, P and N of the cells of one row, out (M, 3 Q).

    A (M, J): amplitudes. R, N (M, J, Q).
    """
    Q = N.shape[2]
    out[:, :] = 0.0
    for m in range(A.shape[0]):
        for i in range(A.shape[1]):
            v = A[m, i] * A[m, i]
            if i == j or v <= 0.0:
                continue
            w = u[i] * v
            if Q == 1:
                out[m, 0] += v
                out[m, 1] += w * v
                out[m, 2] += w * N[m, i, 0]
                continue
            r0, r1, r2 = R[m, i, 0], R[m, i, 1], R[m, i, 2]
            out[m, 0] += v * r0
            out[m, 1] += v * r1
            out[m, 2] += v * r2
            out[m, 6] += w * N[m, i, 0]
            out[m, 7] += w * N[m, i, 1]
            out[m, 8] += w * N[m, i, 2]
            w *= v
            out[m, 3] += w * (r0 * r0 + r1 * r1)
            out[m, 4] += w * r1 * (r0 + r2)
            out[m, 5] += w * (r1 * r1 + r2 * r2)


@jitable
def row_errors_mono(
    A: Doubles, factor: Floats, j: int, k: int, steps: Doubles, count: int, u: float, others: Doubles, X: Floats,
    N: Floats, errors: Doubles,
) -> None:  # fmt: skip
    """Weighted errors (count,) of a row if the amplitudes of source j change by factor (M, K) of k times each step.

    A (M, J). others (M, 3). X (M, 1). N (M, J, 1).
    """
    for m in range(A.shape[0]):
        f = factor[m, k]
        if f <= 0.0:
            continue
        a, x, n = A[m, j], X[m, 0], u * N[m, j, 0]
        o0, o1, o2 = others[m, 0] + TINY, others[m, 1], others[m, 2]
        for i in range(count):
            v = max(a + f * steps[i], 0.0) ** 2
            s = 1.0 / (o0 + v)
            errors[i] += s * (s * x * (o1 + u * v * v) - 2.0 * (o2 + n * v))


@jitable
def row_errors_stereo(
    A: Doubles, factor: Floats, j: int, k: int, steps: Doubles, count: int, u: float, others: Doubles, R: Floats,
    X: Floats, N: Floats, errors: Doubles,
) -> None:  # fmt: skip
    """`row_errors_mono` of two channels. others (M, 9). R, N (M, J, 3). X (M, 3)."""
    for m in range(A.shape[0]):
        f = factor[m, k]
        if f <= 0.0:
            continue
        x0, x1, x2 = X[m, 0], X[m, 1], X[m, 2]
        r0, r1, r2 = R[m, j, 0], R[m, j, 1], R[m, j, 2]
        rr0, rr1, rr2 = u * (r0 * r0 + r1 * r1), u * r1 * (r0 + r2), u * (r1 * r1 + r2 * r2)
        n0, n1, n2 = u * N[m, j, 0], u * N[m, j, 1], u * N[m, j, 2]
        for i in range(count):
            v = max(A[m, j] + f * steps[i], 0.0) ** 2
            a, h, c = others[m, 0] + v * r0 + TINY, others[m, 1] + v * r1, others[m, 2] + v * r2 + TINY
            d = 1.0 / max(a * c - h * h, FLAT * a * c)
            s0, s1, s2 = c * d, -h * d, a * d
            cross = s0 * (others[m, 6] + v * n0) + 2.0 * s1 * (others[m, 7] + v * n1) + s2 * (others[m, 8] + v * n2)
            w = v * v
            p0, p1, p2 = others[m, 3] + w * rr0, others[m, 4] + w * rr1, others[m, 5] + w * rr2
            e0, e1, e2, e3 = s0 * x0 + s1 * x1, s0 * x1 + s1 * x2, s1 * x0 + s2 * x1, s1 * x1 + s2 * x2
            y0, y1, y2 = e0 * s0 + e1 * s1, e0 * s1 + e1 * s2, e2 * s1 + e3 * s2
            errors[i] += y0 * p0 + 2.0 * y1 * p1 + y2 * p2 - 2.0 * cross
