"""Components of a factorisation that belong together: those that sound alike and play at the same time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.separation.nmf import Factors
from unbraid.core.separation.nmf_divergences import Floats

SHARPNESS = 100.0
"""How far above its mean a template's level grows like its amplitude rather than its logarithm: 1 / 100 of it."""

FAINT = 0.1
"""Of the mean loudness: components below do not found a group, they join the one they are most like."""


def clusters(factors: Factors, count: int, *, sound: float = 0.75) -> list[npt.NDArray[np.int_]]:
    """Numbers of the components of each of at most `count` groups, the loudest group first.

    Average-linkage clustering of cosines, between log templates and between roots of activations, each without its mean
    over components or time. sound: weight of the former, 0 to 1. Equal factors give equal groups.
    """
    loudness = factors.templates.sum(axis=0) * factors.activations.sum(axis=1)
    heard = np.flatnonzero(loudness >= FAINT * loudness.sum() / max(1, len(loudness)))
    if len(heard) <= count:
        heard = np.argsort(-loudness, kind="stable")[:count]
    likeness = sound * _sound_alike(factors.templates) + (1 - sound) * _play_together(factors.activations)
    labels = _labels(likeness[np.ix_(heard, heard)], count)
    groups = [heard[labels == label] for label in np.unique(labels)]
    nearest = np.argmax([likeness[:, group].mean(axis=1) for group in groups], axis=0)
    nearest[heard] = labels
    found = [np.flatnonzero(nearest == number) for number in range(len(groups))]
    return sorted(found, key=lambda group: -float(loudness[group].sum()))


def _labels(likeness: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.int_]:
    """Numbers of groups from 0 on, (K,): at most `count`."""
    if len(likeness) <= count:
        return np.arange(len(likeness))
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    distance = np.round(np.maximum(1 - (likeness + likeness.T) / 2, 0), 6)
    np.fill_diagonal(distance, 0)
    labels = fcluster(linkage(squareform(distance, checks=False), "average"), count, "maxclust")
    return np.unique(labels, return_inverse=True)[1]


def _sound_alike(W: Floats) -> npt.NDArray[np.float64]:
    level = np.log1p(SHARPNESS * W / np.maximum(W.mean(axis=0), np.finfo(np.float32).tiny)).astype(np.float64)
    return _cosines((level - level.mean(axis=1, keepdims=True)).T)


def _play_together(H: Floats) -> npt.NDArray[np.float64]:
    root = np.sqrt(H.astype(np.float64))
    return _cosines(root - root.mean(axis=1, keepdims=True))


def _cosines(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = rows / np.where(norms > 1e-9 * max(float(norms.max(initial=0)), 1e-300), norms, np.inf)
    return np.asarray(unit @ unit.T)
