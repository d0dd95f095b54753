"""Running medians of spectrograms along time or frequency, and medians over listed frames.

Two engines with equal results: compiled loops that work on many bins at once, and scipy. The picture is taken in tiles
that fit into the cache, so any memory layout will do and no padded copy of the whole exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unbraid.core.cpu import coarse_threads, cores, slices
from unbraid.core.dsp import kernels, networks
from unbraid.core.dsp.compiled import Engine, Kernel, kernel_from_source, use_compiled
from unbraid.core.errors import ParameterError

Picture = npt.NDArray[np.float32]
"""A magnitude or power spectrogram, (F, T) float32."""
Frames = npt.NDArray[np.int32]
"""Frame numbers, (T2, k) int32."""

TILE = (128, 256)
"""Rows and columns of a tile where columns are contiguous in memory."""
TILE_TRANSPOSED = (512, 64)
"""The same where rows are."""
NETWORK_FROM = 1 << 19
"""Least number of values for which a network is made; compiling one takes seconds, once on each machine."""

TileMedian = Callable[[Picture, Picture], None]
"""Medians of a block (R + length - 1, C) into (R, C), R even."""


def median(
    V: Picture,
    length: int,
    axis: int,
    *,
    out: Picture | None = None,
    threads: int | None = None,
    engine: Engine = "auto",
) -> Picture:
    """Running median over `length` (odd) values along an axis, the first and last value repeated beyond the edges.

    V: (F, T) float32, finite. axis: 0 along frequency, 1 along time. Returns (F, T), `out` or in V's layout,
    equal to `scipy.ndimage.median_filter` with mode "nearest".
    """
    if length < 1 or length % 2 == 0:
        raise ParameterError(f"a running median takes an odd number of values, not {length}; try {length + 1}")
    if axis not in (0, 1):
        raise ParameterError(f"a spectrogram has axis 0 (frequency) and 1 (time), not {axis}")
    result = np.empty_like(V) if out is None else out
    if result.shape != V.shape:
        raise ParameterError(f"out has the shape of the spectrogram, {V.shape}, not {result.shape}")
    source = V.copy(order="K") if out is not None and np.may_share_memory(V, out) else V
    if axis == 1:
        _along_rows(source.T, length, result.T, threads, use_compiled(engine))
    else:
        _along_rows(source, length, result, threads, use_compiled(engine))
    return result


def _along_rows(x: Picture, length: int, out: Picture, threads: int | None, is_compiled: bool) -> None:
    """Running median along axis 0. x, out: (R, C)."""
    if length == 1 or x.size == 0:
        np.copyto(out, x)
    elif is_compiled:
        _compiled_median(x, length, out, threads)
    else:
        _scipy_median(x, length, out)


def _scipy_median(x: Picture, length: int, out: Picture) -> None:
    """One call for each column: scipy's filter is fast in one dimension only (and holds the GIL: no threads)."""
    from scipy.ndimage import median_filter

    for c in range(x.shape[1]):
        out[:, c] = median_filter(np.ascontiguousarray(x[:, c]), size=length, mode="nearest")


class Tile(NamedTuple):
    """Part of a picture."""

    rows: slice
    columns: slice


def _tiles(x: Picture, length: int) -> Iterator[Tile]:
    """Tiles of a picture (R, C), long enough for the rows that they share to matter little."""
    rows, columns = x.shape
    height, width = TILE_TRANSPOSED if abs(x.strides[0]) < abs(x.strides[1]) else TILE
    height = max(height, 8 * (length - 1))
    for r in range(0, rows, height):
        for c in range(0, columns, width):
            yield Tile(slice(r, min(r + height, rows)), slice(c, min(c + width, columns)))


def _compiled_median(x: Picture, length: int, out: Picture, threads: int | None) -> None:
    """Running median along axis 0 by compiled loops, tile by tile."""
    new_kernel = _network_median if length <= networks.LONGEST and x.size >= NETWORK_FROM else _window_median
    kernel = new_kernel(length)
    tiles = list(_tiles(x, length))

    def work(part: slice) -> None:
        for tile in tiles[part]:
            block = _padded_rows(x[:, tile.columns], tile.rows, length)
            medians = np.empty((len(block) - length + 1, block.shape[1]), np.float32)
            kernel(block, medians)
            out[tile.rows, tile.columns] = medians[: tile.rows.stop - tile.rows.start]

    coarse_threads(work, slices(len(tiles), threads or cores()), threads=threads)


