"""Where axes have marks and what is written there: round numbers, as many as have room, in order of importance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from unbraid.app.spectrogram.scales import Scale
from unbraid.app.times import clock
from unbraid.core.notes import NAMES, note_hz, note_name, note_number

TIME_STEPS_S = (
    *(f * 10**e for e in range(-4, 0) for f in (1, 2, 5)),
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200),
)
LEAST_MINOR_PX = 5.0
LEAST_MINOR_TIME_PX = 8.0
LOWEST_ROUND_HZ = {"log": 1.0, "mel": 100.0}
ENOUGH_LABELS = 5
"""Fewer round numbers than that, and an axis of decades is marked in even steps."""


@dataclass(frozen=True)
class Tick:
    """A mark on an axis. value: seconds, Hz or dB. label: empty for a small mark."""

    value: float
    label: str = ""


def frequency_text(hz: float) -> str:
    """With its unit, four digits at most: 82.4 Hz, 523 Hz, 1.25 kHz, 12.3 kHz."""
    value, unit = (hz / 1000, "kHz") if hz >= 999.5 else (hz, "Hz")
    decimals = 0 if value >= 100 else 1 if value >= 10 or unit == "Hz" else 2
    return f"{value:.{decimals}f} {unit}"


def time_ticks(start_s: float, end_s: float, pixels: float, label_px: float) -> list[Tick]:
    """Marks of a time axis; labels need `label_px` each."""
    per_pixel = (end_s - start_s) / max(pixels, 1)
    major = next((s for s in TIME_STEPS_S if s >= label_px * per_pixel), TIME_STEPS_S[-1])
    minors = [s for s in TIME_STEPS_S if s <= major and _divides(s, major) and s >= LEAST_MINOR_TIME_PX * per_pixel]
    decimals = max(0, -math.floor(math.log10(major) + 1e-9))
    minor = min(minors, default=major)
    every = round(major / minor)
    first, last = math.ceil(start_s / minor - 1e-9), math.floor(end_s / minor + 1e-9)
    return [Tick(k * minor, clock(k * minor, decimals) if k % every == 0 else "") for k in range(first, last + 1)]


def _divides(part: float, whole: float) -> bool:
    ratio = whole / part
    return ratio <= 10.5 and abs(ratio - round(ratio)) < 1e-6


@lru_cache(maxsize=64)
def frequency_ticks(scale: Scale, low_hz: float, high_hz: float, pixels: float, label_px: float) -> tuple[Tick, ...]:
    """Marks of a frequency axis from low_hz to high_hz; labels are at least `label_px` apart."""

    def placed(tiers: Iterable[list[Tick]]) -> tuple[Tick, ...]:
        return _placed(tiers, scale, low_hz, high_hz, pixels, label_px)

    if scale.name == "note":
        return placed(_note_tiers(low_hz, high_hz))
    even = placed([list(_even(low_hz, high_hz, pixels, label_px))])
    if scale.name != "linear":
        ticks = placed(_round_tiers(max(low_hz, LOWEST_ROUND_HZ[scale.name]), high_hz))
        if _labels(ticks) >= min(ENOUGH_LABELS, _labels(even)):
            return ticks
    return even


def _labels(ticks: tuple[Tick, ...]) -> int:
    return sum(bool(tick.label) for tick in ticks)


def _placed(
    tiers: Iterable[list[Tick]], scale: Scale, low_hz: float, high_hz: float, pixels: float, label_px: float
) -> tuple[Tick, ...]:
    """Ticks of all tiers, the important ones first; a label without room becomes a small mark or nothing."""
    bottom, top = (float(scale.to_height(hz)) for hz in (low_hz, high_hz))
    taken: list[float] = []
    marks: list[float] = []
    result: list[Tick] = []
    for tier in tiers:
        heights = scale.to_height([tick.value for tick in tier])
        places = (pixels * (heights - bottom) / max(top - bottom, 1e-12)).tolist()
        for tick, place in zip(tier, places, strict=True):
            has_room = tick.label and all(abs(place - other) >= label_px for other in taken)
            if has_room:
                taken.append(place)
            if has_room or all(abs(place - other) >= LEAST_MINOR_PX for other in marks):
                marks.append(place)
                result.append(tick if has_room else Tick(tick.value))
    return tuple(sorted(result, key=lambda tick: tick.value))


def _round_tiers(low_hz: float, high_hz: float) -> Iterator[list[Tick]]:
    """1, 10, 100, ... then 5, 2, then the others, as far as the decades go."""
    first = math.floor(math.log10(max(low_hz, 1.0)))
    decades = [10.0**e for e in range(first, math.floor(math.log10(max(high_hz, 1.0))) + 1)]
    for digits in ((1,), (5,), (2,), (3, 7), (4, 6, 8, 9)):
        values = sorted(digit * decade for decade in decades for digit in digits)
        yield [Tick(hz, _plain_hz(hz)) for hz in values if low_hz <= hz <= high_hz]


def _even(low_hz: float, high_hz: float, pixels: float, label_px: float) -> Iterator[Tick]:
    """Multiples of a round step, with small marks between."""
    per_pixel = (high_hz - low_hz) / max(pixels, 1)
    wanted = max(label_px * per_pixel, 1e-3)
    base = 10 ** math.floor(math.log10(wanted))
    step = next(base * f for f in (1, 2, 5, 10) if base * f >= wanted * 0.999)
    parts = 5 if round(step / 10 ** math.floor(math.log10(step) + 1e-9)) != 2 else 4
    for k in range(math.ceil(low_hz / step), math.floor(high_hz / step) + 1):
        yield Tick(k * step, _plain_hz(k * step))
    for k in range(math.ceil(parts * low_hz / step), math.floor(parts * high_hz / step) + 1):
        if k % parts:
            yield Tick(k * step / parts)


def _plain_hz(hz: float) -> str:
    """100, 1k, 2.5k: the axis has its unit once."""
    return f"{hz / 1000:.6g}k" if hz >= 1000 else f"{hz:.6g}"


def _note_tiers(low_hz: float, high_hz: float) -> Iterator[list[Tick]]:
    """C of each octave, then other naturals, then the rest."""
    first = math.ceil(note_number(max(low_hz, 1.0)) - 1e-9)
    notes = range(first, math.floor(note_number(max(high_hz, 1.0)) + 1e-9) + 1)
    yield [Tick(note_hz(n), note_name(n)) for n in notes if n % 24 == 0]  # every second C, then every one
    for classes in ("C", "G", "E", "A", "DFB"):
        yield [Tick(note_hz(n), note_name(n)) for n in notes if NAMES[n % 12] in classes]
    yield [Tick(note_hz(n), note_name(n)) for n in notes if len(NAMES[n % 12]) > 1]


def octaves(low_hz: float, high_hz: float) -> list[float]:
    """Frequencies of the Cs in between."""
    first = math.ceil(note_number(max(low_hz, 1.0)) / 12 - 1e-9)
    last = math.floor(note_number(max(high_hz, 1.0)) / 12 + 1e-9)
    return [note_hz(12 * k) for k in range(first, last + 1)]


def level_ticks(low_db: float, high_db: float, pixels: float, label_px: float) -> list[Tick]:
    """Marks of a colour bar."""
    per_pixel = (high_db - low_db) / max(pixels, 1)
    step = next((s for s in (1, 2, 5, 10, 20) if s >= label_px * per_pixel), 40)
    steps = range(math.ceil(low_db / step), math.floor(high_db / step) + 1)
    return [Tick(k * step, f"{k * step:d}".replace("-", "−")) for k in steps]
