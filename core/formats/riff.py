"""Chunks of WAV, RF64 and AIFF files: walking through them with nothing believed, and appending to them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from unbraid.core.errors import AudioFileError

UNKNOWN = 0xFFFFFFFF
"""A 32-bit size that means "see ds64", or "I was streaming and did not know"."""

MAX_CHUNKS = 10_000


@dataclass(frozen=True)
class Chunk:
    """A chunk: where its content begins (bytes from the start of the file), and how many bytes its header claims."""

    name: bytes
    start: int
    size: int


@dataclass(frozen=True)
class WavLayout:
    """What the header of a WAV file says. data_start, declared, present: bytes; `present` is what is really there."""

    tag: int
    channels: int
    rate: int
    bits: int
    frame_bytes: int
    data_start: int
    declared: int | None
    present: int

    @property
    def declared_frames(self) -> int | None:
        """Frames that the header promises, None when it promises nothing."""
        return None if self.declared is None else self.declared // max(1, self.frame_bytes)


def chunks(file: BinaryIO, *, order: Literal["<", ">"] = "<") -> Iterator[Chunk]:
    """Chunks of a RIFF (`<`) or FORM (`>`) file until its end; a `data` chunk of unknown size takes the rest."""
    end = file.seek(0, 2)
    position, long_data = 12, None
    for _ in range(MAX_CHUNKS):
        file.seek(position)
        head = file.read(8)
        if len(head) < 8:
            return
        name, size = head[:4], struct.unpack(order + "I", head[4:])[0]
        if name == b"ds64" and size >= 28:
            long_data = struct.unpack("<QQ", file.read(16).ljust(16, b"\0"))[1]
        if name == b"data" and size == UNKNOWN and long_data is not None:
            size = long_data
        yield Chunk(name, position + 8, size)
        if size == UNKNOWN or position + 8 + size >= end:
            return
        position += 8 + size + size % 2


def wav_layout(file: BinaryIO) -> WavLayout:
    """Read the header of a WAV or RF64 file; raises AudioFileError when it has no usable `fmt ` and `data` chunk."""
    fmt, data = b"", None
    for chunk in chunks(file):
        if chunk.name == b"fmt ":
            file.seek(chunk.start)
            fmt = file.read(min(chunk.size, 40))
        if chunk.name == b"data":
            data = chunk
            break
    if len(fmt) < 16 or data is None:
        raise AudioFileError("the WAV header has no format or no data; it is damaged or no WAV file")
    tag, channels, rate, _, frame_bytes, bits = struct.unpack("<HHIIHH", fmt[:16])
    if tag == 0xFFFE and len(fmt) >= 26:
        tag = struct.unpack("<H", fmt[24:26])[0]
    rest = max(0, file.seek(0, 2) - data.start)
    declared = None if data.size == UNKNOWN or (data.size == 0 and _is_unfinished(file)) else data.size
    present = rest if declared is None else min(rest, declared)
    return WavLayout(tag, channels, rate, bits, frame_bytes, data.start, declared, present)


def _is_unfinished(file: BinaryIO) -> bool:
    """Whether the size of the whole is wrong too: a recorder that was switched off leaves both sizes at nothing."""
    end = file.seek(0, 2)
    file.seek(4)
    size: int = struct.unpack("<I", file.read(4).ljust(4, b"\0"))[0]
    return size + 9 < end


def declared_frames(file: BinaryIO) -> int | None:
    """Frames that the header of an AIFF or CAF file promises, None when it does not say or packs them."""
    file.seek(0)
    if file.read(4) == b"caff":
        return _caf_frames(file)
    for chunk in chunks(file, order=">"):
        if chunk.name == b"COMM" and chunk.size >= 18:
            file.seek(chunk.start)
            return int(struct.unpack(">HI", file.read(6).ljust(6, b"\0"))[1])
    return None


def _caf_frames(file: BinaryIO) -> int | None:
    """Bytes of the data chunk of a CAF file by the bytes of a packet, when each packet is a frame."""
    position, packet = 8, 0
    for _ in range(MAX_CHUNKS):
        file.seek(position)
        head = file.read(12)
        if len(head) < 12:
            return None
        name, size = struct.unpack(">4sq", head)
        if name == b"desc":
            packet, frames = struct.unpack(">8x4s4xII8x", file.read(32).ljust(32, b"\0"))[1:]
            packet = packet if frames == 1 else 0
        if name == b"data":
            return (size - 4) // packet if packet and size > 0 else None
        if size < 0:
            return None
        position += 12 + size
    return None


def append_chunk(file: BinaryIO, name: bytes, content: bytes) -> None:
    """Append a chunk at the end of a RIFF, RF64 or FORM file opened `r+b` and correct the size of the whole."""
    file.seek(0)
    magic = file.read(4)
    order = ">" if magic == b"FORM" else "<"
    end = file.seek(0, 2)
    file.write((b"\0" if end % 2 else b"") + name + struct.pack(order + "I", len(content)) + content)
    if len(content) % 2:
        file.write(b"\0")
    total = file.tell() - 8
    if magic == b"RF64":
        file.seek(20)  # ds64 is required to be the first chunk: its content starts with the 64-bit size of the whole
        file.write(struct.pack("<Q", total))
    elif total < UNKNOWN:
        file.seek(4)
        file.write(struct.pack(order + "I", total))
    else:
        raise AudioFileError("the file would pass 4 GiB, which this kind of file cannot hold; use .wav or .flac")


def info_list(texts: dict[bytes, str]) -> bytes:
    """Content of a `LIST` chunk of kind INFO. texts: by four-letter codes such as `INAM`; UTF-8, as players read it."""
    parts = [b"INFO"]
    for code, text in texts.items():
        raw = text.encode("utf-8") + b"\0"
        parts.append(code + struct.pack("<I", len(raw)) + raw + b"\0" * (len(raw) % 2))
    return b"".join(parts)
