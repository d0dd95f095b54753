"""The error of the stems that the decoder will filter, as a function of the powers: what the encoder makes small."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.cpu import coarse_threads, slices
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.parametric.ntf_kernels import slopes

Complex = npt.NDArray[np.complexfloating]
Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

DECIBEL = 10 / np.log(10)
PARTS = 16
"""Parts of the bands whose errors are added up, however many threads there are: results depend on it."""
LEAST_ERROR = 1e-6
"""Least error of a source, relative to its energy, that is worked on."""


@dataclass(frozen=True, eq=False)
class Sums:
    """What the error needs of the true spectra, in cells of B bands and T frames.

    mix (B, T, Q): sum over the bins of x x'. cross (B, T, J, Q): symmetric part of sum x y_j' R_j. places (B, J, Q): R.
    magnitudes (J, B, T): mean over the bins of |y_j|. energies (J,). Q = 1 for mono; 3 for stereo: 11, 12, 22.
    """

    mix: Floats
    cross: Floats
    places: Floats
    magnitudes: Floats
    energies: Doubles

    @property
    def sources(self) -> int:
        """Sources, J."""
        return int(self.cross.shape[2])

    @property
    def frames(self) -> int:
        """Frames, T."""
        return int(self.mix.shape[1])

    @classmethod
    def empty(cls, grid: Grid, frames: int, covariances: npt.NDArray[np.inexact]) -> Sums:
        """Sums to be filled with `put`, frame after frame. covariances: R of each band, (B, J, I, I), trace I."""
        B, J, channels = covariances.shape[:3]
        Q = 1 if channels == 1 else 3
        upper = np.array([0]) if channels == 1 else np.array([0, 1, 3])
        R = np.ascontiguousarray(covariances.real.reshape(B, J, -1)[..., upper], np.float32)
        return cls(
            np.zeros((B, frames, Q), np.float32), np.zeros((B, frames, J, Q), np.float32), R,
            np.zeros((J, B, frames), np.float32), np.zeros(J),
        )  # fmt: skip

    def put(self, grid: Grid, first: int, x: Complex, images: list[Complex]) -> None:
        """Take in the frames from `first` on of the mix x (F, t, I) and of the sources' images, as many."""
        span = slice(first, first + x.shape[1])
        widths = np.diff(grid.edges)[:, None]
        self.mix[:, span] = _products(grid, x, x)[..., [0] if x.shape[2] == 1 else [0, 1, 3]]
        for j, y in enumerate(images):
            power = np.square(np.abs(y)).mean(axis=2)
            self.energies[j] += float(power.sum(dtype=np.float64)) * x.shape[2]
            self.magnitudes[j, :, span] = _pooled(grid, np.sqrt(power)) / widths
            self.cross[:, span, j] = _turned(_products(grid, x, y), self.places[:, j])


def _pooled(grid: Grid, values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Sums over the bins of each band, (F, t) -> (B, t)."""
    return np.add.reduceat(values, grid.edges[:-1], axis=0)


def _products(grid: Grid, x: Complex, y: Complex) -> Floats:
    """Real part of sum x y', (B, t, I I)."""
    pairs = [(a, b) for a in range(x.shape[2]) for b in range(x.shape[2])]
    return np.stack([_pooled(grid, (x[:, :, a] * y[:, :, b].conj()).real) for a, b in pairs], axis=2)


def _turned(C: Floats, R: Floats) -> Floats:
    """Symmetric part of C R, (B, t, Q), of C (B, t, I I) and R (B, Q)."""
    if C.shape[2] == 1:
        return np.asarray(C * R[:, None])
    r0, r1, r2 = (R[:, None, q] for q in range(3))
    a, b, c, d = (C[..., q] for q in range(4))
    return np.stack([a * r0 + b * r1, (a * r1 + b * r2 + c * r0 + d * r1) / 2, c * r1 + d * r2], axis=2)


@dataclass(eq=False)
class FilterError:
    """Errors of the sources and their slopes; each source weighs as it counts in the mean of the SDRs in decibels."""

    sums: Sums
    priorities: Doubles

    def __post_init__(self) -> None:
        heard = self.sums.energies > 0
        self.priorities = np.where(heard, self.priorities, 0.0)
        self.priorities /= max(self.priorities.sum(), 1e-30)
        self.weights = np.zeros(self.sums.sources)
        self.errors = self.sums.energies.copy()
        self._weigh()

    def slopes(self, V: Floats) -> Floats:
        """Slopes (J, B, T) by the powers V (J, B, T) of the mean SDR's loss in dB; sets errors and weights."""
        s, G = self.sums, np.empty_like(V)
        parts = slices(V.shape[1], PARTS)

        def work(part: slice) -> Doubles:
            errors = np.zeros(s.sources)
            slopes(V[:, part], s.places[part], s.mix[part], s.cross[part], self.weights, G[:, part], errors)
            return errors

        self.errors = s.energies + np.sum(coarse_threads(work, parts), axis=0)
        self._weigh()
        return G

    def decibels(self) -> Doubles:
        """SDR of each source, (J,), not a number where it is silent."""
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios = np.where(self.sums.energies > 0, self.sums.energies / self._bounded(), np.nan)
            return np.asarray(10 * np.log10(ratios))

    def score(self) -> float:
        """Mean of the SDRs, weighted with the priorities."""
        return float(np.nansum(self.priorities * self.decibels()))

    def _bounded(self) -> Doubles:
        return np.maximum(self.errors, LEAST_ERROR * self.sums.energies)

    def _weigh(self) -> None:
        bounded = self._bounded()
        self.weights = np.divide(DECIBEL * self.priorities, bounded, out=np.zeros_like(bounded), where=bounded > 0)
