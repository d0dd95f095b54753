"""Side-information in M4A and MP4 files: a `uuid` box at the top level behind the sound, so that no offset changes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from unbraid.core import atomic
from unbraid.core.errors import AudioFileError
from unbraid.core.formats.mp4 import Box, boxes
from unbraid.core.formats.splice import replace_start
from unbraid.core.informed.delivery import envelope

USER_TYPE = bytes.fromhex("8f1c0b5ad2e34c7797a1756e62726431")


def put(path: Path, payload: bytes) -> None:
    """Add a box with `payload` to a temporary of ours: at the end, or before `mfra`, which is found from the end."""
    with path.open("rb") as file:
        found = _all(file)
    last = found[-1]
    part = envelope.parts(payload, envelope.MAX_PAYLOAD + envelope.HEAD.size)[0]
    new = struct.pack(">I4s", 24 + len(part), b"uuid") + USER_TYPE + part
    _close(path, last)
    place = last.start if last.name == b"mfra" else last.end
    replace_start(path, place, place, new)


def get(file: BinaryIO, start: int) -> Iterator[bytes]:
    """Parts in a file that begins at byte `start`, which is always 0 here."""
    for box in _ours(file):
        file.seek(box.content + 16)
        yield file.read(min(box.end - box.content - 16, envelope.MAX_PAYLOAD + envelope.HEAD.size))


def drop(path: Path) -> None:
    """Take our boxes out of a temporary of ours; one that stands before sound, put there by others, stays."""
    with path.open("rb") as file:
        found = list(_ours(file))
        sound = max((box.end for box in boxes(file, 0, file.seek(0, 2)) if box.name in (b"mdat", b"moof")), default=0)
    for box in reversed(found):
        if box.start >= sound:
            replace_start(path, box.start, box.end, b"")
        else:
            with atomic.scratch(path, "r+b") as file:
                file.seek(box.start + 4)
                file.write(b"free")


def _ours(file: BinaryIO) -> Iterator[Box]:
    """Boxes of ours."""
    for box in boxes(file, 0, file.seek(0, 2)):
        if box.name == b"uuid" and box.end - box.content >= 16:
            file.seek(box.content)
            if file.read(16) == USER_TYPE:
                yield box


def _all(file: BinaryIO) -> list[Box]:
    """All boxes of the top level; refuses a file that they do not fill."""
    end = file.seek(0, 2)
    found = list(boxes(file, 0, end))
    if not found or found[-1].end != end:
        raise AudioFileError(
            "the file is damaged, cut off or has too many parts, so nothing can be added at its end; get it again, or "
            "keep the side-information in a file of its own"
        )
    return found


def _close(path: Path, last: Box) -> None:
    """Give the last box its size when it says "to the end of the file"."""
    with atomic.scratch(path, "r+b") as file:
        file.seek(last.start)
        if file.read(4) != bytes(4):
            return
        if last.end - last.start > 0xFFFFFFFF:
            raise AudioFileError(
                "the sound of the file goes on to its end and passes 4 GiB; keep the side-information in a file of its "
                "own"
            )
        file.seek(last.start)
        file.write(struct.pack(">I", last.end - last.start))
