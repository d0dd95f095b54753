"""What the canvas shows and how: values that the window keeps in its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from unbraid.app.spectrogram.scales import ScaleName
from unbraid.core.audio import Audio

What = Literal["mix", "stem", "difference", "stacked", "overlaid"]
WHATS: tuple[What, ...] = ("mix", "stem", "difference", "stacked", "overlaid")

WINDOWS = (256, 512, 1024, 2048, 4096, 8192, 16384, 32768)
"""Window lengths to choose from, in samples."""
RANGES_DB = (20.0, 120.0)
TOPS_DB = (-60.0, 6.0)


@dataclass(frozen=True, eq=False)
class Layer:
    """A sound that can be shown; the first of a list is the mix. letter: what tells stems apart besides colour."""

    id: str
    title: str
    colour: str
    letter: str
    audio: Audio


@dataclass(frozen=True)
class DisplayOptions:
    """How the spectrogram looks.

    what: the mix, one stem, the difference of two sounds, all stems below each other, or all in their colours.
    stem: id of the stem, or what the difference starts from; empty for the mix. other: id of what is taken away from
    it; empty for the sum of all stems, so that the difference is the residual.
    window, hop: in samples; hop None is a quarter of the window, or half of it where that would take much memory.
    top_db: level of the brightest colour in dBFS, of a full-scale sine; range_db: from there down to the floor.
    """

    what: What = "mix"
    stem: str = ""
    other: str = ""
    scale: ScaleName = "log"
    window: int = 4096
    hop: int | None = None
    range_db: float = 80.0
    top_db: float = -10.0
    colormap: str = "magma"
    waveform: bool = False
    grid: bool = True
