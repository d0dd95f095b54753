"""Side-information in MP3 files: a private frame in the ID3v2 tag; what else is in the tag stays, byte by byte."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from unbraid.core.errors import AudioFileError
from unbraid.core.formats.splice import replace_start
from unbraid.core.informed.delivery import envelope

OWNER = b"unbraid side-information\0"
ROOM_22 = (1 << 24) - 256
"""Bytes of a part in version 2.2, where the length of a frame has 24 bits."""

MAX_TAG = (1 << 28) - 1
HEAD = 10
UNSYNCHRONISED, EXTENDED, FOOTER = 0x80, 0x40, 0x10
FRAME_UNSYNCHRONISED, FRAME_LENGTH = 0x02, 0x01
MAX_FRAMES = 100_000


@dataclass(frozen=True)
class Tag:
    """An ID3v2 tag: its version (2, 3 or 4), flags, whole frames, padding (or what is no frame), bytes in the file."""

    version: int
    flags: int
    frames: tuple[bytes, ...]
    rest: bytes
    length: int


def put(path: Path, payload: bytes) -> None:
    """Add a frame with `payload` to the tag of a temporary of ours, or a tag when there is none."""
    with path.open("rb") as file:
        tag = _read(file)
    if tag is None:
        tag = Tag(3, 0, (), b"", 0)
    ours = tuple(_frame(tag, part) for part in envelope.parts(payload, ROOM_22 if tag.version == 2 else MAX_TAG))
    frames = (*tag.frames, *ours) if not tag.rest.strip(b"\0") else (*ours, *tag.frames)
    _write(path, replace(tag, frames=frames))


def get(file: BinaryIO, start: int) -> Iterator[bytes]:
    """Parts in a file; a tag that cannot be read has none, wherever (`start`) the sound begins."""
    try:
        tag = _read(file)
    except AudioFileError:
        return
    for frame in tag.frames if tag else ():
        part = _part(tag, frame) if tag else None
        if part is not None:
            yield part


def drop(path: Path) -> None:
    """Take our frames out of a temporary of ours; a tag that held nothing else goes as well."""
    with path.open("rb") as file:
        tag = _read(file)
    if tag is None:
        return
    kept = tuple(frame for frame in tag.frames if _part(tag, frame) is None)
    if len(kept) == len(tag.frames):
        return
    if kept or tag.rest.strip(b"\0"):
        _write(path, replace(tag, frames=kept))
    else:
        replace_start(path, 0, tag.length, b"")


def _read(file: BinaryIO) -> Tag | None:
    """The tag at the beginning of a file; without its extended header, which only describes the old tag."""
    file.seek(0)
    head = file.read(HEAD)
    if len(head) < HEAD or head[:3] != b"ID3":
        return None
    version, flags = head[3], head[5]
    size = _from_syncsafe(head[6:])
    body = file.read(size)
    if version not in (2, 3, 4) or (version == 2 and flags & EXTENDED) or len(body) < size:
        raise AudioFileError(
            f"the ID3 tag of the file is damaged or of an unknown version (2.{version}); write the tags anew with a "
            f"tag editor, or keep the side-information in a file of its own"
        )
    if version < 4 and flags & UNSYNCHRONISED:
        body, flags = body.replace(b"\xff\0", b"\xff"), flags & ~UNSYNCHRONISED
    if flags & EXTENDED:
        skipped = _from_syncsafe(body[:4]) if version == 4 else 4 + int.from_bytes(body[:4], "big")
        body, flags = body[skipped:], flags & ~EXTENDED
    frames, rest = _split(body, version)
    length = HEAD + size + (HEAD if flags & FOOTER else 0)
    return Tag(version, flags, frames, rest, length)


def _split(body: bytes, version: int) -> tuple[tuple[bytes, ...], bytes]:
    """Frames of a tag, and what follows them."""
    frames: list[bytes] = []
    position, head, name = 0, 6 if version == 2 else HEAD, 3 if version == 2 else 4
    while len(frames) < MAX_FRAMES and position + head <= len(body):
        if not re.fullmatch(rb"[A-Z0-9]+", body[position : position + name]):
            break
        raw = body[position + name : position + 2 * name]
        size = _from_syncsafe(raw) if version == 4 else int.from_bytes(raw, "big")
        if position + head + size > len(body):
            break
        frames.append(body[position : position + head + size])
        position += head + size
    return tuple(frames), body[position:]


def _write(path: Path, tag: Tag) -> None:
    """Put a tag in place of the one that a temporary of ours had."""
    body = b"".join(tag.frames) + tag.rest
    if len(body) > MAX_TAG:
        raise AudioFileError(
            f"an ID3 tag holds up to {MAX_TAG} bytes, with the side-information it would take {len(body)}; keep the "
            f"side-information in a file of its own"
        )
    facts = bytes([tag.version, 0, tag.flags]) + _syncsafe(len(body))
    footer = b"3DI" + facts if tag.flags & FOOTER else b""
    replace_start(path, 0, tag.length, b"ID3" + facts + body + footer)


def _frame(tag: Tag, part: bytes) -> bytes:
    """A frame with a part: PRIV, or in version 2.2, which has none, GEO with its empty name of type and file."""
    if tag.version == 2:
        body = b"\0\0\0" + OWNER + part
        return b"GEO" + len(body).to_bytes(3, "big") + body
    body = OWNER + part
    if tag.version == 3:
        return b"PRIV" + struct.pack(">IH", len(body), 0) + body
    flags = 0
    if tag.flags & UNSYNCHRONISED:
        flags = FRAME_UNSYNCHRONISED | FRAME_LENGTH
        body = _syncsafe(len(body)) + _unsynchronised(body)
    if len(body) > MAX_TAG:
        raise AudioFileError("the side-information is too long for an ID3 tag; keep it in a file of its own")
    return b"PRIV" + _syncsafe(len(body)) + struct.pack(">H", flags) + body


def _part(tag: Tag, frame: bytes) -> bytes | None:
    """The part in a frame, None when the frame is not ours."""
    if tag.version == 2:
        start = 6 + 3 + len(OWNER)
        return frame[start:] if frame[:3] == b"GEO" and frame[6:start] == b"\0\0\0" + OWNER else None
    if frame[:4] != b"PRIV":
        return None
    flags, body = frame[9], frame[HEAD:]
    if tag.version == 4 and flags & FRAME_LENGTH:
        body = body[4:]
    if tag.version == 4 and flags & FRAME_UNSYNCHRONISED:
        body = body.replace(b"\xff\0", b"\xff")
    return body[len(OWNER) :] if body.startswith(OWNER) else None


def _unsynchronised(body: bytes) -> bytes:
    """Bytes in which nothing looks like the start of an MPEG frame."""
    safe = re.sub(rb"\xff(?=[\xe0-\xff\0])", b"\xff\0", body)
    return safe + b"\0" if safe.endswith(b"\xff") else safe


def _from_syncsafe(raw: bytes) -> int:
    """A size from bytes of seven bits."""
    size = 0
    for byte in raw:
        size = size << 7 | (byte & 0x7F)
    return size


def _syncsafe(size: int) -> bytes:
    """A size in four bytes of seven bits."""
    return bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
