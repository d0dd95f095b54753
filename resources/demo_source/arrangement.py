"""The mixing desk as data: every instrument and every take of the singer, where it stands and how loud."""

from collections.abc import Callable
from dataclasses import dataclass

import band
import drums
import lyrics
from lyrics import Phrase
from room import Room
from score import Note
from voice import Singer


@dataclass(frozen=True)
class Strip:
    """A channel strip. pan: -1 (left) to 1 (right), None keeps the source's own stereo picture.

    width: factor on the sides when pan is None. cut_hz: (high-pass, low-pass). room: share of the stem's room, 0 to 1.
    ratio: of the compressor, 1 leaves the level alone.
    """

    gain_db: float
    pan: float | None = 0.0
    room: float = 0.0
    cut_hz: tuple[float, float] = (40.0, 13000.0)
    width: float = 1.0
    ratio: float = 1.0


@dataclass(frozen=True)
class Instrument:
    """Something fluidsynth plays. program: General MIDI from 0. loose: how far the player strays from the grid."""

    stem: str
    name: str
    part: Callable[[], list[Note]]
    program: int
    strip: Strip
    drum_kit: bool = False
    loose: float = 1.0
    expression: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True)
class Take:
    """Something the singer sings."""

    name: str
    phrases: tuple[Phrase, ...]
    singer: Singer
    strip: Strip


ROOM_KIT = 8

ROOMS = {
    "vocals": Room(low_s=1.3, high_s=0.7, predelay_s=0.028, seed=11),
    "drums": Room(low_s=0.6, high_s=0.35, predelay_s=0.004, seed=12),
    "other": Room(low_s=1.5, high_s=0.8, predelay_s=0.018, seed=13),
}
"""The bass stays dry."""

LEAD = lyrics.VERSE + lyrics.CHORUS
HARMONY = lyrics.harmonised(lyrics.CHORUS, lyrics.CHORUS_HARMONY)

TAKES = (
    Take("lead", LEAD, Singer(seed=1), Strip(0.0, 0.0, 0.15, (110.0, 12500.0), ratio=2.5)),
    Take(
        "double",
        lyrics.CHORUS,
        Singer(formants=1.03, late_s=0.018, drift_cents=10.0, breath=0.2, seed=2),
        Strip(-11.0, 0.55, 0.22, (180.0, 12000.0), ratio=2.5),
    ),
    Take(
        "harmony",
        HARMONY,
        Singer(formants=0.97, late_s=0.014, drift_cents=8.0, breath=0.12, seed=3),
        Strip(-8.0, -0.5, 0.22, (180.0, 12000.0), ratio=2.5),
    ),
)

INSTRUMENTS = (
    Instrument("drums", "kick", drums.kick_part, ROOM_KIT, Strip(0.0, 0.0, 0.02, (35.0, 9000.0)), True, 0.3),
    Instrument("drums", "snare", drums.snare_part, ROOM_KIT, Strip(-1.0, 0.08, 0.16, (90.0, 11000.0)), True, 0.4),
    Instrument("drums", "hats", drums.hat_part, 0, Strip(-8.0, 0.4, 0.04, (300.0, 12500.0)), True, 0.4),
    Instrument("drums", "tambourine", drums.tambourine_part, 0, Strip(-13.0, -0.5, 0.08, (400.0, 12500.0)), True, 0.4),
    Instrument(
        "drums", "high tom", lambda: drums.tom_part(drums.HIGH_TOM), 0, Strip(0.0, -0.6, 0.12, (60.0, 12000.0)), True
    ),
    Instrument(
        "drums", "mid tom", lambda: drums.tom_part(drums.MID_TOM), 0, Strip(0.0, 0.0, 0.12, (60.0, 12000.0)), True
    ),
    Instrument(
        "drums", "low tom", lambda: drums.tom_part(drums.LOW_TOM), 0, Strip(0.0, 0.6, 0.12, (50.0, 12000.0)), True
    ),
    Instrument(
        "drums", "cymbals", drums.cymbal_part, 0, Strip(-9.0, None, 0.05, (250.0, 12500.0), width=1.3), True, 0.2
    ),
    Instrument(
        "bass",
        "bass",
        band.bass_part,
        33,
        Strip(0.0, 0.0, 0.0, (32.0, 4500.0), ratio=3.0),
        loose=0.5,
        expression=band.BASS_FADE,
    ),
    Instrument("other", "guitar", band.guitar_part, 25, Strip(0.0, -0.7, 0.1, (90.0, 11000.0))),
    Instrument("other", "electric piano", band.electric_piano_part, 4, Strip(-2.0, 0.6, 0.14, (120.0, 12000.0))),
    Instrument("other", "piano", band.piano_part, 0, Strip(2.2, 0.6, 0.1, (120.0, 11000.0))),
    Instrument(
        "other",
        "strings",
        band.strings_part,
        48,
        Strip(-5.0, None, 0.18, (200.0, 10000.0), width=1.8),
        expression=band.STRINGS_SWELL,
    ),
    Instrument("other", "bells", band.bells_part, 9, Strip(-10.0, 0.25, 0.3, (400.0, 13000.0))),
)

FADERS_DB = {"vocals": -20.0, "drums": 3.8, "bass": 7.0, "other": -2.6}
"""Stem levels, set so that the voice stays ahead of the band."""
