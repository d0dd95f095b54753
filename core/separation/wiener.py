"""Wiener filtering of whole songs, and its refinement by expectation-maximisation, one engine for all methods.

A separator says what power each source has (from a drawing, medians, a factorisation, a network); this module finds
where the sources are, filters with both, and may find the powers again:

    for each iteration
        y_j  <- v_j R_j (sum of v_k R_k)^-1 x             core/separation/spatial.py
        R_j  <- moments of y_j, weighted (`update`)        core/separation/spatial_updates.py
        z_j  <- power of y_j (`power`)
        v_j  <- the source's own fit of z_j (`fits`), z_j itself, or v_j as it was
    y_j <- v_j R_j (sum of v_k R_k)^-1 x

`NORBERT`, `KAM` and `EXACT_EM` are three configurations of it. Nothing is held but the R_j: every pass reads the song
again, and powers that are not fitted are computed from the first ones anew, block by block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from unbraid.core import large_arrays
from unbraid.core.audio import Samples
from unbraid.core.cpu import cores
from unbraid.core.dsp.stft import Spectrum, StftParams, stft_blocks
from unbraid.core.errors import ParameterError
from unbraid.core.progress import Progress, part_of, silent_progress
from unbraid.core.separation.masks import apply_filter
from unbraid.core.separation.spatial import SHARE, Estimates, Powers, Spatial, empty_estimates, filter_block
from unbraid.core.separation.spatial_updates import Moments, Update, has_posterior, power_of, power_of_estimates

Floats = npt.NDArray[np.float32]

PowersOf = Callable[[int, Spectrum], Powers]
"""Powers (F, Tb, J) of a block of frames, from the number of its first frame and its spectrogram (F, Tb, I)."""

EstimatesOf = Callable[[int, Spectrum], Estimates]
"""Estimates (F, Tb, I, J) of a block of frames, from the same."""

Fit = Callable[[Floats], Floats]
"""A source's model of its power, (F, T) at least 0, fitted to what the filter gave it, (F, T)."""

FRAMES = 48
"""Frames of a block for each thread: spectrograms of all sources together stay in the processor's cache."""


@dataclass(frozen=True)
class Refinement:
    """How a model is refined.

    iterations: how often. update: how spatial covariances are made (core/separation/spatial_updates.py).
    power: what becomes of v_j: "kept", or z_j in its place, "plain" tr C_j / I or "whitened" tr(R_j^-1 C_j) / I.
    share: least eigenvalue of a spatial covariance, relative to their mean.
    """

    iterations: int = 1
    update: Update = "energy"
    power: Literal["kept", "plain", "whitened"] = "plain"
    share: float = SHARE


NORBERT = Refinement()
"""What norbert and Open-Unmix do: energy-weighted covariances, powers found again without a model."""

KAM = Refinement(update="trace", power="whitened")
"""Kernel additive modelling (Liutkus et al., 2014), together with a median of each source's kernel as its fit."""

EXACT_EM = Refinement(update="exact", power="kept")
"""The EM algorithm of Duong et al., 2010: the likelihood never falls."""


def block_frames() -> int:
    """Frames of a block."""
    return FRAMES * min(cores(), 4)


@dataclass(frozen=True, eq=False)
class Passes:
    """A mix that can be read again and again. read: its blocks (first frame, spectrogram (F, Tb, I)). frames: T."""

    read: Callable[[], Iterable[tuple[int, Spectrum]]]
    frames: int

    @classmethod
    def of_samples(cls, samples: Samples, params: StftParams) -> Passes:
        """Of samples (N, I): nothing is held between two passes."""
        return cls(lambda: stft_blocks(samples, params, frames_per_block=block_frames()), params.frames(len(samples)))

    @classmethod
    def of_spectrum(cls, x: Spectrum) -> Passes:
        """Of a spectrogram (F, T, I)."""
        T, step = x.shape[1], block_frames()
        return cls(lambda: ((a, np.ascontiguousarray(x[:, a : a + step].T).T) for a in range(0, T, step)), T)


def refine(
    mix: Passes,
    model: PowersOf,
    spatial: Spatial,
    how: Refinement,
    *,
    fits: Sequence[Fit | None] = (),
    start: EstimatesOf | None = None,
    progress: Progress = silent_progress,
) -> tuple[PowersOf, Spatial]:
    """The model's powers and spatial covariances after `how.iterations` iterations.

    model: powers of any scale; with the updates exact and weighted in the mix's own, |x|^2. fits: for each source what
    makes its powers from z_j, None where they stay; empty where none has one. Powers of the whole song are held then.
    start: first estimates, where others than the filter's are known.
    """
    _check(how, fits, spatial)
    for number in range(how.iterations):
        told = part_of(progress, number / how.iterations, (number + 1) / how.iterations)
        looking = part_of(told, 0.0, 0.5)
        new = places_of(mix, model, spatial, how.update, share=how.share, start=start, progress=looking)
        found = _found_again(model, spatial, new, how, start)
        if fits:
            model = _fitted(mix, model, found, fits, spatial, part_of(told, 0.5, 1.0))
        elif how.power != "kept":
            model = found
        spatial, start = new, None
    return model, spatial


