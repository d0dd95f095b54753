"""What a model may begin with beside its own stages: stems that someone gives, and masks that someone paints.

`given.vocals` is the reference called vocals of the guide: a network's stem, say, which backfitting then makes better
(A. Nugraha, A. Liutkus and E. Vincent, EUSIPCO 2016). `painted.vocals` is the mix under the masks painted for vocals.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Audio, Samples
from unbraid.core.dsp.stft import Spectrum, StftParams
from unbraid.core.errors import ParameterError
from unbraid.core.separation.guide import Guide, PaintedMask
from unbraid.core.separation.masks import apply_masks

Floats = npt.NDArray[np.float32]

GIVEN, PAINTED = "given.", "painted."

SURE = 0.5
"""Least confidence of a place that counts as painted."""


def is_given(name: str) -> bool:
    """Whether such a part comes from the guide."""
    return name.startswith((GIVEN, PAINTED))


def stems_of_guide(names: Collection[str], mix: Audio, guide: Guide, params: StftParams) -> dict[str, Samples]:
    """The parts called `names`, (N, I) each; ParameterError in words where the guide has none of that name."""
    found = {}
    for name in names:
        kind, _, target = name.partition(".")
        if f"{kind}." == GIVEN:
            found[name] = _reference(target, mix, guide)
        else:
            found[name] = _painted(target, mix, guide, params)
    return found


def _reference(target: str, mix: Audio, guide: Guide) -> Samples:
    if target not in guide.references:
        there = ", ".join(guide.references) or "none"
        raise ParameterError(f"the preset begins with a stem {target!r}, which was not given; given: {there}")
    samples = guide.references[target].samples
    if samples.shape != mix.samples.shape:
        raise ParameterError(f"the stem {target} must be like the song, {mix.samples.shape}: it is {samples.shape}")
    return samples


def _painted(target: str, mix: Audio, guide: Guide, params: StftParams) -> Samples:
    masks = [mask for mask in guide.masks if mask.target == target]
    if not masks:
        there = ", ".join(dict.fromkeys(mask.target for mask in guide.masks)) or "none"
        raise ParameterError(f"the preset begins with what is painted as {target!r}; painted: {there}")

    def mask_of(first: int, x: Spectrum) -> dict[str, Floats]:
        times = params.times_s(mix.rate, first + x.shape[1])[first:]
        return {target: shares(masks, params.freqs_hz(mix.rate), times)}

    return apply_masks(mix.samples, params, mask_of, (target,))[target]


def shares(
    masks: Collection[PaintedMask], freqs_hz: npt.NDArray[np.floating], times_s: npt.NDArray[np.floating]
) -> Floats:
    """How much of each place masks of one target claim, (F, T): the greatest share of those painted there, else 0."""
    total = np.zeros((len(times_s), len(freqs_hz)), np.float32)
    for mask in masks:
        bins, frames = _nearest(mask.freqs_hz, freqs_hz), _nearest(mask.times_s, times_s)
        sure = np.where(mask.confidence >= SURE, mask.share, np.float32(0))
        padded = np.pad(sure, ((0, 1), (0, 1)))  # beyond the grid nothing is painted
        np.maximum(total, padded.T[np.ix_(frames, bins)], out=total)
    return total.T


def _nearest(grid: Floats, places: npt.NDArray[np.floating]) -> npt.NDArray[np.intp]:
    """Number of the grid's nearest place, its length where a place lies more than half of a step outside."""
    right = np.clip(np.searchsorted(grid, places), 0, len(grid) - 1)
    left = np.maximum(right - 1, 0)
    near = np.where(np.abs(grid[left] - places) < np.abs(grid[right] - places), left, right)
    half = 0.5 * float(np.median(np.diff(grid))) if len(grid) > 1 else np.inf
    outside = (places < grid[0] - half) | (places > grid[-1] + half)
    return np.where(outside, len(grid), near)
