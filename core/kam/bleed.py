"""Bleed between microphones: how much of every voice each of them hears, and what a microphone hears of its own.

Voice j has a power P_j(f, t); microphone i hears the sum over j of g_ij(f) P_j, with g_jj = 1. Sources: T. Pratzlich,
R. Bittner, A. Liutkus and M. Muller, Kernel additive modeling for interference reduction in multi-channel music
recordings, ICASSP 2015; D. Di Carlo, K. Deguernel and A. Liutkus, Gaussian framework for interference reduction in live
recordings, AES Semantic Audio 2017.

P = V fits any microphones V, as if there were no bleed, so the gains come first: from moments at which a voice sounds
and others rest, and only where two microphones are in phase more than chance allows.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from unbraid.core.cpu import coarse_threads
from unbraid.core.dsp.median import median
from unbraid.core.kam.recordings import LEAST, Rounds, Spectra
from unbraid.core.progress import Progress, part_of, silent_progress
from unbraid.core.separation.masks import box_sum
from unbraid.core.separation.spatial import Spatial, alive, mix_covariance, solve
from unbraid.core.separation.wiener import Passes, Refinement, refine

N = TypeVar("N", bound=np.generic)
Floats = npt.NDArray[np.float32]
Frames = npt.NDArray[np.integer]
SOUNDING = 0.3
"""Share of the moments, the loudest of a voice in a bin, at which it surely sounds."""

ALONE = 0.2
"""Share of those at which others rest: the level there tells the bleed."""

CHANCE = 5.0
"""Coherence of sounds that have nothing to do with each other stays below so many times 1 / moments, its mean."""

BAND_BINS = 64
"""Bins over which coherence is averaged."""

SMOOTH_BINS = 31
"""Bins over which gains are smoothed, by a median."""

DIFFUSE = 1e-4
"""Least eigenvalue of how a voice reaches the microphones, relative to their mean: -40 dB of diffuse sound."""

AT_ONCE = 2048
"""Frames times the cube of the microphones that are worked on between two reports."""


def powers(x: Spectra) -> Floats:
    """Powers (M, T, F), means over the channels."""
    return np.asarray((np.square(x.real) + np.square(x.imag)).mean(axis=1), np.float32)


def learn_gains(x: Spectra, *, progress: Progress = silent_progress) -> Floats:
    """Gains g_ij(f), (M, M, F) from 0 to 1, of what microphone i hears of voice j; one on the diagonal."""
    S = np.stack([box_sum(V.T, 3, 5).T for V in powers(x)])
    U = x / np.maximum(np.abs(x), np.float32(np.finfo(np.float32).tiny))
    gains = np.ones((len(x), len(x), x.shape[-1]), np.float32)
    count = max(1, round(SOUNDING * S.shape[1]))
    for j in range(len(x)):
        progress(j / len(x), "who hears whom")
        moments = np.argpartition(-S[j], count - 1, axis=0)[:count]
        level, voice = _at(S[j], moments), _at(U[j], moments[None]).conj()

        def heard_by(i: int, moments: Frames = moments, level: Floats = level, voice: Spectra = voice) -> Floats:
            ratio = _at(S[i], moments) / np.where(level > 0, level, np.float32(np.inf))
            alone = int(ALONE * count)
            heard = np.partition(ratio, alone, axis=0)[alone]
            coherence = np.square(np.abs((_at(U[i], moments[None]) * voice).mean(axis=1))).mean(axis=0)
            return np.asarray(np.minimum(_smooth(heard), 1) * _surely(coherence, count), np.float32)

        others = [i for i in range(len(x)) if i != j]
        gains[others, j] = coarse_threads(heard_by, others)
    return gains


def _at(values: npt.NDArray[N], moments: Frames) -> npt.NDArray[N]:
    """Values (..., T, F) at moments (..., t, F) of each bin."""
    return np.take_along_axis(values, moments, axis=-2)


def _smooth(gain: Floats) -> Floats:
    return median(np.ascontiguousarray(gain[:, None], np.float32), SMOOTH_BINS, 0)[:, 0]


def _surely(coherence: Floats, count: int) -> Floats:
    """From 0, where the coherence (F,) of so many moments can be chance, to 1."""
    width = min(BAND_BINS, len(coherence)) | 1
    band = box_sum(np.asarray(coherence[:, None], np.float32), width, 1)[:, 0]
    band /= box_sum(np.ones((len(coherence), 1), np.float32), width, 1)[:, 0]
    return np.asarray(np.clip(band * count / CHANCE - 1, 0, 1), np.float32)


def voices(V: Floats, gains: Floats, how: Rounds) -> Floats:
    """Powers P (M, T, F) of the voices such that the sum of g_ij P_j is near V (M, T, F), V relative to its greatest.

    Multiplicative updates of the Itakura-Saito divergence, and a median as kernel after each.
    """
    P = V
    for _ in range(how.iterations):
        for _ in range(2):
            heard = np.einsum("ijf,jtf->itf", gains, P) + np.float32(LEAST)
            ratio = V / heard
            pulled = np.einsum("ijf,itf->jtf", gains, ratio / heard)
            P = P * (pulled / np.einsum("ijf,itf->jtf", gains, 1 / heard))
        P = np.stack([median(median(p, how.frames, 0), how.bins, 1) for p in P])
    return P


def own_shares(P: Floats, gains: Floats) -> Floats:
    """Share of every microphone's own voice in what it hears, (M, T, F)."""
    return np.asarray(P / np.maximum(np.einsum("ijf,jtf->itf", gains, P), np.float32(LEAST)), np.float32)


def learn_places(
    x: Spectra, P: Floats, gains: Floats, iterations: int, *, progress: Progress = silent_progress
) -> list[Spatial]:
    """For each channel how the voices reach all microphones, with phases: covariances (F, M, M, M) of a filter.

    x: (M, I, T, F). P: (M, T, F), in units of |x|^2.
    """
    M, F = len(gains), gains.shape[-1]
    R = np.zeros((F, M, M, M), np.complex128)
    R[:, range(M), range(M)] = gains.transpose(2, 0, 1)
    v = P.transpose(2, 1, 0)
    step = max(1, AT_ONCE // M**3)
    how = Refinement(iterations, "weighted", "kept", share=DIFFUSE)

    def place_of(channel: int) -> Spatial:
        X = x[:, channel].T
        told = part_of(progress, channel / x.shape[1], (channel + 1) / x.shape[1])
        mix = Passes(lambda: ((a, X[:, a : a + step]) for a in range(0, X.shape[1], step)), X.shape[1])
        return refine(mix, lambda a, b: v[:, a : a + b.shape[1]], Spatial.of(R, share=DIFFUSE), how, progress=told)[1]

    return [place_of(channel) for channel in range(x.shape[1])]


def own_voices(x: Spectra, P: Floats, places: list[Spatial]) -> Spectra:
    """What every microphone hears of its own voice, (M, I, T, F), filtered from all microphones together."""
    out = np.empty_like(x)
    W = alive(P)
    for c, place in enumerate(places):
        z = solve(mix_covariance(W, place), x[:, None, c])[:, 0]
        for j, R in enumerate(place.by_source):
            out[j, c] = W[j] * sum(R[j, k] * z[k] for k in range(len(z)))
    return out
