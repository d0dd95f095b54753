"""Any bytes decode to a result or a `BitstreamError`, soon, also behind right checks; UNBRAID_FUZZ_SEED sets the seed.

What is decoded adds up to the mix whatever the bytes say; blocks that were not touched are bit-identical.
"""

from __future__ import annotations

import contextlib
import os
import random
import time
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from coded_songs import decoded, short_blocks, song

from unbraid.core.errors import BitstreamError
from unbraid.core.informed.decoder import Decoder, SideInformation
from unbraid.core.informed.dial import Dial, Model
from unbraid.core.informed.encoder import Encoder
from unbraid.core.informed.header import read_header, write_header
from unbraid.core.informed.packets import BLOCK, DICTIONARY, HEADER, RESIDUAL, packets
from unbraid.core.informed.stream import Reader, write_stream

SEED = int(os.environ.get("UNBRAID_FUZZ_SEED", "20261"))
LONGEST_S = 2.0
DEEP = 8
"""One of so many is decoded to samples; of the others, the numbers of a block are looked at."""
LITTLE = song(0.4, stems=2)
INTERESTING = (b"\x00", b"\xff", b"\x7f\xff", b"\x80\x00", b"\xff\xff\xff\xff", b"\x01\x00\x00\x00")


@dataclass(frozen=True, eq=False)
class Parts:
    """A stream in its parts, and what it decodes to."""

    stream: bytes
    reader: Reader
    images: np.ndarray = field(repr=False)
    powers: list[np.ndarray] = field(repr=False)
    coefficients: list[np.ndarray | None] = field(repr=False)

    @classmethod
    def of(cls, stream: bytes) -> Parts:
        reader = Reader(stream)
        found = [numbers(stream, block) for block in range(reader.header.blocks)]
        whole = [one for one in found if one is not None]
        return cls(stream, reader, decoded(stream, LITTLE.mix), [w[1] for w in whole], [w[2] for w in whole])

    def payloads(self) -> dict[tuple[int, int], bytes]:
        """By kind and index."""
        reader = self.reader
        found = {(HEADER, 0): write_header(reader.header), (DICTIONARY, 0): reader.dictionary or b""}
        for index in range(reader.header.blocks):
            found[BLOCK, index] = reader.block(index) or b""
            found[RESIDUAL, index] = reader.residual(index) or b""
        return found


@pytest.fixture(scope="module", params=["ntf", "image"])
def parts(request: pytest.FixtureRequest) -> Parts:
    model: Model = request.param
    with short_blocks(0.1, bands=16):
        made = Encoder(LITTLE.sources()).encode(Dial(rate_kbps=24, model=model))
    return Parts.of(made.stream)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Bytes with bits flipped, overwritten, cut out, put in, moved, or the end cut off."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8, 30))):
        at, size = rng.randrange(len(out) + 1), rng.choice((1, 1, 2, 4, 20, 100))
        kind = rng.randrange(7)
        if kind == 0 and at < len(out):
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            out[at : at + size] = rng.randbytes(min(size, len(out) - at))
        elif kind == 2:
            del out[at : at + size]
        elif kind == 3:
            out[at:at] = rng.randbytes(size)
        elif kind == 4:
            put = rng.choice(INTERESTING)
            out[at : at + len(put)] = put
        elif kind == 5:
            source = rng.randrange(len(out) + 1)
            out[at : at + size] = out[source : source + size]
        else:
            del out[at:]
    return bytes(out)


def repacked(payloads: dict[tuple[int, int], bytes]) -> bytes:
    """A stream of these payloads behind right checks; its end is missing."""
    return b"".join(b"".join(packets(kind, index, data)) for (kind, index), data in payloads.items())


def tried(data: bytes, start: int, stop: int) -> tuple[SideInformation, np.ndarray] | None:
    """What decoding gives of a stretch, cut to the song that is declared; None where it is refused."""
    try:
        side = SideInformation(data)
        header = side.header
        mix = LITTLE.mix
        if mix.shape != (header.frames, header.channels):
            mix = np.broadcast_to(np.float32(0.1), (header.frames, header.channels))
        start, stop = min(start, header.frames), min(stop, header.frames)
        images = Decoder(side, mix).images(start, stop, threads=1)
    except BitstreamError:
        return None
    assert images.shape == (len(header.stems), stop - start, header.channels)
    return side, images


def numbers(data: bytes, block: int) -> tuple[SideInformation, np.ndarray, np.ndarray | None] | None:
    """Powers and, if there is a residual layer, coefficients of a block; None where it is refused."""
    try:
        side = SideInformation(data)
        block = min(block, side.header.blocks - 1)
        powers = side.powers(block)
        layout = side.residual.layout if side.residual else None
        return side, powers, side.residual.coefficients(block, layout) if side.residual and layout else None
    except BitstreamError:
        return None


def is_sound(parts: Parts, data: bytes, rng: random.Random, touched: int | None) -> bool:
    """Whether a mutant is taken, and its numbers are numbers; blocks that were not touched are the same bits."""
    block = rng.randrange(parts.reader.header.blocks)
    found = numbers(data, block)
    if found is None:
        return False
    assert np.isfinite(found[1]).all() and (found[1] >= 0).all()
    assert found[2] is None or np.isfinite(found[2]).all()
    if touched is not None and touched != block:
        assert np.array_equal(found[1], parts.powers[block])
        assert has_other_transform(found[0]) or np.array_equal(found[2], parts.coefficients[block])
    return True


