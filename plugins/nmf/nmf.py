"""NMF: a song as a few spectra, each with its activation over time; grouped by likeness, or learned from passages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import StftParams
from unbraid.core.errors import ParameterError
from unbraid.core.kam.resolution import stft_at
from unbraid.core.progress import part_of
from unbraid.core.separation.contract import Progress, SeparatorInfo, param
from unbraid.core.separation.grouping import group_masks
from unbraid.core.separation.guide import Guide, Region
from unbraid.core.separation.likeness import clusters
from unbraid.core.separation.masks import apply_masks
from unbraid.core.separation.nmf import Factors, NmfParams, factorise
from unbraid.core.separation.nmf_bands import Bands, band_spectrogram, full_templates
from unbraid.core.separation.nmf_divergences import Floats, divergence_of
from unbraid.core.separation.nmf_stable import StableParams, factorise_stable

REST = "rest"

AUTO, AUTO_WITH_PASSAGES = "levy", "cauchy"
"""The best on average over songs with true stems: soft masks where nobody knows what belongs together, else sharp."""

SHARPNESS = 12.0
"""Bands of a twelfth of their frequency: a semitone and a half, enough for activations."""


@dataclass(frozen=True)
class Nmf:
    """Parts of a song by nonnegative matrix factorisation."""

    info: ClassVar = SeparatorInfo(
        "nmf",
        "Factorisation (NMF)",
        targets=(),
        summary="Sounds that come and go, grouped into parts; or, from passages where one plays alone, that one "
        "and the rest.",
        paper="D. Lee and S. Seung, Nature 401, 1999; P. Smaragdis, B. Raj and M. Shashanka, Supervised and "
        "semi-supervised separation of sounds from single-channel mixtures, ICA 2007",
        guide=("regions",),
        memory_mb_per_minute=4.0,
    )
    parts: int = param(4, "Parts", 2, 16, help="Where no passage is named.")
    components: int = param(24, "Components", 2, 200, help="Spectra in all; more tell more sounds apart.")
    learned: int = param(12, "Components of a passage", 1, 100, help="Spectra learned from the passages of one name.")
    divergence: str = param(
        "auto", "Divergence", choices=("auto", "kl", "is", "euclidean", "cauchy", "levy", "beta", "stable"),
        help="What fits: kl with magnitudes, is with powers, beta between; cauchy where there are impulses, levy where "
        "there is little else, stable to find out (slow). auto: levy for parts, cauchy with passages.",
    )  # fmt: skip
    beta: float = param(0.5, "Beta", -1.0, 3.0, help="Of the divergence beta: 0 is as is, 1 as kl, 2 as euclidean.")
    iterations: int = param(100, "Iterations", 1, 2000, help="Fewer when the fit has stopped getting better.")
    sound: float = param(0.75, "Sound alike", 0.0, 1.0, help="1 groups by sound, 0 by playing at the same time.")
    seed: int = param(0, "Seed", 0, 10**6, help="Of the first values; another one may find other parts.")
    window: int = param(8192, "Window", 512, 32768, "samples at 44.1 kHz", help="A power of two.")
    hop: int = param(2048, "Hop", 64, 16384, "samples at 44.1 kHz", help="A power of two, at most half of the window.")

    def targets(self, guide: Guide) -> tuple[str, ...]:
        """The names of the passages and the rest, or part_1, part_2, ..."""
        names = tuple(dict.fromkeys(region.target for region in guide.regions if region.target))
        return (*names, REST) if names else tuple(f"part_{number}" for number in range(1, self.parts + 1))

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        """A stem for each name."""
        names = self.targets(guide)
        if self.divergence == "auto":
            best = AUTO_WITH_PASSAGES if names[-1] == REST else AUTO
            return replace(self, divergence=best).separate(mix, guide, progress)
        params, divergence = stft_at(self.window, self.hop, mix.rate), divergence_of(self._fitted)
        bands = Bands.of(params.bins, SHARPNESS)
        V = band_spectrogram(mix.samples, params, bands, divergence, progress=part_of(progress, 0.0, 0.1))
        fitting = part_of(progress, 0.1, 0.6)
        if names[-1] == REST:
            factors, groups = self._by_passages(V, guide, names, params, mix.rate, fitting)
        else:
            factors = self._blind(V, fitting)
            found = clusters(factors, self.parts, sound=self.sound)
            found += [np.zeros(0, np.int64)] * (self.parts - len(found))
            groups = dict(zip(names, found, strict=True))
        sharp = part_of(progress, 0.6, 0.85)
        factors = full_templates(mix.samples, params, factors, bands, divergence, progress=sharp)
        if self.divergence == "stable":  # what adds up is squared scales
            factors = Factors(factors.templates**2, factors.activations**2, ())
        stems = apply_masks(
            mix.samples, params, group_masks(factors, groups), names[:-1], rest=names[-1],
            progress=part_of(progress, 0.85, 1.0),
        )  # fmt: skip
        return {name: Audio(stems[name], mix.rate) for name in names}

    @property
    def _fitted(self) -> str | float:
        """The divergence of steps: stable begins and ends as cauchy, its case of alpha = 1."""
        if self.divergence == "beta":
            return self.beta
        return "cauchy" if self.divergence == "stable" else self.divergence

    def _how(self, components: int, V: Floats) -> NmfParams:
        return NmfParams(
            min(components, V.shape[0]), self._fitted, iterations=self.iterations, tolerance=1e-5, seed=self.seed
        )

    def _blind(self, V: Floats, progress: Progress) -> Factors:
        """Factors of the whole song."""
        if self.divergence != "stable":
            return factorise(V, self._how(self.components, V), progress=progress)
        how = StableParams(min(self.components, V.shape[0]), iterations=self.iterations, seed=self.seed)
        found = factorise_stable(V, how, progress=progress)
        return Factors(np.sqrt(found.templates), np.sqrt(found.activations), ())

    def _by_passages(
        self, V: Floats, guide: Guide, names: tuple[str, ...], params: StftParams, rate: int, progress: Progress
    ) -> tuple[Factors, dict[str, npt.NDArray[np.int_]]]:
        """Templates learned where each name plays alone are kept; the others explain what these cannot."""
        if self.divergence == "stable":
            raise ParameterError("the divergence stable does not learn from passages; take cauchy, or no passages")
        learned = []
        for number, name in enumerate(names[:-1]):
            alone = _frames_of([r for r in guide.regions if r.target == name], params, rate, V.shape[1])
            passage = np.ascontiguousarray(V[:, alone].T).T
            told = part_of(progress, 0.5 * number / len(names), 0.5 * (number + 1) / len(names))
            learned.append(factorise(passage, self._how(self.learned, passage), progress=told).templates)
        fixed = np.concatenate(learned, axis=1)
        count = fixed.shape[1] + min(self.components, V.shape[0])
        how = NmfParams(count, self._fitted, iterations=self.iterations, tolerance=1e-5, seed=self.seed)
        factors = factorise(V, how, templates=fixed, fixed_templates=True, progress=part_of(progress, 0.5, 1.0))
        edges = np.cumsum([0, *(W.shape[1] for W in learned), count - fixed.shape[1]])
        return factors, {n: np.arange(a, b) for n, a, b in zip(names, edges, edges[1:], strict=False)}


def _frames_of(regions: list[Region], params: StftParams, rate: int, frames: int) -> npt.NDArray[np.bool_]:
    """Frames whose middle lies in any of the regions, (T,)."""
    times = params.times_s(rate, frames)
    inside = np.zeros(frames, bool)
    for region in regions:
        inside |= (times >= region.start_s) & (times <= region.end_s)
    if not inside.any():
        where = ", ".join(f"{r.start_s:g}-{r.end_s:g} s" for r in regions)
        raise ParameterError(f"the passage {where} of {regions[0].target} lies outside of the song, or is too short")
    return inside
