"""Compiled loops of the stereo Wiener filter: all sources in one pass, 128 bins at a time, so that scratch is cached.

Complex arrays come as float32 views whose last axis holds real and imaginary parts in turn. The innermost loops index
views of rows from zero on, which is what the compiler makes vector instructions of. Hermitian 2 x 2 matrices are four
rows: r00, r11, Re r01, Im r01. Sums are float64.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.compiled import compiled

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

LANES = 128
"""Bins handled at a time."""

TINY = np.float32(1e-37)
"""What is below has no reciprocal in float32."""


@compiled
def stereo_filter(x: Floats, v: Floats, R: Doubles, whole: Doubles, start: int, stop: int, y: Floats, at: int) -> None:
    """y_j = v_j R_j (sum of v_k R_k)^-1 x of frames start to stop; all v_j count as one where the sum is zero.

    x: (2, T, 2 F). v: (J, T, F). R: (J, 4, F). whole: (4, F), the sum of all R_j. y: (J, 2, T2, 2 F), filled from its
    frame start + at on.
    """
    sources, bins = v.shape[0], v.shape[2]
    s = np.empty((9, LANES))  # rows 0 to 3: the sum C; 4 to 7: C^-1 x; 8: one where all models are silent
    for first in range(0, bins, LANES):
        width = min(LANES, bins - first)
        end = first + width
        for t in range(start, stop):
            s[:4] = 0.0
            for j in range(sources):
                vj = v[j, t, first:end]
                R0, R1, R2, R3 = R[j, 0, first:end], R[j, 1, first:end], R[j, 2, first:end], R[j, 3, first:end]
                for f in range(width):
                    s[0, f] += vj[f] * R0[f]
                    s[1, f] += vj[f] * R1[f]
                    s[2, f] += vj[f] * R2[f]
                    s[3, f] += vj[f] * R3[f]
            x0, x1 = x[0, t, 2 * first : 2 * end], x[1, t, 2 * first : 2 * end]
            R0, R1, R2, R3 = whole[0, first:end], whole[1, first:end], whole[2, first:end], whole[3, first:end]
            for f in range(width):
                silent = 1.0 if s[0, f] + s[1, f] == 0.0 else 0.0
                p, q = s[0, f] + silent * R0[f], s[1, f] + silent * R1[f]
                a, b = s[2, f] + silent * R2[f], s[3, f] + silent * R3[f]
                d = 1.0 / (p * q - a * a - b * b)
                r0, i0, r1, i1 = x0[2 * f], x0[2 * f + 1], x1[2 * f], x1[2 * f + 1]
                s[4, f] = (q * r0 - a * r1 + b * i1) * d
                s[5, f] = (q * i0 - a * i1 - b * r1) * d
                s[6, f] = (p * r1 - a * r0 - b * i0) * d
                s[7, f] = (p * i1 - a * i0 + b * r0) * d
                s[8, f] = silent
            for j in range(sources):
                vj = v[j, t, first:end]
                R0, R1, R2, R3 = R[j, 0, first:end], R[j, 1, first:end], R[j, 2, first:end], R[j, 3, first:end]
                y0, y1 = y[j, 0, at + t, 2 * first : 2 * end], y[j, 1, at + t, 2 * first : 2 * end]
                for f in range(width):
                    w = vj[f] + s[8, f]
                    p, a, b = w * R0[f], w * R2[f], w * R3[f]
                    y0[2 * f] = p * s[4, f] + a * s[6, f] - b * s[7, f]
                    y0[2 * f + 1] = p * s[5, f] + a * s[7, f] + b * s[6, f]
                for f in range(width):
                    w = vj[f] + s[8, f]
                    q, a, b = w * R1[f], w * R2[f], w * R3[f]
                    y1[2 * f] = q * s[6, f] + a * s[4, f] + b * s[5, f]
                    y1[2 * f + 1] = q * s[7, f] + a * s[5, f] - b * s[4, f]


@compiled
def stereo_inverse(v: Floats, R: Doubles, whole: Doubles, out: Doubles) -> None:
    """(sum of v_j R_j)^-1 as four rows; all v_j count as one where the sum is zero.

    v: (J, T, F). R: (J, 4, F). whole: (4, F), the sum of all R_j. out: (4, T, F), filled.
    """
    bins = out.shape[2]
    s = np.empty((4, LANES))
    for first in range(0, bins, LANES):
        width = min(LANES, bins - first)
        end = first + width
        for t in range(out.shape[1]):
            s[:] = 0.0
            for j in range(v.shape[0]):
                vj = v[j, t, first:end]
                for c in range(4):
                    sc, Rc = s[c], R[j, c, first:end]
                    for f in range(width):
                        sc[f] += vj[f] * Rc[f]
            R0, R1, R2, R3 = whole[0, first:end], whole[1, first:end], whole[2, first:end], whole[3, first:end]
            for f in range(width):
                silent = 1.0 if s[0, f] + s[1, f] == 0.0 else 0.0
                p, q = s[0, f] + silent * R0[f], s[1, f] + silent * R1[f]
                a, b = s[2, f] + silent * R2[f], s[3, f] + silent * R3[f]
                d = 1.0 / (p * q - a * a - b * b)
                s[0, f] = q * d
                s[1, f] = p * d
                s[2, f] = -a * d
                s[3, f] = -b * d
            out[:, t, first:end] = s[:, :width]


@compiled
def stereo_moments(y: Floats, weight: Floats, sums: Doubles) -> None:
    """Adds the sum over frames of weight_j y_j y_j^H to `sums`.

    y: (J, 2, T, 2 F). weight: (J, T, F), or (0, 0, 0) for one everywhere. sums: (J, 4, F).
    """
    weighted = weight.shape[0] > 0
    bins = sums.shape[2]
    w = np.ones(LANES)
    for j in range(y.shape[0]):
        for first in range(0, bins, LANES):
            width = min(LANES, bins - first)
            end = first + width
            s0, s1, s2, s3 = sums[j, 0, first:end], sums[j, 1, first:end], sums[j, 2, first:end], sums[j, 3, first:end]
            for t in range(y.shape[2]):
                if weighted:
                    w[:width] = weight[j, t, first:end]
                y0, y1 = y[j, 0, t, 2 * first : 2 * end], y[j, 1, t, 2 * first : 2 * end]
                for f in range(width):
                    r0, i0 = np.float64(y0[2 * f]), np.float64(y0[2 * f + 1])
                    r1, i1 = np.float64(y1[2 * f]), np.float64(y1[2 * f + 1])
                    s0[f] += w[f] * (r0 * r0 + i0 * i0)
                    s1[f] += w[f] * (r1 * r1 + i1 * i1)
                    s2[f] += w[f] * (r0 * r1 + i0 * i1)
                    s3[f] += w[f] * (i0 * r1 - r0 * i1)


@compiled
def stereo_quadratic(y: Floats, Q: Doubles, z: Floats) -> None:
    """z_j = y_j^H Q_j y_j. y: (J, 2, T, 2 F). Q: (J, 4, F), Hermitian. z: (J, T, F), filled."""
    for j in range(y.shape[0]):
        Q0, Q1, Q2, Q3 = Q[j, 0], Q[j, 1], Q[j, 2], Q[j, 3]
        for t in range(z.shape[1]):
            y0, y1, zj = y[j, 0, t], y[j, 1, t], z[j, t]
            for f in range(z.shape[2]):
                r0, i0 = np.float64(y0[2 * f]), np.float64(y0[2 * f + 1])
                r1, i1 = np.float64(y1[2 * f]), np.float64(y1[2 * f + 1])
                across = Q2[f] * (r0 * r1 + i0 * i1) + Q3[f] * (i0 * r1 - r0 * i1)
                zj[f] = Q0[f] * (r0 * r0 + i0 * i0) + Q1[f] * (r1 * r1 + i1 * i1) + 2 * across


@compiled
def soft_power(x: Floats, v: Floats, start: int, stop: int, z: Floats) -> None:
    """z_j = (v_j / sum of v_k)^2 |x|^2 / I, the power of what soft masks give to each source, for any channels.

    x: (I, T, 2 F). v: (J, T, F). z: (J, T, F), filled.
    """
    sources, bins, channels = v.shape[0], v.shape[2], x.shape[0]
    one, fraction = np.float32(1), np.float32(1 / channels)
    total, power, silent = np.empty(LANES, np.float32), np.empty(LANES, np.float32), np.empty(LANES, np.float32)
    for first in range(0, bins, LANES):
        width = min(LANES, bins - first)
        end = first + width
        for t in range(start, stop):
            total[:] = np.float32(0)
            power[:] = np.float32(0)
            for j in range(sources):
                vj = v[j, t, first:end]
                for f in range(width):
                    total[f] += vj[f]
            for i in range(channels):
                xi = x[i, t, 2 * first : 2 * end]
                for f in range(width):
                    power[f] += xi[2 * f] * xi[2 * f] + xi[2 * f + 1] * xi[2 * f + 1]
            for f in range(width):
                silent[f] = one if total[f] < TINY else np.float32(0)
                power[f] *= fraction
                total[f] = one / (total[f] + silent[f] * sources)
            for j in range(sources):
                vj, zj = v[j, t, first:end], z[j, t, first:end]
                for f in range(width):
                    share = (vj[f] + silent[f]) * total[f]
                    zj[f] = share * share * power[f]


@compiled
def stereo_soft_moments(x: Floats, z: Floats, sums: Doubles) -> None:
    """Adds the sum over frames of z_j u u^H with u = sqrt(2) x / |x| to `sums`: moments of masked stereo of power z_j.

    x: (2, T, 2 F). z: (J, T, F). sums: (J, 4, F). Within these frames, a few dozens, the sums are float32.
    """
    sources, bins = z.shape[0], z.shape[2]
    one, two = np.float32(1), np.float32(2)
    u = np.empty((4, LANES), np.float32)
    s = np.empty((sources, 4, LANES), np.float32)
    for first in range(0, bins, LANES):
        width = min(LANES, bins - first)
        end = first + width
        s[:] = np.float32(0)
        for t in range(z.shape[1]):
            x0, x1 = x[0, t, 2 * first : 2 * end], x[1, t, 2 * first : 2 * end]
            for f in range(width):
                r0, i0, r1, i1 = x0[2 * f], x0[2 * f + 1], x1[2 * f], x1[2 * f + 1]
                p, q = r0 * r0 + i0 * i0, r1 * r1 + i1 * i1
                d = two / (p + q + (one if p + q < TINY else np.float32(0)))
                u[0, f] = p * d
                u[1, f] = q * d
                u[2, f] = (r0 * r1 + i0 * i1) * d
                u[3, f] = (i0 * r1 - r0 * i1) * d
            for j in range(sources):
                zj = z[j, t, first:end]
                for c in range(4):
                    sc, uc = s[j, c], u[c]
                    for f in range(width):
                        sc[f] += zj[f] * uc[f]
        sums[:, :, first:end] += s[:, :, :width]
