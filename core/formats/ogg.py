"""Pages of Ogg files: what is wrong with them, and exchanging the comments while every byte of sound stays as it is."""

from __future__ import annotations

import io
import mmap
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from unbraid.core.errors import AudioFileError
from unbraid.core.formats.splice import replace_start

HEADER = 27
MAX_HEADER_PAGES = 4096

REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
LAST, FIRST, CONTINUED = 4, 2, 1


@dataclass(frozen=True)
class Page:
    """A page: its place and length in bytes, flags (4: last of its stream), stream, number, and table of lengths."""

    start: int
    size: int
    flags: int
    granule: int
    serial: int
    sequence: int
    lacing: bytes


def checksum(page: bytes) -> int:
    """CRC of a page whose own checksum is set to zero: zlib's polynomial, bits the other way round (RFC 3533)."""
    value = zlib.crc32(page.translate(REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{value:032b}"[::-1], 2)


def read_page(file: BinaryIO, start: int) -> Page | None:
    """The page at byte `start`, None when there is none."""
    file.seek(start)
    head = file.read(HEADER)
    if len(head) < HEADER or head[:4] != b"OggS":
        return None
    flags, granule, serial, sequence, _, count = struct.unpack("<BqIIIB", head[5:])
    lacing = file.read(count)
    return Page(start, HEADER + count + sum(lacing), flags, granule, serial, sequence, lacing)


def pages(file: BinaryIO, start: int = 0) -> Iterator[Page]:
    """Consecutive pages from byte `start` on."""
    while (page := read_page(file, start)) is not None:
        yield page
        start += page.size


def defects(path: Path) -> list[str]:
    """What the last page gives away: a missing end, or several streams one after the other."""
    with path.open("rb") as file:
        first = read_page(file, 0)
        end = file.seek(0, 2)
        file.seek(max(0, end - 66_000))
        tail = file.read()
        at = tail.rfind(b"OggS")
        last = read_page(file, max(0, end - len(tail)) + at) if at >= 0 else None
    if first is None or last is None:
        return []
    if last.serial != first.serial:
        return ["several streams follow each other in this file; only the first was read"]
    if not last.flags & LAST or last.start + last.size > end:
        return ["the end of the file is missing; the part that is there was read"]
    return []


def damaged_pages(path: Path) -> int:
    """Pages that are broken or missing: a decoder leaves them out and does not say so."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
        return _count_damaged(raw)


def _count_damaged(raw: mmap.mmap) -> int:
    """Pages with a wrong checksum, and gaps in their numbers."""
    position, broken, numbers = 0, 0, dict[int, int]()
    while position + HEADER <= len(raw):
        page = _whole_page(raw, position)
        if page is None:
            broken += 1
            position = raw.find(b"OggS", position + 1)
            if position < 0:
                break
            continue
        broken += page.sequence != numbers.get(page.serial, page.sequence)
        numbers[page.serial] = page.sequence + 1
        position += page.size
    return broken


def _whole_page(raw: mmap.mmap, start: int) -> Page | None:
    """The page at `start` when its checksum is right."""
    page = read_page(io.BytesIO(raw[start : start + HEADER + 255]), 0)
    if page is None or start + page.size > len(raw):
        return None
    content = raw[start : start + page.size]
    right = struct.unpack("<I", content[22:26])[0] == checksum(content[:22] + bytes(4) + content[26:])
    return page if right else None


def replace_comments(path: Path, packet: bytes) -> None:
    """Put `packet` in place of the second packet (the comments) of a Vorbis or Opus file; the sound stays as it is."""
    with path.open("rb") as file:
        first = read_page(file, 0)
        if first is None:
            raise AudioFileError("the Ogg file has no first page")
        rest, after, old_pages = _header_packets(file, first)
    new = _paginate([packet, *rest[1:]], first.serial)
    shift = len(new) - old_pages
    replace_start(path, first.size, after, b"".join(new))
    if shift:
        _renumber(path, first.size + sum(map(len, new)), shift)


def comment_packet(file: BinaryIO) -> bytes:
    """The second packet (the comments) of a Vorbis or Opus file."""
    first = read_page(file, 0)
    if first is None:
        raise AudioFileError("the Ogg file has no first page")
    return _header_packets(file, first)[0][0]


def _header_packets(file: BinaryIO, first: Page) -> tuple[list[bytes], int, int]:
    """Packets between the first page and the sound: (packets, byte where the sound starts, pages they took)."""
    file.seek(first.size - sum(first.lacing))
    wanted = 1 if file.read(8) == b"OpusHead" else 2
    packets: list[bytearray] = [bytearray()]
    for count, page in enumerate(pages(file, first.size)):
        file.seek(page.start + HEADER + len(page.lacing))
        for length in page.lacing:
            packets[-1] += file.read(length)
            if length < 255:
                packets.append(bytearray())
        if len(packets) > wanted:
            return [bytes(packet) for packet in packets[:wanted]], page.start + page.size, count + 1
        if count > MAX_HEADER_PAGES:
            break
    raise AudioFileError("the headers of the Ogg file are incomplete")


def _paginate(packets: list[bytes], serial: int) -> list[bytes]:
    """Header packets as pages numbered from 1; only the page that ends the last packet has to end there."""
    lacing = b"".join(b"\xff" * (len(p) // 255) + bytes([len(p) % 255]) for p in packets)
    body = b"".join(packets)
    result, position, continued = [], 0, False
    for number, at in enumerate(range(0, len(lacing), 255), start=1):
        table = lacing[at : at + 255]
        content = body[position : position + sum(table)]
        position += len(content)
        granule = 0 if any(length < 255 for length in table) else -1
        result.append(_page(CONTINUED if continued else 0, granule, serial, number, table, content))
        continued = table[-1] == 255
    return result


def _page(flags: int, granule: int, serial: int, number: int, lacing: bytes, content: bytes) -> bytes:
    """Bytes of a page with the right checksum."""
    head = b"OggS\0" + struct.pack("<BqII", flags, granule, serial, number)
    tail = bytes([len(lacing)]) + lacing + content
    return head + struct.pack("<I", checksum(head + bytes(4) + tail)) + tail


def _renumber(path: Path, start: int, shift: int) -> None:
    """Add `shift` to the number of each page from byte `start` on."""
    from unbraid.core import atomic

    with atomic.scratch(path, "r+b") as file:
        for page in list(pages(file, start)):
            file.seek(page.start)
            raw = bytearray(file.read(page.size))
            raw[18:26] = struct.pack("<II", page.sequence + shift, 0)
            raw[22:26] = struct.pack("<I", checksum(bytes(raw)))
            file.seek(page.start)
            file.write(raw)
