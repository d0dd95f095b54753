"""Samples beyond full scale, when a set of stems goes to files that cannot hold them: one rule for the whole set."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np

from unbraid.core.audio import Audio, Samples
from unbraid.core.errors import AudioFileError, ParameterError

Clipping = Literal["none", "common_gain", "soft", "clamp"]
"""none: leave it to the file. common_gain: one gain for the whole set. soft: a tanh knee. clamp: cut at full scale."""

POLICIES: tuple[Clipping, ...] = ("none", "common_gain", "soft", "clamp")

BLOCK = 1 << 18
"""Frames looked at in one go, so that an hour on disk is never in memory as a whole."""

KNEE = 0.8
"""Where the soft curve leaves the straight line, as a fraction of full scale (-1.9 dBFS)."""


def check_policy(policy: str) -> None:
    """Raise ParameterError for a policy that does not exist."""
    if policy not in POLICIES:
        raise ParameterError(f"clipping is one of {', '.join(POLICIES)}, not {policy!r}")


def blocks(samples: Samples, size: int = BLOCK) -> Iterator[Samples]:
    """Consecutive views of `samples`, at most `size` frames each."""
    for start in range(0, samples.shape[0], size):
        yield samples[start : start + size]


def peak(audio: Audio) -> float:
    """Largest absolute sample, block by block; AudioFileError when a sample is not a number or infinite."""
    highest = 0.0
    for k, block in enumerate(blocks(audio.samples)):
        value = max(float(block.max()), -float(block.min()))
        if not math.isfinite(value):
            row = k * BLOCK + int(np.argmax(~np.isfinite(block).all(axis=1)))
            raise AudioFileError(
                f"the sound to be written holds samples that are not finite, the first at {row / audio.rate:.3f} s; "
                f"whatever made it is at fault, nothing was written"
            )
        highest = max(highest, value)
    return highest


def common_gain(peaks: Iterable[float], ceiling: float = 1.0) -> float:
    """The one factor, at most 1, that brings the loudest of a set to `ceiling`; 1 when none passes full scale."""
    highest = max(peaks, default=0.0)
    return 1.0 if highest <= 1.0 else ceiling / highest


def ceiling_of(bits: int | None) -> float:
    """Highest peak that a file of `bits` bits holds with dither on top, 1 for files without a depth."""
    return 1.0 if bits is None else 1.0 - 2.0 ** (2 - bits)


def decibels(gain: float) -> float:
    """A factor in dB."""
    return 20.0 * math.log10(gain)


def soft_clip(block: Samples, ceiling: float = 1.0) -> Samples:
    """Straight up to 0.8 of `ceiling`, then a tanh that never passes it, without a kink. (n, I) float32."""
    knee = KNEE * ceiling
    room = ceiling - knee
    size = np.abs(block)
    bent = np.sign(block) * (knee + room * np.tanh((size - knee) / room))
    return np.where(size <= knee, block, bent).astype(np.float32)


def limit(block: Samples, policy: Clipping, gain: float, ceiling: float = 1.0) -> Samples:
    """One block after the policy that was decided for its whole set; untouched when there is nothing to do."""
    if policy == "common_gain" and gain != 1.0:
        return block * np.float32(gain)
    if policy == "soft":
        return soft_clip(block, ceiling)
    if policy == "clamp":
        return np.clip(block, np.float32(-1.0), np.float32(1.0))
    return block
