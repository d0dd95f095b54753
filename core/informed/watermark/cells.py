"""Bits in the cells of integer coefficients: written, read, and taken out again, which leaves the host.

The lowest b bits of a coefficient are its place within a cell of 2^b integers; they are replaced. The host has every
such coefficient in the middle of its cell, whatever the bits are, so that both sides know it exactly.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from unbraid.core.informed.watermark.layout import (
    Bits,
    Layout,
    payload_widths,
    read_headers,
    shifts,
    widths,
    write_headers,
)
from unbraid.core.informed.watermark.reversible import Whole

Levels = npt.NDArray[np.uint8]
"""Levels of bands, (T, C, B)."""

Used = npt.NDArray[np.bool_]
"""Which blocks carry anything, (T, C)."""

Places = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
"""Times and channels of blocks, (n,) each."""

BLOCKS_AT_ONCE = 128


def _planes(payload: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int32]]:
    """Which bits there are, (n, planes, M), lowest plane first, and the weights of planes."""
    count = int(payload.max(initial=0))
    planes = np.arange(count, dtype=np.uint8)[:, None]
    return payload[:, None] > planes, planes.astype(np.int32)


def _groups(used: Used) -> Iterator[Places]:
    """Blocks and channels of used blocks in the order of their bits, a few at a time."""
    times, channels = np.nonzero(used)
    for start in range(0, len(times), BLOCKS_AT_ONCE):
        yield times[start : start + BLOCKS_AT_ONCE], channels[start : start + BLOCKS_AT_ONCE]


def host_of(coefficients: Whole, levels: Levels, used: Used, plan: Layout) -> Whole:
    """Coefficients (C, T, M) with those of used blocks in the middle of their cells."""
    host = coefficients.copy()
    place = shifts(plan)
    for times, channels in _groups(used):
        cell = np.maximum(widths(levels[times, channels], plan), place).astype(np.int32)
        host[channels, times] = (host[channels, times] >> cell << cell) + ((1 << cell) >> 1)
    return host


def write(host: Whole, levels: Levels, used: Used, bits: Bits, plan: Layout) -> Whole:
    """Coefficients (C, T, M) of the host with headers and the bits, block after block, channel after channel."""
    marked = host.copy()
    place = shifts(plan).astype(np.int32)
    done = 0
    for times, channels in _groups(used):
        taken = widths(levels[times, channels], plan)
        mask, planes = _planes(payload_widths(taken, plan))
        values = np.zeros(mask.shape, np.int32)
        count = int(mask.sum())
        values[mask] = bits[done : done + count]
        done += count
        low = (values << planes).sum(axis=1, dtype=np.int32) << place
        low[:, plan.header] |= write_headers(levels[times, channels])
        cell = np.maximum(taken, place).astype(np.int32)
        marked[channels, times] = (marked[channels, times] >> cell << cell) + low
    return marked


def read_levels(coefficients: Whole, plan: Layout) -> tuple[Levels, Used]:
    """Levels and used blocks from the headers of coefficients (C, T, M)."""
    bits = (coefficients[:, :, plan.header] & 1).astype(np.uint8).swapaxes(0, 1)
    levels, right = read_headers(np.ascontiguousarray(bits).reshape(-1, plan.header_bits))
    return levels.reshape(*bits.shape[:2], plan.bands), right.reshape(bits.shape[:2])


def read(
    coefficients: Whole, levels: Levels, used: Used, plan: Layout, most: int
) -> tuple[Bits, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Bits of used blocks of coefficients (C, T, M), about `most`, and at which of them which block begins."""
    begins = np.cumsum(bits_of(levels, plan)[used])
    begins -= bits_of(levels, plan)[used]
    parts, total = [np.zeros(0, np.uint8)], 0
    place = shifts(plan).astype(np.int32)
    for times, channels in _groups(used):
        mask, planes = _planes(payload_widths(widths(levels[times, channels], plan), plan))
        values = (coefficients[channels, times] >> place)[:, None] >> planes & 1
        parts.append(values[mask].astype(np.uint8))
        total += len(parts[-1])
        if total >= most:
            break
    return np.concatenate(parts), begins, np.nonzero(used)[0].astype(np.int64)


def bits_of(levels: Levels, plan: Layout) -> npt.NDArray[np.int64]:
    """Bits of the payload that each block takes at these levels, (T, C)."""
    every = np.repeat(np.arange(32, dtype=np.uint8)[:, None], plan.bands, axis=1)
    payload = payload_widths(widths(every, plan), plan)
    table = np.add.reduceat(payload[:, : plan.starts[-1]].astype(np.int64), plan.starts[:-1], axis=1)
    return np.asarray(table[levels, np.arange(plan.bands)].sum(axis=-1), np.int64)
