"""Where the frames and bins of the residual layer lie on the grid of the parametric layer.

Frame t of the MDCT is centred on sample t M. It belongs to the block whose samples hold its centre, and is coded with
the powers of that block only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.mdct import MdctParams
from unbraid.core.errors import BitstreamError
from unbraid.core.informed.parametric.grid import Grid

Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

WINDOW = "kaiser_bessel"
MOST_VALUES = 1 << 26
"""Coefficients of one block, all sources and channels."""


@dataclass(frozen=True)
class Layout:
    """grid: of the parametric layer. bins: M. length: samples, N. channels: I, 1 or 2. sources: J."""

    grid: Grid
    bins: int
    length: int
    channels: int
    sources: int

    def __post_init__(self) -> None:
        if self.channels not in (1, 2):
            raise BitstreamError(f"the residual layer is for mono and stereo, not for {self.channels} channels")
        most = (self.grid.block_samples // self.bins + 2) * self.bins * self.channels * self.sources
        if most > MOST_VALUES:
            raise BitstreamError(
                f"a block of {self.grid.block_samples} samples of {self.sources} sources "
                "is too long for the residual layer"
            )

    @property
    def mdct(self) -> MdctParams:
        """The transform."""
        return MdctParams(self.bins, WINDOW)

    @property
    def blocks(self) -> int:
        """Blocks of the song."""
        return self.grid.blocks(self.length)

    @property
    def frames(self) -> int:
        """MDCT frames of the song."""
        return self.mdct.frames(self.length)

    def frames_of_block(self, block: int) -> range:
        """MDCT frames of a block; the last one has all that are left."""
        size = self.grid.block_samples
        first = -(-block * size // self.bins)
        last = self.frames if block == self.blocks - 1 else -(-(block + 1) * size // self.bins)
        return range(min(first, self.frames), min(last, self.frames))

    def block_of_frame(self, frame: int) -> int:
        """The block an MDCT frame belongs to."""
        return min(frame * self.bins // self.grid.block_samples, self.blocks - 1)

    @cached_property
    def edges(self) -> Integers:
        """First MDCT bin of each band and, last, M, (B + 1,)."""
        bands = self.grid.bands_of_mdct(self.bins)
        return np.asarray(np.searchsorted(bands, np.arange(self.grid.bands + 1)), np.int64)

    def powers(self, block: int, powers: Doubles) -> Doubles:
        """Variances of MDCT coefficients of each tile (T, B, J), from powers (B, T_grid, J) of the block's frames.

        A triangle as wide as the longer of the two hops, in whole numbers, around the middle of the MDCT frame; frames
        of other blocks count as the nearest of this one. A sine window of n samples makes power n / 2 of variance 1.
        """
        hop, reach = self.grid.hop_samples, max(self.bins, self.grid.hop_samples)
        start, last = block * self.grid.block_frames, powers.shape[1] - 1
        frames = self.frames_of_block(block)
        out = np.zeros((len(frames), powers.shape[0], powers.shape[2]))
        scale = 2.0 / self.grid.window_samples
        for place, frame in enumerate(frames):
            centre = frame * self.bins
            total = 0
            for near in range(-(-(centre - reach + 1) // hop), (centre + reach - 1) // hop + 1):
                weight = reach - abs(near * hop - centre)
                out[place] += float(weight) * powers[:, min(max(near - start, 0), last)]
                total += weight
            out[place] *= scale / float(total)
        return out