def _padded_rows(x: Picture, rows: slice, length: int) -> Picture:
    """Rows (an even number) and length // 2 more on both sides, the outermost ones repeated beyond the ends."""
    half = length // 2
    count = rows.stop - rows.start
    count += count % 2
    first, last = rows.start - half, rows.start + count + half
    a, b = max(first, 0), min(last, len(x))
    block = np.empty((last - first, x.shape[1]), np.float32)
    block[a - first : b - first] = x[a:b]
    block[: a - first] = x[0]
    block[b - first :] = x[-1]
    return block


@lru_cache(maxsize=64)
def _network_median(length: int) -> TileMedian:
    """Medians of a tile by a sorting network of this length."""

    def warm_up(kernel: Kernel) -> None:
        kernel(np.zeros((length + 1, 4), np.float32), np.zeros((2, 4), np.float32))

    return kernel_from_source(f"running_median_{length}", networks.running_median_source(length), warm_up)


def _window_median(length: int) -> TileMedian:
    """Medians of a tile by sorted windows."""

    def kernel(block: Picture, out: Picture) -> None:
        scratch = np.empty((2, length + 2, block.shape[1]), np.int32)
        keys = _ordered_keys(block)
        result = np.empty(out.shape, np.int32)
        kernels.running_median(keys, length, result, scratch[0], scratch[1])
        np.copyto(out, _ordered_keys(result).view(np.float32))

    return kernel


def _ordered_keys(values: npt.NDArray[np.float32] | npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Bits of floats as integers of the same order; applied to keys, the bits again."""
    bits = values.view(np.int32)
    return bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))


def median_of_frames(V: Picture, index: Frames, *, threads: int | None = None, engine: Engine = "auto") -> Picture:
    """Lower median, for each bin, over the frames listed for each frame of the result.

    V: (F, T) float32, finite. index: (T2, k) frame numbers. Returns (F, T2), in memory (T2, F).
    """
    if index.ndim != 2 or index.shape[1] < 1:
        raise ParameterError(f"the frames are listed as (frames, at least 1), not {index.shape}")
    if index.size and not 0 <= index.min() <= index.max() < V.shape[1]:
        raise ParameterError(f"frames {index.min()} to {index.max()} are not all within the {V.shape[1]} frames")
    frames = np.ascontiguousarray(V.T)
    out = np.empty((len(index), V.shape[0]), np.float32)
    work = _compiled_listed(frames, index, out) if use_compiled(engine) else _numpy_listed(frames, index, out)
    coarse_threads(work, slices(len(index), threads or cores()), threads=threads)
    return out.T


def _numpy_listed(frames: Picture, index: Frames, out: Picture) -> Callable[[slice], None]:
    rank = (index.shape[1] - 1) // 2

    def work(part: slice) -> None:
        for t in range(part.start, part.stop):
            out[t] = np.partition(frames[index[t]], rank, axis=0)[rank]

    return work


def _compiled_listed(frames: Picture, index: Frames, out: Picture) -> Callable[[slice], None]:
    listed = np.ascontiguousarray(index, np.int32)
    count = index.shape[1]
    if 2 < count <= networks.LONGEST and out.size >= NETWORK_FROM:
        kernel = _network_listed(count)
        return lambda part: kernel(frames, listed[part], out[part])

    comparators = networks.selection_network(count, ((count - 1) // 2,))
    pairs = np.array([c[:2] for c in comparators], np.int64).reshape(-1, 2)

    def work(part: slice) -> None:
        kernels.listed_median(frames.view(np.int32), listed[part], pairs, out[part].view(np.int32))

    return work


@lru_cache(maxsize=64)
def _network_listed(count: int) -> Kernel:
    """Medians over so many listed frames by a sorting network."""

    def warm_up(kernel: Kernel) -> None:
        kernel(np.zeros((4, 4), np.float32), np.zeros((1, count), np.int32), np.zeros((1, 4), np.float32))

    return kernel_from_source(f"listed_median_{count}", networks.listed_median_source(count), warm_up)
