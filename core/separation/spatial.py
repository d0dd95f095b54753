"""The local Gaussian model of one block of frames: its filter and its likelihood (Duong et al., 2010).

Each source is c_j ~ Nc(0, v_j R_j) with a power v_j(f, t) and a spatial covariance R_j(f); x is their sum. Sums and
inverses are in float64, for any number of channels; stereo runs in compiled loops (core/dsp/kernels_wiener.py).
There is no absolute floor: the covariances of a `Spatial` are kept away from singular relative to their own size, each
by its own share, so that the filters of all sources add up to one at any loudness.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from unbraid.core.cpu import coarse_threads, cores, slices
from unbraid.core.dsp.compiled import Engine, use_compiled
from unbraid.core.dsp.kernels_wiener import stereo_filter
from unbraid.core.dsp.stft import Spectrum
from unbraid.core.errors import ParameterError

Powers = npt.NDArray[np.float32]
"""Power spectral densities of all sources, (F, T, J) at least 0, in memory (J, T, F)."""

Estimates = npt.NDArray[np.complex64]
"""Spectrograms of all sources, (F, T, I, J), in memory (J, I, T, F)."""

Covariances = npt.NDArray[np.complex128]
"""Spatial covariances of all sources, (F, I, I, J), Hermitian."""

Rows = npt.NDArray[np.float64]
Complex = npt.NDArray[np.complex128]
T = TypeVar("T")
N = TypeVar("N", bound=np.generic)

SHARE = 1e-6
"""Least eigenvalue of a spatial covariance, relative to the mean of its eigenvalues: -60 dB of diffuse sound."""

VALUES = 1 << 16
"""Bins of all frames, channels and sources that numpy handles at a time."""

TASK_FRAMES = 32
"""Fewer frames are not worth a thread."""


def stacked(models: Sequence[npt.NDArray[np.floating]]) -> Powers:
    """Models of all sources, (F, T) each, as one array (F, T, J) that lies in memory as (J, T, F)."""
    return np.stack([np.asarray(model.T, np.float32) for model in models]).transpose(2, 1, 0)


def stacked_estimates(spectra: Sequence[Spectrum]) -> Estimates:
    """Spectrograms (F, T, I) of all sources as one array (F, T, I, J) that lies in memory as (J, I, T, F)."""
    return np.stack([spectrum.T for spectrum in spectra]).transpose(3, 2, 1, 0)


@dataclass(frozen=True, eq=False)
class Spatial:
    """Spatial covariances of all sources, ready to be inverted; made by `of` or `white`.

    R: (F, I, I, J). is_white: every one is the identity, so the filter is a soft mask.
    """

    R: Covariances
    is_white: bool = False

    @classmethod
    def of(cls, R: npt.NDArray[np.complexfloating], *, share: float = SHARE) -> Spatial:
        """Covariances (F, I, I, J) of any rank and size; zero ones become the identity.

        The least eigenvalue is lifted to `share` of their mean where it is below.
        """
        if R.ndim != 4 or R.shape[1] != R.shape[2]:
            raise ParameterError(f"spatial covariances have the shape (F, I, I, J), not {R.shape}")
        if not 0 < share <= 1:
            raise ParameterError(f"the least eigenvalue is above 0 and at most the mean, 1, not {share}; try {SHARE}")
        return cls(_lifted(np.asarray(R, np.complex128), share))

    @classmethod
    def white(cls, bins: int, channels: int, sources: int) -> Spatial:
        """The identity everywhere: nothing is known of places."""
        R = np.zeros((bins, channels, channels, sources), np.complex128)
        R[:, range(channels), range(channels)] = 1
        return cls(R, is_white=True)

    @property
    def channels(self) -> int:
        """Channels, I."""
        return int(self.R.shape[1])

    @property
    def sources(self) -> int:
        """Sources, J."""
        return int(self.R.shape[3])

    @cached_property
    def by_source(self) -> Complex:
        """The covariances as (J, I, I, F)."""
        return np.ascontiguousarray(self.R.transpose(3, 1, 2, 0))

    @cached_property
    def packed(self) -> Rows:
        """Stereo covariances as the compiled loops want them, (J, 4, F)."""
        return packed(self.by_source)

    @cached_property
    def inverse(self) -> Complex:
        """Inverses of the covariances, (J, I, I, F)."""
        if self.is_white:
            return self.by_source
        return np.asarray(np.linalg.inv(self.R.transpose(3, 0, 1, 2)).transpose(0, 2, 3, 1), np.complex128)


def packed(R: Complex) -> Rows:
    """Rows r00, r11, Re r01, Im r01 of Hermitian matrices (J, 2, 2, F): (J, 4, F)."""
    return np.stack([R[:, 0, 0].real, R[:, 1, 1].real, R[:, 0, 1].real, R[:, 0, 1].imag], axis=1)


def unpacked(rows: Rows) -> Complex:
    """The inverse of `packed`."""
    across = rows[:, 2] + 1j * rows[:, 3]
    return np.stack([np.stack([rows[:, 0], across], 1), np.stack([across.conj(), rows[:, 1]], 1)], 1)


def _lifted(R: Covariances, share: float) -> Covariances:
    """R + (share mean - least)+ 1 of Hermitian R, with mean and least eigenvalue; the identity where R is zero."""
    channels = R.shape[1]
    by_bin = R.transpose(0, 3, 1, 2)
    mean = np.trace(by_bin, axis1=2, axis2=3).real / channels
    if channels == 2:
        half = (by_bin[..., 0, 0] - by_bin[..., 1, 1]).real / 2
        least = mean - np.hypot(half, np.abs(by_bin[..., 0, 1]))
    else:
        least = np.linalg.eigvalsh(by_bin)[..., 0]
    dead = mean <= 0
    lift = np.where(dead, 1.0, np.maximum(share * mean - least, 0))
    identity = np.eye(channels)[None, :, :, None]
    return np.asarray(np.where(dead[:, None, None], 0, R) + lift[:, None, None] * identity, np.complex128)


def filter_block(
    x: Spectrum,
    v: Powers,
    spatial: Spatial,
    *,
    out: Estimates | None = None,
    at: int = 0,
    engine: Engine = "auto",
    threads: int | None = None,
) -> Estimates:
    """Multichannel Wiener filter y_j = v_j R_j (sum of v_k R_k)^-1 x; the y_j add up to x.

    x: (F, T, I). v: (F, T, J), of any scale; where all are zero they count as equal. Returns (F, T, I, J).
    out: estimates of more frames, made by `empty_estimates`, whose frames `at` to `at` + T are filled and returned.
    """
    X, V = checked(x, v, spatial)
    y = empty_estimates(x.shape[0], x.shape[1], x.shape[2], spatial.sources) if out is None else out
    by_frames(lambda frames: _fill(X, V, spatial, frames, y.transpose(3, 2, 1, 0), at, engine), X.shape[1], threads)
    return y[:, at : at + x.shape[1]]


def empty_estimates(bins: int, frames: int, channels: int, sources: int) -> Estimates:
    """Spectrograms (F, T, I, J) of any content, in memory (J, I, T, F)."""
    return np.empty((sources, channels, frames, bins), np.complex64).transpose(3, 2, 1, 0)


def checked(x: Spectrum, v: Powers, spatial: Spatial) -> tuple[Spectrum, Powers]:
    """The arrays as (I, T, F) and (J, T, F), contiguous."""
    if v.ndim != 3 or x.shape != (*v.shape[:2], spatial.channels) or v.shape[2] != spatial.sources:
        raise ParameterError(
            f"x is (F, T, I) and v (F, T, J) with the bins, channels and sources of R {spatial.R.shape}, "
            f"not {x.shape} and {v.shape}"
        )
    return np.ascontiguousarray(x.T, np.complex64), np.ascontiguousarray(v.T, np.float32)


def by_frames(work: Callable[[slice], T], frames: int, threads: int | None) -> list[T]:
    """Results of `work` over as many slices of the frames as there are threads worth starting."""
    count = min(threads or cores(), max(1, frames // TASK_FRAMES))
    return coarse_threads(work, slices(frames, count) if frames else [], threads=count)


def parts(frames: slice, values_per_frame: int) -> list[slice]:
    """Slices of the frames that stay in the processor's cache."""
    step = max(1, VALUES // max(1, values_per_frame))
    return [slice(a, min(a + step, frames.stop)) for a in range(frames.start, frames.stop, step)]


def pairs(values: npt.NDArray[np.complex64]) -> npt.NDArray[np.float32]:
    """Real and imaginary parts in turn along the last axis, as the compiled loops want them."""
    return values.view(np.float32)


def cut(values: npt.NDArray[N], part: slice) -> npt.NDArray[N]:
    """Frames of an array (..., T, F), contiguous."""
    return np.ascontiguousarray(values[..., part, :])


def estimate(X: Spectrum, V: Powers, spatial: Spatial, engine: Engine) -> Estimates:
    """`filter_block` on this thread. X: (I, T, F). V: (J, T, F). Returns (J, I, T, F)."""
    Y = np.empty((len(V), *X.shape), np.complex64)
    _fill(X, V, spatial, slice(0, X.shape[1]), Y, 0, engine)
    return Y


def _fill(X: Spectrum, V: Powers, spatial: Spatial, frames: slice, Y: Estimates, at: int, engine: Engine) -> None:
    """Y (J, I, T2, F) from frame frames.start + at on."""
    if spatial.channels == 2 and not spatial.is_white and use_compiled(engine):
        R = spatial.packed
        stereo_filter(pairs(X), V, R, R.sum(axis=0), frames.start, frames.stop, pairs(Y), at)
        return
    for part in parts(frames, Y[:, :, 0].size):
        Y[:, :, at + part.start : at + part.stop] = _filtered(X[:, part], V[:, part], spatial)


def _filtered(X: Spectrum, V: Powers, spatial: Spatial) -> npt.NDArray[np.complexfloating]:
    """The filter in numpy. X: (I, T, F). V: (J, T, F). Returns (J, I, T, F)."""
    W = alive(V)
    if spatial.is_white:
        return np.asarray((W / W.sum(axis=0)).astype(np.float32)[:, None] * X)
    z = solve(mix_covariance(W, spatial), X[:, None])[:, 0]
    return np.stack([w * _applied(R, z) for w, R in zip(W, spatial.by_source, strict=True)])


def alive(V: Powers) -> Rows:
    """Models in float64, all one where all are zero. (J, T, F)."""
    W = V.astype(np.float64)
    W += W.sum(axis=0) == 0
    return W


def _applied(R: Complex, z: Complex) -> Complex:
    """R z for R (I, I, F) and z (I, T, F)."""
    return np.stack([sum(R[i, k] * z[k] for k in range(len(z))) for i in range(len(z))])


def mix_covariance(V: npt.NDArray[np.floating], spatial: Spatial) -> Complex:
    """Covariance of the mix, sum of v_j R_j. V: (J, T, F). Returns (I, I, T, F)."""
    C = np.empty((spatial.channels, spatial.channels, *V.shape[1:]), np.complex128)
    for i in range(len(C)):
        for k in range(i + 1):
            C[i, k] = sum(v * R[i, k] for v, R in zip(V, spatial.by_source, strict=True))
            C[k, i] = C[i, k].conj()
    return C


def factorise(C: Complex) -> tuple[Complex, Rows]:
    """L and d of C = L diag(d) L^H for Hermitian positive definite C (I, I, ...); L is unit lower triangular."""
    L, d = np.zeros_like(C), np.empty(C.shape[1:], np.float64)
    for k in range(len(C)):
        d[k] = C[k, k].real - sum(np.abs(L[k, m]) ** 2 * d[m] for m in range(k))
        for i in range(k + 1, len(C)):
            L[i, k] = (C[i, k] - sum(L[i, m] * L[k, m].conj() * d[m] for m in range(k))) / d[k]
    return L, d


def solve(C: Complex, B: npt.NDArray[np.complexfloating]) -> Complex:
    """C^-1 B for Hermitian positive definite C (I, I, ...) and B (I, M, ...), elimination bin by bin without a loop."""
    return _solved(*factorise(C), B)


def _solved(L: Complex, d: Rows, B: npt.NDArray[np.complexfloating]) -> Complex:
    z = B.astype(np.complex128)
    for i in range(1, len(z)):
        for k in range(i):
            z[i] -= L[i, k] * z[k]
    z /= d[:, None]
    for i in reversed(range(len(z) - 1)):
        for k in range(i + 1, len(z)):
            z[i] -= L[k, i].conj() * z[k]
    return z


def log_likelihood(x: Spectrum, v: Powers, spatial: Spatial) -> float:
    """Sum over bins of log Nc(x; 0, sum of v_j R_j); bins where all models are zero are left out."""
    X, V = checked(x, v, spatial)
    total = 0.0
    for part in parts(slice(0, X.shape[1]), X[:, 0].size * spatial.channels):
        live = V[:, part].sum(axis=0) > 0
        L, d = factorise(mix_covariance(alive(V[:, part]), spatial))
        fit = np.sum(X[:, part].conj() * _solved(L, d, X[:, None, part])[:, 0], axis=0).real
        total -= float(np.sum((np.log(np.pi * d).sum(axis=0) + fit)[live]))
    return total
