"""Compiled loops of the decoder's Wiener filter; float64 inside, every operation in its written order.

Complex arrays come as float32 views whose last axis holds real and imaginary parts in turn. Hermitian 2 x 2 matrices
are r00, r11, Re r01, Im r01. Where all powers are zero every source is silent.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.exact import exact, jitable

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

LIFT = 2.0**-32
"""What is added to a mix's covariance, relative to its trace, so that point sources in one place can be filtered."""


@exact
def filter_mono(x: Floats, v: Doubles, noise: Doubles, edges: Integers, y: Floats) -> None:
    """y_j = v_j / (sum of v_k + noise) x. x: (1, T, 2 F). v: (B, T, J). noise: (B, T). y: (J, 1, T, 2 F), filled."""
    bands, frames, sources = v.shape
    for t in range(frames):
        for b in range(bands):
            whole = noise[b, t]
            for j in range(sources):
                whole += v[b, t, j]
            for j in range(sources):
                gain = v[b, t, j] / whole if whole > 0.0 else 0.0
                for f in range(2 * edges[b], 2 * edges[b + 1]):
                    y[j, 0, t, f] = gain * x[0, t, f]


@jitable
def _gain(own: Doubles, p: float, q: float, a: float, c: float, G: Doubles) -> None:
    """Filter of a source, four complex numbers. own: its covariance over the determinant of [p, a + ic; a - ic, q]."""
    r0, r1, g, h = own[0], own[1], own[2], own[3]
    G[0], G[1] = r0 * q - (g * a + h * c), g * c - h * a
    G[2], G[3] = g * p - r0 * a, h * p - r0 * c
    G[4], G[5] = g * q - r1 * a, r1 * c - h * q
    G[6], G[7] = r1 * p - (g * a + h * c), h * a - g * c


@jitable
def _apply(G: Doubles, x: Floats, y: Floats, start: int, stop: int) -> None:
    """Filter the bins start to stop of one frame. x, y: (2, 2 F)."""
    for f in range(start, stop):
        x0, z0, x1, z1 = x[0, 2 * f], x[0, 2 * f + 1], x[1, 2 * f], x[1, 2 * f + 1]
        y[0, 2 * f] = G[0] * x0 - G[1] * z0 + G[2] * x1 - G[3] * z1
        y[0, 2 * f + 1] = G[0] * z0 + G[1] * x0 + G[2] * z1 + G[3] * x1
        y[1, 2 * f] = G[4] * x0 - G[5] * z0 + G[6] * x1 - G[7] * z1
        y[1, 2 * f + 1] = G[4] * z0 + G[5] * x0 + G[6] * z1 + G[7] * x1


@exact
def filter_stereo(
    x: Floats, v: Doubles, R: Doubles, spatial: Integers, noise: Doubles, edges: Integers, y: Floats
) -> None:
    """y_j = v_j R_j (sum of v_k R_k + noise)^-1 x.

    x: (2, T, 2 F). v: (B, T, J). R: (S, J, 4). spatial: the spatial band of each band, (B,). noise: (B, T).
    y: (J, 2, T, 2 F), filled.
    """
    bands, frames, sources = v.shape
    own, G = np.zeros(4), np.zeros(8)
    for t in range(frames):
        for b in range(bands):
            s = spatial[b]
            p, q, a, c = noise[b, t], noise[b, t], 0.0, 0.0
            for j in range(sources):
                p += v[b, t, j] * R[s, j, 0]
                q += v[b, t, j] * R[s, j, 1]
                a += v[b, t, j] * R[s, j, 2]
                c += v[b, t, j] * R[s, j, 3]
            lift = LIFT * (p + q)
            p += lift
            q += lift
            d = p * q - a * a - c * c
            scale = 1.0 / d if d > 0.0 else 0.0
            for j in range(sources):
                w = v[b, t, j] * scale
                for i in range(4):
                    own[i] = R[s, j, i] * w
                _gain(own, p, q, a, c, G)
                _apply(G, x[:, t], y[j, :, t], edges[b], edges[b + 1])
