"""Levels of amplitude in equal steps of decibels, as numbers that are the same on every machine.

A *semitone* of amplitude is the factor 2^(1/12), 0.5017 dB. Levels are whole multiples of a step of semitones; index 0
stands for zero. Their values come from integers, rounded once.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError

Doubles = npt.NDArray[np.float64]
Indices = npt.NDArray[np.uint8]

DIVISIONS = 12
"""Semitones of a factor of two."""
MOST_SEMITONES = 3200
STEPS = (1, 48)
"""Least and greatest step, in semitones."""
MOST_INDEX = 127
MOST_SPAN = 1536
"""Semitones from the lowest level to the highest, 770 dB: squares of products stay within float64."""
MOST_FIRST = 1536
GUARD_BITS = 80
"""Bits to which a root is found before it is rounded to the 53 of a float64."""


def root_of_two(numerator: int, denominator: int) -> float:
    """2^(numerator / denominator) as the nearest float64, made with integers only; 0 <= numerator < denominator."""
    if not 0 <= numerator < denominator <= MOST_SEMITONES:
        raise ParameterError(f"a root of two lies between 0 and 1 octave, not {numerator}/{denominator}")
    goal = 1 << (numerator + denominator * GUARD_BITS)
    low, high = 1 << GUARD_BITS, 2 << GUARD_BITS
    while high - low > 1:  # the greatest integer whose power is no more than the goal
        middle = (low + high) // 2
        if middle**denominator <= goal:
            low = middle
        else:
            high = middle
    return low / (1 << GUARD_BITS)


@lru_cache(maxsize=1)
def _octave() -> tuple[float, ...]:
    return tuple(root_of_two(n, DIVISIONS) for n in range(DIVISIONS))


def amplitude(semitones: int) -> float:
    """2^(semitones / 12), exactly rounded."""
    if abs(semitones) > MOST_SEMITONES:
        raise ParameterError(f"an amplitude has up to {MOST_SEMITONES} semitones, not {semitones}")
    octave, rest = divmod(semitones, DIVISIONS)
    return float(np.ldexp(_octave()[rest], octave))


def table(step: int, first: int, most: int) -> Doubles:
    """Values of the indices 0 .. most: zero, then amplitudes from `first` semitones on, `step` apart, (most + 1,)."""
    return np.array([0.0] + [amplitude(first + step * i) for i in range(most)])


def nearest(values: npt.ArrayLike, step: int, first: int, most: int) -> Indices:
    """Indices of the levels that are nearest on the scale of decibels; what lies below the lowest by a step is 0."""
    amounts = np.asarray(values, np.float64)
    with np.errstate(divide="ignore"):
        semitones = DIVISIONS * np.log2(amounts)
    places = np.floor((semitones - first) / step + 1.5)
    return np.asarray(np.clip(np.nan_to_num(places, nan=0, neginf=0, posinf=most), 0, most), np.uint8)
