"""The document as a value: what a project is, without a single sample in it.

Everything is frozen; an edit makes another value (`edits.py`), and history is a list of values (`history.py`). Sound
lies in the media pool under an id (`media.py`) and is never modified. Times are seconds, frequencies hertz.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # numpy stays out: the window imports this before its first paint
    from unbraid.core.separation.contract import Value

SILENT_DB = -math.inf
"""A fader at its end."""
LOUDEST_DB = 12.0
EQ_RANGE_DB = 24.0

RESIDUAL = "residual"
"""In place of a stem's id: the strip of what the stems leave of the song."""


@dataclass(frozen=True)
class Equaliser:
    """Gains of three bands in dB (`core/mixing/equaliser.py` has their frequencies); all 0 changes nothing."""

    low_db: float = 0.0
    mid_db: float = 0.0
    high_db: float = 0.0


FLAT = Equaliser()


@dataclass(frozen=True)
class Strip:
    """What the mixer does to a stem. pan: from -1 (left) to 1 (right). A strip as made here changes nothing."""

    gain_db: float = 0.0
    pan: float = 0.0
    mute: bool = False
    solo: bool = False
    invert: bool = False
    equaliser: Equaliser = FLAT


NEUTRAL = Strip()


@dataclass(frozen=True)
class Song:
    """The mix that is taken apart: sound in the media pool, and what its file said.

    source: the file it came from, for the user to read; never opened by itself. bits: per sample, None for lossy.
    cover: id of a picture in the media pool, or empty.
    """

    media: str
    name: str
    frames: int
    channels: int
    rate: int
    source: str = ""
    bits: int | None = None
    is_float: bool = False
    tags: tuple[tuple[str, str], ...] = ()
    cover: str = ""
    cover_mime: str = ""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate


@dataclass(frozen=True)
class Span:
    """A stretch of time."""

    start_s: float
    end_s: float


@dataclass(frozen=True)
class Recipe:
    """How a stem was made, to be read, repeated and exported. span: None for the whole song."""

    method: str
    title: str
    values: tuple[tuple[str, Value], ...] = ()
    span: Span | None = None
    low_hz: float = 0.0
    high_hz: float = math.inf
    seconds: float = 0.0


@dataclass(frozen=True)
class Stem:
    """A part of the song. Stems need not add up to it: what they leave is the residual strip's.

    id: never used twice in a project. name: lower-case, as separators name it (`vocals`), or the user's own.
    origin: names of the stems it was split from, outermost first. colour: "#rrggbb", empty for that of its name.
    """

    id: str
    name: str
    media: str
    strip: Strip = NEUTRAL
    origin: tuple[str, ...] = ()
    recipe: Recipe | None = None
    colour: str = ""


@dataclass(frozen=True)
class Marker:
    """A named moment."""

    time_s: float
    name: str


@dataclass(frozen=True)
class Project:
    """All there is to a document.

    unknown: fields that a newer minor version wrote, kept as they came, by the place where they stood: `""` for the
    document itself, `song`, `stems/<id>/strip` and so on (`codec.py`).
    """

    song: Song | None = None
    stems: tuple[Stem, ...] = ()
    residual: Strip = NEUTRAL
    master_db: float = 0.0
    loop: Span | None = None
    markers: tuple[Marker, ...] = ()
    notes: str = ""
    unknown: Mapping[str, object] = field(default_factory=dict)

    @property
    def has_solo(self) -> bool:
        """Whether any strip is soloed, so that the others are not heard."""
        return self.residual.solo or any(stem.strip.solo for stem in self.stems)

    def stem(self, id: str) -> Stem:
        """The stem of that id; KeyError when there is none."""
        for stem in self.stems:
            if stem.id == id:
                return stem
        raise KeyError(id)

    def media(self) -> frozenset[str]:
        """Ids of all media this value needs."""
        song = () if self.song is None else (self.song.media, *filter(None, (self.song.cover,)))
        return frozenset((*song, *(stem.media for stem in self.stems)))


EMPTY = Project()
