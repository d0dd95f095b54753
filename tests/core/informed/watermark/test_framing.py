"""Chunks: found at any bit, damaged ones left out, put together again."""

import numpy as np
import pytest

from unbraid.core.errors import ParameterError
from unbraid.core.informed.watermark import framing


def payload(size, seed=0):
    return np.random.default_rng(seed).bytes(size)


def filled(data, capacity, **plan):
    begins = np.arange(0, capacity, 1000)
    return framing.fill(data, framing.Plan(len(data), **plan), begins, np.arange(len(begins)), capacity, 3)


@pytest.mark.parametrize("size", [1, 959, 960, 961, 5000])
@pytest.mark.parametrize("shift", [0, 3, 8])
def test_a_payload_comes_back_from_any_bit_on(size, shift):
    data = payload(size)
    bits = filled(data, framing.Plan(size).needed_bits(1))
    bits = np.concatenate([np.ones(shift, np.uint8), bits])
    chunks = [chunk for _, chunk in framing.find_chunks(bits)]
    assert framing.assemble(chunks) == (data, ())


def test_all_bits_are_used_and_the_payload_comes_again():
    bits = filled(payload(1000), 40000)
    chunks = list(framing.find_chunks(bits))
    assert len(bits) == 40000 and len(chunks) > 4 and 0.45 < bits.mean() < 0.55


def test_a_damaged_chunk_is_missing_and_no_other():
    data = payload(5000)
    bits = filled(data, framing.Plan(5000).needed_bits(1))
    bits[9000] ^= 1
    found, missing = framing.assemble([chunk for _, chunk in framing.find_chunks(bits)])
    assert missing == ((960, 1920),)
    assert found == data[:960] + bytes(960) + data[1920:]


def test_the_head_comes_again():
    data = payload(20000)
    plan = framing.Plan(20000, head_bytes=1000, head_blocks=40)
    bits = filled(data, plan.needed_bits(200), head_bytes=1000, head_blocks=40)
    places = [chunk.place for _, chunk in framing.find_chunks(bits)]
    assert places.count(0) >= 4 and places.count(960) >= 4 and set(places) == set(plan.places())


def test_chunks_know_their_block():
    begins = np.arange(0, 40000, 1000)
    for bit, chunk in framing.find_chunks(filled(payload(3000), 40000)):
        assert chunk.block == np.searchsorted(begins, bit, side="right") - 1


def test_random_bits_hold_no_chunks():
    bits = np.random.default_rng(0).integers(0, 2, 1_000_000, np.uint8)
    assert not list(framing.find_chunks(bits))


def test_mutated_chunks_are_left_out_and_never_raise():
    rng = np.random.default_rng(1)
    data = payload(3000)
    bits = filled(data, framing.Plan(3000).needed_bits(1))
    for _ in range(100):
        damaged = bits.copy()
        damaged[rng.integers(0, len(bits), rng.integers(1, 20))] ^= 1
        for _, chunk in framing.find_chunks(damaged[: rng.integers(1, len(bits))]):
            assert chunk.data == data[chunk.place : chunk.place + len(chunk.data)]


@pytest.mark.parametrize("size", [0, framing.MOST_BYTES + 1])
def test_sizes_beyond_the_limits_are_refused(size):
    with pytest.raises(ParameterError, match="bytes can be hidden"):
        framing.Plan(size)


def test_whitening_is_that_of_the_written_format():
    assert framing.noise_bytes(8, 0, 0).tobytes() == (0xE220A8397B1DCDAF).to_bytes(8, "little")
