"""Whole streams: written, read at once or block by block, damaged, cut, and kept for ever."""

import hashlib
import json
import random
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from unbraid.core.errors import BitstreamError
from unbraid.core.informed.header import Header, MixPrint, StemEntry, write_header
from unbraid.core.informed.limits import MAX_PAYLOAD
from unbraid.core.informed.packets import BLOCK, DICTIONARY, END, HEADER, RESIDUAL, packets
from unbraid.core.informed.stream import Feed, Reader, stream_packets, write_stream

VECTORS = Path(__file__).parent / "vectors"
STEMS = (
    StemEntry("vocals", "vocals", "#cc79a7", -1.5, 2, False, 9.37),
    StemEntry("drums", "Schlagzeug", "", 0.0, 1, False, 7.11),
    StemEntry("mastering", "mastering", hidden=True, quality_db=0.0),
)
HEAD = Header("Song", 44100, 44100 * 30 - 7, 2, 44100 * 5, STEMS, MixPrint(b"print"), has_residual=True)
RANDOM = random.Random(7)
WORDS = RANDOM.randbytes(150)
BLOCKS = [RANDOM.randbytes(60) for _ in range(HEAD.blocks)]
RESIDUALS = [RANDOM.randbytes(40) for _ in range(HEAD.blocks)]
STREAM = write_stream(HEAD, WORDS, BLOCKS, RESIDUALS, digest=b"digest of all")


def contents(reader: Reader) -> tuple[list[bytes | None], list[bytes | None]]:
    indices = range(HEAD.blocks)
    return [reader.block(i) for i in indices], [reader.residual(i) for i in indices]


def test_a_stream_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "song.unb"
    path.write_bytes(STREAM)
    for source in (STREAM, path):
        with Reader(source) as reader:
            assert reader.header == HEAD and reader.dictionary == WORDS
            assert contents(reader) == (BLOCKS, RESIDUALS)
            assert reader.damage == () and reader.lost == () and reader.digest == b"digest of all"
            assert reader.block(HEAD.blocks) is None and reader.block(-1) is None


def test_without_a_residual_there_is_none() -> None:
    reader = Reader(write_stream(HEAD, WORDS, BLOCKS))
    assert not reader.header.has_residual and reader.damage == ()
    assert contents(reader) == (BLOCKS, [None] * HEAD.blocks)


@pytest.mark.parametrize("copies", [1, 2, 3, 5])
def test_header_and_dictionary_are_repeated(copies: int) -> None:
    kinds = [packet[2] for packet in stream_packets(HEAD, WORDS, BLOCKS, copies=copies)]
    assert kinds.count(HEADER) == kinds.count(DICTIONARY) == copies
    assert kinds[:2] == [HEADER, DICTIONARY] and kinds[-1] == END
    assert copies == 1 or kinds[-3:-1] == [HEADER, DICTIONARY]


def test_the_second_copy_serves_when_the_first_is_lost() -> None:
    start = STREAM.index(BLOCKS[0]) - 5
    reader = Reader(STREAM[start:])
    assert reader.header == HEAD and reader.dictionary == WORDS
    assert contents(reader) == (BLOCKS, RESIDUALS)
    assert reader.damage


def test_a_long_payload_is_one_payload() -> None:
    long = [RANDOM.randbytes(2 * MAX_PAYLOAD + 5), *BLOCKS[1:]]
    data = write_stream(HEAD, WORDS, long)
    reader = Reader(data)
    assert reader.block(0) == long[0] and reader.damage == ()
    second = data.index(long[0][MAX_PAYLOAD : MAX_PAYLOAD + 100])
    reader = Reader(data[:second] + b"!" + data[second + 1 :])
    assert reader.lost == (0,) and reader.block(1) == BLOCKS[1]
    feed = Feed()
    assert [unit.payload for unit in feed.feed(data) if unit.kind == BLOCK] == long


def test_every_flipped_bit_is_seen() -> None:
    for place in range(len(STREAM)):
        for bit in range(8):
            data = bytearray(STREAM)
            data[place] ^= 1 << bit
            reader = Reader(bytes(data))
            assert reader.damage, (place, bit)
            assert reader.header == HEAD and reader.dictionary == WORDS
            assert sum(one is None for kind in contents(reader) for one in kind) <= 1


