"""References that were filtered from the very mix, as the stems that another separator made of it.

Whatever they have in common with the mix is the mix itself and says nothing; they are models of powers, no recordings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from unbraid.core.audio import Samples
from unbraid.core.dsp.stft import StftParams, stft, stft_blocks
from unbraid.core.kam.magnitudes import joint_magnitude
from unbraid.core.progress import Progress, part_of, silent_progress
from unbraid.core.separation.nmf import NmfParams, factorise
from unbraid.core.separation.nmf_bands import Bands, band_spectrogram, full_templates
from unbraid.core.separation.nmf_divergences import divergence_of
from unbraid.core.separation.spatial import Powers, stacked

FILTERED = 0.5
"""Least mean cosine between a reference and the rest of the mix; other recordings have about none."""

COMPONENTS = 8


def are_filtered_from(mix: Samples, sounds: Sequence[Samples], params: StftParams) -> bool:
    """Whether all references have the phases of the mix, bin by bin."""
    along, whole = np.zeros(len(sounds)), np.zeros(len(sounds))
    for first, x in stft_blocks(mix, params):
        for j, sound in enumerate(sounds):
            r = stft(sound, params, first=first, frames=x.shape[1])
            rest = x - r
            along[j] += float((r.real * rest.real + r.imag * rest.imag).sum(dtype=np.float64))
            whole[j] += float((np.abs(r) * np.abs(rest)).sum(dtype=np.float64))
    return bool(len(sounds) > 0 and np.all(along > FILTERED * whole))


def sharper_powers(
    sounds: Sequence[Samples], params: StftParams, progress: Progress = silent_progress
) -> Callable[[int, int], Powers]:
    """Powers (F, T, J) of some frames, from their first and their number.

    Geometric means of those of the references and of a model of each with few templates.
    """
    divergence, bands, factors = divergence_of("is"), Bands.of(params.bins, 12.0), []
    for j, sound in enumerate(sounds):
        told = part_of(progress, j / len(sounds), (j + 1) / len(sounds))
        V = band_spectrogram(sound, params, bands, divergence, progress=part_of(told, 0.0, 0.2))
        few = factorise(V, NmfParams(COMPONENTS, "is", iterations=40), progress=part_of(told, 0.2, 0.6))
        factors.append(full_templates(sound, params, few, bands, divergence, progress=part_of(told, 0.6, 1.0)))

    def powers(first: int, frames: int) -> Powers:
        part, found = slice(first, first + frames), []
        for sound, few in zip(sounds, factors, strict=True):
            own = joint_magnitude(stft(sound, params, first=first, frames=frames))
            found.append(own * np.sqrt(few.model(frames=part)))
        return stacked(found)

    return powers
