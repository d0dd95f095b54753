"""Marked repetitions: an event is marked once and found wherever it comes back; it is what all these have in common."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import Spectrum
from unbraid.core.errors import ParameterError
from unbraid.core.kam.background import Rule
from unbraid.core.kam.finding import LOWEST_HZ, find_similar
from unbraid.core.kam.kernels import MOST_REPETITIONS, Repetitions
from unbraid.core.kam.magnitudes import Floats, song_magnitudes
from unbraid.core.kam.resolution import stft_at
from unbraid.core.kam.smoothers import Smoother, bind
from unbraid.core.kam.surroundings import Area, Surroundings
from unbraid.core.progress import part_of
from unbraid.core.separation.contract import Progress, SeparatorInfo, param
from unbraid.core.separation.guide import Guide, MarkedRepetition, Region
from unbraid.core.separation.masks import apply_masks, least_share

logger = logging.getLogger(__name__)

REST = "rest"
UNNAMED = "repeating"

Events = Mapping[str, tuple[Region, ...]]
"""Regions by the name of what they hold; the first ones are those that were marked."""


@dataclass(frozen=True)
class Marked:
    """A marked event wherever it comes back (Rafii, Liutkus and Pardo, 2015)."""

    info: ClassVar = SeparatorInfo(
        "marked",
        "Marked repetitions",
        targets=(),
        summary="Mark an event once: it is found wherever it comes back, and what all of them have in common is "
        "taken out, or kept without what sounds over it.",
        paper="Z. Rafii, A. Liutkus and B. Pardo, A simple user interface system for recovering patterns repeating in "
        "time and frequency in mixtures of sounds, ICASSP 2015",
        guide=("regions", "repetitions"),
        memory_mb_per_minute=24.0,
        sums_to_mix=True,
    )
    count: int = param(10, "Repetitions", 1, MOST_REPETITIONS - 1, help="At most so many are looked for.")
    similarity: float = param(
        0.6, "Least similarity", -1.0, 1.0, help="1 is equal, 0 unrelated; what is less alike does not count."
    )
    semitones: int = param(0, "Transposition", 0, 24, "semitones", help="How far up and down to look; 0: not at all.")
    where: str = param(
        "everywhere", "Where", choices=("everywhere", "marked"),
        help="The event is taken from everywhere it was found, or from the marked regions only.",
    )  # fmt: skip
    exponent: float = param(2.0, "Mask exponent", 0.25, 4.0, help="Above 1 the rest gets more.")
    smooth_bins: int = param(1, "Smoothing over frequency", 1, 15, "bins", help="Odd. More: fewer chirps, less detail.")
    smooth_frames: int = param(3, "Smoothing over time", 1, 31, "frames", help="Odd. More: fewer chirps, less detail.")
    window: int = param(4096, "Window", 512, 16384, "samples at 44.1 kHz", help="A power of two.")
    hop: int = param(1024, "Hop", 64, 8192, "samples at 44.1 kHz", help="A power of two, at most half of the window.")

    def targets(self, guide: Guide) -> tuple[str, ...]:
        """The names of the regions, repeating for those without, and the rest."""
        return (*_marked(guide), REST)

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        """A stem for each event, and the rest."""
        Rule(self.exponent, 0.0, self.smooth_bins, self.smooth_frames).check()
        marked, params = _marked(guide), stft_at(self.window, self.hop, mix.rate)
        events = self._found(mix, guide, marked, part_of(progress, 0.0, 0.4))
        V = song_magnitudes(mix.samples, params, progress=part_of(progress, 0.4, 0.5))
        song = Surroundings(params, mix.rate, V.shape[1], V, guide)
        models = {name: _smoother(regions, song) for name, regions in events.items()}
        areas = {
            name: Area.of(regions, song) for name, regions in (events if self.where == "everywhere" else marked).items()
        }

        def masks_of(first: int, spectrum: Spectrum) -> Mapping[str, Floats]:
            stop = first + spectrum.shape[1]
            shares = {}
            for name, model in models.items():
                share = least_share(
                    model(V, first, stop), V[:, first:stop], exponent=self.exponent,
                    bins=self.smooth_bins, frames=self.smooth_frames,
                )  # fmt: skip
                shares[name] = share * areas[name].inside(np.arange(first, stop), params.bins).T
            return _at_most_one(shares)

        stems = apply_masks(
            mix.samples, params, masks_of, tuple(models), rest=REST, context_frames=self.smooth_frames // 2,
            progress=part_of(progress, 0.5, 1.0), message="taking out what repeats",
        )  # fmt: skip
        return {name: Audio(stems[name], mix.rate) for name in self.targets(guide)}

    def _found(self, mix: Audio, guide: Guide, marked: Events, progress: Progress) -> dict[str, tuple[Region, ...]]:
        """All regions of each event: those declared to be the same as they are, others with the places like them."""
        declared = {name for name, regions in _declared(guide).items() if len(regions) > 1}
        events = {}
        for number, (name, regions) in enumerate(marked.items()):
            told = part_of(progress, number / len(marked), (number + 1) / len(marked))
            events[name] = regions if name in declared else self._searched(mix, regions, told)
        progress(1.0, "looking for what is alike")
        return events

    def _searched(self, mix: Audio, regions: tuple[Region, ...], progress: Progress) -> tuple[Region, ...]:
        first = regions[0]
        if self.semitones and first.low_hz < LOWEST_HZ:
            first = replace(first, low_hz=LOWEST_HZ)
        try:
            found = find_similar(
                mix, first, count=self.count, least=self.similarity, semitones=self.semitones, progress=progress
            )
        except ParameterError as error:  # a passage of the song may end within the region
            logger.warning("nothing was looked for: %s", error)
            return regions
        others = [f.region for f in found[1:] if not any(_overlap(f.region, known) for known in regions[1:])]
        progress(1.0, f"{len(others)} more places are alike")
        return (first, *regions[1:], *others)[:MOST_REPETITIONS]


def _declared(guide: Guide) -> dict[str, tuple[Region, ...]]:
    groups: dict[str, tuple[Region, ...]] = {}
    for repetition in guide.repetitions:
        name = next((region.target for region in repetition.regions if region.target), UNNAMED)
        groups[name] = (*groups.get(name, ()), *repetition.regions)
    return {name: regions for name, regions in groups.items() if regions}


def _marked(guide: Guide) -> dict[str, tuple[Region, ...]]:
    """Regions by name, as the user marked them; those declared to be the same event first."""
    marked = _declared(guide)
    for region in guide.regions:
        name = region.target or UNNAMED
        marked[name] = (*marked.get(name, ()), region)
    if not marked:
        raise ParameterError(
            "nothing is marked: mark a region of time and frequency in which the event sounds that comes back"
        )
    if REST in marked:
        raise ParameterError(f"no event can be called {REST}, which is what is left of the song: give it another name")
    return marked


def _smoother(regions: tuple[Region, ...], song: Surroundings) -> Smoother:
    """What regions have in common."""
    low = regions[0].low_hz
    transposed = low > 0 and any(not math.isclose(region.low_hz, low, rel_tol=1e-3) for region in regions)
    kernel = Repetitions((MarkedRepetition(regions),), transposed="ratio" if transposed else "no")
    return bind(kernel, song)


def _at_most_one(shares: dict[str, Floats]) -> dict[str, Floats]:
    total = np.maximum(np.sum(list(shares.values()), axis=0), 1)
    return {name: np.asarray(share / total, np.float32) for name, share in shares.items()}


def _overlap(a: Region, b: Region) -> bool:
    return a.start_s < b.end_s and b.start_s < a.end_s
