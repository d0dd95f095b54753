"""The oracle of the multichannel Wiener filter: true powers and places of all stems in the local Gaussian model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import Spectrum, StftParams
from unbraid.core.kam.resolution import stft_at
from unbraid.core.progress import part_of
from unbraid.core.separation.contract import Progress, SeparatorInfo, param
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.masks import apply_filter
from unbraid.core.separation.spatial import Estimates, Powers, Spatial, filter_block, stacked_estimates
from unbraid.core.separation.spatial_updates import Moments, power_of_estimates
from unbraid.core.separation.wiener import Passes, block_frames
from unbraid.plugins.oracle.truth import Truth, targets


@dataclass(frozen=True)
class OracleMultichannel:
    """The multichannel Wiener filter of true powers and spatial covariances (Duong et al., 2010)."""

    info: ClassVar = SeparatorInfo(
        "oracle_multichannel",
        "Oracle: multichannel Wiener filter",
        targets=(),
        summary="The best that Gaussian models with a place for each stem can do. Needs the true stems.",
        paper="N. Duong, E. Vincent and R. Gribonval, Under-determined reverberant audio source separation using a "
        "full-rank spatial covariance model, IEEE TASLP 18(7), 2010",
        guide=("references",),
        is_oracle=True,
    )
    window: int = param(4096, "Window", 256, 32768, "samples at 44.1 kHz", help="A power of two.")
    hop: int = param(1024, "Hop", 32, 16384, "samples at 44.1 kHz", help="A power of two, at most half of the window.")
    iterations: int = param(
        0,
        "Iterations",
        0,
        20,
        help="0: powers are means over the channels; more: powers and places are found from each other so often.",
    )
    exponent: float = param(
        2.0, "Exponent", 0.2, 8.0, help="What the filter takes for powers: 2 powers, 1 magnitudes, as for impulses."
    )
    update: str = param(
        "exact", "Weights", choices=("exact", "energy"), help="Exact: all frames count alike; energy: loud ones more."
    )

    def targets(self, guide: Guide) -> tuple[str, ...]:
        """The names of the references."""
        return targets(guide)

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        """A stem for each reference."""
        params = stft_at(self.window, self.hop, mix.rate)
        truth = Truth.of(mix, guide, params)
        names = tuple(truth.stems)
        learning = part_of(progress, 0.0, 0.6)
        metric, spatial = self.learned(mix, truth, params, learning)

        def stems_of(first: int, x: Spectrum, inside: slice) -> Callable[[str], Spectrum]:
            v = power_of_estimates(true_estimates(truth, first, x), metric)
            y = filter_block(x, _raised(v, self.exponent / 2), spatial)
            return lambda name: y[:, :, :, names.index(name)]

        stems = apply_filter(
            mix.samples, params, stems_of, names, frames_per_block=block_frames(),
            progress=part_of(progress, 0.6, 1.0), message="filtering with the truth",
        )  # fmt: skip
        return {name: Audio(samples, mix.rate) for name, samples in stems.items()}

    def learned(self, mix: Audio, truth: Truth, params: StftParams, progress: Progress) -> tuple[Spatial, Spatial]:
        """Covariances that powers are found with, and those of the filter: the most likely ones of the true stems."""
        spatial = metric = Spatial.white(params.bins, mix.channels, len(truth.stems) + 1)
        passes, rounds = Passes.of_samples(mix.samples, params), max(1, self.iterations)
        for number in range(rounds):
            metric, moments = spatial, Moments("energy" if self.update == "energy" else "exact", spatial)
            for first, x in passes.read():
                progress((number + first / passes.frames) / rounds, "where the stems are")
                y = true_estimates(truth, first, x)
                moments.add_estimates(y, power_of_estimates(y, metric))
            spatial = Spatial.of(moments.covariances())
        return (spatial if self.iterations else metric), spatial


def _raised(v: Powers, exponent: float) -> Powers:
    """v^exponent of powers (F, T, J), relative to the greatest of each bin: only ratios count in a filter."""
    if exponent == 1:
        return v
    greatest = v.max(axis=2, keepdims=True)
    shares: Powers = np.divide(v, greatest, out=np.zeros_like(v), where=greatest > 0)
    np.power(shares, np.float32(exponent), out=shares)
    return shares


def true_estimates(truth: Truth, first: int, x: Spectrum) -> Estimates:
    """The true stems and the residual, (F, T, I, J)."""
    return stacked_estimates(list(truth.spectra(first, x).values()))
