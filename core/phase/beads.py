"""BEADS: separation of sources whose magnitudes are known well and whose phases are not.

Source j of a time-frequency bin lies near a ring: one of C isotropic complex Gaussians, the beads, on the circle of
radius b_j. Given the mix, every choice of beads is a Gaussian with a weight; the estimate is their mean, which adds up
to the mix, or the most likely one (A. Liutkus, C. Rohlfing and A. Deleforge, Audio source separation with magnitude
priors: the BEADS model, ICASSP 2018).

With several channels s_j = a_j z_j + d_j, where z_j is on the ring, a_j the main direction of the spatial covariance
R_j and d_j what R_j has in other directions. Of many sources the `rings` loudest of a bin have beads, the others are
centred Gaussians of the same power. Beads are turned so that one of them has the phase of the Wiener estimate: the
result turns with the phase of the mix and grows with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.stft import Spectrum
from unbraid.core.errors import ParameterError
from unbraid.core.separation.spatial import Estimates, Powers, Spatial, empty_estimates

Complex = npt.NDArray[np.complex128]
Doubles = npt.NDArray[np.float64]

VALUES = 1 << 21
"""Tuples of all bins of a block."""

LEAST = 1e-9
"""Least variance of a source relative to the power of all: what keeps covariances from being singular."""


@dataclass(frozen=True)
class Beads:
    """count: beads of a ring, C. rings: sources of a bin that have one. estimate: mean, or most likely tuple."""

    count: int = 16
    rings: int = 2
    estimate: Literal["mean", "mode"] = "mean"

    def __post_init__(self) -> None:
        if self.count < 2 or not 1 <= self.rings <= 4 or self.count**self.rings > VALUES:
            raise ParameterError(
                f"a ring has 2 beads or more and a bin 1 to 4 rings, not {self.count} and {self.rings}; try 16 and 2"
            )


DEFAULT = Beads()


def ring_width(radius: npt.NDArray[np.floating], count: int) -> npt.NDArray[np.floating]:
    """Least variance with which `count` beads cover a ring: a third of their distance, squared."""
    return np.asarray(np.square(radius * (2 * np.pi / (3 * count))))


def separate(
    x: Spectrum, b: Powers, sigma: Powers, spatial: Spatial | None = None, how: Beads = DEFAULT
) -> tuple[Estimates, Powers]:
    """Estimates (F, T, I, J) that add up to the mix x (F, T, I), and their posterior variances (F, T, J).

    b, sigma: magnitudes and variances of the sources, (F, T, J), for covariances R_j of trace I; both of one unit and
    its square. spatial: R_j, None for the identity in one channel.
    """
    known = spatial or Spatial.white(x.shape[0], x.shape[2], b.shape[2])
    if b.shape != sigma.shape or x.shape != (*b.shape[:2], known.channels) or b.shape[2] != known.sources:
        raise ParameterError(
            f"x is (F, T, I), magnitudes and variances (F, T, J), not {x.shape}, {b.shape} and {sigma.shape}"
        )
    directions, others = _directions(known)
    y, variance = empty_estimates(x.shape[0], x.shape[1], x.shape[2], b.shape[2]), np.empty(b.shape, np.float32)
    for block in _blocks(x.shape[0], x.shape[1], how):
        f, t = block
        bins = _Bins.of(x[f, t], b[f, t], sigma[f, t], directions[f], others[f])
        mean, var = bins.estimate(how)
        shape = x[f, t].shape[:2]
        y[f, t] = mean.reshape(*shape, *mean.shape[1:]).swapaxes(2, 3)
        variance[f, t] = var.reshape(*shape, -1)
    return y, variance


def _blocks(bins: int, frames: int, how: Beads) -> Iterator[tuple[slice, slice]]:
    size = max(1, VALUES // how.count ** min(how.rings, 8))
    tall = max(1, min(bins, size))
    wide = max(1, size // tall)
    for f, t in product(range(0, bins, tall), range(0, frames, wide)):
        yield slice(f, min(f + tall, bins)), slice(t, min(t + wide, frames))


def _directions(spatial: Spatial) -> tuple[Complex, Complex]:
    """Main directions a_j, (F, J, I), and what R_j has beside a_j a_j^H, (F, J, I, I), of R_j scaled to trace I."""
    R = spatial.R.transpose(0, 3, 1, 2)
    if spatial.channels == 1:
        return np.ones(R.shape[:3], np.complex128), np.zeros_like(R)
    R = R * (spatial.channels / np.trace(R, axis1=2, axis2=3).real)[:, :, None, None]
    values, vectors = np.linalg.eigh(R)
    a = vectors[..., -1] * np.sqrt(values[..., -1:])
    return a, R - a[..., :, None] * a[..., None, :].conj()


@dataclass(frozen=True, eq=False)
class _Bins:
    """N bins. x: (N, I). b, sigma: (N, J). a: (N, J, I). D: (N, J, I, I), what R_j has beside a_j. scale: (N,)."""

    x: Complex
    b: Doubles
    sigma: Doubles
    a: Complex
    D: Complex
    scale: Doubles

    @classmethod
    def of(cls, x: Spectrum, b: Powers, sigma: Powers, a: Complex, D: Complex) -> _Bins:
        """Of a block (Fb, Tb, ...), every bin in units of its own loudness, so that nothing under- or overflows."""
        F, T, J = b.shape
        flat = x.reshape(F * T, -1).astype(np.complex128)
        radii, widths = b.reshape(F * T, J).astype(np.float64), sigma.reshape(F * T, J).astype(np.float64)
        scale = np.sqrt(np.square(np.abs(flat)).sum(axis=1) + np.square(radii).sum(axis=1) + widths.sum(axis=1))
        unit = np.where(scale > 0, scale, 1.0)
        return cls(
            flat / unit[:, None],
            radii / unit[:, None],
            widths / np.square(unit)[:, None] + LEAST,
            np.repeat(a, T, axis=0),
            np.repeat(D, T, axis=0),
            scale,
        )

    def estimate(self, how: Beads) -> tuple[Complex, Doubles]:
        """Estimates (N, J, I) and their variances (N, J)."""
        count = min(how.rings, self.b.shape[1])
        rings = np.argsort(-(np.square(self.b)), axis=1)[:, :count]
        gains, inverse, C = self._gains(rings)
        beads = self._beads(rings, how.count)
        weights = self._weights(beads, inverse, how.count)
        if how.estimate == "mode":
            weights = _only_greatest(weights)
        centres = np.stack([_marginal(weights, k) for k in range(count)], axis=1)
        means = np.einsum("nkc,nkci->nki", centres, beads)
        left = self.x - means.sum(axis=1)
        y = np.einsum("njil,nl->nji", gains, left)
        np.put_along_axis(y, rings[:, :, None], np.take_along_axis(y, rings[:, :, None], 1) + means, axis=1)
        variance = self._variance(rings, beads, weights, gains, C, y)
        return y * self.scale[:, None, None], variance * np.square(self.scale)[:, None]

    def _gains(self, rings: npt.NDArray[np.int_]) -> tuple[Complex, Complex, Complex]:
        """Kalman gains (N, J, I, I), inverse covariance of x given a tuple (N, I, I), covariances (N, J, I, I)."""
        around = np.square(self.b)
        along = around + self.sigma
        np.put_along_axis(along, rings, np.take_along_axis(self.sigma, rings, 1), axis=1)
        outer = self.a[..., :, None] * self.a[..., None, :].conj()
        C = along[..., None, None] * outer + (around + self.sigma)[..., None, None] * self.D
        C += LEAST * np.eye(self.x.shape[1])
        inverse = np.linalg.inv(C.sum(axis=1))
        return C @ inverse[:, None], inverse, C

    def _beads(self, rings: npt.NDArray[np.int_], count: int) -> Complex:
        """Images of the beads, (N, K, C, I), turned to the phases of the Wiener estimate."""
        a, b = np.take_along_axis(self.a, rings[:, :, None], 1), np.take_along_axis(self.b, rings, 1)
        R = np.square(self.b)[..., None, None] * (self.a[..., :, None] * self.a[..., None, :].conj() + self.D)
        R += self.sigma[..., None, None] * np.eye(self.x.shape[1])
        z = np.einsum("nil,nl->ni", np.linalg.inv(R.sum(axis=1)), self.x)
        along = np.einsum("nki,ni->nk", a.conj(), z)
        level = np.abs(along)
        turned = np.divide(along, level, out=np.ones_like(along), where=level > 0)
        points = np.exp(2j * np.pi * np.arange(count) / count)
        return np.asarray((b * turned)[:, :, None, None] * points[:, None] * a[:, :, None], np.complex128)

    def _weights(self, beads: Complex, inverse: Complex, count: int) -> Doubles:
        """Posterior weights of tuples, (N, C, ..., C)."""
        left = self.x.reshape(len(self.x), *(1,) * beads.shape[1], -1)
        for k in range(beads.shape[1]):
            shape = (len(self.x), *(count if k == m else 1 for m in range(beads.shape[1])), -1)
            left = left - beads[:, k].reshape(shape)
        flat = left.reshape(len(left), -1, left.shape[-1])
        cost = np.einsum("nci,nci->nc", (flat @ inverse.transpose(0, 2, 1)), flat.conj()).real
        weights = np.exp(cost.min(axis=1, keepdims=True) - cost)
        weights /= weights.sum(axis=1, keepdims=True)
        return np.asarray(weights.reshape(left.shape[:-1]), np.float64)

    def _variance(
        self, rings: npt.NDArray[np.int_], beads: Complex, weights: Doubles, gains: Complex, C: Complex, y: Complex
    ) -> Doubles:
        """Mean over channels of the posterior variance, (N, J): of each tuple, and the spread of their means."""
        inside = np.einsum("njii->nj", C - gains @ C).real
        K, channels = beads.shape[1], beads.shape[3]
        spread = _covariance(weights, beads)
        B = np.broadcast_to(-gains[:, :, None], (*y.shape[:2], K, channels, channels)).copy()
        own = (rings[:, None] == np.arange(y.shape[1])[:, None])[..., None, None]
        B += own * np.eye(channels)
        second = np.einsum("njkab,nkmbc,njmac->nj", B, spread, B.conj(), optimize=True).real
        return np.asarray((inside + second) / channels, np.float64)


def _covariance(weights: Doubles, beads: Complex) -> Complex:
    """Covariance of the beads of all rings under the weights of tuples, (N, K, K, I, I)."""
    N, K, _, channels = beads.shape
    out = np.empty((N, K, K, channels, channels), np.complex128)
    mean = [np.einsum("nc,nci->ni", _marginal(weights, k), beads[:, k]) for k in range(K)]
    for k, m in product(range(K), repeat=2):
        if k == m:
            both = np.einsum("nc,ncx,ncy->nxy", _marginal(weights, k), beads[:, k], beads[:, k].conj())
        else:
            joint = weights.sum(axis=tuple(q + 1 for q in range(K) if q not in (k, m)))
            joint = joint if k < m else joint.swapaxes(1, 2)
            both = np.einsum("ncd,ncx,ndy->nxy", joint, beads[:, k], beads[:, m].conj(), optimize=True)
        out[:, k, m] = both - mean[k][:, :, None] * mean[m][:, None].conj()
    return out


def _marginal(weights: Doubles, axis: int) -> Doubles:
    """(N, C) of tuples (N, C, ..., C)."""
    return np.asarray(weights.sum(axis=tuple(k + 1 for k in range(weights.ndim - 1) if k != axis)))


def _only_greatest(weights: Doubles) -> Doubles:
    """One for the greatest tuple, zero for all others."""
    flat = weights.reshape(len(weights), -1)
    one = np.zeros_like(flat)
    np.put_along_axis(one, flat.argmax(axis=1)[:, None], 1.0, axis=1)
    return one.reshape(weights.shape)
