"""Drums by NMF: components that begin as onsets in bands of frequency, beside many that begin at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.kam.resolution import stft_at
from unbraid.core.progress import part_of
from unbraid.core.separation.contract import Progress, SeparatorInfo, param
from unbraid.core.separation.grouping import group_masks, steady_from, stroke_activations
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.masks import apply_masks
from unbraid.core.separation.nmf import NmfParams, factorise
from unbraid.core.separation.nmf_bands import Bands, band_spectrogram, full_templates
from unbraid.core.separation.nmf_divergences import divergence_of
from unbraid.plugins.nmf.nmf import SHARPNESS

SURELY_OVER = 0.02
"""Share of its first activation at which a stroke that was given is over."""


@dataclass(frozen=True)
class NmfDrums:
    """Drums and the rest by factorisation from onsets (Liutkus, Badeau and Richard, 2011)."""

    info: ClassVar = SeparatorInfo(
        "nmf_drums",
        "Drums by factorisation",
        targets=("drums", "rest"),
        summary="Sounds that begin with strokes, found in bands of frequency or given as onsets, and all others.",
        paper="A. Liutkus, R. Badeau and G. Richard, Gaussian processes for underdetermined source separation, "
        "IEEE TSP 59(7), 2011",
        guide=("onsets",),
        memory_mb_per_minute=4.0,
        sums_to_mix=True,
    )
    strokes: int = param(5, "Drum components", 1, 20, help="As many bands of frequency with onsets.")
    others: int = param(45, "Other components", 1, 200, help="Spectra of everything else.")
    divergence: str = param("kl", "Divergence", choices=("kl", "is"), help="kl fits magnitudes, is powers.")
    iterations: int = param(60, "Iterations", 1, 1000, help="More: nearer to the song, further from the onsets.")
    ring_s: float = param(0.2, "Ring", 0.01, 2.0, "s", help="Time in which a stroke falls to a third.")
    steady_s: float = param(0.4, "Steadiness", 0.0, 2.0, "s", help="Everything else lasts so long; 0: as it comes.")
    seed: int = param(0, "Seed", 0, 10**6, help="Of the first values of everything else.")
    window: int = param(8192, "Window", 512, 32768, "samples at 44.1 kHz", help="A power of two.")
    hop: int = param(2048, "Hop", 64, 16384, "samples at 44.1 kHz", help="A power of two, at most half of the window.")

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        """The stems drums and rest. Onsets of the guide called drums are the only strokes, where there are any."""
        params, divergence = stft_at(self.window, self.hop, mix.rate), divergence_of(self.divergence)
        bands, per_s = Bands.of(params.bins, SHARPNESS), mix.rate / params.hop_samples
        V = band_spectrogram(mix.samples, params, bands, divergence, progress=part_of(progress, 0.0, 0.1))
        times = sorted(t for told in guide.onsets if told.target in ("drums", "") for t in told.times_s)
        strokes = stroke_activations(
            V if divergence.power == 1 else np.sqrt(V), bands.freqs_hz(params.freqs_hz(mix.rate)), self.strokes,
            frames_per_s=per_s, ring_s=self.ring_s, times_s=times or None,
        )  # fmt: skip
        if times:  # and nothing else: zeros stay zero
            strokes[strokes < SURELY_OVER * strokes.max()] = 0
        how = NmfParams(self.strokes + self.others, self.divergence, iterations=self.iterations, seed=self.seed)
        frames = 2 * round(self.steady_s * per_s / 2) + 1
        factors = factorise(
            V, how, activations=strokes**divergence.power,
            adjust=steady_from(self.strokes, frames) if frames > 1 else None, progress=part_of(progress, 0.1, 0.6),
        )  # fmt: skip
        sharp = part_of(progress, 0.6, 0.85)
        factors = full_templates(mix.samples, params, factors, bands, divergence, progress=sharp)
        groups = {"drums": np.arange(self.strokes), "rest": np.arange(self.strokes, self.strokes + self.others)}
        stems = apply_masks(
            mix.samples, params, group_masks(factors, groups), ("drums",), rest="rest",
            progress=part_of(progress, 0.85, 1.0),
        )  # fmt: skip
        return {name: Audio(stems[name], mix.rate) for name in self.info.targets}
