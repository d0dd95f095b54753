"""From factors to levels: rounding, refitting, and scans that trade error against bits until the rate is met."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from unbraid.core.cpu import coarse_threads, cores, slices
from unbraid.core.informed.parametric import levels, ntf_coding
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.parametric.ntf import NtfBlock, NtfDictionary, Parameters, write_block
from unbraid.core.informed.parametric.ntf_error import FilterError
from unbraid.core.informed.parametric.ntf_fit import Descent, Factors
from unbraid.core.informed.parametric.ntf_quantise import costs_of, count_bits, scan
from unbraid.core.informed.parametric.ntf_start import ACTIVATIONS, TEMPLATES
from unbraid.core.progress import Progress, part_of

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

DEPTH_SEMITONES = 132
"""Range of the levels of templates and of activations, 66 dB."""
REFIT_RATE, REFIT_ITERATIONS = 0.05, 30
FEEDBACK = 1.5
"""Power of the rate's excess that the weight is raised by."""
PARTS = 16
"""Parts of the bands that are scanned side by side, however many threads there are: results depend on it."""
BIRTHS = 2
"""Scans in which a level may begin between two silent ones; it is rarely worth it and takes most of the time."""
SETTLING = 0.6
"""Part by which the rate still falls after the first scan, half of it after the next, and so on."""


class Search:
    """Levels of both factors while they are being chosen."""

    def __init__(self, grid: Grid, error: FilterError, factors: Factors, step: int, progress: Progress):
        self.grid, self.error, self.source = grid, error, factors.source
        self.step = step
        self.top = DEPTH_SEMITONES // step + 1
        self.table = levels.table(step, -step * (self.top - 1), self.top)
        scale = np.maximum(factors.W.max(axis=0, initial=0), np.float32(1e-30))
        W = levels.nearest(factors.W / scale, step, -step * (self.top - 1), self.top)
        rounded = Factors(self.table[W].astype(np.float32), factors.H * scale, self.source)
        descent = Descent(error, rounded, fixed_templates=True, rate=REFIT_RATE)
        H = descent.run(REFIT_ITERATIONS, progress, "refitting the activations").H
        loudest = max(float(H.max(initial=0)), 1e-15)
        self.most = self.top + 1
        self.first = int(np.ceil(12 * np.log2(loudest))) - step * (self.top - 1)
        self.amounts = levels.table(step, self.first, self.most)
        self.W = W.astype(np.int64)
        self.H = levels.nearest(H, step, self.first, self.most).astype(np.int64)
        self.rises_w, self.rises_h = np.zeros_like(self.W), np.zeros_like(self.H)

    def parameters(self) -> Parameters:
        """What has been chosen."""
        dictionary = NtfDictionary(
            self.grid, self.error.sums.sources, self.source, self.W.astype(np.uint8), typical_levels(self.H),
            self.step, self.first, self.top, self.most,
        )  # fmt: skip
        return dictionary, [NtfBlock(self.H[part].astype(np.uint8)) for part in self._blocks()]

    def bits(self) -> float:
        """Bits of the dictionary and of all blocks."""
        dictionary, blocks = self.parameters()
        parts = coarse_threads(lambda block: len(write_block(dictionary, block)), blocks)
        return 8.0 * (len(dictionary.write()) + sum(parts))

    def measure(self) -> None:
        """Set the errors, and with them the weights of the sources, to those of the levels."""
        M = self.factors().magnitudes(self.error.sums.sources)
        self.error.slopes(M * M)

    def factors(self) -> Factors:
        """Values of the levels."""
        return Factors(self.table[self.W].astype(np.float32), self.amounts[self.H].astype(np.float32), self.source)

    def scan_activations(self, weight: float, births: bool, progress: Progress) -> None:
        """Choose all activations anew; `weight` is decibels for a bit."""
        sums, typical = self.error.sums, typical_levels(self.H).astype(np.int64)
        templates = self.table[self.W].astype(np.float32)
        costs = self._costs(self.H, self.most, typical, ACTIVATIONS, list(self._blocks()))

        def work(part: slice) -> None:
            state = ntf_coding.silent_state(typical)
            scan(
                self.H[part], self.amounts, templates, self.source, sums.places[None],
                sums.mix[:, part].transpose(1, 0, 2), sums.cross[:, part].transpose(1, 0, 2, 3),
                self.error.weights, weight, costs, self.rises_h[part], state, births,
            )  # fmt: skip

        self._in_turns(work, list(self._blocks()), progress, "choosing activations")

    def scan_templates(self, weight: float, births: bool, progress: Progress) -> None:
        """Choose all templates anew."""
        sums, tops = self.error.sums, np.full(len(self.source), self.top)
        activations = self.amounts[self.H].astype(np.float32)
        costs = self._costs(self.W, self.top, tops, TEMPLATES, [slice(0, len(self.W))])
        parts = slices(len(self.W), PARTS)
        states = [self._state_before(part.start, tops) for part in parts]

        def work(part: slice) -> None:
            scan(
                self.W[part], self.table, activations, self.source, sums.places[part][:, None], sums.mix[part],
                sums.cross[part], self.error.weights, weight, costs, self.rises_w[part], states[parts.index(part)],
                births,
            )  # fmt: skip

        self._in_turns(work, parts, progress, "choosing templates")

    def _blocks(self) -> Iterator[slice]:
        """Frames of each block; the last one has the frame centred on the end, too (`Grid.frames_of_block`)."""
        size, count = self.grid.block_frames, len(self.H)
        for first in range(0, max(1, count - 1), size):
            yield slice(first, first + size if first + size < count - 1 else count)

    def _state_before(self, row: int, typical: Integers) -> Integers:
        """State of the templates' components before a band."""
        state = ntf_coding.silent_state(typical)
        count_bits(self.W[:row], self.top, state, np.zeros((ntf_coding.MODELS, 2)))
        return state

    @staticmethod
    def _costs(table: Integers, top: int, typical: Integers, start: tuple[int, ...], parts: list[slice]) -> Doubles:
        counts = np.zeros((ntf_coding.MODELS, 2))
        for part in parts:
            count_bits(table[part], top, ntf_coding.silent_state(typical), counts)
        return costs_of(counts, start)

    @staticmethod
    def _in_turns(work: Callable[[slice], None], parts: list[slice], progress: Progress, message: str) -> None:
        """Work on all parts, as many at a time as there are processors, with a report in between."""
        together = cores()
        for i in range(0, len(parts), together):
            progress(i / len(parts), message)
            coarse_threads(work, parts[i : i + together])


def typical_levels(H: Integers) -> npt.NDArray[np.uint8]:
    """Median of the levels that are heard, of each component; 1 where none is."""
    medians = [int(np.median(column[column > 0])) if (column > 0).any() else 1 for column in H.T]
    return np.array(medians, np.uint8)


def search(state: Search, goal_bits: float | None, weight: float, passes: int, progress: Progress) -> float:
    """Scan again and again; the weight (decibels for a bit) that it ended with.

    goal_bits: what the levels may take; the weight follows it. None: the weight stays.
    """
    for number in range(passes):
        told = part_of(progress, number / passes, (number + 1) / passes)
        state.measure()
        if goal_bits is not None and number > 0:
            still = 1 + SETTLING * 0.5**number
            weight *= float(np.clip((state.bits() / (still * goal_bits)) ** FEEDBACK, 0.2, 5.0))
        state.scan_activations(weight, number < BIRTHS, part_of(told, 0.0, 0.5))
        state.measure()
        state.scan_templates(weight, number < BIRTHS, part_of(told, 0.5, 1.0))
    state.measure()
    return weight
