"""Whole streams: written from their parts, read lazily from bytes or a file, or packet by packet as they arrive."""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from unbraid.core.errors import BitstreamError
from unbraid.core.informed.header import Header, read_header, write_header
from unbraid.core.informed.limits import MAX_DIGEST, MAX_REPORTED
from unbraid.core.informed.packets import (
    BLOCK,
    DICTIONARY,
    END,
    HEADER,
    NAMES,
    RESIDUAL,
    Damage,
    Packet,
    Patience,
    Scanner,
    Source,
    packets,
)
from unbraid.core.informed.varint import Cursor, varint

Key = tuple[int, int]
"""Kind and index of a payload."""


def write_stream(
    header: Header,
    dictionary: bytes,
    blocks: Sequence[bytes],
    residuals: Sequence[bytes] | None = None,
    *,
    digest: bytes = b"",
    copies: int = 2,
) -> bytes:
    """A whole stream. residuals: one for each block, if there are any. digest: of what decoding gives, up to 64 bytes.

    copies: how often header and dictionary are written, the first time at the beginning, the last at the end.
    """
    return b"".join(stream_packets(header, dictionary, blocks, residuals, digest=digest, copies=copies))


def stream_packets(
    header: Header,
    dictionary: bytes,
    blocks: Sequence[bytes],
    residuals: Sequence[bytes] | None = None,
    *,
    digest: bytes = b"",
    copies: int = 2,
) -> Iterator[bytes]:
    """The packets of a stream one after another; see `write_stream`."""
    if len(blocks) != header.blocks or (residuals is not None and len(residuals) != header.blocks):
        raise ValueError(f"{len(blocks)} blocks where the header announces {header.blocks}")
    if len(digest) > MAX_DIGEST or copies < 1:
        raise ValueError(f"a digest of {len(digest)} bytes ({MAX_DIGEST} are allowed) and {copies} copies (1 at least)")
    header = replace(header, has_residual=residuals is not None)
    chain, count = 0, 0
    for kind, index, payload in _payloads(header, dictionary, blocks, residuals, copies):
        for packet in packets(kind, index, payload):
            chain, count = zlib.crc32(packet[-4:], chain), count + 1
            yield packet
    yield from packets(END, 0, varint(count) + chain.to_bytes(4, "little") + varint(len(digest)) + digest)


