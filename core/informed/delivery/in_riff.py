"""Side-information in WAV, RF64 and AIFF files: a chunk of our own behind the others."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

from unbraid.core import atomic
from unbraid.core.errors import AudioFileError
from unbraid.core.formats import riff
from unbraid.core.formats.splice import replace_start
from unbraid.core.informed.delivery import envelope

RIFF_NAME = b"unbr"
AIFF_NAME = b"APPL"
"""AIFF has a chunk for applications; the id of the application is its first four bytes, and ours begins every part."""


def put(path: Path, payload: bytes) -> None:
    """Add a chunk with `payload` to a temporary of ours."""
    with path.open("rb") as file:
        order, end = _order(file), _chunks_end(file)
    part = envelope.parts(payload, envelope.MAX_PAYLOAD + envelope.HEAD.size)[0]
    name = AIFF_NAME if _is_aiff(path) else RIFF_NAME
    chunk = name + struct.pack(order + "I", len(part)) + part + b"\0" * (len(part) % 2)
    replace_start(path, end, end, b"\0" * (end % 2) + chunk)
    _correct_size(path, order)


def get(file: BinaryIO, start: int) -> Iterator[bytes]:
    """Parts in a file that begins at byte `start`, which is always 0 here."""
    for start, size in _ours(file):
        file.seek(start + 8)
        yield file.read(min(size, envelope.MAX_PAYLOAD + envelope.HEAD.size))


def drop(path: Path) -> None:
    """Take our chunks out of a temporary of ours."""
    with path.open("rb") as file:
        order, found = _order(file), list(_ours(file))
        length = file.seek(0, 2)
    for start, size in reversed(found):
        replace_start(path, start, min(start + 8 + size + size % 2, length), b"")
    if found:
        _correct_size(path, order)


def _ours(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """(byte of the header, bytes of content) of each chunk of ours."""
    end = file.seek(0, 2)
    for chunk in riff.chunks(file, order=_order(file)):
        if chunk.name not in (RIFF_NAME, AIFF_NAME) or chunk.start + chunk.size > end:
            continue
        file.seek(chunk.start)
        if file.read(4) == envelope.ID:
            yield chunk.start - 8, chunk.size


def _order(file: BinaryIO) -> Literal["<", ">"]:
    """Order of bytes."""
    file.seek(0)
    return ">" if file.read(4) in (b"FORM", b"RIFX") else "<"


def _is_aiff(path: Path) -> bool:
    """Whether the file is an AIFF."""
    with path.open("rb") as file:
        return file.read(4) == b"FORM"


def _chunks_end(file: BinaryIO) -> int:
    """Byte behind the last whole chunk; what may follow is no chunk. Refuses files whose sound has no known end."""
    length, end, has_sound = file.seek(0, 2), 12, False
    for chunk in riff.chunks(file, order=_order(file)):
        sound = chunk.name in (b"data", b"SSND")
        if chunk.size == riff.UNKNOWN or chunk.start + chunk.size > length:
            if sound or not has_sound:
                break
            return end
        has_sound |= sound
        end = min(length, chunk.start + chunk.size + chunk.size % 2)
    if not has_sound:
        raise AudioFileError(
            "the header does not say where the sound ends, or promises more than there is, so nothing can be added "
            "behind it; save the file again with an audio editor, or keep the side-information in a file of its own"
        )
    return end


def _correct_size(path: Path, order: str) -> None:
    """Write the size of the whole, as the chunks are now, into the header."""
    with atomic.scratch(path, "r+b") as file:
        total = _chunks_end(file) - 8
        file.seek(0)
        if file.read(4) in (b"RF64", b"BW64"):
            file.seek(20)
            file.write(struct.pack("<Q", total))
        elif total < riff.UNKNOWN:
            file.seek(4)
            file.write(struct.pack(order + "I", total))
        else:
            raise AudioFileError(
                "the file would pass 4 GiB, which this kind of file cannot hold; use .flac, or keep the "
                "side-information in a file of its own"
            )
