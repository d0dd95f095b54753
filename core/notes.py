"""Notes of the equal-tempered scale: the name and the cents of a frequency, the frequency of a name's number."""

from __future__ import annotations

import math

from unbraid.core.errors import ParameterError

NAMES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
A4_HZ = 440.0
A4 = 69
"""Number of A4; one for each semitone, C4 (middle C) is 60."""


def note_number(freq_hz: float, *, a4_hz: float = A4_HZ) -> float:
    """Number of the note at a frequency above zero, with fractions of a semitone."""
    if not freq_hz > 0:
        raise ParameterError(f"a note has a frequency above 0 Hz, not {freq_hz}")
    return A4 + 12 * math.log2(freq_hz / a4_hz)


def note_hz(number: float, *, a4_hz: float = A4_HZ) -> float:
    """Frequency of a note's number in Hz."""
    return float(a4_hz * 2 ** ((number - A4) / 12))


def note_name(number: int) -> str:
    """Name of a note: 60 is C4, 61 is C♯4, 0 is C-1."""
    return f"{NAMES[number % 12]}{number // 12 - 1}"


def note_and_cents(freq_hz: float, *, a4_hz: float = A4_HZ) -> tuple[str, int]:
    """Name of the nearest note and how many cents (-50 to 50) the frequency lies above it."""
    number = note_number(freq_hz, a4_hz=a4_hz)
    nearest = math.floor(number + 0.5)
    return note_name(nearest), round(100 * (number - nearest))


def note_text(freq_hz: float, *, a4_hz: float = A4_HZ) -> str:
    """For people: "C5 +3 c"; just the name when it is the note itself."""
    name, cents = note_and_cents(freq_hz, a4_hz=a4_hz)
    return f"{name} {cents:+d} c".replace("-", "−") if cents else name
