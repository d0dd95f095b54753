"""How loud a signal is, channel by channel, without having it in memory at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Audio

BLOCK = 1 << 20


@dataclass(frozen=True, eq=False)
class Levels:
    """Per channel (I,): peak and root mean square in dB of full scale (-inf for silence), mean (offset).

    full_scale_samples: how many samples reach or exceed full scale, all channels together.
    """

    peak_db: npt.NDArray[np.float64]
    rms_db: npt.NDArray[np.float64]
    offset: npt.NDArray[np.float64]
    full_scale_samples: int


def levels(audio: Audio) -> Levels:
    """Levels of a whole signal; float64 sums, in blocks."""
    peak = np.zeros(audio.channels)
    energy = np.zeros(audio.channels)
    mean = np.zeros(audio.channels)
    full = 0
    for start in range(0, audio.frames, BLOCK):
        block = audio.samples[start : start + BLOCK].astype(np.float64)
        peak = np.maximum(peak, np.abs(block).max(axis=0))
        energy += np.square(block).sum(axis=0)
        mean += block.sum(axis=0)
        full += int(np.count_nonzero(np.abs(block) >= 1.0))
    count = max(1, audio.frames)
    return Levels(decibels(peak), decibels(np.sqrt(energy / count)), mean / count, full)


def peak_db(peak: float) -> float:
    """Decibels of full scale of one amplitude, -inf for 0."""
    return 20.0 * math.log10(peak) if peak > 0.0 else -math.inf


def decibels(amplitude: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """20 log10 of an amplitude, -inf for 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(20.0 * np.log10(amplitude))
