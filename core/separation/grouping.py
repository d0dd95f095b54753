"""Which components of a factorisation make up which source: by onsets at the start, or by likeness afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.median import median
from unbraid.core.dsp.onsets import marked_curve, onset_curves, ringing, stroke_bands
from unbraid.core.dsp.stft import Spectrum
from unbraid.core.separation.masks import MaskMaker, ratio_masks
from unbraid.core.separation.nmf import Factors
from unbraid.core.separation.nmf_divergences import Floats

Groups = Mapping[str, npt.NDArray[np.int_]]
"""Numbers of the components of each source."""

NEVER = 1e-4
"""Activation where no stroke is expected: small, but not excluded."""
UNHEARD = 0.1
"""Activation of a marked stroke in bands that do not rise."""


def stroke_activations(
    V: Floats,
    freqs_hz: npt.NDArray[np.floating],
    count: int,
    *,
    frames_per_s: float,
    ring_s: float = 0.2,
    times_s: Sequence[float] | None = None,
) -> Floats:
    """Initial activations of `count` drum components, (count, T): the onsets in as many bands of frequency.

    Liutkus, Badeau and Richard, Gaussian processes for underdetermined source separation, IEEE TSP 59(7), 2011.
    V: (F, T) magnitudes. ring_s: time in which a stroke falls by 1/e. times_s: strokes known to a user, the only ones
    then (give or take a frame).
    """
    curves = onset_curves(V, freqs_hz, stroke_bands(count))
    if times_s is not None:
        marks = marked_curve(times_s, V.shape[1], frames_per_s)
        near = np.maximum.reduce([marks, np.append(marks[1:], 0), np.append(0, marks[:-1])])
        curves = curves * near + np.float32(UNHEARD) * marks
    return ringing(curves, float(np.exp(-1 / max(ring_s * frames_per_s, 1e-3)))) + np.float32(NEVER)


def steady_from(first: int, frames: int) -> Callable[[Floats], Floats]:
    """What smooths activations (K, T) of components `first` and on: running medians over `frames`, odd; 1 does nothing.

    Strokes are too short for a median, so that steady components leave them to the others.
    """

    def adjusted(H: Floats) -> Floats:
        out = np.array(H, np.float32)
        steady = median(np.ascontiguousarray(out[first:]), frames, 1)
        out[first:] = np.maximum(steady, np.float32(NEVER) * out[first:].mean(axis=1, keepdims=True))
        return out

    return adjusted


def group_masks(factors: Factors, groups: Groups) -> MaskMaker:
    """Shares of sources in every bin: the models of their components over the sum of all."""

    def masks_of(first: int, spectrum: Spectrum) -> Mapping[str, Floats]:
        frames = slice(first, first + spectrum.shape[1])
        models = {name: factors.model(components, frames) for name, components in groups.items()}
        return ratio_masks(models, exponent=1.0)

    return masks_of