def test_a_stream_cut_anywhere_gives_its_complete_blocks() -> None:
    ends = {}
    for kind, payloads in ((BLOCK, BLOCKS), (RESIDUAL, RESIDUALS)):
        for i, payload in enumerate(payloads):
            ends[kind, i] = STREAM.index(payload) + len(payload) + 4
    head = STREAM.index(WORDS) - 4
    for cut in range(len(STREAM)):
        try:
            reader = Reader(STREAM[:cut])
        except BitstreamError:
            assert cut < head
            continue
        assert reader.damage
        for i in range(HEAD.blocks):
            assert reader.block(i) == (BLOCKS[i] if ends[BLOCK, i] <= cut else None)
            assert reader.residual(i) == (RESIDUALS[i] if ends[RESIDUAL, i] <= cut else None)


def test_missing_repeated_and_foreign_packets_are_seen() -> None:
    pieces = list(stream_packets(HEAD, WORDS, BLOCKS, RESIDUALS))
    without = Reader(b"".join(pieces[:4] + pieces[5:]))
    assert without.lost == (1,) and any("1 of 6 blocks are lost" in one.words for one in without.damage)
    assert any("packets were written" in one.words for one in Reader(b"".join([*pieces[:5], *pieces[4:]])).damage)
    other = next(packets(BLOCK, 1, b"of another song"))
    assert any(
        "packets were written" in one.words for one in Reader(b"".join([*pieces[:4], other, *pieces[5:]])).damage
    )
    twice = Reader(b"".join([*pieces[:5], other, *pieces[5:]]))
    assert twice.block(1) == BLOCKS[1] and any("the first one counts" in one.words for one in twice.damage)
    far = Reader(b"".join([*pieces[:5], next(packets(BLOCK, 99, b"")), *pieces[5:]]))
    assert far.block(99) is None and any("block 99 of a song of 6" in one.words for one in far.damage)
    after = Reader(STREAM + STREAM)
    assert contents(after) == (BLOCKS, RESIDUALS) and any("after the end" in one.words for one in after.damage)


def test_kinds_of_a_later_version_are_skipped() -> None:
    pieces = list(stream_packets(HEAD, WORDS, BLOCKS, RESIDUALS))
    pieces.insert(3, next(packets(17, 0, b"something new")))
    reader = Reader(b"".join(pieces))
    assert contents(reader) == (BLOCKS, RESIDUALS)


@pytest.mark.parametrize("data", [b"", b"RIFF....WAVE", b"\xd5\x55" * 50, bytes(1000)])
def test_what_is_no_stream_is_refused_in_words(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "no.unb"
    path.write_bytes(data)
    for source in (data, path):
        with pytest.raises(BitstreamError, match="no packet of Unbraid"):
            Reader(source)


def test_a_missing_file_and_a_lost_header_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(BitstreamError, match="cannot be read: No such file"):
        Reader(tmp_path / "nothing.unb")
    with pytest.raises(BitstreamError, match="header is lost"):
        Reader(b"".join(packets(BLOCK, 0, b"abc")))


def test_a_newer_major_version_is_refused() -> None:
    payload = bytearray(write_header(HEAD))
    payload[3] = 0x2A
    with pytest.raises(BitstreamError, match=r"version 2.10.*version 1"):
        Reader(b"".join(packets(HEADER, 0, bytes(payload))))


def test_a_hostile_file_of_a_hundred_bytes_takes_little_memory() -> None:
    head = replace(HEAD, frames=44100 * 3600 * 24, block_samples=44100 // 2, stems=STEMS[:1], title="")
    tracemalloc.start()
    reader = Reader(b"".join(packets(HEADER, 0, write_header(head))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert reader.header.blocks > 100_000 and peak < 16e6


def test_blocks_must_be_as_many_as_announced() -> None:
    with pytest.raises(ValueError, match="5 blocks where the header announces"):
        write_stream(HEAD, WORDS, BLOCKS[:5])
    with pytest.raises(ValueError, match="digest"):
        write_stream(HEAD, WORDS, BLOCKS, digest=bytes(65))


def test_the_streams_of_every_released_version_are_read_the_same_for_ever() -> None:
    for path in sorted(VECTORS.glob("container_*.unb")):
        told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        reader = Reader(path)
        assert reader.damage == ()
        assert f"{reader.header.version[0]}.{reader.header.version[1]}" == told["version"]
        assert [stem.name for stem in reader.header.stems] == told["names"]
        parts = [reader.dictionary or b"", *(reader.block(i) or b"" for i in range(reader.header.blocks))]
        parts += [reader.residual(i) or b"" for i in range(reader.header.blocks)]
        assert hashlib.sha256(b"".join(parts)).hexdigest() == told["sha256"]
        reader.close()


def test_a_stream_is_written_as_it_was_released() -> None:
    assert (VECTORS / "container_1_0.unb").read_bytes() == STREAM
