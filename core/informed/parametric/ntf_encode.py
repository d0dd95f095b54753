"""The NTF codec's encoder: from the sums of true spectra to a dictionary and blocks at a rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.cpu import one_blas_thread
from unbraid.core.errors import ParameterError
from unbraid.core.formats.together import work_together
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.parametric.ntf import MOST_COMPONENTS, NtfDictionary, Parameters
from unbraid.core.informed.parametric.ntf_error import FilterError, Sums
from unbraid.core.informed.parametric.ntf_fit import Descent, Factors, factorised
from unbraid.core.informed.parametric.ntf_search import Search, search
from unbraid.core.progress import Progress, part_of, silent_progress

BITS_OF_SECOND, BITS_OF_BAND = 20.0, 0.8
"""What a component takes, roughly: for each second, and once for each band."""
MOST_OF_SOURCE = 40
"""Components of a source that a goal leads to; more bring little for the time they take."""
FIRST_SLOPE = 1.0
"""Decibels that a kbit/s for each source brings, times kbit/s: where the search for a rate begins."""


@dataclass(frozen=True)
class NtfSettings:
    """How to encode.

    kbps: goal for each source that is heard, in kbit/s; None: no goal, `slope` decides. components: for each source;
    None: as the goal allows. slope: decibels of the mean SDR that one kbit/s for each source must bring. step:
    semitones of amplitude (0.5 dB) between levels. factorising, descending: iterations. passes: scans of both factors.
    priorities: weights of the sources in the mean; none: all alike.
    """

    kbps: float | None = 0.5
    components: int | None = None
    slope: float = 4.0
    step: int = 18
    factorising: int = 60
    descending: int = 150
    passes: int = 5
    priorities: tuple[float, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kbps is not None and not 0 < self.kbps <= 1000:
            raise ParameterError(f"the rate is up to 1000 kbit/s for each source, not {self.kbps}; try 0.5")
        if self.components is not None and not 1 <= self.components <= MOST_COMPONENTS:
            raise ParameterError(f"a source has 1 to {MOST_COMPONENTS} components, not {self.components}; try 8")


@dataclass(frozen=True, eq=False)
class NtfResult:
    """What was found: dictionary, blocks, bits of both, and the SDR of each source that the sums of spectra promise."""

    parameters: Parameters
    bits: float
    decibels: tuple[float, ...]

    @property
    def dictionary(self) -> NtfDictionary:
        """What holds for the whole song."""
        return self.parameters[0]


def fit_ntf(grid: Grid, sums: Sums, settings: NtfSettings, progress: Progress = silent_progress) -> NtfResult:
    """Dictionary and blocks of all sources."""
    heard = np.flatnonzero(sums.energies > 0)
    seconds = sums.frames * grid.hop_samples / grid.rate
    priorities = np.array(settings.priorities or (1.0,) * sums.sources)
    error = FilterError(sums, priorities)
    per_source = components_for(settings, seconds, grid.bands, len(heard))
    with one_blas_thread():
        factors = _begun(sums, heard, per_source, settings, part_of(progress, 0.0, 0.15))
        descent = Descent(error, factors)
        factors = descent.run(settings.descending, part_of(progress, 0.15, 0.5), "fitting the components")
        state = Search(grid, error, factors, settings.step, part_of(progress, 0.5, 0.6))
        kbit = seconds * max(1, len(heard)) * 1000
        goal = None if settings.kbps is None else settings.kbps * kbit
        slope = settings.slope if settings.kbps is None else FIRST_SLOPE / settings.kbps
        search(state, goal, slope / kbit, settings.passes, part_of(progress, 0.6, 1.0))
        bits = state.bits()
    return NtfResult(state.parameters(), bits, tuple(error.decibels()))


def components_for(settings: NtfSettings, seconds: float, bands: int, sources: int) -> int:
    """Components of each source that the goal allows, or as they were asked for."""
    most = max(1, MOST_COMPONENTS // max(1, sources))
    if settings.components is not None:
        return min(settings.components, most)
    bits = 1000 * (settings.kbps or 0.5) * seconds
    return int(np.clip(round(bits / (BITS_OF_SECOND * seconds + BITS_OF_BAND * bands)), 1, min(most, MOST_OF_SOURCE)))


def _begun(
    sums: Sums, heard: npt.NDArray[np.int64], components: int, settings: NtfSettings, progress: Progress
) -> Factors:
    """Each source factorised by itself."""
    seeds = np.random.SeedSequence(settings.seed).spawn(max(1, len(heard)))

    def work(i: int, told: Progress) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        rng = np.random.default_rng(seeds[i])
        return factorised(sums.magnitudes[heard[i]], components, settings.factorising, rng, told)

    pairs = work_together(work, range(len(heard)), progress)
    bands, frames = sums.mix.shape[:2]
    W = np.concatenate([np.zeros((bands, 0), np.float32), *(w for w, _ in pairs)], axis=1)
    H = np.concatenate([np.zeros((frames, 0), np.float32), *(h for _, h in pairs)], axis=1)
    return Factors(W, H, np.repeat(heard, components).astype(np.int64))
