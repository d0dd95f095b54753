"""Vorbis comments and pictures as FLAC, Vorbis and Opus hold them."""

from __future__ import annotations

import struct
from pathlib import Path

from unbraid.core.errors import AudioFileError
from unbraid.core.formats.splice import replace_start

NAMES = {"track": "TRACKNUMBER", "disc": "DISCNUMBER", "album_artist": "ALBUMARTIST"}
STREAMINFO, PADDING, COMMENT, PICTURE = 0, 1, 4, 6
FRONT_COVER = 3
MAX_BLOCK = (1 << 24) - 1


def fields(text: dict[str, str]) -> list[tuple[str, str]]:
    """Tags by our names as comment fields."""
    return [(NAMES.get(key, key.upper()), value) for key, value in text.items()]


def block(vendor: str, entries: list[tuple[str, str]]) -> bytes:
    """Bytes of a comment block: vendor, count, fields, each with its length in bytes."""
    raw = vendor.encode("utf-8")
    parts = [struct.pack("<I", len(raw)), raw, struct.pack("<I", len(entries))]
    for name, value in entries:
        entry = f"{name}={value}".encode()
        parts += [struct.pack("<I", len(entry)), entry]
    return b"".join(parts)


def picture(data: bytes, mime: str) -> bytes:
    """Bytes of a picture block for a front cover; width and height 0 mean "see the picture"."""
    kind = mime.encode("ascii", "replace")
    head = struct.pack(">II", FRONT_COVER, len(kind)) + kind + struct.pack(">I", 0)
    return head + struct.pack(">IIIII", 0, 0, 0, 0, len(data)) + data


def write_flac(path: Path, text: dict[str, str], cover: bytes | None, mime: str) -> None:
    """Exchange the comment and picture blocks of a FLAC file; the frames of sound are moved, not changed."""
    kept, end = _metadata_blocks(path)
    vendor = next((body for kind, body in kept if kind == COMMENT), b"")
    own = block(_vendor(vendor), fields(text))
    new = [(kind, body) for kind, body in kept if kind not in (COMMENT, PICTURE, PADDING)]
    new.append((COMMENT, own))
    if cover and len(cover) < MAX_BLOCK - 1024:
        new.append((PICTURE, picture(cover, mime)))
    raw = b""
    for k, (kind, body) in enumerate(new):
        last = 0x80 if k == len(new) - 1 else 0
        raw += bytes([kind | last]) + len(body).to_bytes(3, "big") + body
    replace_start(path, 4, end, raw)


def _vendor(comment_block: bytes) -> str:
    """The encoder that a comment block names."""
    if len(comment_block) < 4:
        return "Unbraid"
    size = struct.unpack("<I", comment_block[:4])[0]
    return comment_block[4 : 4 + size].decode("utf-8", "replace")


def _metadata_blocks(path: Path) -> tuple[list[tuple[int, bytes]], int]:
    """([(kind, content)], byte where the frames begin) of a FLAC file of ours."""
    with path.open("rb") as file:
        if file.read(4) != b"fLaC":
            raise AudioFileError(f"{path} is no FLAC file")
        found: list[tuple[int, bytes]] = []
        while True:
            head = file.read(4)
            if len(head) < 4:
                raise AudioFileError(f"{path}: the FLAC header is incomplete")
            found.append((head[0] & 0x7F, file.read(int.from_bytes(head[1:], "big"))))
            if head[0] & 0x80:
                return found, file.tell()
