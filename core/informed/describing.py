"""What a piece of side-information holds and costs, in values that are shown or put into JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from unbraid.core import mapped_wav
from unbraid.core.informed.decoder import Costs, SideInformation
from unbraid.core.informed.delivery import finding
from unbraid.core.informed.header import Header
from unbraid.core.informed.watermark import reveal
from unbraid.core.progress import Progress

MOST_DAMAGE = 20


@dataclass(frozen=True)
class Described:
    """A stream. damage: the first places of it, in words."""

    header: Header
    costs: Costs
    damage: tuple[str, ...]

    def kbps(self, size: int) -> float:
        """Rate of so many bytes over the song."""
        return size * 8e-3 * self.header.rate / self.header.frames


def of_place(place: finding.Place, progress: Progress) -> Described:
    """What a file, or a sound file that carries it, holds; BitstreamError where that is not side-information."""
    progress(0.0, "reading the side-information")
    return of_stream(place.load())


def in_samples(song: Path, progress: Progress) -> Described | None:
    """What is hidden in the samples of a song (a mapped WAV file), if anything is."""
    revealed = reveal.find(mapped_wav.open_mapped(song), progress=progress, cuts=False)
    if revealed is None or revealed.payload is None:
        return None
    return of_stream(revealed.payload)


def of_stream(stream: bytes) -> Described:
    """What a stream holds."""
    side = SideInformation(stream)
    damage = [one.words for one in side.reader.damage]
    return Described(side.header, side.costs(), tuple(damage[:MOST_DAMAGE]))
