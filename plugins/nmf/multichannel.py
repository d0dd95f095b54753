"""Multichannel NMF: parts that differ in sound and in place, by expectation-maximisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import Spectrum
from unbraid.core.kam.resolution import stft_at
from unbraid.core.progress import part_of
from unbraid.core.separation.contract import Progress, SeparatorInfo, param
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.likeness import clusters
from unbraid.core.separation.masks import apply_filter
from unbraid.core.separation.nmf import Factors, NmfParams, factorise
from unbraid.core.separation.nmf_bands import Bands, band_spectrogram, full_templates
from unbraid.core.separation.nmf_divergences import divergence_of
from unbraid.core.separation.nmf_multichannel import Sources, refine_sources
from unbraid.core.separation.spatial import Spatial, filter_block
from unbraid.core.separation.wiener import FRAMES, Passes
from unbraid.plugins.nmf.nmf import SHARPNESS


@dataclass(frozen=True)
class NmfMultichannel:
    """Parts of a song by multichannel NMF (Ozerov and Fevotte, 2010)."""

    info: ClassVar = SeparatorInfo(
        "nmf_multichannel",
        "Factorisation in stereo",
        targets=(),
        summary="Sounds that come and go, grouped into parts, each found again by where it is in the stereo image.",
        paper="A. Ozerov and C. Fevotte, Multichannel nonnegative matrix factorization in convolutive mixtures for "
        "audio source separation, IEEE TASLP 18(3), 2010",
        layout="stereo",
        memory_mb_per_minute=8.0,
    )
    parts: int = param(4, "Parts", 2, 8, help="Sources that are looked for.")
    components: int = param(24, "Components", 2, 100, help="Spectra in all.")
    iterations: int = param(10, "Iterations", 0, 100, help="Of expectation-maximisation; each reads the song twice.")
    sound: float = param(0.75, "Sound alike", 0.0, 1.0, help="How parts begin: 1 by sound, 0 by playing together.")
    seed: int = param(0, "Seed", 0, 10**6, help="Of the first values; another one may find other parts.")
    window: int = param(4096, "Window", 512, 16384, "samples at 44.1 kHz", help="A power of two.")
    hop: int = param(1024, "Hop", 256, 8192, "samples at 44.1 kHz", help="A power of two, at most half of the window.")

    def targets(self, guide: Guide) -> tuple[str, ...]:
        """part_1, part_2, ..."""
        return tuple(f"part_{number}" for number in range(1, self.parts + 1))

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        """A stem for each part."""
        params, divergence = stft_at(self.window, self.hop, mix.rate), divergence_of("is")
        bands, names = Bands.of(params.bins, SHARPNESS), self.targets(guide)
        V = band_spectrogram(mix.samples, params, bands, divergence, progress=part_of(progress, 0.0, 0.05))
        how = NmfParams(min(self.components, V.shape[0]), "is", iterations=60, seed=self.seed)
        factors = factorise(V, how, progress=part_of(progress, 0.05, 0.2))
        groups = clusters(factors, self.parts, sound=self.sound)
        sharp = part_of(progress, 0.2, 0.3)
        factors = full_templates(mix.samples, params, factors, bands, divergence, progress=sharp)
        start = tuple(Factors(factors.templates[:, g], factors.activations[g], ()) for g in groups)
        white = Spatial.white(params.bins, mix.channels, len(groups))
        passes = Passes.of_samples(mix.samples, params)
        found = refine_sources(
            passes, Sources(start, white), iterations=self.iterations, progress=part_of(progress, 0.3, 0.85)
        )

        def stems_of(first: int, x: Spectrum, inside: slice) -> Callable[[str], Spectrum]:
            y = filter_block(x, found.powers(first, x), found.spatial)
            return lambda name: y[:, :, :, names.index(name)]

        stems = apply_filter(
            mix.samples, params, stems_of, names[: len(groups)], frames_per_block=FRAMES,
            progress=part_of(progress, 0.85, 1.0), message="filtering",
        )  # fmt: skip
        silent = np.zeros(mix.samples.shape, np.float32)
        return {name: Audio(stems.get(name, silent), mix.rate) for name in names}
