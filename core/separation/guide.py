"""What the user knows about a song: all in seconds and hertz, never in bins of one transform."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Audio

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Region:
    """A rectangle of time and frequency with what it is said to hold (a stem's name, or empty)."""

    start_s: float
    end_s: float
    low_hz: float = 0.0
    high_hz: float = math.inf
    target: str = ""


@dataclass(frozen=True, eq=False)
class PaintedMask:
    """A soft mask on a grid of the painter's own: how much of each place belongs to `target`, and how sure that is.

    share, confidence: (F, T) from 0 to 1 at `freqs_hz` (F,) and `times_s` (T,), both ascending.
    """

    target: str
    times_s: Floats
    freqs_hz: Floats
    share: Floats
    confidence: Floats


@dataclass(frozen=True)
class MarkedRepetition:
    """Regions declared to be the same event."""

    regions: tuple[Region, ...]


@dataclass(frozen=True)
class DrawnKernel:
    """A pattern of neighbours: offsets in seconds and hertz, each with a weight above zero."""

    target: str
    offsets_s: tuple[float, ...]
    offsets_hz: tuple[float, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class PitchTrack:
    """Fundamental frequency of `target` at ascending times; 0 Hz where there is no pitch. Both (T,)."""

    target: str
    times_s: Floats
    freqs_hz: Floats


@dataclass(frozen=True)
class Onsets:
    """Moments at which `target` begins to sound, ascending."""

    target: str
    times_s: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Guide:
    """All that is known; a separator uses what it understands and names it in `info.guide`."""

    regions: tuple[Region, ...] = ()
    masks: tuple[PaintedMask, ...] = ()
    repetitions: tuple[MarkedRepetition, ...] = ()
    kernels: tuple[DrawnKernel, ...] = ()
    pitches: tuple[PitchTrack, ...] = ()
    onsets: tuple[Onsets, ...] = ()
    references: Mapping[str, Audio] = field(default_factory=dict)
    side_information: bytes = b""

    def given(self) -> tuple[str, ...]:
        """Names of the fields that hold something."""
        return tuple(f.name for f in fields(self) if len(getattr(self, f.name)) > 0)

    def moved(self, start_s: float, duration_s: float) -> Guide:
        """The guide as seen from a block of the song that begins at `start_s`."""
        return replace(
            self,
            regions=tuple(_moved_region(r, start_s) for r in self.regions if _touches(r, start_s, duration_s)),
            masks=tuple(_moved_times(m, start_s) for m in self.masks),
            repetitions=tuple(
                MarkedRepetition(tuple(_moved_region(r, start_s) for r in m.regions)) for m in self.repetitions
            ),
            pitches=tuple(_moved_times(p, start_s) for p in self.pitches),
            onsets=tuple(Onsets(o.target, tuple(time - start_s for time in o.times_s)) for o in self.onsets),
            references={name: _excerpt(audio, start_s, duration_s) for name, audio in self.references.items()},
        )


def _moved_region(region: Region, start_s: float) -> Region:
    return replace(region, start_s=region.start_s - start_s, end_s=region.end_s - start_s)


def _touches(region: Region, start_s: float, duration_s: float) -> bool:
    return region.start_s < start_s + duration_s and region.end_s > start_s


def _moved_times(thing: Any, start_s: float) -> Any:
    return replace(thing, times_s=(thing.times_s - np.float32(start_s)).astype(np.float32))


def _excerpt(audio: Audio, start_s: float, duration_s: float) -> Audio:
    start = round(start_s * audio.rate)
    return audio.slice(max(0, start), max(0, start + round(duration_s * audio.rate)))
