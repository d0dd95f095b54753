"""The packets that a stream consists of: found again after damage, checked one by one, in bounded time.

sync        2   D5 55
kind        1   bits 0-4 the kind, bit 5 PARTS, bits 6-7 zero
index       1+  varint: number of the block, 0 for what belongs to the whole song
part, parts 2   varints, if PARTS: a payload of more than one packet
length      1+  varint: bytes of the payload
payload
check       4   CRC-32 of all from kind to payload, little-endian
"""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from unbraid.core.informed.limits import MAX_BLOCKS, MAX_PACKETS, MAX_PARTS, MAX_PAYLOAD, MAX_REPORTED
from unbraid.core.informed.varint import varint

HEADER, DICTIONARY, BLOCK, RESIDUAL, END = range(5)
SYNC = b"\xd5\x55"
KIND_MASK, PARTS_FLAG, RESERVED = 0x1F, 0x20, 0xC0
SMALLEST = 9
"""Bytes of a packet without payload."""
LONGEST_HEAD = 19
"""Bytes before the payload, at most."""
NAMES = {HEADER: "header", DICTIONARY: "dictionary", BLOCK: "block", RESIDUAL: "residual", END: "end"}

Source = bytes | bytearray | mmap.mmap


@dataclass(frozen=True, slots=True)
class Packet:
    """An intact packet: where it lies in its source and where its payload does, in bytes."""

    kind: int
    index: int
    part: int
    parts: int
    start: int
    payload: int
    end: int
    check: int

    @property
    def size(self) -> int:
        """Bytes of the payload."""
        return self.end - 4 - self.payload


@dataclass(frozen=True)
class Damage:
    """Bytes start to end of a stream that could not be used, and why."""

    start: int
    end: int
    words: str


@dataclass
class Patience:
    """What a search for the next packet may cost in all: false starts, and bytes of them that were checked."""

    starts: int = 1 << 16
    checked: int = 1 << 28

    def grow(self, count: int) -> None:
        """Allow for this many bytes more."""
        self.starts += count >> 10
        self.checked += 8 * count

    def spend(self, checked: int) -> None:
        """A false start that this many bytes were checked of."""
        self.starts -= 1
        self.checked -= checked

    @property
    def over(self) -> bool:
        """Whether the rest is given up."""
        return self.starts < 0 or self.checked < 0


def packets(kind: int, index: int, payload: bytes) -> Iterator[bytes]:
    """The packets that carry a payload: one, or several if it is long."""
    count = max(1, -(-len(payload) // MAX_PAYLOAD))
    if count > MAX_PARTS:
        raise ValueError(f"{len(payload)} bytes do not go into {MAX_PARTS} packets")
    for part in range(count):
        piece = payload[part * MAX_PAYLOAD : (part + 1) * MAX_PAYLOAD]
        head = bytes([kind | (PARTS_FLAG if count > 1 else 0)]) + varint(index)
        if count > 1:
            head += varint(part) + varint(count)
        body = head + varint(len(piece)) + piece
        yield SYNC + body + zlib.crc32(body).to_bytes(4, "little")


def _numbers(data: Source, place: int, end: int, count: int) -> tuple[list[int], int] | None:
    """`count` varints of at most 4 bytes from `place`, and where they end; None where there are none."""
    numbers = []
    for _ in range(count):
        number = 0
        for shift in range(0, 28, 7):
            if place >= end:
                return None
            byte = data[place]
            place += 1
            number |= (byte & 127) << shift
            if byte < 128:
                break
        else:
            return None
        if byte == 0 and shift > 0:
            return None
        numbers.append(number)
    return numbers, place


def _head(data: Source, start: int, end: int) -> Packet | None:
    """What the bytes at `start`, where a sync is, announce; it may end beyond `end`. None if it is not allowed."""
    kind = data[start + 2] if start + 2 < end else RESERVED
    if kind & RESERVED:
        return None
    found = _numbers(data, start + 3, end, 4 if kind & PARTS_FLAG else 2)
    if found is None:
        return None
    (index, *cut, length), place = found
    part, parts = cut or (0, 1)
    cut_well = parts >= 2 and part < parts <= MAX_PARTS if cut else True
    sound = index < MAX_BLOCKS and length <= MAX_PAYLOAD and cut_well
    check = int.from_bytes(data[place + length : place + length + 4], "little")
    return Packet(kind & KIND_MASK, index, part, parts, start, place, place + length + 4, check) if sound else None


@dataclass
class Scanner:
    """Goes through a source from packet to packet; what is none is skipped and noted.

    `data` may be replaced by more of the same as long as `place` stays what it means.
    """

    data: Source
    patience: Patience = field(default_factory=Patience)
    place: int = 0
    offset: int = 0
    """Where `data` begins in the whole stream: only for what is reported."""
    damage: list[Damage] = field(default_factory=list)
    count: int = 0
    _lost_from: int = -1

    def next(self, final: bool = True) -> Packet | None:
        """The next intact packet. None: nothing more, or, if not `final`, nothing until more bytes are there."""
        end = len(self.data)
        while self.place < end and not self._given_up:
            start = self._next_sync(final)
            if start >= end:
                break
            packet = _head(self.data, start, end)
            whole = packet is not None and packet.end <= end
            if not final and not whole and (packet is not None or end - start < LONGEST_HEAD):
                return None
            if packet is not None and whole and self._is_intact(packet):
                return self._taken(packet)
            self.patience.spend(packet.size if packet is not None and whole else 0)
            self._skip(start + 1)
        if self.place < end and self._given_up:
            self._skip(end)
            self._found(end, "too many false starts or packets: the rest was given up")
        if final:
            self._found(end)
        return None

    @property
    def _given_up(self) -> bool:
        """Whether the search has cost all that it may."""
        return self.patience.over or self.count >= MAX_PACKETS

    def _next_sync(self, final: bool) -> int:
        """Where a packet may begin: at `place` if nothing is lost."""
        end = len(self.data)
        start = self.data.find(SYNC, self.place)
        if start < 0:
            start = end if final or self.data[end - 1] != SYNC[0] else end - 1
        if start > self.place:
            self._skip(start)
        return start

    def _taken(self, packet: Packet) -> Packet:
        """The packet, with the place moved behind it."""
        self._found(packet.start)
        self.place = packet.end
        self.count += 1
        return packet

    def _is_intact(self, packet: Packet) -> bool:
        """Whether the packet's CRC is right."""
        with memoryview(self.data) as view, view[packet.start + 2 : packet.end - 4] as body:
            return zlib.crc32(body) == packet.check

    def _skip(self, place: int) -> None:
        """Go on at `place`; what lies before it is lost."""
        if self._lost_from < 0:
            self._lost_from = self.place + self.offset
        self.place = place

    def _found(self, place: int, words: str = "no intact packet") -> None:
        """Note what was lost before `place`."""
        if self._lost_from >= 0:
            self._note(Damage(self._lost_from, place + self.offset, words))
            self._lost_from = -1

    def _note(self, damage: Damage) -> None:
        """Keep it among what is reported; of very much damage the last entry stands for the rest."""
        if len(self.damage) < MAX_REPORTED:
            self.damage.append(damage)
        else:
            self.damage[-1] = Damage(self.damage[-1].start, damage.end, "more damage than is told one by one")
