"""Coding the deviations of the stems from what the parametric layer gives, at any step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from unbraid.core import large_arrays
from unbraid.core.cpu import coarse_threads
from unbraid.core.dsp.mdct import mdct
from unbraid.core.errors import ParameterError
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.residual.layout import Layout
from unbraid.core.informed.residual.payload import Coded, Prefix, write_block
from unbraid.core.informed.residual.settings import Settings
from unbraid.core.progress import Progress, silent_progress

Doubles = npt.NDArray[np.float64]
Powers = Callable[[int], Doubles]
"""Powers (B, T, J) of the frames of a block on the grid of the parametric layer, by the block's number."""

FRAMES_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class CurvePoint:
    """What a step costs and gives; without a residual layer where step is None.

    bytes_used: of the blocks that were coded. costs: bits of each source, errors: squared errors of each, (J,).
    """

    step: float | None
    bytes_used: int
    costs: Doubles
    errors: Doubles


class Encoder:
    """The deviations of a song, transformed once, to be coded at one step or many."""

    def __init__(
        self,
        deviation: npt.NDArray[np.floating],
        powers: Powers,
        covariances: npt.NDArray[np.floating],
        grid: Grid,
        settings: Settings,
        *,
        progress: Progress = silent_progress,
    ):
        """deviation: (J, N, I), true minus parametric stems. covariances: (B or 1, J, I, I), their real parts count."""
        J, length, channels = deviation.shape
        if J < 2:
            raise ParameterError("a residual layer needs two sources or more: a single one is the mix itself")
        self.layout = Layout(grid, settings.bins, length, channels, J)
        self.settings = settings
        self._powers = powers
        self._spatial = real_covariances(covariances, grid.bands)
        self._coefficients = large_arrays.empty((self.layout.frames, settings.bins, J * channels))
        self._transform(deviation, progress)

    def _transform(self, deviation: npt.NDArray[np.floating], progress: Progress) -> None:
        J, _, channels = deviation.shape
        for first in range(0, self.layout.frames, FRAMES_AT_ONCE):
            progress(first / self.layout.frames, "transforming what the parameters miss")
            count = min(FRAMES_AT_ONCE, self.layout.frames - first)
            for j in range(J):
                part = mdct(deviation[j], self.layout.mdct, first=first, frames=count, threads=1)
                self._coefficients[first : first + count, :, j * channels : (j + 1) * channels] = part.swapaxes(0, 1)

    def block(self, number: int, settings: Settings | None = None) -> Coded:
        """One block with these settings, whose bins are those of the encoder."""
        chosen = settings or self.settings
        frames = self.layout.frames_of_block(number)
        d = np.ascontiguousarray(self._coefficients[frames.start : frames.stop])
        variances = self.layout.powers(number, self._powers(number))
        return write_block(d, variances, self._spatial, self.layout, Prefix.of(chosen, self.layout.sources))

    def blocks(
        self,
        settings: Settings | None = None,
        *,
        numbers: Sequence[int] | None = None,
        progress: Progress = silent_progress,
        threads: int | None = None,
    ) -> list[Coded]:
        """All blocks, or those with these numbers; the same bytes with any number of threads."""
        wanted = range(self.layout.blocks) if numbers is None else numbers
        coded: dict[int, Coded] = {}

        def work(number: int) -> None:
            coded[number] = self.block(number, settings)

        chunk = max(1, threads or 4)
        for start in range(0, len(wanted), chunk):
            progress(start / len(wanted), "coding what the parameters miss")
            coarse_threads(work, list(wanted[start : start + chunk]), threads=threads)
        return [coded[number] for number in wanted]

    def rate_curve(
        self,
        steps: Sequence[float],
        *,
        numbers: Sequence[int] | None = None,
        progress: Progress = silent_progress,
        threads: int | None = None,
    ) -> list[CurvePoint]:
        """What each step costs and gives, over all blocks or those with these numbers; first, what no layer gives."""
        wanted = range(self.layout.blocks) if numbers is None else numbers
        points = [CurvePoint(None, 0, np.zeros(self.layout.sources), self._missing(wanted))]
        for step in steps:
            progress((len(points) - 1) / len(steps), "measuring what the residual layer costs")
            coded = self.blocks(replace(self.settings, step=step), numbers=wanted, threads=threads)
            costs, errors = (np.sum([getattr(c, name) for c in coded], axis=0) for name in ("costs", "errors"))
            points.append(CurvePoint(step, sum(len(c.payload) for c in coded), costs, errors))
        return points

    def _missing(self, numbers: Sequence[int]) -> Doubles:
        total = np.zeros(self.layout.sources)
        for number in numbers:
            frames = self.layout.frames_of_block(number)
            d = self._coefficients[frames.start : frames.stop]
            squares = np.einsum("tms,tms->s", d, d, dtype=np.float64)
            total += squares.reshape(self.layout.sources, -1).sum(axis=1)
        return total


def encode(
    deviation: npt.NDArray[np.floating],
    powers: Powers,
    covariances: npt.NDArray[np.floating],
    grid: Grid,
    settings: Settings,
    *,
    progress: Progress = silent_progress,
) -> list[bytes]:
    """The residual layer of a song, a payload for each block of the grid; arguments as for `Encoder`."""
    encoder = Encoder(deviation, powers, covariances, grid, settings, progress=progress)
    return [coded.payload for coded in encoder.blocks(progress=progress)]


def real_covariances(covariances: npt.NDArray[np.generic], bands: int) -> Doubles:
    """Spatial covariances (B, J, I, I) float64 of each band from (B or 1, J, I, I)."""
    real = np.asarray(np.real(covariances), np.float64)
    return np.ascontiguousarray(np.broadcast_to(real, (bands, *real.shape[1:])))
