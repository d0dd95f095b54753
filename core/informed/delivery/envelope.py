"""The envelope of side-information inside a sound file: the same in every container, checked before it is believed."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

from unbraid.core import atomic
from unbraid.core.errors import BitstreamError

ID = b"UNBR"
"""First bytes of each part; also the application id in FLAC and AIFF."""

VERSION = 1
MAX_PAYLOAD = 192 << 20
"""Bytes; an ID3 tag holds 256 MiB with everything else that is in it. More belongs into a file of its own."""

MAX_PARTS = 4096
HEAD = struct.Struct(">4sBBHHII")
"""id, version, flags (0), number of the part, parts, bytes of the whole payload, CRC-32 of the whole payload."""


def parts(payload: bytes, room: int) -> list[bytes]:
    """`payload` as parts of at most `room` bytes, each with its head."""
    content = room - HEAD.size
    pieces = [payload[k : k + content] for k in range(0, len(payload), content)]
    crc = zlib.crc32(payload)
    return [HEAD.pack(ID, VERSION, 0, k, len(pieces), len(payload), crc) + piece for k, piece in enumerate(pieces)]


def check_payload(payload: bytes) -> None:
    """Refuse side-information that cannot be carried inside a sound file."""
    if not payload:
        raise BitstreamError("there is no side-information to embed: it is empty; encode the stems first")
    if len(payload) > MAX_PAYLOAD:
        raise BitstreamError(
            f"the side-information takes {atomic.size_text(len(payload))}; a sound file carries at most "
            f"{atomic.size_text(MAX_PAYLOAD)}; keep it in a file of its own beside the mix (song.unb)"
        )


def join(found: Iterable[bytes]) -> bytes | None:
    """The payload of all parts of a file, None when there are none; BitstreamError when they do not fit together."""
    pieces: dict[int, bytes] = {}
    facts: tuple[int, int, int] | None = None
    for part in found:
        number, these = _read_head(part)
        if facts is None:
            facts = these
        if these != facts or number in pieces:
            raise BitstreamError(
                "the side-information in the file is mixed up: its parts belong to different ones; embed it again"
            )
        pieces[number] = part[HEAD.size :]
    if facts is None:
        return None
    count, size, crc = facts
    payload = b"".join(pieces[k] for k in range(count) if k in pieces)
    if len(pieces) != count or len(payload) != size or zlib.crc32(payload) != crc:
        raise BitstreamError(
            f"the side-information in the file is damaged ({len(payload)} of {size} bytes are there, or some are "
            f"wrong); get the file again, or embed the side-information again"
        )
    return payload


def _read_head(part: bytes) -> tuple[int, tuple[int, int, int]]:
    """(number, (parts, bytes, CRC)) of a part."""
    if len(part) < HEAD.size or part[:4] != ID:
        raise BitstreamError("the side-information in the file is damaged: a part has no head; get the file again")
    _, version, flags, number, count, size, crc = HEAD.unpack(part[: HEAD.size])
    if version != VERSION or flags:
        raise BitstreamError(
            f"the side-information in the file is of version {version}, this program reads version {VERSION}; update it"
        )
    if not number < count <= MAX_PARTS or size > MAX_PAYLOAD or len(part) - HEAD.size > size:
        raise BitstreamError("the side-information in the file claims impossible sizes; get the file again")
    return number, (count, size, crc)
