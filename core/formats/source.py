"""What an opened sound file is to the program, whichever library decodes it, and what is refused at the door."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from unbraid.core.audio import Samples
from unbraid.core.errors import AudioFileError

MAX_HOURS = 24
MAX_CHANNELS = 32
MIN_RATE, MAX_RATE = 1000, 384_000
BLOCK = 1 << 16
"""Frames decoded in one go."""


class DamagedError(Exception):
    """Decoding cannot go on; what came before is good. Becomes a note, or an AudioFileError when there was nothing."""


class WriteStoppedError(Exception):
    """The encoder could not write on after so many frames; nearly always the disk is full."""

    def __init__(self, frames: int) -> None:
        super().__init__(f"stopped after {frames} frames")
        self.frames = frames


@dataclass(frozen=True)
class AudioInfo:
    """What a sound file is, without its sound.

    container, codec: short names (`wav`, `flac`, `mp3`, `mov`; `pcm_24`, `aac`). frames: samples per channel, as many
    as will be read (an estimate where the container counts no samples). bits: depth of the samples, None for lossy
    codecs. tags: text by lower-case name.
    """

    path: Path
    container: str
    codec: str
    rate: int
    channels: int
    frames: int
    bits: int | None
    is_float: bool = False
    is_lossy: bool = False
    has_cover: bool = False
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate


@dataclass(frozen=True)
class Description:
    """What the header says. frames: the promised length, None when it promises nothing.

    exact_frames: the promise counts samples, so that less is a truncated file and more is padding of the codec;
    otherwise it is an estimate and only good for showing.
    """

    container: str
    codec: str
    rate: int
    channels: int
    frames: int | None
    exact_frames: bool
    bits: int | None
    is_float: bool = False
    is_lossy: bool = False


class Source(Protocol):
    """An opened sound file. notes: what went wrong and was mended while decoding, in words."""

    description: Description
    notes: list[str]

    def blocks(self, start: int) -> Iterator[Samples]:
        """Blocks (n, I) float32 from frame `start` to the end; raises DamagedError where it cannot go on. Once only."""


def check_description(path: Path, description: Description) -> None:
    """Refuse numbers no music has before anything is allocated because of them."""
    if not 1 <= description.channels <= MAX_CHANNELS:
        raise AudioFileError(f"{path} has {description.channels} channels; 1 to {MAX_CHANNELS} can be read")
    if not MIN_RATE <= description.rate <= MAX_RATE:
        raise AudioFileError(
            f"{path} has a sample rate of {description.rate} Hz; {MIN_RATE} to {MAX_RATE} Hz can be read"
        )
    if description.frames is not None and description.frames > MAX_HOURS * 3600 * description.rate:
        raise AudioFileError(
            f"{path} claims to last {description.frames / description.rate / 3600:.1f} hours; files of up to "
            f"{MAX_HOURS} hours can be read; if it is really that long, cut it first"
        )


def native(path: Path) -> str | bytes:
    """A path as C libraries take it: bytes where names are bytes, so that names outside the locale work."""
    return os.fspath(path) if os.name == "nt" else os.fsencode(path)


def batched(pieces: Iterable[Samples], size: int = BLOCK) -> Iterator[Samples]:
    """Small blocks joined to blocks of about `size` frames; nothing is lost when `pieces` raises."""
    waiting: list[Samples] = []
    count = 0
    try:
        for piece in pieces:
            waiting.append(piece)
            count += len(piece)
            if count >= size:
                yield np.concatenate(waiting)
                waiting, count = [], 0
    except DamagedError:
        if waiting:
            yield np.concatenate(waiting)
        raise
    if waiting:
        yield np.concatenate(waiting)
