"""Side-information in Ogg Vorbis and Opus files: comment fields in base64, which every reader of comments skips."""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from unbraid.core.errors import AudioFileError, BitstreamError
from unbraid.core.formats import ogg
from unbraid.core.informed.delivery import envelope

FIELD = b"UNBRAID"
ROOM = 3 << 18
"""Bytes of a part: 1 MiB as text."""

MAX_FIELDS = 100_000


def put(path: Path, payload: bytes) -> None:
    """Add fields with `payload` to the comments of a temporary of ours."""
    magic, vendor, fields, rest = _open(path)
    for part in envelope.parts(payload, ROOM):
        fields.append(FIELD + b"=" + base64.b64encode(part))
    ogg.replace_comments(path, _packet(magic, vendor, fields, rest))


def get(file: BinaryIO, start: int) -> Iterator[bytes]:
    """Parts in a file that begins at byte `start`, which is always 0 here."""
    for entry in _parse(ogg.comment_packet(file))[2]:
        if _is_ours(entry):
            try:
                yield base64.b64decode(entry[len(FIELD) + 1 :], validate=True)
            except binascii.Error as problem:
                raise BitstreamError(
                    "the side-information in the file is damaged: a field is no base64; get the file again"
                ) from problem


def drop(path: Path) -> None:
    """Take our fields out of a temporary of ours."""
    magic, vendor, fields, rest = _open(path)
    kept = [entry for entry in fields if not _is_ours(entry)]
    if len(kept) < len(fields):
        ogg.replace_comments(path, _packet(magic, vendor, kept, rest))


def _is_ours(entry: bytes) -> bool:
    """Whether a field holds side-information; names of fields are compared without regard to case."""
    return entry[: len(FIELD) + 1].upper() == FIELD + b"="


def _open(path: Path) -> tuple[bytes, bytes, list[bytes], bytes]:
    """Comments of a file with one stream; others are refused because their pages cannot be numbered anew."""
    with path.open("rb") as file:
        first = ogg.read_page(file, 0)
        second = ogg.read_page(file, first.size) if first else None
        single = first is not None and second is not None and first.serial == second.serial
        packet = ogg.comment_packet(file)
    if not single or any("several streams" in defect for defect in ogg.defects(path)):
        raise AudioFileError(
            "the Ogg file holds several streams, so nothing can be added to its comments; keep the side-information in "
            "a file of its own"
        )
    return _parse(packet)


def _parse(packet: bytes) -> tuple[bytes, bytes, list[bytes], bytes]:
    """(magic, vendor, fields, what follows) of a comment packet; AudioFileError when it is damaged."""
    magic = packet[:8] if packet[:8] == b"OpusTags" else packet[:7]
    if magic not in (b"OpusTags", b"\x03vorbis"):
        raise AudioFileError("the comments of the Ogg file are damaged; get the file again")
    vendor, position = _sized(packet, len(magic))
    if position + 4 > len(packet):
        raise AudioFileError("the comments of the Ogg file break off; get the file again")
    count = struct.unpack_from("<I", packet, position)[0]
    position += 4
    if count > MAX_FIELDS:
        raise AudioFileError(f"the Ogg file claims {count} comments; up to {MAX_FIELDS} can be read")
    fields = []
    for _ in range(count):
        entry, position = _sized(packet, position)
        fields.append(entry)
    return magic, vendor, fields, packet[position:]


def _sized(packet: bytes, position: int) -> tuple[bytes, int]:
    """Bytes with their length before them: (bytes, position behind them)."""
    if position + 4 > len(packet):
        raise AudioFileError("the comments of the Ogg file break off; get the file again")
    size = struct.unpack_from("<I", packet, position)[0]
    if position + 4 + size > len(packet):
        raise AudioFileError("the comments of the Ogg file break off; get the file again")
    return packet[position + 4 : position + 4 + size], position + 4 + size


def _packet(magic: bytes, vendor: bytes, fields: list[bytes], rest: bytes) -> bytes:
    """A comment packet; what followed the fields (framing bit, padding to be kept) follows again."""
    sized = [struct.pack("<I", len(entry)) + entry for entry in (vendor, *fields)]
    return b"".join([magic, sized[0], struct.pack("<I", len(fields)), *sized[1:], rest])
