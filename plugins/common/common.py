"""Music and effects of a film from its dubbed versions: what they share is a stem, what this one has alone another."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unbraid.core.audio import Audio, Samples
from unbraid.core.dsp.delay import find_delay, moved
from unbraid.core.dsp.stft import Spectrum
from unbraid.core.errors import ParameterError
from unbraid.core.kam.common import common_part, learn_relations
from unbraid.core.kam.recordings import Recordings, Rounds
from unbraid.core.kam.resolution import stft_at
from unbraid.core.progress import part_of
from unbraid.core.separation.contract import Progress, SeparatorInfo, param
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.masks import apply_filter

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Common:
    """What versions of one soundtrack share, and what is only in this one (Leveau et al., 2011)."""

    info: ClassVar = SeparatorInfo(
        "common",
        "Common to several versions",
        targets=("common", "specific"),
        summary="For dubbed films and other versions of one recording, given as references: what all of them share "
        "(music and effects), and what only this one has (the dialogue).",
        paper="P. Leveau, S. Maller, J. Burred and X. Jaureguiberry, Convolutive common audio signal extraction, "
        "WASPAA 2011",
        guide=("references",),
        sums_to_mix=True,
    )
    reach_s: float = param(2.0, "Delay", 0.0, 30.0, "s", help="Versions may be so much earlier or later; 0: in step.")
    iterations: int = param(6, "Iterations", 0, 30, help="More: clearer about which version has what alone.")
    smooth_bins: int = param(3, "Smoothing over frequency", 1, 31, "bins", help="Odd. More: steadier, less sharp.")
    smooth_frames: int = param(3, "Smoothing over time", 1, 31, "frames", help="Odd. More: steadier, less sharp.")
    window: int = param(4096, "Window", 256, 16384, "samples at 44.1 kHz", help="A power of two.")
    hop: int = param(1024, "Hop", 32, 8192, "samples at 44.1 kHz", help="A power of two, at most half of the window.")

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        """The stems common and specific."""
        if not guide.references:
            raise ParameterError(
                "what versions have in common takes another version of the song: give one or more as references"
            )
        params = stft_at(self.window, self.hop, mix.rate)
        how = Rounds(self.iterations, self.smooth_bins, self.smooth_frames)
        others = self._in_step(mix, guide, part_of(progress, 0.0, 0.1))
        versions = Recordings([mix.samples, *others], params)
        sample = versions.sample(part_of(progress, 0.1, 0.2))
        scale = np.float32(1 / (float(np.abs(sample).max(initial=0.0)) or 1.0))
        h = learn_relations(sample * scale, progress=part_of(progress, 0.2, 0.3))
        del sample

        def stems_of(first: int, x: Spectrum, inside: slice) -> Callable[[str], Spectrum]:
            found = common_part(versions.spectra(first, x.shape[1]) * scale, h, how) / scale
            return lambda name: versions.spread(found[:, inside].T)

        stems = apply_filter(
            mix.samples, params, stems_of, ("common",), rest="specific", context_frames=how.context_frames,
            frames_per_block=128, progress=part_of(progress, 0.3, 1.0), message="taking out what is common",
        )  # fmt: skip
        return {name: Audio(stems[name], mix.rate) for name in self.info.targets}

    def _in_step(self, mix: Audio, guide: Guide, progress: Progress) -> list[Samples]:
        """The other versions, brought in step with the song."""
        others, reach = [], round(self.reach_s * mix.rate)
        for number, (name, audio) in enumerate(guide.references.items()):
            told = part_of(progress, number / len(guide.references), (number + 1) / len(guide.references))
            others.append(_brought_in_step(name, audio, mix, reach, told))
        return others


def _brought_in_step(name: str, version: Audio, mix: Audio, reach: int, progress: Progress) -> Samples:
    if version.samples.shape != mix.samples.shape:
        raise ParameterError(f"the version {name} has the shape {version.samples.shape}, the song {mix.samples.shape}")
    if reach == 0:
        return version.samples
    delay = find_delay(mix.samples, version.samples, reach, progress=progress)
    if not delay.is_clear:
        words = f"no delay of {name} is clear: it is taken to be in step with the song, as if nothing had to be moved"
        logger.warning(words)
        progress(1.0, words)
        return version.samples
    progress(1.0, f"{name} is {delay.samples / mix.rate:+.4f} s behind the song")
    return moved(version.samples, delay.samples) if delay.samples else version.samples
