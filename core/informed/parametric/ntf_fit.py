"""Finding templates and activations: a factorisation of each source's spectrogram, then analysis by synthesis.

1. Each source by itself: magnitudes in bands, Kullback-Leibler divergence, multiplicative updates (Lee, Seung, 2001).
2. All together: log W and log H go down the slope of the decoder's own error (ntf_error.py), with a little of the
   divergence left in, which keeps the scale that the error does not see (steps after Kingma and Ba, 2015).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.cpu import coarse_threads
from unbraid.core.informed.parametric.ntf_error import FilterError
from unbraid.core.progress import Progress

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

FLOOR = 1e-7
"""Magnitude that is added everywhere, of samples within 1."""
DEPTH = 1e-5
"""Least value of a factor over its greatest when its logarithm is taken."""
ANCHOR = 0.03
"""Weight of the divergence, in decibels for a divergence as large as the data."""
RATE = 0.1
"""First step of the logarithms."""
MOMENTUM, MEMORY = 0.8, 0.98


@dataclass(frozen=True, eq=False)
class Factors:
    """W (B, K), H (T, K), and the source of each component (K,), ascending."""

    W: Floats
    H: Floats
    source: Integers

    def of(self, j: int) -> slice:
        """Components of source j."""
        first, last = np.searchsorted(self.source, [j, j + 1])
        return slice(int(first), int(last))

    def magnitudes(self, sources: int) -> Floats:
        """Sum of each source's components, (J, B, T)."""
        M = np.empty((sources, len(self.W), len(self.H)), np.float32)

        def work(j: int) -> None:
            k = self.of(j)
            np.matmul(self.W[:, k], self.H[:, k].T, out=M[j])
            M[j] += np.float32(FLOOR)

        coarse_threads(work, range(sources))
        return M


def factorised(
    magnitudes: Floats, components: int, iterations: int, rng: np.random.Generator, progress: Progress
) -> tuple[Floats, Floats]:
    """W (B, K) with the maximum 1 and H (T, K) of one source's magnitudes (B, T)."""
    B, T = magnitudes.shape
    V = magnitudes + np.float32(FLOOR)
    W = rng.uniform(0.1, 1.1, (B, components)).astype(np.float32)
    H = rng.uniform(0.1, 1.1, (T, components)).astype(np.float32)
    H *= np.float32(V.mean() / max((W.sum(axis=0) * H.mean(axis=0)).sum() / B, 1e-30))
    ratio = np.empty_like(V)
    for i in range(iterations):
        progress(i / iterations, "factorising the sources")
        H *= (_ratio(V, W, H, ratio).T @ W) / (W.sum(axis=0) + np.float32(1e-12))
        W *= (_ratio(V, W, H, ratio) @ H) / (H.sum(axis=0) + np.float32(1e-12))
        greatest = W.max(axis=0) + np.float32(1e-12)
        W /= greatest
        H *= greatest
    return W, H


def _ratio(V: Floats, W: Floats, H: Floats, out: Floats) -> Floats:
    """V over its model."""
    np.matmul(W, H.T, out=out)
    out += np.float32(1e-12)
    return np.divide(V, out, out=out)


class Descent:
    """Steps of log W and log H; either may stay as it is."""

    def __init__(self, error: FilterError, start: Factors, *, fixed_templates: bool = False, rate: float = RATE):
        self._error, self._source = error, start.source
        self._fixed, self._rate, self._count = fixed_templates, rate, 0
        self._W = start.W
        self._logs = [_log(start.W), _log(start.H)]
        self._mean = [np.zeros_like(log) for log in self._logs]
        self._square = [np.zeros_like(log) for log in self._logs]
        data = error.sums.magnitudes
        self._anchors = np.array([ANCHOR / max(float(v.sum(dtype=np.float64)), 1e-30) for v in data], np.float32)

    @property
    def factors(self) -> Factors:
        """Where the descent has come to."""
        W = self._W if self._fixed else np.exp(self._logs[0])
        return Factors(W, np.exp(self._logs[1]), self._source)

    def run(self, iterations: int, progress: Progress, message: str) -> Factors:
        """Go so many steps, which become smaller."""
        for i in range(iterations):
            progress(i / iterations, message)
            self._step(self._rate * (1.05 - i / iterations))
        return self.factors

    def _step(self, rate: float) -> None:
        at = self.factors
        M = at.magnitudes(self._error.sums.sources)
        G = self._error.slopes(M * M)
        slopes = self._chain(at, M, G)
        self._count += 1
        for i in (1,) if self._fixed else (0, 1):
            self._move(i, slopes[i], rate)

    def _chain(self, at: Factors, M: Floats, G: Floats) -> tuple[Floats, Floats]:
        """Slopes by log W and log H."""
        by_w, by_h = np.zeros_like(at.W), np.zeros_like(at.H)
        data = self._error.sums.magnitudes

        def work(j: int) -> None:
            k = at.of(j)
            g = G[j]
            g *= M[j]
            g *= np.float32(2)
            g += self._anchors[j] * (1 - (data[j] + np.float32(FLOOR)) / M[j])
            by_w[:, k] = (g @ at.H[:, k]) * at.W[:, k]
            by_h[:, k] = (g.T @ at.W[:, k]) * at.H[:, k]

        coarse_threads(work, range(len(M)))
        return by_w, by_h

    def _move(self, i: int, slope: Floats, rate: float) -> None:
        mean, square = self._mean[i], self._square[i]
        mean += np.float32(1 - MOMENTUM) * (slope - mean)
        square += np.float32(1 - MEMORY) * (slope * slope - square)
        size = np.sqrt(square / np.float32(1 - MEMORY**self._count))
        size += np.float32(1e-3 * np.sqrt(float((size * size).sum()) / max(1, size.size)) + 1e-30)
        self._logs[i] -= np.float32(rate / (1 - MOMENTUM**self._count)) * mean / size


def _log(factor: Floats) -> Floats:
    least = np.maximum(DEPTH * factor.max(axis=0, initial=0), np.float32(1e-20))
    return np.asarray(np.log(np.maximum(factor, least)), np.float32)
