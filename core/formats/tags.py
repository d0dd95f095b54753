"""Text and cover of sound files: read from any of them, written into each kind with our own provenance."""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from unbraid.core import atomic
from unbraid.core.errors import AudioFileError
from unbraid.core.formats import id3, mp4_tags, ogg, riff, vorbis_comment
from unbraid.core.formats.sniff import sniff
from unbraid.core.formats.splice import replace_start

MAX_TEXTS = 256
MAX_KEY = 64
MAX_TEXT = 64 * 1024
MAX_COVER = 16 << 20
"""Characters and bytes taken from a stranger's file; what is longer is cut, a longer cover is left out."""

TECHNICAL = {
    "encoded_by", "encoding_tool", "major_brand", "minor_version", "compatible_brands", "creation_time",
    "handler_name", "vendor_id", "itunsmpb", "itunnorm", "tlen", "duration", "language", "metadata_block_picture",
    "time_reference", "umid", "originator_reference", "coding_history", "unbraid",
}  # fmt: skip
"""Names that describe the old file and not the music; they would be wrong in ours."""


@dataclass(frozen=True)
class Tags:
    """Text by lower-case name (title, artist, album, album_artist, date, genre, track, comment ...) and a cover."""

    text: dict[str, str] = field(default_factory=dict)
    cover: bytes | None = None
    cover_mime: str = ""


def software() -> str:
    """Who wrote a file: `Unbraid 0.1.0`."""
    try:
        return f"Unbraid {version('unbraid')}"
    except PackageNotFoundError:
        return "Unbraid"


def read(path: Path) -> Tags:
    """Text and cover of a sound file; a file without tags, or with damaged ones, gives empty Tags."""
    kind = sniff(path)
    if not kind.demuxer:
        return Tags()
    import av

    from unbraid.core.formats.libav import Bytes

    with path.open("rb") as file:
        try:
            with av.open(Bytes(file), "r", kind.demuxer, metadata_errors="replace") as container:
                text = dict(container.metadata)
                for stream in container.streams.audio[:1]:
                    text = {**dict(stream.metadata), **text}
                cover = _cover(container)
        except (av.error.FFmpegError, ValueError):
            return Tags()
    return Tags(_clean(text), cover, mime_of(cover) if cover else "")


def _clean(text: dict[str, str]) -> dict[str, str]:
    """Names in lower case, nothing technical, nothing endless."""
    result: dict[str, str] = {}
    for key, value in text.items():
        name = key.lower().strip()
        name = "lyrics" if name.startswith(("lyrics-", "unsyncedlyrics")) else name
        usable = name and len(name) <= MAX_KEY and name.isprintable() and "=" not in name and name.isascii()
        value = value.replace("\0", "; ").strip()
        if usable and value and not name.startswith("id3v2_priv") and name not in TECHNICAL and len(result) < MAX_TEXTS:
            result[name] = value[:MAX_TEXT]
    return result


def _cover(container: object) -> bytes | None:
    """The attached picture of an opened container."""
    import av

    assert isinstance(container, av.container.InputContainer)
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            continue
        for packet in container.demux(stream):
            data = bytes(packet)
            return data if 0 < len(data) <= MAX_COVER and mime_of(data) else None
    return None


def mime_of(picture: bytes) -> str:
    """Kind of a picture by its first bytes, empty when it is none that players show."""
    for magic, mime in (
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF8", "image/gif"),
        (b"BM", "image/bmp"),
    ):
        if picture.startswith(magic):
            return mime
    return "image/webp" if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP" else ""


def write(path: Path, kind: str, tags: Tags | None) -> None:
    """Put tags and our provenance into a file of this kind (a name from `table.TYPES`) that was just encoded.

    The sound is not touched. `path` is a temporary of ours.
    """
    clean = _clean(tags.text) if tags else {}
    cover = tags.cover if tags and tags.cover and len(tags.cover) <= MAX_COVER else None
    mime = (tags.cover_mime if tags else "") or (mime_of(cover) if cover else "")
    text = {**clean, "encoder": software()}
    if kind in ("wav", "aiff"):
        _write_riff(path, text, cover, mime)
    elif kind == "mp3":
        replace_start(path, 0, 0, id3.tag(text, cover, mime))
    elif kind == "flac":
        vorbis_comment.write_flac(path, text, cover, mime)
    elif kind in ("ogg", "opus"):
        _write_ogg(path, kind, text, cover, mime)
    elif kind in ("m4a", "alac"):
        mp4_tags.write(path, text, cover, mime)
    else:
        raise AudioFileError(f"{kind} files have no tags")


INFO_CODES = {
    "title": b"INAM", "artist": b"IART", "album": b"IPRD", "date": b"ICRD", "genre": b"IGNR", "track": b"ITRK",
    "comment": b"ICMT", "copyright": b"ICOP", "encoder": b"ISFT",
}  # fmt: skip


def _write_riff(path: Path, text: dict[str, str], cover: bytes | None, mime: str) -> None:
    """INFO and an ID3 chunk behind the sound of a WAV file, an ID3 chunk in AIFF."""
    with atomic.scratch(path, "r+b") as file:
        if file.read(4) == b"FORM":
            riff.append_chunk(file, b"ID3 ", id3.tag(text, cover, mime))
            return
        riff.append_chunk(file, b"LIST", riff.info_list({c: text[k] for k, c in INFO_CODES.items() if k in text}))
        if len(text) > 1 or cover:
            riff.append_chunk(file, b"id3 ", id3.tag(text, cover, mime))


def _write_ogg(path: Path, kind: str, text: dict[str, str], cover: bytes | None, mime: str) -> None:
    """Comments of a Vorbis or Opus file, the cover among them in base64."""
    fields = vorbis_comment.fields(text)
    if cover:
        picture = vorbis_comment.picture(cover, mime)
        fields.append(("METADATA_BLOCK_PICTURE", base64.b64encode(picture).decode("ascii")))
    body = vorbis_comment.block(software(), fields)
    ogg.replace_comments(path, b"OpusTags" + body if kind == "opus" else b"\x03vorbis" + body + struct.pack("B", 1))
