"""Boxes of MP4 and M4A files: walking through them with nothing believed, and the exact length of a track."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAX_BOXES = 10_000
MAX_BOX = 64 << 20


@dataclass(frozen=True)
class Box:
    """A box: place of its header and of its content, and where it ends, in bytes."""

    name: bytes
    start: int
    content: int
    end: int


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """Boxes between two bytes of a file; impossible sizes end the walk."""
    for _ in range(MAX_BOXES):
        file.seek(start)
        head = file.read(16)
        if start + 8 > end or len(head) < 8:
            return
        size, name = struct.unpack(">I4s", head[:8])
        content = start + 8
        if size == 1 and len(head) == 16:
            size, content = struct.unpack(">Q", head[8:])[0], start + 16
        stop = end if size == 0 else start + size
        if stop < content or stop > end:
            return
        yield Box(name, start, content, stop)
        start = stop


def find(file: BinaryIO, path: tuple[bytes, ...], start: int, end: int) -> Box | None:
    """First box with this path of names between two bytes."""
    for box in boxes(file, start, end):
        if box.name == path[0]:
            return box if len(path) == 1 else find(file, path[1:], box.content, box.end)
    return None


def exact_frames(path: Path, track_id: int, rate: int) -> int | None:
    """Frames of a track at `rate` after its one edit: without delay and padding of the codec; None if unknown.

    The edit's length is often rounded to a coarse clock (1/1000 or 1/600 s); when the length of the media agrees
    with it within one tick of that clock, that is the better count.
    """
    with path.open("rb") as file:
        end = file.seek(0, 2)
        movie = find(file, (b"moov",), 0, end)
        if movie is None or movie.end - movie.content > MAX_BOX:
            return None
        clock = _clock(file, find(file, (b"mvhd",), movie.content, movie.end))
        for track in boxes(file, movie.content, movie.end):
            if track.name == b"trak" and _track_id(file, track) == track_id:
                return _edited_frames(file, track, clock, rate)
    return None


def itunes_frames(note: str) -> int | None:
    """Frames by the gapless note of iTunes (`iTunSMPB`: zero, delay, padding, frames ... in hexadecimal)."""
    fields = note.split()
    try:
        frames = int(fields[3], 16)
    except (IndexError, ValueError):
        return None
    return frames if frames > 0 else None


def _track_id(file: BinaryIO, track: Box) -> int | None:
    """Number of a track."""
    box = find(file, (b"tkhd",), track.content, track.end)
    if box is None:
        return None
    file.seek(box.content)
    raw = file.read(24)
    if len(raw) < 24:
        return None
    return int.from_bytes(raw[20:24] if raw[0] else raw[12:16], "big")


def _clock(file: BinaryIO, box: Box | None) -> tuple[int, int]:
    """(ticks per second, length in ticks) of a `mvhd` or `mdhd` box, zeros when it is not there."""
    if box is None:
        return 0, 0
    file.seek(box.content)
    raw = file.read(32)
    if len(raw) < 32:
        return 0, 0
    if raw[0]:
        ticks, length = struct.unpack(">IQ", raw[20:32])
    else:
        ticks, length = struct.unpack(">II", raw[12:20])
    return int(ticks), int(length)


def _edited_frames(file: BinaryIO, track: Box, clock: tuple[int, int], rate: int) -> int | None:
    """Frames that the single edit of a track shows, None when there is no edit or more than one."""
    ticks, length = _clock(file, find(file, (b"mdia", b"mdhd"), track.content, track.end))
    box = find(file, (b"edts", b"elst"), track.content, track.end)
    if box is None or not ticks or not clock[0]:
        return None
    file.seek(box.content)
    raw = file.read(28)
    if len(raw) < 20 or struct.unpack(">I", raw[4:8])[0] != 1:
        return None
    duration, begin = struct.unpack(">Qq", raw[8:24]) if raw[0] and len(raw) >= 24 else struct.unpack(">Ii", raw[8:16])
    if duration <= 0 or begin < 0:
        return None
    by_edit = duration * rate / clock[0]
    by_media = (length - begin) * rate / ticks
    exact: float = by_media if abs(by_media - by_edit) <= rate / clock[0] else by_edit
    return round(exact)
