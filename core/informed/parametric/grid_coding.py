"""A grid as six bytes; the rate is known from the header of the stream."""

from __future__ import annotations

import struct

from unbraid.core.errors import BitstreamError, ParameterError
from unbraid.core.informed.parametric.grid import Grid

SIZE = 6
CORNER_HZ = 50
_LAYOUT = struct.Struct("<BHBH")


def write_grid(grid: Grid) -> bytes:
    """SIZE bytes. The corner is rounded to CORNER_HZ; make grids whose corner is a multiple of it."""
    window = grid.window_samples.bit_length() - 1
    overlap = (grid.window_samples // grid.hop_samples).bit_length() - 1
    return _LAYOUT.pack(window | overlap << 5, grid.bands, grid.corner_hz // CORNER_HZ, grid.block_frames)


def read_grid(data: bytes, rate: int) -> Grid:
    """The grid from the first SIZE bytes; BitstreamError where there is no such grid."""
    if len(data) < SIZE:
        raise BitstreamError(f"the grid has {SIZE} bytes, not {len(data)}; get the file again")
    shape, bands, corner, frames = _LAYOUT.unpack_from(data)
    window = 1 << (shape & 31)
    try:
        return Grid(rate, window, window >> (shape >> 5), bands, corner * CORNER_HZ, frames)
    except ParameterError as error:
        raise BitstreamError(f"the grid of the side-information is damaged: {error}") from None
