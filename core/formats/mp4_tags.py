"""Tags of M4A files, written into the `moov` box, which in our files is the last one: no place of sound changes."""

from __future__ import annotations

import struct
from pathlib import Path

from unbraid.core import atomic
from unbraid.core.errors import AudioFileError
from unbraid.core.formats.mp4 import boxes

ATOMS = {
    "title": b"\xa9nam", "artist": b"\xa9ART", "album": b"\xa9alb", "album_artist": b"aART", "composer": b"\xa9wrt",
    "genre": b"\xa9gen", "date": b"\xa9day", "comment": b"\xa9cmt", "encoder": b"\xa9too", "copyright": b"cprt",
    "lyrics": b"\xa9lyr", "grouping": b"\xa9grp", "description": b"desc",
}  # fmt: skip
NUMBERS = {"track": b"trkn", "disc": b"disk"}
PICTURES = {"image/jpeg": 13, "image/png": 14, "image/bmp": 27}
UTF8, BINARY = 1, 0


def write(path: Path, text: dict[str, str], cover: bytes | None, mime: str) -> None:
    """Put tags into an M4A file of ours."""
    with atomic.scratch(path, "r+b") as file:
        end = file.seek(0, 2)
        movie = next((box for box in boxes(file, 0, end) if box.name == b"moov"), None)
        if movie is None or movie.end != end:
            raise AudioFileError(f"{path}: the M4A file has no index at its end")
        kept = b""
        for box in boxes(file, movie.content, movie.end):
            if box.name != b"udta":
                file.seek(box.start)
                kept += file.read(box.end - box.start)
        file.seek(movie.start)
        file.write(_box(b"moov", kept + _user_data(text, cover, mime)))
        file.truncate()


def add_box(path: Path, name: bytes, content: bytes) -> None:
    """Put one more box behind the tags that `write` has written."""
    new = _box(name, content)
    with atomic.scratch(path, "r+b") as file:
        end = file.seek(0, 2)
        movie = next((box for box in boxes(file, 0, end) if box.name == b"moov"), None)
        inside = [] if movie is None else list(boxes(file, movie.content, movie.end))
        if movie is None or not inside or inside[-1].name != b"udta" or inside[-1].end != end:
            raise AudioFileError(f"{path}: the M4A file has no tags at its end")
        file.write(new)
        for box in (movie, inside[-1]):
            file.seek(box.start)
            file.write(struct.pack(">I", box.end - box.start + len(new)))


def _user_data(text: dict[str, str], cover: bytes | None, mime: str) -> bytes:
    """The `udta` box with everything that iTunes would put there."""
    items = b"".join(_item(key, value) for key, value in text.items())
    if cover and mime in PICTURES:
        items += _box(b"covr", _data(PICTURES[mime], cover))
    handler = _box(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
    return _box(b"udta", _box(b"meta", bytes(4) + handler + _box(b"ilst", items)))


def _item(key: str, value: str) -> bytes:
    """One tag: a known box, numbers in binary, and what has no box of its own under its name."""
    if key in NUMBERS:
        number, _, total = value.partition("/")
        if number.strip().isdigit() and int(number) < 65536:
            of = int(total) if total.strip().isdigit() and int(total) < 65536 else 0
            return _box(NUMBERS[key], _data(BINARY, struct.pack(">HHHH", 0, int(number), of, 0)))
    if key in ATOMS:
        return _box(ATOMS[key], _data(UTF8, value.encode("utf-8")))
    mean = _box(b"mean", bytes(4) + b"com.apple.iTunes")
    name = _box(b"name", bytes(4) + key.encode("utf-8"))
    return _box(b"----", mean + name + _data(UTF8, value.encode("utf-8")))


def _data(kind: int, content: bytes) -> bytes:
    """The `data` box inside a tag."""
    return _box(b"data", struct.pack(">II", kind, 0) + content)


def _box(name: bytes, content: bytes) -> bytes:
    """A box with its header."""
    return struct.pack(">I", 8 + len(content)) + name + content
