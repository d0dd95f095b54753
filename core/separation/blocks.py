"""Long songs in blocks: where each block reads, where it writes, and how neighbours cross-fade into one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from unbraid.core.audio import Samples

ALIGNMENT = 16384
"""Blocks begin at multiples of this, so that any power-of-two hop up to it falls on the same frames in every block."""

FADE = 4096
"""Samples over which two blocks cross-fade."""

CHUNK = 1 << 20


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


def add(block: Block, result: Samples, song: Samples) -> None:
    """Add what is used of a block's result, (stop - start, I), to its place in `song` (N, I).

    Where neighbours overlap it is faded by ramps that add up to exactly one with theirs; temporaries stay small.
    """
    target = song[block.start : block.stop]
    fade_in, fade_out = block.start > 0, block.stop < len(song)
    first, last = FADE * fade_in, len(target) - FADE * fade_out
    ramp = ((np.arange(FADE, dtype=np.float32) + 0.5) / FADE)[:, None]  # ramp + reversed ramp == 1 exactly
    if fade_in:
        target[:first] += ramp * result[:first]
    for start in range(first, last, CHUNK):
        stop = min(start + CHUNK, last)
        target[start:stop] += result[start:stop]
    if fade_out:
        target[last:] += ramp[::-1] * result[last:]
