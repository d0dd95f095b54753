"""A payload as chunks that each find, check and place themselves, so that a cut loses only what was cut."""

from __future__ import annotations

import struct
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError
from unbraid.core.informed.watermark.layout import Bits

SYNC = b"\x9cuB\x5e"
HEAD = struct.Struct("<4sBBHIII")
"""Sync, salt, version, bytes here, place in the payload, bytes of the whole payload, block where the chunk begins."""

VERSION = 1
CHECK = struct.Struct("<I")
CHUNK_BYTES, LEAST_CHUNK_BYTES = 960, 64
OVERHEAD = HEAD.size + CHECK.size
MOST_BYTES = 1 << 25


@dataclass(frozen=True)
class Chunk:
    """Part of a payload: bytes from `place` on, of `total`; it begins in block `block` of the marked song."""

    place: int
    total: int
    block: int
    data: bytes


def noise_bytes(count: int, salt: int, place: int) -> npt.NDArray[np.uint8]:
    """Bytes that whiten a chunk: a counter mixed by SplitMix64 (Steele et al., 2014), little-endian."""
    z = np.arange(-(-count // 8), dtype=np.uint64) + np.uint64(((salt << 32) + place) << 16)
    z = (z + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (z ^ (z >> np.uint64(31))).astype("<u8").view(np.uint8)[:count]


def _whitened(data: bytes, salt: int, place: int) -> bytes:
    return (np.frombuffer(data, np.uint8) ^ noise_bytes(len(data), salt, place)).tobytes()


def write_chunk(chunk: Chunk, salt: int) -> bytes:
    """The bytes of a chunk: head, whitened data, CRC-32 of both."""
    head = HEAD.pack(SYNC, salt, VERSION, len(chunk.data), chunk.place, chunk.total, chunk.block)
    body = head + _whitened(chunk.data, salt, chunk.place)
    return body + CHECK.pack(zlib.crc32(body))


def read_chunk(data: bytes, at: int) -> Chunk | None:
    """The chunk whose sync stands at byte `at`, if it is whole."""
    if at + OVERHEAD > len(data):
        return None
    _, salt, version, size, place, total, block = HEAD.unpack_from(data, at)
    end = at + HEAD.size + size
    possible = version == VERSION and 0 < size <= CHUNK_BYTES and place + size <= total <= MOST_BYTES
    if not possible or end + CHECK.size > len(data):
        return None
    if CHECK.unpack_from(data, end)[0] != zlib.crc32(data[at:end]):
        return None
    return Chunk(place, total, block, _whitened(data[at + HEAD.size : end], salt, place))


def find_chunks(bits: Bits) -> Iterator[tuple[int, Chunk]]:
    """(first bit, chunk) of every whole chunk in bits (n,), which may begin at any bit."""
    for shift in range(8):
        data = np.packbits(bits[shift:]).tobytes()
        at = data.find(SYNC)
        while at >= 0:
            chunk = read_chunk(data, at)
            if chunk is not None:
                yield shift + 8 * at, chunk
            at = data.find(SYNC, at + 1 if chunk is None else at + OVERHEAD + len(chunk.data))


@dataclass(frozen=True)
class Plan:
    """What is sent in which order: `total` bytes in chunks of at most `chunk_bytes`.

    The first `head_bytes` come again every `head_blocks` blocks.
    """

    total: int
    chunk_bytes: int = CHUNK_BYTES
    head_bytes: int = 0
    head_blocks: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.total <= MOST_BYTES:
            raise ParameterError(f"from 1 to {MOST_BYTES} bytes can be hidden, not {self.total}; shorten them")

    def places(self, stop: int | None = None) -> list[int]:
        """Where the chunks of the first `stop` bytes begin."""
        return list(range(0, self.total if stop is None else min(stop, self.total), self.chunk_bytes))

    def bits_at(self, place: int) -> int:
        """Bits that the chunk from byte `place` on takes."""
        return 8 * (OVERHEAD + min(self.chunk_bytes, self.total - place))

    def needed_bits(self, blocks: int) -> int:
        """Bits that all chunks take in a song of `blocks` blocks."""
        repeats = blocks // self.head_blocks if self.head_bytes else 0
        head = sum(map(self.bits_at, self.places(self.head_bytes)))
        return sum(map(self.bits_at, self.places())) + repeats * head

    def sequence(self, block_at: Callable[[int], int], capacity: int) -> Iterator[tuple[int, int]]:
        """(place, block) of one chunk after the other, `capacity` bits in all; from the beginning again at the end."""
        done, last_head = 0, 0
        waiting = deque(self.places())
        while True:
            block = block_at(done)
            if self.head_bytes and block - last_head >= self.head_blocks:
                last_head = block
                waiting.extendleft(reversed(self.places(self.head_bytes)))
            if not waiting:
                waiting.extend(self.places())
            place = waiting.popleft()
            done += self.bits_at(place)
            if done > capacity:
                return
            yield place, block


def fill(
    payload: bytes, plan: Plan, begins: npt.NDArray[np.int64], blocks: npt.NDArray[np.int64], capacity: int, salt: int
) -> Bits:
    """`capacity` bits of chunks; `begins` and `blocks` say at which bit which block starts, both (n,)."""

    def block_at(bit: int) -> int:
        at = min(int(np.searchsorted(begins, bit, side="right")), len(begins)) - 1
        return int(blocks[at])

    parts = [
        write_chunk(Chunk(place, plan.total, block, payload[place : place + plan.chunk_bytes]), salt)
        for place, block in plan.sequence(block_at, capacity)
    ]
    data = b"".join(parts)
    rest = noise_bytes(-(-capacity // 8) - len(data), salt, 0xFFFFFFFF).tobytes()
    return np.unpackbits(np.frombuffer(data + rest, np.uint8))[:capacity]


def assemble(chunks: list[Chunk]) -> tuple[bytes, tuple[tuple[int, int], ...]]:
    """The payload, zeros where chunks are missing, and the missing ranges (start, stop)."""
    total = chunks[0].total
    data, known = bytearray(total), np.zeros(total + 2, bool)
    for chunk in chunks:
        if chunk.total == total:
            data[chunk.place : chunk.place + len(chunk.data)] = chunk.data
            known[1 + chunk.place : 1 + chunk.place + len(chunk.data)] = True
    known[0] = known[-1] = True
    edges = np.flatnonzero(np.diff(known.astype(np.int8)))
    return bytes(data), tuple((int(a), int(b)) for a, b in edges.reshape(-1, 2))
