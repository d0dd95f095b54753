"""Packets: found, found again after damage, and in a time that grows with the bytes only."""

import random
import time
import zlib

import pytest

from unbraid.core.informed.limits import MAX_BLOCKS, MAX_PARTS, MAX_PAYLOAD, MAX_REPORTED
from unbraid.core.informed.packets import BLOCK, SYNC, Damage, Packet, Patience, Scanner, packets
from unbraid.core.informed.stream import Feed

RANDOM = random.Random(3)
PAYLOADS = [RANDOM.randbytes(RANDOM.randrange(0, 300)) for _ in range(30)]
STREAM = b"".join(b"".join(packets(BLOCK, index, payload)) for index, payload in enumerate(PAYLOADS))


def found(data: bytes) -> tuple[list[Packet], list[Damage]]:
    patience = Patience()
    patience.grow(len(data))
    scanner = Scanner(data, patience)
    return list(iter(scanner.next, None)), scanner.damage


def payload(data: bytes, packet: Packet) -> bytes:
    return data[packet.payload : packet.end - 4]


def test_packets_are_found_with_what_they_carry() -> None:
    got, damage = found(STREAM)
    assert [payload(STREAM, packet) for packet in got] == PAYLOADS
    assert [packet.index for packet in got] == list(range(30))
    assert damage == []


def test_a_packet_costs_few_bytes() -> None:
    assert len(next(packets(BLOCK, 0, b""))) == 9
    assert len(next(packets(BLOCK, 5000, bytes(1200)))) == 1200 + 11
    assert len(next(packets(BLOCK, MAX_BLOCKS - 1, bytes(MAX_PAYLOAD)))) == MAX_PAYLOAD + 13


def test_long_payloads_are_cut_into_parts() -> None:
    long = RANDOM.randbytes(2 * MAX_PAYLOAD + 7)
    data = b"".join(packets(BLOCK, 3, long))
    got, damage = found(data)
    assert [(packet.part, packet.parts) for packet in got] == [(0, 3), (1, 3), (2, 3)]
    assert b"".join(payload(data, packet) for packet in got) == long and damage == []
    with pytest.raises(ValueError, match="packets"):
        next(packets(BLOCK, 0, bytes(MAX_PARTS * MAX_PAYLOAD + 1)))


@pytest.mark.parametrize("size", [1, 40, 700])
def test_losing_a_span_costs_the_packets_that_it_touches(size: int) -> None:
    whole, _ = found(STREAM)
    for start in range(0, len(STREAM) - size, 97):
        for damaged in (STREAM[:start] + STREAM[start + size :], STREAM[:start] + bytes(size) + STREAM[start + size :]):
            got, damage = found(damaged)
            indices = {packet.index for packet in got}
            touched = {p.index for p in whole if p.start < start + size and p.end > start}
            changed = damaged != STREAM
            assert set(range(30)) - indices <= touched
            assert all(payload(damaged, packet) == PAYLOADS[packet.index] for packet in got)
            assert damage or not changed or len(damaged) < len(STREAM)


def test_junk_between_packets_is_reported_where_it_is() -> None:
    first = next(packets(BLOCK, 0, b"abc"))
    got, damage = found(b"junk" + first + b"\xd5\x55 more junk" + first + b"\xd5")
    assert len(got) == 2
    assert [(one.start, one.end) for one in damage] == [(0, 4), (16, 28), (40, 41)]


def test_reserved_bits_and_what_is_not_allowed_make_no_packet() -> None:
    good = bytearray(next(packets(BLOCK, 1, b"abc")))
    for head in (
        b"\x42\x01\x03",
        b"\x82\x01\x03",
        b"\x02\xff\xff\xff\x03",
        b"\x22\x01\x01\x01\x03",
        b"\x02\x81\x00\x03",
    ):
        body = head + b"abc"
        check = zlib.crc32(body).to_bytes(4, "little")
        assert found(SYNC + body + check)[0] == []
    assert len(found(bytes(good))[0]) == 1


HOSTILE = {
    "syncs": SYNC * (1 << 17),
    "packets that promise too much": (SYNC + b"\x02\x00\xff\xff\x3f") * (1 << 16),
    "packets as long as possible": (SYNC + b"\x02\x00\x80\x80\x40") * (1 << 16),
    "parts": (SYNC + b"\x22\x00\x01\x3f\xff\x7f") * (1 << 16),
    "first bytes of syncs": SYNC[:1] * (1 << 19),
    "chance": random.Random(1).randbytes(1 << 19),
    "tiny packets": b"".join(packets(BLOCK, 0, b"")) * (1 << 14),
    "tiny packets and junk": (b"".join(packets(BLOCK, 0, b"")) + b"-") * (1 << 14),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_search_takes_a_bounded_time(name: str) -> None:
    before = time.process_time()
    _, damage = found(HOSTILE[name])
    assert time.process_time() - before < 5
    assert len(damage) <= MAX_REPORTED


@pytest.mark.parametrize("name", HOSTILE)
def test_a_feed_takes_a_bounded_time(name: str) -> None:
    data, feed = HOSTILE[name], Feed()
    before = time.process_time()
    for start in range(0, len(data), 1000):
        feed.feed(data[start : start + 1000])
    feed.finish()
    assert time.process_time() - before < 10


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_packets_come_out_of_a_feed_as_soon_as_they_are_whole(step: int) -> None:
    feed, arrived, units = Feed(), 0, []
    ends = [packet.end for packet in found(STREAM)[0]]
    for start in range(0, len(STREAM), step):
        piece = STREAM[start : start + step]
        units += feed.feed(piece)
        arrived += len(piece)
        assert len(units) == sum(end <= arrived for end in ends)
    assert feed.finish() == [] and feed.damage == ()
    assert [(unit.kind, unit.index, unit.payload) for unit in units] == [(BLOCK, i, p) for i, p in enumerate(PAYLOADS)]


def test_a_feed_gives_what_a_search_gives_whatever_the_damage() -> None:
    rng = random.Random(11)
    for _ in range(300):
        data = bytearray(STREAM)
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(data))
            data[at : at + rng.randrange(0, 60)] = rng.randbytes(rng.randrange(0, 60))
        feed, units, place = Feed(), [], 0
        while place < len(data):
            step = rng.randrange(1, 800)
            units += feed.feed(bytes(data[place : place + step]))
            place += step
        units += feed.finish()
        got, damage = found(bytes(data))
        assert [unit.payload for unit in units] == [payload(bytes(data), packet) for packet in got]
        assert feed.damage == tuple(damage)
