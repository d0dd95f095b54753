"""What several versions of one soundtrack have in common: music and effects under dialogues of different languages.

Version i is x_i = h_i(f) (c + s_i), with what is common c of power p(f, t), what is its own s_i of power q_i(f, t), and
a gain and phase h_i for each bin (after P. Leveau, S. Maller, J. Burred and X. Jaureguiberry, Convolutive common audio
signal extraction, WASPAA 2011). The versions run in step, so their phases count: where only one speaks, the others tell
what is common exactly. The filter is the mean of all versions weighted by how little of their own is in them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.kam.recordings import LEAST, Rounds, Spectra
from unbraid.core.progress import Progress, part_of, silent_progress
from unbraid.core.separation.masks import box_sum

Floats = npt.NDArray[np.float32]
DEAF = 1e-6
"""Gain, as power, below which a version does not hear what is common."""

ROUNDS = 8
SMOOTH_BINS = 5
"""Bins over which relations are averaged."""

LOUD = 0.5
"""Share of the moments, the loudest of a bin, that tell how versions are related."""

ALIKE = 0.01
"""Difference, relative to the power, below which moments are alike."""


def learn_relations(x: Spectra, *, progress: Progress = silent_progress) -> Spectra:
    """Gains and phases h_i(f) of all versions relative to the first, (M, I, F) complex64, where most is common.

    x: (M, I, T, F), of moments from all over the song. Begun at the median of the ratios of each bin, then fitted by
    least squares in which moments count the less the more the versions differ: dialogue is an outlier.
    """
    h = np.ones((len(x), x.shape[1], x.shape[3]), np.complex64)
    if x.shape[2]:
        for i in range(1, len(x)):
            told = part_of(progress, (i - 1) / (len(x) - 1), i / (len(x) - 1))
            h[i] = _related(*_loud(x[0], x[i]), told)
    return h


def _loud(a: Spectra, b: Spectra) -> tuple[Spectra, Spectra]:
    """The loud moments of each bin, (I, t, F)."""
    level = np.minimum(np.square(np.abs(a)).sum(axis=0), np.square(np.abs(b)).sum(axis=0))
    count = max(1, round(LOUD * len(level)))
    moments = np.argpartition(-level, count - 1, axis=0)[None, :count]
    return np.take_along_axis(a, moments, axis=1), np.take_along_axis(b, moments, axis=1)


def _related(a: Spectra, b: Spectra, progress: Progress) -> Spectra:
    """The h (I, F) with b near h a. a, b: (I, t, F)."""
    power, across = np.square(np.abs(a)), b * a.conj()
    ratio = across / np.where(power > 0, power, np.float32(1))
    h = np.asarray(np.median(ratio.real, axis=1) + 1j * np.median(ratio.imag, axis=1), np.complex64)
    for number in range(ROUNDS):
        progress(number / ROUNDS, "comparing versions")
        ha = h[:, None] * a
        apart = np.square(np.abs(b - ha)).sum(axis=0)
        both = (np.square(np.abs(b)) + np.square(np.abs(ha))).sum(axis=0)
        both += np.float32(LEAST)
        weight = 1 / (np.square(apart / both + np.float32(ALIKE)) * both)
        h = _quotient((weight * across).sum(axis=1), (weight * power).sum(axis=1), h)
    return h


def _quotient(across: Spectra, power: Floats, otherwise: Spectra) -> Spectra:
    """Quotient of both, summed over some bins beside each other."""
    top = box_sum(across.T.real.copy(), SMOOTH_BINS, 1) + 1j * box_sum(across.T.imag.copy(), SMOOTH_BINS, 1)
    bottom = box_sum(np.ascontiguousarray(power.T), SMOOTH_BINS, 1)
    is_known = bottom > LEAST
    found = top / np.where(is_known, bottom, np.float32(1))
    return np.asarray(np.where(is_known, found, otherwise.T).T, np.complex64)


def common_part(x: Spectra, h: Spectra, how: Rounds) -> Spectra:
    """What the first version has in common with the others, (I, T, F).

    x: (M, I, T, F), relative to the loudest bin. h: (M, I, F).
    """
    level = np.square(np.abs(h))
    is_heard = np.asarray(level > DEAF, np.bool_)
    y = x * np.where(is_heard, h.conj() / np.where(is_heard, level, np.float32(1)), 0)[:, :, None]
    heard = np.asarray(is_heard.all(axis=1), np.float32)[:, None]
    p, q = _first_powers(y, how)
    for _ in range(how.iterations):
        c, left = _mean(y, p, q, heard)
        p = _near(np.square(np.abs(c)).mean(axis=0) + left, how)
        q = np.stack([_near(np.square(np.abs(v - c)).mean(axis=0) + left, how) for v in y])
    return _mean(y, p, q, heard)[0]


def _first_powers(y: Spectra, how: Rounds) -> tuple[Floats, Floats]:
    """Powers p (T, F) from what pairs of versions have in phase, q (M, T, F) what each has beyond."""
    power = [_near(np.square(np.abs(v)).mean(axis=0), how) for v in y]
    shared = [_near((y[0] * v.conj()).real.mean(axis=0), how) for v in y[1:]]
    p = np.maximum(np.mean(shared, axis=0), 0)
    p = np.minimum(p, np.minimum.reduce(power))
    return p, np.stack([v - p for v in power])


def _mean(y: Spectra, p: Floats, q: Floats, heard: Floats) -> tuple[Spectra, Floats]:
    """The mean of versions y (M, I, T, F) weighted by 1 / q, shrunk as p says, and the power that it leaves unknown."""
    floor = np.float32(LEAST) + np.float32(1e-6) * (p + q.min(axis=0))
    weights = heard / (q + floor)
    total = np.asarray(weights.sum(axis=0) + 1 / (p + floor))
    c = (weights[:, None] * y).sum(axis=0) / total
    return np.asarray(c, np.complex64), np.asarray(1 / total, np.float32)


def _near(values: Floats, how: Rounds) -> Floats:
    """Mean over neighbours of (T, F)."""
    near = box_sum(np.asarray(values, np.float32).T, how.bins, how.frames)
    return near.T / np.float32(how.bins * how.frames)