def places_of(
    mix: Passes,
    model: PowersOf,
    spatial: Spatial,
    update: Update,
    *,
    share: float = SHARE,
    start: EstimatesOf | None = None,
    progress: Progress = silent_progress,
) -> Spatial:
    """New spatial covariances from what the filter with `model` and `spatial` gives, or from estimates `start`."""
    moments = Moments(update, spatial)
    for first, x in mix.read():
        progress(first / mix.frames, "where the sources are")
        if start:
            moments.add_estimates(start(first, x), model(first, x))
        else:
            moments.add(x, model(first, x))
    return Spatial.of(moments.covariances(), share=share)


def _check(how: Refinement, fits: Sequence[Fit | None], spatial: Spatial) -> None:
    if how.iterations < 0:
        raise ParameterError(f"a model is refined 0 or more times, not {how.iterations}; try 1")
    if fits and how.power == "kept":
        raise ParameterError("powers that are kept cannot be fitted; choose plain or whitened powers, or give no fits")
    if fits and len(fits) != spatial.sources:
        raise ParameterError(f"{spatial.sources} sources take as many fits (None for no fit), not {len(fits)}")


def _found_again(
    model: PowersOf, spatial: Spatial, new: Spatial, how: Refinement, start: EstimatesOf | None
) -> PowersOf:
    """z_j of any block, from the model before."""
    metric = new if how.power == "whitened" else Spatial.white(spatial.R.shape[0], spatial.channels, spatial.sources)

    def powers(first: int, x: Spectrum) -> Powers:
        if start:
            return power_of_estimates(start(first, x), metric)
        return power_of(x, model(first, x), spatial, metric, posterior=has_posterior(how.update))

    return powers


class _Stored:
    """Powers of a whole song, (F, T, J), in memory (J, T, F)."""

    def __init__(self, bins: int, frames: int, sources: int):
        self.values: Powers = large_arrays.empty((sources, frames, bins)).transpose(2, 1, 0)

    def __call__(self, first: int, x: Spectrum) -> Powers:
        return self.values[:, first : first + x.shape[1]]


def _fitted(
    mix: Passes, model: PowersOf, found: PowersOf, fits: Sequence[Fit | None], spatial: Spatial, progress: Progress
) -> _Stored:
    """The powers z_j of the whole song, each fitted by its source, in the arrays of an earlier iteration if any."""
    stored = model if isinstance(model, _Stored) else _Stored(spatial.R.shape[0], mix.frames, len(fits))
    fresh = [j for j, fit in enumerate(fits) if fit or stored is not model]
    for first, x in mix.read():
        progress(0.5 * first / mix.frames, "what the sources are like")
        z = found(first, x)
        kept = model(first, x)
        for j in fresh:
            stored.values[:, first : first + x.shape[1], j] = (z if fits[j] else kept)[:, :, j]
    for j, fit in enumerate(fits):
        if fit:
            progress(0.5 + 0.5 * j / len(fits), "what the sources are like")
            stored.values[:, :, j] = fit(stored.values[:, :, j])
    return stored


def wiener(x: Spectrum, v: Powers, how: Refinement = NORBERT, *, spatial: Spatial | None = None) -> Estimates:
    """Sources (F, T, I, J) of a spectrogram x (F, T, I) that is held as a whole, from powers v (F, T, J)."""

    def model(first: int, block: Spectrum) -> Powers:
        return v[:, first : first + block.shape[1]]

    known = spatial or Spatial.white(x.shape[0], x.shape[2], v.shape[2])
    mix = Passes.of_spectrum(x)
    found, known = refine(mix, model, known, how)
    y = empty_estimates(x.shape[0], x.shape[1], x.shape[2], v.shape[2])
    for first, block in mix.read():
        filter_block(block, found(first, block), known, out=y, at=first)
    return y


def separate(
    samples: Samples,
    params: StftParams,
    model: PowersOf,
    names: Sequence[str],
    how: Refinement = NORBERT,
    *,
    spatial: Spatial | None = None,
    fits: Sequence[Fit | None] = (),
    start: EstimatesOf | None = None,
    progress: Progress = silent_progress,
    message: str = "filtering",
) -> dict[str, Samples]:
    """Stems of samples (N, I) by name, in the order of the model's sources; they add up to the samples.

    Everything happens block by block. model: called for every block of every pass. spatial: where the sources are; if
    nothing is known the first filter is a soft mask. start: first estimates in place of that; with no iterations they
    are the stems, and add up to the samples only if they do so themselves.
    """
    known = spatial or Spatial.white(params.bins, samples.shape[1], len(names))
    told = part_of(progress, 0.0, how.iterations / (how.iterations + 1))
    found, known = refine(Passes.of_samples(samples, params), model, known, how, fits=fits, start=start, progress=told)
    number = {name: j for j, name in enumerate(names)}

    def stems_of(first: int, x: Spectrum, inside: slice) -> Callable[[str], Spectrum]:
        y = start(first, x) if start and not how.iterations else filter_block(x, found(first, x), known)
        return lambda name: y[:, :, :, number[name]]

    return apply_filter(
        samples, params, stems_of, names, frames_per_block=block_frames(),
        progress=part_of(progress, how.iterations / (how.iterations + 1), 1.0), message=message,
    )  # fmt: skip
