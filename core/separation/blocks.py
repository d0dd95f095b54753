"""Long songs in blocks: where each block reads, where it writes, and how neighbours cross-fade into one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ALIGNMENT = 16384
"""Blocks begin at multiples of this, so that any power-of-two hop up to it falls on the same frames in every block."""

FADE = 4096
"""Samples over which two blocks cross-fade."""


@dataclass(frozen=True)
class Block:
    """Samples `read_start..read_stop` of the song are separated, `start..stop` of the result are used."""

    read_start: int
    read_stop: int
    start: int
    stop: int


def plan(frames: int, block_frames: int, context_frames: int) -> Iterator[Block]:
    """Blocks of about `block_frames` that cover `frames` samples, neighbours sharing `FADE` samples.

    Every block reads at least `context_frames` beyond what is used of it, except at the ends of the song.
    """
    step = ALIGNMENT * max(1, math.ceil(block_frames / ALIGNMENT))
    margin = ALIGNMENT * math.ceil((context_frames + FADE) / ALIGNMENT)
    for begin in range(0, frames, step):
        end = begin + step
        if end + step // 4 >= frames:  # no crumb at the end
            end = frames
        start = max(0, begin - FADE // 2)
        stop = min(frames, end + FADE // 2)
        yield Block(max(0, begin - margin), min(frames, end + margin), start, stop)
        if end >= frames:
            return


def weight(block: Block, frames: int) -> npt.NDArray[np.float32]:
    """(stop - start, 1) weights: ramps that add up to exactly one with those of the neighbours."""
    w = np.ones((block.stop - block.start, 1), np.float32)
    ramp = ((np.arange(FADE, dtype=np.float32) + 0.5) / FADE)[:, None]  # ramp + reversed ramp == 1 exactly
    if block.start > 0:
        w[:FADE] = ramp
    if block.stop < frames:
        w[-FADE:] = ramp[::-1]
    return w
