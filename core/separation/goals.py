"""What people want of a song, each with the method that does it best today: no word of windows or models needed.

A goal names a separator with its values, a quicker one whose stems can be heard meanwhile, and which faders go down
afterwards. Titles and summaries are English; the window translates them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from unbraid.core.errors import ParameterError
from unbraid.core.separation.contract import Value


@dataclass(frozen=True)
class Way:
    """A separator with its values. merged: stems by the name under which they are added up (`drums` -> `music`)."""

    method: str
    values: Mapping[str, Value] = field(default_factory=dict)
    merged: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Goal:
    """Something to be had from a song. silenced: stems whose faders go down when it is there."""

    id: str
    title: str
    summary: str
    way: Way
    draft: Way | None = None
    silenced: tuple[str, ...] = ()


_VOICE_DRAFT = Way("hpss_voice", merged={"harmonic": "accompaniment", "percussive": "accompaniment"})

GOALS: tuple[Goal, ...] = (
    Goal(
        "karaoke",
        "Karaoke",
        "The song without its voice, to sing along with. The voice stays on its fader.",
        Way("kam", {"preset": "karaoke"}),
        _VOICE_DRAFT,
        ("vocals",),
    ),
    Goal(
        "voice",
        "Voice and music",
        "Two stems: the voice, and everything that accompanies it.",
        Way("kam", {"preset": "voice"}),
        _VOICE_DRAFT,
    ),
    Goal(
        "drums_out",
        "Drums out",
        "The song without its drums, to play along with. The drums stay on their fader.",
        Way("kam", {"preset": "drums"}),
        Way("hpss_voice", merged={"percussive": "drums"}),
        ("drums",),
    ),
    Goal(
        "four_stems",
        "Four stems",
        "Vocals, drums, bass and all the rest, each on a fader of its own.",
        Way("kam", {"preset": "four"}),
        Way("hpss_voice", merged={"harmonic": "other", "percussive": "drums"}),
    ),
    Goal(
        "harmonic_percussive",
        "Tones and strokes",
        "What sounds on and what is struck: two stems, ready in seconds.",
        Way("hpss"),
    ),
    Goal(
        "center",
        "Middle and sides",
        "What sits in the middle of the stereo image, and what does not.",
        Way("center"),
    ),
)
"""In the order in which they are offered."""


def goal(id: str) -> Goal:
    """The goal of that name."""
    for known in GOALS:
        if known.id == id:
            return known
    raise ParameterError(f"there is no goal {id!r}; there are {', '.join(known.id for known in GOALS)}")