def has_other_transform(side: SideInformation) -> bool:
    """Whether the first block says so: it decides for all."""
    layout = side.residual.layout if side.residual else None
    return layout is None or layout.bins != side.layer.grid.window_samples // 2


def decodes(parts: Parts, data: bytes, rng: random.Random, touched: int | None) -> bool:
    """The same of samples, which add up to the mix."""
    size = parts.reader.header.block_samples
    start = rng.randrange(len(LITTLE.mix))
    stop = start + rng.randrange(size)
    found = tried(data, start, stop)
    if found is None:
        return False
    side, images = found
    if side.header.frames == len(LITTLE.mix) and side.header.channels == LITTLE.mix.shape[1]:
        true = LITTLE.mix[start : start + images.shape[1]]
        loudest = max(1.0, float(np.abs(images).max(initial=0)))
        assert np.isfinite(images).all()
        assert np.abs(images.sum(axis=0, dtype=np.float64) - true).max(initial=0) < 1e-5 * loudest
    if touched is not None:
        reach = side.layer.grid.window_samples
        is_beside = stop <= touched * size - reach or start >= (touched + 1) * size + reach
        if is_beside and not has_other_transform(side):
            assert np.array_equal(images, parts.images[:, start:stop])
    return True


def check(parts: Parts, data: bytes, rng: random.Random, *, touched: int | None = None) -> bool:
    """Whether a mutant is taken, in time. touched: the block that was changed, None where it may be any."""
    before = time.process_time()
    taken = (decodes if rng.randrange(DEEP) == 0 else is_sound)(parts, data, rng, touched)
    spent = time.process_time() - before
    assert spent < LONGEST_S, f"{spent:.1f} s"
    return taken


def files(parts: Parts, count: int, seed: int) -> None:
    """Whole files that were damaged on their way."""
    print(f"{count} mutations, seed {seed} (UNBRAID_FUZZ_SEED)")
    rng = random.Random(seed)
    taken = sum(check(parts, mutated(parts.stream, rng), rng) for _ in range(count))
    assert 0.05 * count < taken < count


def contents(parts: Parts, count: int, seed: int) -> None:
    """Payloads that somebody wrote with right checks."""
    print(f"{count} hostile payloads, seed {seed} (UNBRAID_FUZZ_SEED)")
    rng = random.Random(seed)
    payloads, taken = parts.payloads(), 0
    kinds = [[key for key in payloads if key[0] == kind] for kind in (HEADER, DICTIONARY, BLOCK, RESIDUAL)]
    for _ in range(count):
        key = rng.choice(kinds[rng.choice((0, 1, 2, 2, 3, 3))])
        data = repacked({**payloads, key: mutated(payloads[key], rng)})
        taken += check(parts, data, rng, touched=key[1] if key[0] in (BLOCK, RESIDUAL) else None)
    assert 0.3 * count < taken < count


def test_mutated_files(parts: Parts) -> None:
    files(parts, 2500, SEED)


def test_mutated_contents_behind_right_checks(parts: Parts) -> None:
    contents(parts, 1200, SEED)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(10))
def test_a_million_mutated_files_and_contents(parts: Parts, number: int) -> None:
    files(parts, 25_000, SEED + 1 + number)
    contents(parts, 25_000, SEED + 1 + number)


def test_every_truncation_is_an_end_or_an_error(parts: Parts) -> None:
    """C5: what came whole before the end decodes to the same bits."""
    refused = 0
    for length in range(len(parts.stream)):
        try:
            reader = Reader(parts.stream[:length])
        except BitstreamError:
            refused += 1
            continue
        assert reader.damage
        if length % 24 == 0 and (found := numbers(parts.stream[:length], 0)) is not None:
            whole = reader.block(0) is not None
            assert not whole or np.array_equal(found[1], parts.powers[0])
            if whole and reader.residual(0) is not None:
                assert np.array_equal(found[2], parts.coefficients[0])
    assert 0 < refused < len(parts.stream) // 4


def test_random_bytes_and_other_files_are_refused_in_words(parts: Parts) -> None:
    rng = random.Random(SEED)
    for data in (b"", b"\x00", b"RIFF....WAVEfmt ", b"UNB\x10", rng.randbytes(5000), parts.stream[::-1]):
        with pytest.raises(BitstreamError, match="side-information"):
            SideInformation(data)


@pytest.mark.parametrize("bit", range(8))
def test_no_flipped_bit_of_a_file_passes_unseen(parts: Parts, bit: int) -> None:
    """C3: each single bit."""
    for place in range(bit % 3, len(parts.stream), 3):
        data = bytearray(parts.stream)
        data[place] ^= 1 << bit
        with contextlib.suppress(BitstreamError):
            assert Reader(bytes(data)).damage, (place, bit)


def test_a_stream_of_another_song_s_header_is_taken_as_it_says(parts: Parts) -> None:
    """More stems than the dictionary has, another rate, another length: refused or decoded, never anything else."""
    header = parts.reader.header
    blocks = [parts.reader.block(i) or b"" for i in range(header.blocks)]
    for other in (
        replace(header, stems=header.stems[:1]),
        replace(header, rate=16_000),
        replace(header, parametric="image" if header.parametric == "ntf" else "ntf"),
        replace(header, channels=1, stems=tuple(replace(stem, channels=1) for stem in header.stems)),
    ):
        data = write_stream(read_header(write_header(other)), parts.reader.dictionary or b"", blocks)
        tried(data, 0, 500)
