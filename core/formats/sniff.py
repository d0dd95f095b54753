"""Which kind of sound file this is, by its first bytes and never by its name; what is not on the list is not opened.

Handing the demuxer's name to the library also means that no playlist, no script and no other file is ever followed.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from unbraid.core.errors import AudioFileError

HEAD = 1 << 16
READABLE = "WAV, AIFF, CAF, FLAC, MP3, OGG, Opus, M4A, and the sound of MP4, MOV, MKV, WebM, AVI and WMA files"


SUFFIXES_READ = {
    ".wav", ".wave", ".rf64", ".w64", ".bwf", ".aif", ".aiff", ".aifc", ".caf", ".au", ".snd", ".flac", ".mp3", ".ogg",
    ".oga", ".opus", ".m4a", ".mp4", ".m4b", ".m4v", ".mov", ".aac", ".alac", ".mkv", ".mka", ".webm", ".avi", ".wma",
    ".asf", ".wmv", ".wv", ".ape", ".3gp",
}  # fmt: skip
"""Suffixes that files of readable kinds have; only for finding them in a folder."""


@dataclass(frozen=True)
class Kind:
    """A container. backend: who decodes it first; demuxer: its name in libav, empty when libav is no alternative.

    start: byte where it begins, after an ID3 tag and rubbish.
    """

    container: str
    backend: Literal["sndfile", "libav"]
    demuxer: str
    start: int = 0


MAGIC: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"fLaC", Kind("flac", "libav", "flac")),
    (0, b"caff", Kind("caf", "sndfile", "caf")),
    (0, b".snd", Kind("au", "sndfile", "")),
    (0, b"riff\x2e\x91\xcf\x11", Kind("w64", "sndfile", "w64")),
    (4, b"ftyp", Kind("mp4", "libav", "mov")),
    (4, b"moov", Kind("mp4", "libav", "mov")),
    (4, b"mdat", Kind("mp4", "libav", "mov")),
    (4, b"wide", Kind("mp4", "libav", "mov")),
    (0, b"\x1a\x45\xdf\xa3", Kind("matroska", "libav", "matroska")),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Kind("asf", "libav", "asf")),
    (0, b"wvpk", Kind("wavpack", "libav", "wv")),
    (0, b"MAC ", Kind("ape", "libav", "ape")),
)

RIFF_TYPES = {
    b"WAVE": Kind("wav", "sndfile", "wav"),
    b"AVI ": Kind("avi", "libav", "avi"),
    b"AIFF": Kind("aiff", "sndfile", "aiff"),
    b"AIFC": Kind("aiff", "sndfile", "aiff"),
}

MP3 = Kind("mp3", "libav", "mp3")
ADTS = Kind("aac", "libav", "aac")


def sniff(path: Path) -> Kind:
    """The kind of the file at `path`; AudioFileError when it is missing, empty, a folder, or no sound file we read."""
    if path.is_dir():
        raise AudioFileError(f"{path} is a folder; give the sound files in it")
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
            skipped = id3_size(head)
            if skipped:
                file.seek(skipped)
                head = file.read(HEAD)
    except FileNotFoundError as problem:
        raise AudioFileError(f"{path} does not exist; check the name and the folder") from problem
    except OSError as problem:
        raise AudioFileError(f"{path} cannot be read ({problem.strerror}); check its permissions") from problem
    if not head:
        raise AudioFileError(f"{path} is empty; get the file again")
    kind = kind_of(head)
    if kind is not None:
        return replace(kind, start=kind.start + skipped) if kind.container in ("flac", "mp3", "aac") else kind
    if skipped:
        return MP3
    raise AudioFileError(f"{path} is no sound file: it begins with {describe(head)}; readable are {READABLE}")


def kind_of(head: bytes) -> Kind | None:
    """The kind that the first bytes (without an ID3 tag) show, None for anything not on the list."""
    if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"FORM"):
        return RIFF_TYPES.get(head[8:12])
    if head[:4] == b"BW64" and head[8:12] == b"WAVE":
        return Kind("wav", "libav", "wav")
    if head[:4] == b"OggS":
        return _ogg_kind(head)
    for offset, magic, kind in MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return kind
    return _mpeg_kind(head)


def _ogg_kind(head: bytes) -> Kind:
    """Vorbis and Opus are libsndfile's, which gives exact lengths; other things in Ogg are libav's."""
    if b"\x01vorbis" in head[:256] or b"OpusHead" in head[:256]:
        return Kind("ogg", "sndfile", "ogg")
    return Kind("ogg", "libav", "ogg")


def _mpeg_kind(head: bytes) -> Kind | None:
    """MP3 or AAC; behind a little rubbish, one frame is not enough to believe it."""
    limit = min(len(head) - 4, 16384)
    for start in range(max(0, limit)):
        if head[start] != 0xFF:
            continue
        kind = _frame_length(head, start)[1]
        if kind and _frames_in_a_row(head, start, kind) >= (1 if start == 0 else 4):
            return replace(kind, start=start)
    return None


def _frames_in_a_row(head: bytes, at: int, kind: Kind) -> int:
    """How many frames follow each other, at most 4; frames that reach exactly to the end count as 4."""
    for count in range(4):
        length, found = _frame_length(head, at)
        if not length or found != kind:
            return 4 if at == len(head) and count else count
        at += length
    return 4


def _frame_length(head: bytes, at: int) -> tuple[int, Kind | None]:
    """Bytes of the MPEG audio or ADTS frame at `at`, and which it is; 0 when there is none."""
    if at + 7 > len(head):
        return 0, None
    word = struct.unpack(">I", head[at : at + 4])[0]
    if word >> 20 == 0xFFF and (word >> 17) & 3 == 0:
        length = ((head[at + 3] & 3) << 11) | (head[at + 4] << 3) | (head[at + 5] >> 5)
        return (length, ADTS) if length > 7 and (word >> 10) & 15 < 13 else (0, None)
    return _mp3_length(word), MP3


BITRATES = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
)
RATES = (44100, 48000, 32000, 0)


def _mp3_length(word: int) -> int:
    """Bytes of a layer III frame with this header word, 0 when it is none."""
    version, layer = (word >> 19) & 3, (word >> 17) & 3
    if word >> 21 != 0x7FF or version == 1 or layer != 1:
        return 0
    older = version != 3
    bitrate = BITRATES[older][(word >> 12) & 15] * 1000
    rate = RATES[(word >> 10) & 3] // {3: 1, 2: 2, 0: 4}[version]
    return (72 if older else 144) * bitrate // rate + ((word >> 9) & 1) if bitrate and rate else 0


def id3_size(head: bytes) -> int:
    """Bytes that an ID3v2 tag takes at the beginning, 0 when there is none."""
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    a, b, c, d = (byte & 0x7F for byte in head[6:10])
    return 10 + (a << 21 | b << 14 | c << 7 | d) + (10 if head[5] & 0x10 else 0)


def has_frame_count(path: Path, start: int) -> bool:
    """Whether an MP3 begins (at byte `start`) with a Xing header that counts its frames."""
    with path.open("rb") as file:
        file.seek(start)
        head = file.read(200)
    at = max(head.find(b"Xing"), head.find(b"Info"))
    return at >= 0 and len(head) >= at + 8 and bool(head[at + 7] & 1)


def describe(head: bytes) -> str:
    """The first bytes in words that a person can check."""
    start = head[:12]
    if all(32 <= byte < 127 or byte in b"\r\n\t" for byte in start):
        return f"the text {head[:24].decode('ascii')!r}"
    return f"the bytes {start.hex(' ')}"
