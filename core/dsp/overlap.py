"""Cutting a signal into overlapping frames and adding frames up again, for every lapped transform.

Frame t starts at sample t * hop - offset. Frames are added in their order whatever the blocks they arrive in, so a
signal made in one call, in blocks or by several threads is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]


def segment(signal: npt.NDArray[np.floating], start: int, count: int) -> Vector:
    """Samples `start` to `start + count` of a signal (N,), contiguous float32, zeros beyond both of its ends."""
    piece = np.empty(count, np.float32)
    a, b = min(max(start, 0), len(signal)), min(max(start + count, 0), len(signal))
    before = min(max(-start, 0), count)
    piece[:before] = 0
    piece[before : before + b - a] = signal[a:b]
    piece[before + b - a :] = 0
    return piece


def hop_sums(values: npt.NDArray[np.float64], hop: int) -> npt.NDArray[np.float64]:
    """Sums of values (n,) that are repeated every `hop` samples, (hop,)."""
    sums: npt.NDArray[np.float64] = _rows(values, hop).sum(axis=0)
    return sums


def _rows(values: npt.NDArray[np.float64], hop: int) -> npt.NDArray[np.float64]:
    """Values (n,) in rows of one hop, (ceil(n / hop), hop), zeros at the end."""
    padded = np.zeros(-(-len(values) // hop) * hop)
    padded[: len(values)] = values
    return padded.reshape(-1, hop)


@dataclass(frozen=True, eq=False)
class OverlapPlan:
    """Which frames make up which samples, and the synthesis window that gives the signal back.

    window: (n,) analysis window. hop, offset, length: samples. frames: T of the whole signal.
    Samples are counted in blocks of one hop; block s begins where frame s begins, at sample s * hop - offset.
    """

    window: Vector
    hop: int
    offset: int
    frames: int
    length: int

    @cached_property
    def reach(self) -> int:
        """Blocks that one frame touches, ceil(n / hop)."""
        return -(-len(self.window) // self.hop)

    @cached_property
    def _running_power(self) -> npt.NDArray[np.float64]:
        """Sums of the squared windows of the first i frames that touch a block, (reach + 1, hop)."""
        rows = _rows(self.window.astype(np.float64) ** 2, self.hop)
        return np.concatenate([np.zeros((1, self.hop)), np.cumsum(rows, axis=0)])

    @cached_property
    def synthesis(self) -> Vector:
        """The window over the sum of squared windows far from the ends, (n,)."""
        norm = np.tile(self._running_power[-1], self.reach)[: len(self.window)]
        return np.asarray(self.window / norm, np.float32)

    def is_edge(self, block: int) -> bool:
        """Whether some frame is missing that an endless signal would have in this block."""
        return block < self.reach - 1 or block >= self.frames

    def edge_gain(self, block: int) -> Vector:
        """What makes up for the missing frames, (hop,): sum of squared windows far from the ends over that here."""
        power = self._running_power
        here = power[min(block, self.reach - 1) + 1] - power[max(0, block - self.frames + 1)]
        return np.asarray(np.divide(power[-1], here, out=np.zeros(self.hop), where=here > 0), np.float32)


class OverlapAdd:
    """Frames of one channel in, finished samples out; begins at any block (hop) of the signal."""

    def __init__(self, plan: OverlapPlan, first_block: int = 0):
        self.plan = plan
        self.frame = max(0, first_block - plan.reach + 1)
        """Next frame that `add` expects; the first ones may lie before the block asked for."""
        self.position = min(max(first_block * plan.hop - plan.offset, 0), plan.length)
        """Next sample that will be finished."""
        self._carry = np.zeros((plan.reach - 1, plan.hop), np.float32)

    def add(self, frames: Vector) -> Vector:
        """Samples (m,) that no later frame changes, after frames (B, n), not yet windowed."""
        plan, hop, count = self.plan, self.plan.hop, len(frames)
        total = np.zeros((count + plan.reach - 1, hop), np.float32)
        total[: plan.reach - 1] = self._carry
        scratch = np.empty((count, hop), np.float32)
        for i in reversed(range(plan.reach)):  # from the earliest frame of each block to the latest
            part = slice(i * hop, min((i + 1) * hop, len(plan.window)))
            width = part.stop - part.start
            np.multiply(frames[:, part], plan.synthesis[part], out=scratch[:, :width])
            total[i : i + count, :width] += scratch[:, :width]
        self._carry = total[count:]
        first, self.frame = self.frame, self.frame + count
        return self._finished(total[:count], first)

    def finish(self) -> Vector:
        """The remaining samples (m,), after the last frame."""
        return self._finished(self._carry, self.frame)

    def _finished(self, blocks: Vector, first: int) -> Vector:
        """Samples of complete blocks (B, hop) from block `first` on, without what lies outside or came before."""
        plan = self.plan
        for s in range(first, first + len(blocks)):
            if plan.is_edge(s):
                blocks[s - first] *= plan.edge_gain(s)
        start = first * plan.hop - plan.offset
        stop = min(start + blocks.size, plan.length)
        begin, self.position = self.position, max(self.position, stop)
        return blocks.reshape(-1)[begin - start : self.position - start]
