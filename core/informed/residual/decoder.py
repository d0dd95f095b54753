"""Deviations of the stems from their bytes, for any range of samples."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.mdct import imdct
from unbraid.core.errors import BitstreamError
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.residual.encoder import Powers, real_covariances
from unbraid.core.informed.residual.layout import Layout
from unbraid.core.informed.residual.payload import bins_of, read_block

Singles = npt.NDArray[np.float32]
Payloads = Callable[[int], bytes | None]
"""Payload of a block by its number, None where it is lost."""

KEPT = 3
"""Decoded blocks that are kept."""


class Residual:
    """What is to be added to the parametric stems. Blocks that are lost or damaged add nothing."""

    def __init__(
        self,
        payloads: Payloads,
        powers: Powers,
        covariances: npt.NDArray[np.floating],
        grid: Grid,
        *,
        length: int,
        kept: int = KEPT,
    ):
        """covariances: (B or 1, J, I, I). length: samples, N. damage: numbers and errors of blocks found damaged."""
        self._payloads, self._powers = payloads, powers
        self._spatial = real_covariances(covariances, grid.bands)
        self._grid, self._length = grid, length
        self._sources, self._channels = self._spatial.shape[1:3]
        self._layout: Layout | None = None
        self._is_searched = False
        self._kept = kept
        self._cache: OrderedDict[int, Singles] = OrderedDict()
        self.damage: dict[int, BitstreamError] = {}

    @property
    def layout(self) -> Layout | None:
        """Where frames lie, as the first intact block that is not empty says; None if there is none."""
        if self._layout is None and not self._is_searched:
            self._is_searched = True
            for number in range(self._grid.blocks(self._length)):
                payload = self._payloads(number)
                if payload:
                    try:
                        bins = bins_of(payload, self._sources)
                        self._layout = Layout(self._grid, bins, self._length, self._channels, self._sources)
                        break
                    except BitstreamError as error:
                        self.damage[number] = error
        return self._layout

    def coefficients(self, number: int, layout: Layout) -> Singles:
        """MDCT coefficients (T, M, J I) of a block; zeros where it is lost or damaged."""
        if number in self._cache:
            self._cache.move_to_end(number)
            return self._cache[number]
        found = self._decoded(number, layout)
        self._cache[number] = found
        while len(self._cache) > self._kept:
            self._cache.popitem(last=False)
        return found

    def _decoded(self, number: int, layout: Layout) -> Singles:
        payload = self._payloads(number)
        try:
            if payload:
                return decode_block(payload, number, self._powers(number), self._spatial, layout)
        except BitstreamError as error:
            self.damage[number] = error
        frames = len(layout.frames_of_block(number))
        return np.zeros((frames, layout.bins, layout.sources * layout.channels), np.float32)

    def samples(self, start: int, stop: int) -> Singles:
        """Samples start to stop, (J, stop - start, I)."""
        layout = self.layout
        out = np.zeros((self._sources, stop - start, self._channels), np.float32)
        if layout is None or stop <= start:
            return out
        first, last = start // layout.bins, (stop - 1) // layout.bins + 1
        coefficients = self._frames(range(first, last + 1), layout)
        offset, channels = start - first * layout.bins, self._channels
        for j in range(self._sources):
            part = coefficients[:, :, j * channels : (j + 1) * channels]
            if part.any():
                whole = imdct(part.swapaxes(0, 1), layout.mdct, (last - first) * layout.bins, threads=1)
                out[j] = whole[offset : offset + stop - start]
        return out

    def _frames(self, frames: range, layout: Layout) -> Singles:
        """Coefficients (n, M, J I) of frames that may lie in several blocks."""
        out = np.zeros((len(frames), layout.bins, layout.sources * layout.channels), np.float32)
        for number in range(layout.block_of_frame(frames[0]), layout.block_of_frame(frames[-1]) + 1):
            own = layout.frames_of_block(number)
            common = range(max(own.start, frames.start), min(own.stop, frames.stop))
            if common:
                block = self.coefficients(number, layout)
                out[common.start - frames.start : common.stop - frames.start] = block[
                    common.start - own.start : common.stop - own.start
                ]
        return out


def decode_block(
    payload: bytes, number: int, powers: npt.NDArray[np.float64], spatial: npt.NDArray[np.float64], layout: Layout
) -> Singles:
    """MDCT coefficients (T, M, J I) of one block. powers: (B, T_grid, J). spatial: (B, J, I, I)."""
    return read_block(payload, layout.powers(number, powers), spatial, layout)
