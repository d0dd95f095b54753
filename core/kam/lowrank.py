"""Spectrograms kept as products of thin matrices, so that many sources of long songs fit into memory (light KAM).

Liutkus, Fitzgerald and Rafii, "Scalable audio separation with light kernel additive modelling", ICASSP 2015: each
source's spectrogram is replaced by a truncated singular value decomposition, found by random projections (Halko,
Martinsson and Tropp, 2011), of a power of it, which weighs quiet places more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

EXPONENT = 0.25
"""Of powers: the square root of magnitudes is what is approximated."""

MORE = 10
"""Random directions beyond the rank that is kept."""

FRAMES = 512
"""Frames handled at a time."""


@dataclass(frozen=True, eq=False)
class LowRank:
    """A picture (F, T) at least 0 as (left right^T)^(1 / EXPONENT). left: (F, K). right: (T, K)."""

    left: Floats
    right: Floats

    def part(self, start: int, stop: int) -> Floats:
        """Frames start to stop, (F, stop - start), in memory (frames, F)."""
        rows = self.right[start:stop] @ self.left.T
        np.maximum(rows, 0, out=rows)
        rows *= rows  # to the fourth power, EXPONENT being a quarter
        rows *= rows
        return rows.T


def compressed(picture: Floats, rank: int, rng: np.random.Generator) -> LowRank:
    """Nearly the best approximation of `picture` (F, T), in memory (T, F), of that rank."""
    F, T = picture.shape
    directions = min(rank + MORE, F, T)
    peak = float(picture.max(initial=0)) or 1.0
    sketch = rng.standard_normal((F, directions)).astype(np.float32)
    for _ in range(2):  # a power iteration: spectra of music fall slowly
        basis = _orthonormal(np.concatenate([rows @ sketch for _, rows in _roots(picture, peak)]))
        sketch = np.zeros((F, basis.shape[1]), np.float32)
        for start, rows in _roots(picture, peak):
            sketch += rows.T @ basis[start : start + len(rows)]
        sketch = _orthonormal(sketch)
    projected = np.concatenate([rows @ sketch for _, rows in _roots(picture, peak)])  # (T, directions)
    U, s, Vt = np.linalg.svd(projected, full_matrices=False)
    kept = min(rank, directions)
    root = np.sqrt(s[:kept] * np.float32(peak**EXPONENT))
    left = (sketch @ Vt[:kept].T) * root
    return LowRank(np.ascontiguousarray(left), np.ascontiguousarray(U[:, :kept] * root))


def _roots(picture: Floats, peak: float) -> Iterator[tuple[int, Floats]]:
    """(first frame, rows (n, F)) of the picture to the power of EXPONENT, relative to its peak."""
    for start in range(0, picture.shape[1], FRAMES):
        rows = np.sqrt(picture.T[start : start + FRAMES] / np.float32(peak))
        yield start, np.sqrt(rows, out=rows)


def _orthonormal(columns: Floats) -> Floats:
    return np.asarray(np.linalg.qr(columns)[0], np.float32)
