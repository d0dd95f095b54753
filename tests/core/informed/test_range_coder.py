"""The coder against a reference of whole numbers without carries, against entropy, and against another coder."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from unbraid.core.dsp.exact import exact
from unbraid.core.informed import range_coder
from unbraid.core.informed.range_coder import (
    HALF,
    HIGHEST,
    LOWEST,
    SLACK,
    Bytes,
    Cells,
    begin,
    finish,
    fresh,
    read_bit,
    read_plain,
    read_with,
    reader,
    room_for,
    started,
    write_bit,
    write_plain,
    write_with,
    writer,
)

Coded = list[tuple[int, int]]
ChancesAndBits = tuple[list[int], list[int]]
quick = settings(derandomize=True, deadline=None, max_examples=25)
zeros = st.one_of(st.integers(1, 65535), st.sampled_from([1, 2, LOWEST, HALF, HIGHEST, 65534, 65535]))


@exact
def encode(coder: Cells, out: Bytes, zeros: Cells, bits: Cells) -> int:
    for i in range(len(bits)):
        write_with(coder, out, zeros[i], bits[i])
    return finish(coder, out)


@exact
def decode(coder: Cells, data: Bytes, zeros: Cells, bits: Cells) -> int:
    begin(coder, data)
    for i in range(len(bits)):
        if coder[3] > SLACK:
            return i
        bits[i] = read_with(coder, data, zeros[i])
    return len(bits)


@exact
def encode_learning(coder: Cells, out: Bytes, models: Cells, bits: Cells) -> int:
    for i in range(len(bits)):
        write_bit(coder, out, models, i % (len(models) // 2), bits[i])
        if i % 100 == 99:
            write_plain(coder, out, i, 7)
    return finish(coder, out)


@exact
def decode_learning(coder: Cells, data: Bytes, models: Cells, bits: Cells) -> int:
    begin(coder, data)
    for i in range(len(bits)):
        bits[i] = read_bit(coder, data, models, i % (len(models) // 2))
        if i % 100 == 99 and read_plain(coder, data, 7) != i & 127:
            return i
    return len(bits)


def coded(zeros: npt.ArrayLike, bits: npt.ArrayLike, plain: bool = False) -> bytes:
    out = room_for(np.size(bits))
    run = encode.plain if plain else encode  # type: ignore[attr-defined]
    size = run(writer(), out, np.asarray(zeros, np.int64), np.asarray(bits, np.int64))
    return out[:size].tobytes()


def decoded(data: bytes, zeros: npt.ArrayLike, plain: bool = False) -> tuple[int, list[int]]:
    bits = np.zeros(np.size(zeros), np.int64)
    run = decode.plain if plain else decode  # type: ignore[attr-defined]
    got = run(reader(), np.frombuffer(data, np.uint8), np.asarray(zeros, np.int64), bits)
    return got, bits.tolist()


def by_whole_numbers(zeros: list[int], bits: list[int]) -> bytes:
    """The same code with one number of any length for low: nothing leaves, so nothing is carried."""
    low, span, shifts = 0, 1 << 48, 0
    for zero, bit in zip(zeros, bits, strict=True):
        split = (span >> 16) * zero
        low, span = (low, split) if bit == 0 else (low + split, span - split)
        while span < 1 << 40:
            low, span, shifts = low << 8, span << 8, shifts + 1
    value = -(-low // (1 << 40))
    size = shifts + 1
    if value >> (8 * size):
        raise AssertionError("a number of 1 or more")
    return value.to_bytes(size, "big")


@quick
@given(st.lists(st.tuples(zeros, st.integers(0, 1)), max_size=400))
@example([(65535, 1)] * 40)
@example([(1, 0)] * 40)
@example([(65535, 0)] * 400)
@example([(1, 1)] * 400)
def test_any_bits_with_any_probabilities_come_back(pairs: Coded) -> None:
    chances, bits = [zero for zero, _ in pairs], [bit for _, bit in pairs]
    data = coded(chances, bits)
    assert decoded(data, chances) == (len(bits), bits)
    assert decoded(data, chances, plain=True) == (len(bits), bits)
    assert coded(chances, bits, plain=True) == data
    whole = by_whole_numbers(chances, bits)
    assert whole[: len(data)] == data
    assert not any(whole[len(data) :])


@pytest.mark.parametrize("length", [1, 10, 300, 5000])
def test_a_carry_runs_through_any_number_of_bytes(length: int) -> None:
    """Just below one half for long, then above: the bytes 7F FF FF ... become 80 00 00 ..."""
    chances, bits = _up_to_a_carry(length)
    below, above = coded(chances, [*bits[:-1], 0]), coded(chances, bits)
    assert below[:length] == b"\x7f" + b"\xff" * (length - 1)
    assert above[:length] == b"\x80" + b"\x00" * (length - 1)
    assert above == by_whole_numbers(chances, bits).rstrip(b"\0")
    assert decoded(above, chances)[1] == bits


def _up_to_a_carry(length: int) -> ChancesAndBits:
    """Bits whose interval straddles one half until `length` bytes are out; the last puts it above."""
    chances: list[int] = []
    bits: list[int] = []
    low, span, middle, shifts = 0, 1 << 48, 1 << 47, 0
    while shifts < length:
        bit = 1 - len(bits) % 2
        zero = min(max((middle - low) // (span >> 16) + (-1 if bit else 2), 1), 65535)
        split = (span >> 16) * zero
        low, span = (low + split, span - split) if bit else (low, split)
        assert low < middle < low + span
        while span < 1 << 40:
            low, span, middle, shifts = low << 8, span << 8, middle << 8, shifts + 1
        chances.append(zero)
        bits.append(bit)
    return [*chances, (middle - low) // (span >> 16) + 1], [*bits, 1]


def test_random_streams_have_carries_and_come_back() -> None:
    rng = np.random.default_rng(5)
    for _ in range(200):
        chances = rng.integers(1, 65536, 300)
        bits = (rng.random(300) * 65536 >= chances).astype(np.int64)
        data = coded(chances, bits)
        assert data == by_whole_numbers(chances.tolist(), bits.tolist()).rstrip(b"\0")
        assert decoded(data, chances)[1] == bits.tolist()


@pytest.mark.parametrize("zero", [LOWEST, 300, 5000, HALF, 60000, HIGHEST])
def test_the_length_is_that_of_the_entropy(zero: int) -> None:
    rng = np.random.default_rng(zero)
    bits = (rng.integers(0, 65536, 200_000) >= zero).astype(np.int64)
    ones = int(bits.sum())
    ideal = -((len(bits) - ones) * math.log2(zero / 65536) + ones * math.log2(1 - zero / 65536)) / 8
    size = len(coded(np.full(len(bits), zero), bits))
    assert ideal - 1 <= size <= 1.001 * ideal + 3


def test_the_length_is_that_of_another_range_coder() -> None:
    constriction = pytest.importorskip("constriction")
    rng = np.random.default_rng(9)
    chances = rng.integers(200, 65336, 100_000)
    bits = (rng.integers(0, 65536, len(chances)) >= chances).astype(np.int32)
    other = constriction.stream.queue.RangeEncoder()
    other.encode(bits, constriction.stream.model.Bernoulli(), 1 - chances / 65536)
    theirs = 4 * len(other.get_compressed())
    assert abs(len(coded(chances, bits)) - theirs) <= 0.001 * theirs + 8


@quick
@given(st.lists(st.integers(0, 1), max_size=700), st.integers(1, 20))
def test_models_learn_alike_on_both_sides(bits: list[int], count: int) -> None:
    given_bits, out = np.array(bits, np.int64), room_for(len(bits) + 80)
    size = encode_learning(writer(), out, fresh(count), given_bits)
    slow = np.zeros_like(out)
    assert encode_learning.plain(writer(), slow, fresh(count), given_bits) == size  # type: ignore[attr-defined]
    assert slow[:size].tobytes() == out[:size].tobytes()
    for run in (decode_learning, decode_learning.plain):  # type: ignore[attr-defined]
        back = np.zeros_like(given_bits)
        assert run(reader(), out[:size].copy(), fresh(count), back) == len(bits)
        assert back.tolist() == bits


def test_a_model_learns_a_probability_from_few_bits() -> None:
    rng = np.random.default_rng(2)
    for chance, most in ((0.5, 1.04), (0.9, 1.06), (0.99, 1.25)):
        bits = (rng.random(2000) >= chance).astype(np.int64)
        ideal = -2000 * (chance * math.log2(chance) + (1 - chance) * math.log2(1 - chance)) / 8
        out = room_for(2100)
        size = encode_learning(writer(), out, fresh(1), bits) - 20 * 7 / 8
        assert size < most * ideal + 3


def test_models_start_from_what_is_known() -> None:
    models = started(np.array([100, 65000, 0, 70000]), 40)
    assert range_coder.known(models).tolist() == [100, 65000, LOWEST, HIGHEST]
    bits = np.ones(90, np.int64)
    sure, unsure = room_for(90), room_for(90)
    start = started(np.full(30, 500), 100)
    assert encode_learning(writer(), sure, start, bits) < encode_learning(writer(), unsure, fresh(30), bits)
    assert range_coder.known(fresh(3)).tolist() == [HALF] * 3


def test_estimates_stay_within_their_range_for_ever() -> None:
    models = fresh(2)
    for _ in range(3000):
        range_coder.learn(models, 0, 0)
        range_coder.learn(models, 1, 1)
    assert 0 <= models[0] <= range_coder.ONE and 0 <= models[2] <= range_coder.ONE
    assert range_coder.probability(models, 0) >= 65536 - 64
    assert range_coder.probability(models, 1) <= 64


def test_zeros_at_the_end_are_left_away_but_not_more_than_a_reader_forgives() -> None:
    chances, bits = [HALF] * 40_000, [0] * 40_000
    data = coded(chances, bits)
    assert decoded(data, chances) == (40_000, bits)
    assert coded([HALF] * 80, [0] * 80) == b""
    assert decoded(b"", [HALF] * 80) == (80, [0] * 80)


def test_a_cut_stream_ends_with_an_overrun_not_with_an_endless_loop() -> None:
    rng = np.random.default_rng(4)
    bits = rng.integers(0, 2, 20_000)
    data = coded(np.full(20_000, HALF), bits)
    for cut in (0, 1, 5, 6, 7, 100, len(data) - SLACK - 8):
        got, back = decoded(data[:cut], np.full(20_000, HALF))
        assert 8 * cut <= got <= 8 * (cut + SLACK + 2)
        assert back[: 8 * cut] == bits[: 8 * cut].tolist()


@quick
@given(st.binary(max_size=300))
def test_any_bytes_decode_to_something(data: bytes) -> None:
    got, bits = decoded(data, np.full(3000, 60000))
    assert set(bits) <= {0, 1} and 0 <= got <= 3000
    assert (got, bits) == decoded(data, np.full(3000, 60000), plain=True)


def test_bits_code_to_their_own_bytes_at_even_odds() -> None:
    assert coded([HALF] * 16, [int(bit) for bit in f"{0xB2E1:016b}"]) == bytes.fromhex("b2e1")
