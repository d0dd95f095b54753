"""Whole numbers through the coder: all of them come back, hostile bytes give small numbers soon."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from unbraid.core.dsp.exact import exact
from unbraid.core.informed.range_coder import (
    SLACK,
    Bytes,
    Cells,
    begin,
    finish,
    fresh,
    reader,
    room_for,
    writer,
)
from unbraid.core.informed.symbols import (
    BITS_PER_VALUE,
    LARGEST,
    MODELS_PER_VALUE,
    read_count,
    read_value,
    write_count,
    write_value,
)

quick = settings(derandomize=True, deadline=None, max_examples=25)
numbers = st.one_of(st.integers(-20, 20), st.integers(-LARGEST, LARGEST))


@exact
def encode(coder: Cells, out: Bytes, models: Cells, values: Cells, contexts: int) -> int:
    for i in range(len(values)):
        base = (i % contexts) * MODELS_PER_VALUE
        write_value(coder, out, models, base, values[i])
        write_count(coder, out, models, (contexts + i % contexts) * MODELS_PER_VALUE, abs(values[i]))
    return finish(coder, out)


@exact
def decode(coder: Cells, data: Bytes, models: Cells, values: Cells, contexts: int) -> int:
    begin(coder, data)
    for i in range(len(values)):
        if coder[3] > SLACK:
            return i
        values[i] = read_value(coder, data, models, (i % contexts) * MODELS_PER_VALUE)
        count = read_count(coder, data, models, (contexts + i % contexts) * MODELS_PER_VALUE)
        if count != abs(values[i]):
            return -1
    return len(values)


def models(contexts: int) -> Cells:
    return fresh(2 * contexts * MODELS_PER_VALUE)


@quick
@given(st.lists(numbers, max_size=50), st.integers(1, 4))
@example([LARGEST, -LARGEST, 0, 14, 15, 16, -14, -15, -16, 17], 1)
def test_numbers_come_back(values: list[int], contexts: int) -> None:
    array, out = np.array(values, np.int64), room_for(2 * BITS_PER_VALUE * len(values))
    size = encode(writer(), out, models(contexts), array, contexts)
    slow = np.zeros_like(out)
    assert encode.plain(writer(), slow, models(contexts), array, contexts) == size  # type: ignore[attr-defined]
    assert slow[:size].tobytes() == out[:size].tobytes()
    for run in (decode, decode.plain):  # type: ignore[attr-defined]
        back = np.zeros_like(array)
        assert run(reader(), out[:size].copy(), models(contexts), back, contexts) == len(values)
        assert back.tolist() == values


@pytest.mark.parametrize("scale", [0.3, 3.0, 40.0])
def test_numbers_cost_about_their_entropy(scale: float) -> None:
    rng = np.random.default_rng(1)
    values = np.round(rng.laplace(0, scale, 20_000)).astype(np.int64)
    out = room_for(2 * BITS_PER_VALUE * len(values))
    size = encode(writer(), out, models(1), values, 1)
    entropy = 0.0
    for array in (values, np.abs(values)):
        _, counts = np.unique(array, return_counts=True)
        entropy -= float((counts * np.log2(counts / len(values))).sum()) / 8
    assert size < (1.02 if scale < 10 else 1.05) * entropy + 30


@quick
@given(st.binary(max_size=200))
@example(b"\xff" * 200)
def test_hostile_bytes_give_numbers_in_bounds(data: bytes) -> None:
    values = np.zeros(500, np.int64)
    decode(reader(), np.frombuffer(data, np.uint8), models(1), values, 1)
    assert np.abs(values).max() <= LARGEST
