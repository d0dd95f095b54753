"""Any bytes give a result or a `BitstreamError`, soon: mutations of a stream; UNBRAID_FUZZ_SEED sets the seed."""

import os
import random
import time
import zlib

import pytest

from unbraid.core.errors import BitstreamError
from unbraid.core.informed.header import Header, MixPrint, StemEntry
from unbraid.core.informed.packets import SYNC
from unbraid.core.informed.stream import Feed, Reader, write_stream

SEED = int(os.environ.get("UNBRAID_FUZZ_SEED", "20260"))
INTERESTING = (
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    SYNC,
    SYNC + b"\x00\x00",
    SYNC + b"\x22",
    b"UNB\x10",
    b"\xff\xff\x3f",
)


def make_stream() -> tuple[bytes, list[bytes]]:
    rng = random.Random(1)
    stems = (
        StemEntry("a", "Bass", "#0072b2", -3, 1),
        StemEntry("b", "b", quality_db=3),
        StemEntry("c", "c", hidden=True),
    )
    header = Header("Song", 8000, 8000 * 5, 2, 8000, stems, MixPrint(rng.randbytes(8)))
    blocks = [rng.randbytes(rng.randrange(0, 40)) for _ in range(header.blocks)]
    return write_stream(header, rng.randbytes(30), blocks, [rng.randbytes(9) for _ in blocks], digest=b"d"), blocks


STREAM, BLOCKS = make_stream()


def mutated(rng: random.Random) -> bytes:
    data = bytearray(STREAM)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8, 30))):
        at, size = rng.randrange(len(data) + 1), rng.choice((1, 1, 2, 4, 20, 100))
        kind = rng.randrange(7)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at : at + size] = rng.randbytes(size)
        elif kind == 2:
            del data[at : at + size]
        elif kind == 3:
            data[at:at] = rng.randbytes(size)
        elif kind == 4:
            data[at:at] = rng.choice(INTERESTING)
        elif kind == 5:
            source = rng.randrange(len(data) + 1)
            data[at : at + size] = data[source : source + size]
        else:
            del data[at:]
    return bytes(data)


def fixed_checks(data: bytes, rng: random.Random) -> bytes:
    """Damage inside of the packets behind right checks, so that what reads payloads is reached."""
    out, place = bytearray(data), 0
    while (place := data.find(SYNC, place)) >= 0:
        size = next((n for n in range(7, 260) if data[place + n : place + n + 2] == SYNC or place + n == len(data)), 0)
        if size > 7 and rng.random() < 0.9:
            end = place + size - 4
            out[end : end + 4] = zlib.crc32(out[place + 2 : end]).to_bytes(4, "little")
        place += 2
    return bytes(out)


def tried(data: bytes) -> bool:
    """Whether a reader takes the bytes; anything but a result or a `BitstreamError` raises."""
    try:
        reader = Reader(data)
    except BitstreamError:
        return False
    for index in range(min(reader.header.blocks, 8)):
        reader.block(index)
        reader.residual(index)
    assert data == STREAM or reader.damage or reader.header.blocks
    return True


def fed(data: bytes, rng: random.Random) -> None:
    feed, place = Feed(), 0
    while place < len(data):
        step = rng.randrange(1, 200)
        feed.feed(data[place : place + step])
        place += step
    feed.finish()


def run(count: int, seed: int) -> None:
    print(f"{count} mutations, seed {seed} (UNBRAID_FUZZ_SEED)")
    rng = random.Random(seed)
    taken = 0
    for number in range(count):
        data = mutated(rng)
        if number % 2:
            data = fixed_checks(data, rng)
        before = time.process_time()
        taken += tried(data)
        if number % 10 == 0:
            fed(data, rng)
        assert time.process_time() - before < 2, (seed, number)
    assert 0.1 * count < taken < count


def test_mutated_streams_are_read_or_refused() -> None:
    run(20_000, SEED)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_a_million_mutated_streams_are_read_or_refused(part: int) -> None:
    run(100_000, SEED + 1 + part)


def test_silent_changes_do_not_pass() -> None:
    """What a reader takes without a word of damage is what was written."""
    rng = random.Random(SEED)
    for _ in range(3000):
        data = mutated(rng)
        try:
            reader = Reader(data)
        except BitstreamError:
            continue
        if not reader.damage:
            assert [reader.block(i) for i in range(reader.header.blocks)] == BLOCKS
