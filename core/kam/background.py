"""From a model of what repeats to two stems: the accompaniment it explains, and the voice that is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import Spectrum, StftParams
from unbraid.core.kam.magnitudes import Floats
from unbraid.core.progress import Progress
from unbraid.core.separation.masks import apply_masks, check_odd, high_pass, least_share

HIGH_PASS_OCTAVES = 1.0
"""Width of the slope where the voice begins."""


@dataclass(frozen=True)
class Rule:
    """How a share is made of a model: the lesser of model and mix over the mix, to the power of `exponent`.

    bins, frames: both are summed over so many neighbours (odd). high_pass_hz: below it nothing is voice.
    """

    exponent: float
    high_pass_hz: float
    bins: int
    frames: int

    def check(self) -> None:
        """Refuse even numbers of neighbours."""
        check_odd(self.bins, self.frames)


ModelOf = Callable[[int, int], Floats]
"""The repeating model (F, stop - start) of frames start to stop."""


def split_voice(
    mix: Audio,
    params: StftParams,
    V: Floats,
    model_of: ModelOf,
    *,
    rule: Rule,
    progress: Progress,
) -> dict[str, Audio]:
    """The stems vocals and accompaniment. V: (F, T or more) magnitudes of the song."""
    rule.check()
    voiced = high_pass(params.freqs_hz(mix.rate), rule.high_pass_hz, slope_octaves=HIGH_PASS_OCTAVES)[:, None]

    def masks_of(first: int, spectrum: Spectrum) -> Mapping[str, Floats]:
        stop = first + spectrum.shape[1]
        share = least_share(
            model_of(first, stop), V[:, first:stop], exponent=rule.exponent, bins=rule.bins, frames=rule.frames
        )
        np.subtract(1, share, out=share)
        share *= voiced
        return {"vocals": share}

    stems = apply_masks(
        mix.samples,
        params,
        masks_of,
        ("vocals",),
        rest="accompaniment",
        context_frames=rule.frames // 2,
        progress=progress,
        message="filtering",
    )
    return {name: Audio(samples, mix.rate) for name, samples in stems.items()}
