"""Multichannel NMF: what every source sounds like and where it is, by expectation-maximisation over the whole song.

A. Ozerov and C. Fevotte, Multichannel nonnegative matrix factorization in convolutive mixtures, IEEE TASLP 18(3),
2010, with spatial covariances of full rank (S. Arberet et al., ISSPA 2010). The local Gaussian model of
core/separation/spatial.py with powers v_j = W_j H_j + floor. Each iteration reads the song twice: once for the M-step
of the covariances R_j, once for Itakura-Saito steps of W_j and H_j on the powers z_j = tr(R_j^-1 C_j) / I that the
posterior moments C_j leave. Only the factors are held. With the exact update and without `bold` the likelihood never
falls; yet for music the weighted one (Nugraha et al., EUSIPCO 2016) is the one to use: the exact one lets the
quietest frames, where a source is nothing but what leaks into it, count like the loudest, and loses what the start
had found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from unbraid.core.cpu import one_blas_thread
from unbraid.core.dsp.stft import Spectrum
from unbraid.core.errors import ParameterError
from unbraid.core.progress import Progress, part_of, silent_progress
from unbraid.core.separation.nmf import Factors
from unbraid.core.separation.nmf_descent import exponents
from unbraid.core.separation.nmf_divergences import Floats, divergence_of
from unbraid.core.separation.nmf_tiles import Model, Tiles, multiply
from unbraid.core.separation.spatial import Powers, Spatial
from unbraid.core.separation.spatial_updates import Moments, Update, power_of
from unbraid.core.separation.wiener import Passes

FLOOR = 1e-9
"""Power that every source has everywhere, relative to the mean of the mix."""
SHARE = 1e-3
"""Least eigenvalue of a spatial covariance relative to their mean: -30 dB of diffuse sound, as rooms and mixes have."""
IS = divergence_of("is")


@dataclass(frozen=True, eq=False)
class Sources:
    """Factors of each source, templates (F, K_j) and activations (K_j, T), where they are, and their least power."""

    factors: tuple[Factors, ...]
    spatial: Spatial
    floor: float = 0.0

    def powers(self, first: int, x: Spectrum) -> Powers:
        """v_j of a block of frames, (F, Tb, J), from the number of its first frame and its spectrogram (F, Tb, I)."""
        frames = slice(first, first + x.shape[1])
        models = np.stack([f.model(frames=frames).T for f in self.factors])
        models += np.float32(self.floor)
        return models.transpose(2, 1, 0)


def refine_sources(
    mix: Passes,
    start: Sources,
    *,
    iterations: int = 10,
    bold: bool = True,
    update: Literal["exact", "weighted"] = "weighted",
    share: float = SHARE,
    progress: Progress = silent_progress,
) -> Sources:
    """Sources that explain the mix better than `start`, after so many iterations of EM.

    bold: steps of W and H that descend faster than those with a proof. update: of the covariances, see
    core/separation/spatial_updates.py. share: their least eigenvalue, relative to the mean.
    """
    if iterations < 0:
        raise ParameterError(f"multichannel NMF takes 0 iterations or more, not {iterations}; try 10")
    state = _State(start, exponents(IS, bold=bold)[0], update, share)
    with one_blas_thread():
        for number in range(iterations):
            told = part_of(progress, number / iterations, (number + 1) / iterations)
            state.find_places(mix, part_of(told, 0.0, 0.5))
            state.find_powers(mix, part_of(told, 0.5, 1.0))
    progress(1.0, "sources are found")
    return state.sources()


class _State:
    """Factors in units of the mix's mean power, worked on in place, and the spatial covariances."""

    def __init__(self, start: Sources, exponent: float, update: Update, share: float):
        self._exponent, self._update, self._share, self._spatial = exponent, update, share, start.spatial
        total = sum(float(f.templates.sum(axis=0, dtype=np.float64) @ f.activations.sum(axis=1)) for f in start.factors)
        bins, frames = start.factors[0].templates.shape[0], start.factors[0].activations.shape[1]
        self._mean = total / (bins * frames) or 1.0
        self._W = [f.templates.astype(np.float32) for f in start.factors]
        self._H = [np.ascontiguousarray(f.activations.T / np.float32(self._mean)) for f in start.factors]

    def find_places(self, mix: Passes, progress: Progress) -> None:
        """The M-step of R_j, with the powers as they are."""
        moments = Moments(self._update, self._spatial)
        for first, x in mix.read():
            progress(first / mix.frames, "where the sources are")
            moments.add(self._scaled(x), self._powers(first, x))
        self._spatial = Spatial.of(moments.covariances(), share=self._share)

    def find_powers(self, mix: Passes, progress: Progress) -> None:
        """A step of H_j block by block, then of W_j, on z_j, with the covariances as they are."""
        pulls = [np.zeros((2, *W.shape), np.float32) for W in self._W]
        for first, x in mix.read():
            progress(first / mix.frames, "what the sources are like")
            z = power_of(
                self._scaled(x), self._powers(first, x), self._spatial, self._spatial, posterior=True
            )  # fmt: skip
            for j in range(len(pulls)):
                pulls[j] += self._stepped(j, slice(first, first + x.shape[1]), z[:, :, j])
        for W, H, pull in zip(self._W, self._H, pulls, strict=True):
            model = _model(W, H)
            multiply(W, pull, self._exponent, model.free_w)
            model.normalise()

    def sources(self) -> Sources:
        """The result in units of the mix."""
        factors = [Factors(W, (H * np.float32(self._mean)).T, ()) for W, H in zip(self._W, self._H, strict=True)]
        return Sources(tuple(factors), self._spatial, FLOOR * self._mean)

    def _scaled(self, x: Spectrum) -> Spectrum:
        return x * np.float32(self._mean**-0.5)

    def _powers(self, first: int, x: Spectrum) -> Powers:
        frames = slice(first, first + x.shape[1])
        models = np.stack([H[frames] @ W.T for W, H in zip(self._W, self._H, strict=True)])
        models += np.float32(FLOOR)
        return models.transpose(2, 1, 0)

    def _stepped(self, j: int, frames: slice, z: Floats) -> Floats:
        """Step H_j of a block in place; returns the pulls on W_j, (2, F, K)."""
        if self._W[j].shape[1] == 0:  # a source that is silent
            return np.zeros((2, *self._W[j].shape), np.float32)
        model = _model(self._W[j], self._H[j][frames])
        data = np.maximum(z.T, np.float32(FLOOR))
        return Tiles(data[None], None, IS, FLOOR).pulls_after_activations(model, self._exponent)


def _model(W: Floats, H: Floats) -> Model:
    free = np.ones(W.shape[1], np.bool_)
    return Model(W, H, np.ones((1, W.shape[1]), np.float32), free, free, ~free)