def _payloads(
    header: Header, dictionary: bytes, blocks: Sequence[bytes], residuals: Sequence[bytes] | None, copies: int
) -> Iterator[tuple[int, int, bytes]]:
    """All but the end: kind, index and payload."""
    common = [(HEADER, 0, write_header(header)), (DICTIONARY, 0, dictionary)]
    yield from common
    for index, block in enumerate(blocks):
        yield BLOCK, index, block
        if residuals is not None:
            yield RESIDUAL, index, residuals[index]
        done, step = index + 1, max(copies - 1, 1)
        yield from common * (done * step // len(blocks) - index * step // len(blocks) if copies > 1 else 0)


@dataclass(frozen=True)
class End:
    """What the last packet says: packets before it, CRC-32 over their CRCs, digest of what decoding gives."""

    count: int
    chain: int
    digest: bytes


def read_end(payload: bytes) -> End:
    """The end that a payload holds; what follows is of a later version."""
    cursor = Cursor(payload)
    return End(cursor.varint(), int.from_bytes(cursor.take(4), "little"), cursor.sized(MAX_DIGEST, "a digest"))


class Reader:
    """A stream in memory or in a file, mapped: goes through it once when made, then any block at once.

    What is damaged is left out: `damage` tells where and why. Only a stream without an intact header, or of another
    major version, is refused, with a `BitstreamError`.
    """

    def __init__(self, data: bytes | Path) -> None:
        self._file = _mapped(data) if isinstance(data, Path) else None
        self._data: Source = b"" if isinstance(data, Path) else bytes(data)
        if self._file is not None:
            self._data = self._file
        self._places: dict[Key, tuple[Packet, ...]] = {}
        self._damage: list[Damage] = []
        self.end: End | None = None
        try:
            self._take_in()
            self.header = self._header()
        except BaseException:
            self.close()
            raise
        self.dictionary = self._payload(DICTIONARY, 0)
        self._look_for_gaps()

    @property
    def damage(self) -> tuple[Damage, ...]:
        """All that was wrong, in the order of the stream."""
        return tuple(sorted(self._damage, key=lambda one: one.start))

    @property
    def size(self) -> int:
        """Bytes of the stream."""
        return len(self._data)

    @property
    def digest(self) -> bytes:
        """Digest of what decoding gives, if the writer left one."""
        return self.end.digest if self.end else b""

    @property
    def lost(self) -> tuple[int, ...]:
        """Blocks that are not there."""
        return tuple(i for i in range(self.header.blocks) if (BLOCK, i) not in self._places)

    def block(self, index: int) -> bytes | None:
        """Parametric layer of a block; None if it is lost."""
        return self._payload(BLOCK, index)

    def residual(self, index: int) -> bytes | None:
        """Residual layer of a block; None if there is none or it is lost."""
        return self._payload(RESIDUAL, index)

    def close(self) -> None:
        """Let go of the file; nothing can be read afterwards."""
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _take_in(self) -> None:
        """Find all packets and remember where they are."""
        patience = Patience()
        patience.grow(len(self._data))
        scanner, joiner, order = Scanner(self._data, patience), _Joiner(), _Order()
        while (packet := scanner.next()) is not None:
            order.note(packet)
            whole = joiner.add(packet)
            if self.end is not None:
                self._note(packet.start, len(self._data), "packets after the end were left out")
                break
            if whole and packet.kind == END:
                self._read_end(packet, order)
            elif whole:
                self._remember(whole)
        self._damage += scanner.damage

    def _remember(self, whole: tuple[Packet, ...]) -> None:
        """Keep the place of a payload unless it is there already."""
        key = whole[0].kind, whole[0].index
        if key[0] not in NAMES:
            return
        there = self._places.setdefault(key, whole)
        if [one.check for one in there] != [one.check for one in whole]:
            words = f"another {NAMES[key[0]]} {key[1]} than before: the first one counts"
            self._note(whole[0].start, whole[-1].end, words)

    def _read_end(self, packet: Packet, order: _Order) -> None:
        """Compare what was found with what the end says there was."""
        try:
            self.end = read_end(bytes(self._data[packet.payload : packet.end - 4]))
        except BitstreamError as error:
            self._note(packet.start, packet.end, str(error))
            return
        if (order.before, order.chain) != (self.end.count, self.end.chain):
            words = f"{self.end.count} packets were written and {order.before} are here, or not the same ones"
            self._note(packet.start, packet.end, words)

    def _note(self, start: int, end: int, words: str) -> None:
        """Keep what is to be reported, up to a thousand entries."""
        if len(self._damage) < MAX_REPORTED:
            self._damage.append(Damage(start, end, words))

    def _header(self) -> Header:
        """The header, or why there is none."""
        payload = self._payload(HEADER, 0)
        if payload is None:
            known = "its header is lost" if self._places else "no packet of Unbraid was found in it"
            raise BitstreamError(f"the side-information cannot be read: {known}; fetch the file again")
        return read_header(payload)

    def _look_for_gaps(self) -> None:
        """Note what should be there and is not, and what should not."""
        size, header = len(self._data), self.header
        if self.end is None:
            self._note(size, size, "the end is missing: the stream was cut off")
        if self.dictionary is None:
            self._note(size, size, "the dictionary is lost")
        for kind, index in [key for key in self._places if key[1] >= header.blocks]:
            packet = self._places.pop((kind, index))[0]
            words = f"{NAMES[kind]} {index} of a song of {header.blocks} blocks"
            self._note(packet.start, packet.end, words)
        for kind in (BLOCK, RESIDUAL) if header.has_residual else (BLOCK,):
            missing = header.blocks - sum((kind, i) in self._places for i in range(header.blocks))
            if missing:
                first = next(i for i in range(header.blocks) if (kind, i) not in self._places)
                self._note(size, size, f"{missing} of {header.blocks} {NAMES[kind]}s are lost, the first is {first}")

    def _payload(self, kind: int, index: int) -> bytes | None:
        """A payload, put together from its parts."""
        whole = self._places.get((kind, index))
        if whole is None:
            return None
        return b"".join(bytes(self._data[part.payload : part.end - 4]) for part in whole)


class _Order:
    """Counts packets and chains their CRCs, without the last one noted: the end does not count itself."""

    def __init__(self) -> None:
        self.before, self.chain, self._last = -1, 0, b""

    def note(self, packet: Packet) -> None:
        self.before += 1
        self.chain = zlib.crc32(self._last, self.chain)
        self._last = packet.check.to_bytes(4, "little")


class _Joiner:
    """Puts payloads together that were cut into parts; parts follow one another, or the whole is lost."""

    def __init__(self) -> None:
        self._parts: list[Packet] = []

    def add(self, packet: Packet) -> tuple[Packet, ...] | None:
        """The packets of a payload when its last one has come."""
        if packet.part == 0:
            self._parts = [packet]
        elif self._parts and _follows(self._parts[-1], packet):
            self._parts.append(packet)
        else:
            self._parts = []
        if not self._parts or packet.part + 1 < packet.parts:
            return None
        whole, self._parts = tuple(self._parts), []
        return whole


def _follows(one: Packet, other: Packet) -> bool:
    """Whether a part is the next one of the same payload."""
    same = (one.kind, one.index, one.parts) == (other.kind, other.index, other.parts)
    return same and other.part == one.part + 1


def _mapped(path: Path) -> mmap.mmap | None:
    """A file in memory; None if it is empty."""
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError:
        return None
    except OSError as error:
        raise BitstreamError(f"{path} cannot be read: {error.strerror}; is it there, and may you read it?") from error


@dataclass(frozen=True)
class Unit:
    """A payload that arrived: of which kind (`packets.HEADER` ...), of which block."""

    kind: int
    index: int
    payload: bytes


class Feed:
    """A stream that arrives bit by bit, in order: bytes in, payloads out as soon as they are whole."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanner = Scanner(self._buffer)
        self._parts: list[tuple[Packet, bytes]] = []
        self._joiner = _Joiner()

    @property
    def damage(self) -> tuple[Damage, ...]:
        """What was no packet, so far."""
        return tuple(self._scanner.damage)

    def feed(self, data: bytes) -> list[Unit]:
        """Take these bytes; the payloads that they complete."""
        self._buffer += data
        self._scanner.patience.grow(len(data))
        return list(self._units(final=False))

    def finish(self) -> list[Unit]:
        """Say that nothing more comes; the payloads in what was held back."""
        return list(self._units(final=True))

    def _units(self, final: bool) -> Iterable[Unit]:
        """Payloads of the packets that are there; what has been used is dropped."""
        while (packet := self._scanner.next(final)) is not None:
            if packet.part == 0:
                self._parts = []
            self._parts.append((packet, bytes(self._buffer[packet.payload : packet.end - 4])))
            if self._joiner.add(packet) is not None:
                yield Unit(packet.kind, packet.index, b"".join(payload for _, payload in self._parts))
        used = self._scanner.place
        del self._buffer[:used]
        self._scanner.place = 0
        self._scanner.offset += used
