"""A stem in the mixer: its sound and its strip."""

from __future__ import annotations

import math
from dataclasses import dataclass

from unbraid.core.audio import Audio
from unbraid.core.document.state import NEUTRAL, Strip

RESIDUAL = "residual"
"""Id of the strip of what the stems leave of the song."""
MASTER = "master"
"""Id of what comes out."""


@dataclass(frozen=True, eq=False)
class Part:
    """The sound of a stem, as long as the song, and what the mixer does to it."""

    id: str
    audio: Audio
    strip: Strip = NEUTRAL


def is_heard(strip: Strip, *, soloed: bool) -> bool:
    """Whether anything comes out of a strip. soloed: whether any strip of the mixer has its solo pressed.

    Solo wins: a soloed strip is heard although it is muted, and mutes of others do not matter then.
    """
    audible = strip.solo if soloed else not strip.mute
    return audible and strip.gain_db > -math.inf
