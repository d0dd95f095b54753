"""The M-step of the local Gaussian model: spatial covariances and powers from what the filter gives, block by block.

Four updates of R_j from second-order moments C_j(f, t) of source j differ in the weight that a frame has:

    exact     mean of C_j / v_j                EM of Duong et al., 2010: quiet frames count like loud ones
    weighted  sum of C_j over sum of v_j       Nugraha et al., EUSIPCO 2016
    energy    sum of C_j over sum of tr C_j / I    norbert and Open-Unmix; tr R_j = I
    trace     mean of I C_j / tr C_j           KAM, Liutkus et al., 2014; tr R_j = I

The first two take posterior moments C_j = y_j y_j^H + (1 - W_j) v_j R_j, the others y_j y_j^H alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from unbraid.core.dsp.compiled import Engine, use_compiled
from unbraid.core.dsp.kernels_wiener import (
    TINY,
    soft_power,
    stereo_inverse,
    stereo_moments,
    stereo_quadratic,
    stereo_soft_moments,
)
from unbraid.core.dsp.stft import Spectrum
from unbraid.core.separation.spatial import (
    Complex,
    Covariances,
    Estimates,
    Powers,
    Rows,
    Spatial,
    alive,
    by_frames,
    checked,
    cut,
    estimate,
    mix_covariance,
    packed,
    pairs,
    solve,
    unpacked,
)

Update = Literal["exact", "weighted", "energy", "trace"]

HEARD = np.float32(1e-16)
"""Share of the power of all estimates in a place below which an estimate does not count: squares underflow."""

NO_WEIGHT = np.empty((0, 0, 0), np.float32)


def has_posterior(update: Update) -> bool:
    """Whether the moments of this update include what the filter is unsure of, (1 - W) v R."""
    return update in ("exact", "weighted")


@dataclass
class _Sums:
    """Sums over frames, each of weight a: a y y^H, (J, I, I, F), and what to divide by, (J, F).

    prior, inverses: a v, (J, F), and a v^2 C^-1, (J, I, I, F), where moments are posterior ones, else zero.
    """

    moments: Complex | float = 0.0
    weight: Rows | float = 0.0
    prior: Rows | float = 0.0
    inverses: Complex | float = 0.0

    def __add__(self, other: _Sums) -> _Sums:
        return _Sums(
            self.moments + other.moments,
            self.weight + other.weight,
            self.prior + other.prior,
            self.inverses + other.inverses,
        )


class Moments:
    """Collects over all blocks what new spatial covariances are made of, given the present ones."""

    def __init__(self, update: Update, spatial: Spatial, *, engine: Engine = "auto", threads: int | None = None):
        self._update, self._spatial, self._engine, self._threads = update, spatial, engine, threads
        self._sums = _Sums()

    def add(self, x: Spectrum, v: Powers) -> None:
        """Add a block of the mix x (F, T, I), with the powers v (F, T, J) that it is filtered with."""
        X, V = checked(x, v, self._spatial)
        self._add(lambda frames: self._filtered_sums(cut(X, frames), cut(V, frames)), X.shape[1])

    def add_estimates(self, y: Estimates, v: Powers) -> None:
        """Add a block of estimates y (F, T, I, J) that are taken for certain, with their powers v (F, T, J)."""
        Y, V = np.asarray(y.T, np.complex64), np.asarray(v.T, np.float32)
        self._add(lambda frames: self._sums_of(cut(Y, frames), cut(V, frames)), Y.shape[2])

    def _add(self, work: Callable[[slice], _Sums], frames: int) -> None:
        self._sums = sum(by_frames(work, frames, self._threads), self._sums)

    def covariances(self) -> Covariances:
        """The new covariances (F, I, I, J); those of sources that had no weight stay."""
        R, sums = self._spatial.by_source, self._sums
        moments = np.broadcast_to(np.asarray(sums.moments, np.complex128), R.shape)
        prior, weight = (np.broadcast_to(n, R.shape[::3])[:, None, None] for n in (sums.prior, sums.weight))
        known = _sandwiched(R, np.broadcast_to(sums.inverses, R.shape))
        if self._update == "energy":
            weight = _mean_power(moments)[:, None, None]
        new = (moments + R * prior - known) / np.where(weight > 0, weight, 1)
        return np.where(weight > 0, new, R).transpose(3, 1, 2, 0)

    def _filtered_sums(self, X: Spectrum, V: Powers) -> _Sums:
        if self._update == "energy" and self._spatial.is_white and _stereo(self._spatial, self._engine):
            return _Sums(_soft_moments(X, V))
        sums = self._sums_of(estimate(X, V, self._spatial, self._engine), V)
        if has_posterior(self._update):
            sums.prior, sums.inverses = sums.weight, self._inverses(V)
        return sums

    def _sums_of(self, Y: Estimates, V: Powers) -> _Sums:
        frame_weight, weight = self._weights(V, Y)
        return _Sums(_second_moments(Y, frame_weight, self._engine), weight)

    def _weights(self, V: Powers, Y: Estimates) -> tuple[Powers, Rows]:
        """Weights of the frames, (J, T, F) or empty for ones, and what the moments are divided by, (J, F)."""
        if self._update == "exact":
            heard = (V.sum(axis=0) > 0).sum(axis=0, dtype=np.float64)
            return _reciprocal(V), np.broadcast_to(heard, (len(V), V.shape[2]))
        if self._update == "trace":
            power = np.square(np.abs(Y)).sum(axis=1) / np.float32(Y.shape[1])
            power *= power > HEARD * power.sum(axis=0)
            return _reciprocal(power), (power > 0).sum(axis=1, dtype=np.float64)
        return NO_WEIGHT, V.sum(axis=1, dtype=np.float64)

    def _inverses(self, V: Powers) -> Complex:
        """Sum over frames of a v_j^2 C^-1, (J, I, I, F)."""
        weight = V.astype(np.float64) if self._update == "exact" else np.square(V, dtype=np.float64)
        if _stereo(self._spatial, self._engine):
            return unpacked(np.einsum("jtf,ctf->jcf", weight, _stereo_inverse(V, self._spatial)))
        return np.asarray(np.einsum("jtf,iktf->jikf", weight, _mix_inverse(V, self._spatial)))


def power_of(
    x: Spectrum,
    v: Powers,
    spatial: Spatial,
    metric: Spatial,
    *,
    posterior: bool = False,
    engine: Engine = "auto",
    threads: int | None = None,
) -> Powers:
    """Powers z_j of what the filter with `v` and `spatial` gives, free of any model: (F, T, J).

    metric: covariances R_j of tr(R_j^-1 C_j) / I, the most likely v_j (Nugraha et al., 2016); white ones give the mean
    power of the channels. posterior: C_j are posterior moments, not y_j y_j^H alone.
    """
    X, V = checked(x, v, spatial)
    Z = np.empty(V.shape, np.float32)
    soft = spatial.is_white and metric.is_white and not posterior and use_compiled(engine)

    def work(frames: slice) -> None:
        if soft:
            soft_power(pairs(X), V, frames.start, frames.stop, Z)
            return
        part, Q = cut(V, frames), metric.inverse / len(X)
        Z[:, frames] = _quadratic(estimate(cut(X, frames), part, spatial, engine), Q, engine)
        if posterior:
            Z[:, frames] += _uncertain_power(part, spatial, Q, engine)

    by_frames(work, X.shape[1], threads)
    return Z.transpose(2, 1, 0)


def power_of_estimates(y: Estimates, metric: Spatial, *, engine: Engine = "auto", threads: int | None = None) -> Powers:
    """`power_of` of estimates y (F, T, I, J) that are taken for certain."""
    Y = np.asarray(y.T, np.complex64)
    Q = metric.inverse / Y.shape[1]
    parts = by_frames(lambda frames: _quadratic(cut(Y, frames), Q, engine), Y.shape[2], threads)
    return np.concatenate(parts, axis=1).transpose(2, 1, 0)


def _stereo(spatial: Spatial, engine: Engine) -> bool:
    return spatial.channels == 2 and use_compiled(engine)


def _soft_moments(X: Spectrum, V: Powers) -> Complex:
    """Sum over frames of y y^H of soft-masked stereo, (J, 2, 2, F). X: (2, T, F). V: (J, T, F)."""
    z, rows = np.empty(V.shape, np.float32), np.zeros((len(V), 4, V.shape[2]))
    soft_power(pairs(X), V, 0, V.shape[1], z)
    stereo_soft_moments(pairs(X), z, rows)
    return unpacked(rows)


def _second_moments(Y: Estimates, weight: Powers, engine: Engine) -> Complex:
    """Sum over frames of weight y y^H, (J, I, I, F). Y: (J, I, T, F). weight: (J, T, F) or empty."""
    if Y.shape[1] == 2 and use_compiled(engine):
        rows = np.zeros((len(Y), 4, Y.shape[3]))
        stereo_moments(pairs(Y), weight, rows)
        return unpacked(rows)
    weighted = Y * weight[:, None].astype(np.float64) if weight.size else Y.astype(np.complex128)
    return np.asarray(np.einsum("jitf,jktf->jikf", weighted, Y.conj()))


def _quadratic(Y: Estimates, Q: Complex, engine: Engine) -> Powers:
    """y^H Q y of Hermitian Q (J, I, I, F) and Y (J, I, T, F): (J, T, F)."""
    if Y.shape[1] == 2 and use_compiled(engine):
        z = np.empty((len(Y), *Y.shape[2:]), np.float32)
        stereo_quadratic(pairs(Y), packed(Q), z)
        return z
    return np.asarray(np.einsum("jitf,jikf,jktf->jtf", Y.conj(), Q, Y).real, np.float32)


def _uncertain_power(V: Powers, spatial: Spatial, Q: Complex, engine: Engine) -> Powers:
    """tr(Q (1 - W) v R) = v tr(Q R) - v^2 tr(C^-1 R Q R), (J, T, F)."""
    M = _sandwiched(spatial.by_source, Q)
    before = np.einsum("jikf,jkif->jf", Q, spatial.by_source).real[:, None]
    if _stereo(spatial, engine):
        twice = np.array([1, 1, 2, 2])[:, None]
        known = np.einsum("ctf,jcf->jtf", _stereo_inverse(V, spatial), packed(M) * twice)
    else:
        known = np.einsum("iktf,jkif->jtf", _mix_inverse(V, spatial), M).real
    return np.asarray(V * np.maximum(before - V * known, 0), np.float32)


def _stereo_inverse(V: Powers, spatial: Spatial) -> Rows:
    """`_mix_inverse` as rows r00, r11, Re r01, Im r01: (4, T, F)."""
    out = np.empty((4, *V.shape[1:]))
    stereo_inverse(V, spatial.packed, spatial.packed.sum(axis=0), out)
    return out


def _mix_inverse(V: Powers, spatial: Spatial) -> Complex:
    """C^-1, (I, I, T, F); C is the sum of v_j R_j, that of R_j where all are silent."""
    C = mix_covariance(alive(V), spatial)
    return solve(C, np.broadcast_to(np.eye(len(C))[:, :, None, None], C.shape))


def _sandwiched(R: Complex, M: Complex) -> Complex:
    """R M R, all (J, I, I, F)."""
    return np.asarray(np.einsum("jabf,jbcf,jcdf->jadf", R, M, R, optimize=True))


def _mean_power(moments: Complex) -> Rows:
    """Traces over the number of channels, (J, F), of matrices (J, I, I, F)."""
    return np.asarray(np.einsum("jiif->jf", moments).real / moments.shape[1])


def _reciprocal(values: Powers) -> Powers:
    """One over the values, zero where they are too small to have one."""
    return np.divide(1, values, out=np.zeros_like(values), where=values > TINY)
