"""The oracle of BEADS: what magnitudes and places that are known exactly tell about phases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import Spectrum
from unbraid.core.kam.resolution import stft_at
from unbraid.core.phase.beads import Beads, ring_width
from unbraid.core.phase.beads import separate as estimate
from unbraid.core.progress import part_of
from unbraid.core.separation.contract import Progress, SeparatorInfo, param
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.masks import apply_filter
from unbraid.core.separation.spatial_updates import power_of_estimates
from unbraid.core.separation.wiener import block_frames
from unbraid.plugins.oracle.multichannel import OracleMultichannel, true_estimates
from unbraid.plugins.oracle.truth import Truth, targets


@dataclass(frozen=True)
class OracleBeads:
    """Sources near rings of their true magnitudes: the mean of all phases that explain the mix."""

    info: ClassVar = SeparatorInfo(
        "oracle_beads",
        "Oracle: BEADS",
        targets=(),
        summary="What can be told of the phases of stems whose magnitudes are known. Needs the true stems.",
        paper="A. Liutkus, C. Rohlfing and A. Deleforge, Audio source separation with magnitude priors: the BEADS "
        "model, ICASSP 2018",
        guide=("references",),
        is_oracle=True,
    )
    window: int = param(4096, "Window", 256, 32768, "samples at 44.1 kHz", help="A power of two.")
    hop: int = param(1024, "Hop", 32, 16384, "samples at 44.1 kHz", help="A power of two, at most half of the window.")
    count: int = param(8, "Beads", 4, 32, help="Places on the ring of a magnitude.")
    rings: int = param(2, "Rings", 1, 3, help="So many of the loudest stems of a bin have rings, the others are noise.")

    def targets(self, guide: Guide) -> tuple[str, ...]:
        """The names of the references."""
        return targets(guide)

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        """A stem for each reference."""
        params = stft_at(self.window, self.hop, mix.rate)
        truth = Truth.of(mix, guide, params)
        names, how = tuple(truth.stems), Beads(self.count, self.rings)
        places = OracleMultichannel(self.window, self.hop)
        metric, spatial = places.learned(mix, truth, params, part_of(progress, 0.0, 0.2))

        def stems_of(first: int, x: Spectrum, inside: slice) -> Callable[[str], Spectrum]:
            b = np.sqrt(power_of_estimates(true_estimates(truth, first, x), metric))
            y, _ = estimate(x, b, ring_width(b, self.count).astype(np.float32), spatial, how)
            return lambda name: y[:, :, :, names.index(name)]

        stems = apply_filter(
            mix.samples, params, stems_of, names, frames_per_block=block_frames(),
            progress=part_of(progress, 0.2, 1.0), message="looking for phases",
        )  # fmt: skip
        return {name: Audio(samples, mix.rate) for name, samples in stems.items()}
