from __future__ import annotations

import numpy as np
import pytest

from unbraid.core.playback.ring import Ring


def numbers(first: int, count: int) -> np.ndarray:
    return np.repeat(np.arange(first, first + count, dtype=np.float32)[:, None], 2, axis=1)


def read(ring: Ring, frames: int, heard_at: float = 0.0) -> np.ndarray:
    out = np.full((frames, ring.channels), np.nan, np.float32)
    ring.read(out, heard_at)
    return out[:, 0]


@pytest.fixture
def ring() -> Ring:
    ring = Ring(100, 2)
    ring.hold = ring.ends = False
    return ring


def test_what_is_written_is_read_in_order_round_and_round(ring: Ring) -> None:
    rng, written, got = np.random.default_rng(0), 0, []
    while written < 2000:
        count = int(rng.integers(0, ring.frames - ring.ready + 1))
        ring.write(written, numbers(written, count))
        written += count
        got.append(read(ring, int(rng.integers(0, ring.ready + 1))))
    assert np.array_equal(np.concatenate(got), np.arange(sum(map(len, got))))
    assert ring.drop_outs == 0


def test_running_dry_is_silence_and_counted_unless_that_was_all(ring: Ring) -> None:
    ring.write(0, numbers(1, 3))
    assert read(ring, 5).tolist() == [1, 2, 3, 0, 0]
    assert (ring.drop_outs, ring.read_total) == (1, 3)
    ring.ends = True
    assert not read(ring, 5).any() and ring.drop_outs == 1


def test_holding_takes_nothing(ring: Ring) -> None:
    ring.write(0, numbers(1, 3))
    ring.hold = True
    assert not read(ring, 2, 7.5).any()
    assert (ring.read_total, ring.drop_outs, ring.mark) == (0, 0, (7.5, 0))


def test_the_mark_goes_on_when_nothing_is_left_and_is_right_again_afterwards(ring: Ring) -> None:
    ring.write(0, numbers(1, 3))
    marks = []
    for heard_at in (1.0, 2.0, 3.0):
        read(ring, 5, heard_at)
        marks.append(ring.mark)
    ring.write(3, numbers(4, 9))
    read(ring, 5, 4.0)
    assert [*marks, ring.mark] == [(1.0, 0), (2.0, 5), (3.0, 10), (4.0, 3)]


def test_what_lies_there_can_be_looked_at_replaced_and_cut(ring: Ring) -> None:
    ring.write(0, numbers(0, 90))
    read(ring, 85)
    ring.write(90, numbers(90, 80))
    assert np.array_equal(ring.peek(95, 20)[:, 0], np.arange(95, 115))
    assert len(ring.peek(160, 20)) == 10 and not len(ring.peek(500, 3))
    ring.write(95, -numbers(95, 10))
    assert ring.written_total == 170
    assert np.array_equal(read(ring, 20), [*range(85, 95), *range(-95, -105, -1)])
    ring.cut(110)
    assert ring.ready == 5
    ring.cut(0)
    assert ring.ready == 0 and ring.written_total == ring.read_total


def test_waiting_devices_are_told_when_there_is_enough(ring: Ring) -> None:
    ring.write(0, numbers(0, 10))
    assert ring.has(10) and not ring.has(11)
    ring.ends = True
    assert ring.has(11)


def test_reading_makes_no_array_of_its_own(ring: Ring) -> None:
    """Views and numbers only: what is allocated does not grow with the buffer."""
    import tracemalloc

    long = Ring(1 << 16, 2)
    long.hold = False
    long.write(0, np.zeros((1 << 16, 2), np.float32))
    out = np.zeros((1 << 15, 2), np.float32)
    long.read(out, 0.0)
    tracemalloc.start()
    long.read(out, 1.0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4096
