"""How much later one recording is than another, from what they have in common (GCC-PHAT, Knapp and Carter, 1976)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Samples
from unbraid.core.progress import Progress, silent_progress

PIECES = 24
"""Pieces of a song that are compared, spread evenly over it."""

CLEAR = 8.0
"""Least height of a peak over the root mean square of the correlation; noise reaches five."""

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Delay:
    """By how many samples a recording is later, and how far that stands out (height over root mean square)."""

    samples: int
    height: float

    @property
    def is_clear(self) -> bool:
        """Whether it is no chance."""
        return self.height >= CLEAR


def find_delay(a: Samples, b: Samples, reach: int, *, progress: Progress = silent_progress) -> Delay:
    """The delay of `b` (N, I) behind `a` (N, I) of at most `reach` samples in either direction."""
    from scipy.fft import irfft, next_fast_len, rfft

    frames = min(len(a), len(b))
    length = min(frames, 4 * max(1, reach))
    size = next_fast_len(2 * max(1, length), real=True)
    total = np.zeros(size // 2 + 1, np.complex128)
    starts = np.unique(np.linspace(0, frames - length, min(PIECES, max(1, frames // max(1, length)))).astype(int))
    for number, start in enumerate(starts):
        progress(number / len(starts), "finding out whether recordings are in step")
        A, B = (rfft(_mono(x[start : start + length]), size) for x in (a, b))
        across = B * A.conj()
        level = np.abs(across)
        total += across / np.where(level > 0, level, 1)
    correlation = irfft(total, size)
    near = min(reach, length - 1, (size - 1) // 2)
    around = np.concatenate([correlation[size - near :], correlation[: near + 1]]) if near > 0 else correlation[:1]
    spread = float(np.sqrt(np.mean(np.square(correlation))))
    if spread == 0:
        return Delay(0, 0.0)
    best = int(np.argmax(np.abs(around)))
    return Delay(best - max(0, near), float(np.abs(around[best])) / spread)


def _mono(samples: Samples) -> Doubles:
    """Mean of the channels without its own mean, (N,)."""
    mono = np.asarray(samples.mean(axis=1), np.float64)
    return mono - mono.mean() if len(mono) else mono


def moved(samples: Samples, delay: int) -> Samples:
    """Samples (N, I) brought forward by `delay`; what is missing is silence."""
    out = np.zeros(samples.shape, np.float32)
    if delay >= 0:
        out[: len(out) - delay] = samples[delay:]
    else:
        out[-delay:] = samples[:delay]
    return out
