"""ID3v2.3 tags, the version that every player reads (MP3, and a chunk in WAV and AIFF)."""

from __future__ import annotations

import re
import struct

FRAMES = {
    "title": b"TIT2", "artist": b"TPE1", "album": b"TALB", "album_artist": b"TPE2", "composer": b"TCOM",
    "genre": b"TCON",
    "track": b"TRCK", "disc": b"TPOS", "copyright": b"TCOP", "publisher": b"TPUB", "encoder": b"TSSE", "bpm": b"TBPM",
    "tbpm": b"TBPM", "isrc": b"TSRC", "tsrc": b"TSRC", "language": b"TLAN", "performer": b"TPE3",
}  # fmt: skip
"""Frame of each of our names; what is not here becomes a frame `TXXX` with its name."""

FRONT_COVER = 3


def tag(text: dict[str, str], cover: bytes | None = None, mime: str = "") -> bytes:
    """A whole ID3v2.3 tag."""
    frames = b"".join(_text_frames(key, value) for key, value in text.items())
    if cover:
        body = b"\0" + mime.encode("ascii", "replace") + b"\0" + bytes([FRONT_COVER]) + b"\0" + cover
        frames += _frame(b"APIC", body)
    return b"ID3\x03\0\0" + _syncsafe(len(frames)) + frames


def _text_frames(key: str, value: str) -> bytes:
    """The frames for one text."""
    if key == "comment":
        return _frame(b"COMM", b"\x01eng" + _utf16("") + _utf16(value))
    if key in ("lyrics", "unsyncedlyrics") or key.startswith("lyrics-"):
        return _frame(b"USLT", b"\x01eng" + _utf16("") + _utf16(value))
    if key == "date":
        return _date_frames(value)
    if key in FRAMES:
        return _frame(FRAMES[key], _encoded(value))
    return _frame(b"TXXX", _named(key, value))


def _date_frames(value: str) -> bytes:
    """A date as version 2.3 has it: the year, and day and month in a frame of their own."""
    match = re.fullmatch(r"(\d{4})(?:-(\d\d)-(\d\d).*)?", value, re.ASCII)
    if match is None:
        return _frame(b"TXXX", _named("date", value))
    year, month, day = match.groups()
    frames = _frame(b"TYER", b"\0" + year.encode("ascii"))
    return frames + (_frame(b"TDAT", f"\0{day}{month}".encode("ascii")) if month else b"")


def _named(name: str, value: str) -> bytes:
    """Content of a `TXXX` frame."""
    return b"\x01" + _utf16(name) + _utf16(value)


def _encoded(value: str) -> bytes:
    """Latin-1 where that is enough, UTF-16 otherwise; version 2.3 knows nothing else."""
    if value.isascii():
        return b"\0" + value.encode("ascii")
    return b"\x01" + _utf16(value, end=False)


def _utf16(value: str, *, end: bool = True) -> bytes:
    """UTF-16 with its mark of byte order, and an end."""
    return b"\xff\xfe" + value.encode("utf-16-le") + (b"\0\0" if end else b"")


def _frame(name: bytes, body: bytes) -> bytes:
    """A frame with its header."""
    return name + struct.pack(">IH", len(body), 0) + body


def _syncsafe(size: int) -> bytes:
    """A size in four bytes of seven bits."""
    return bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
