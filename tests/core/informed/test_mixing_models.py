"""Mixing: frozen tables, equal bytes, and fewer of them than the best single context gives."""

import hashlib
from decimal import Context, Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from unbraid.core.dsp.exact import exact, jitable
from unbraid.core.informed import mixing_models
from unbraid.core.informed.mixing_models import (
    SETS_PER_VALUE,
    SQUASH,
    STRETCH,
    fresh_weights,
    read_mixed,
    read_mixed_value,
    write_mixed,
    write_mixed_value,
)
from unbraid.core.informed.range_coder import Bytes, Cells, begin, finish, fresh, reader, room_for, writer
from unbraid.core.informed.symbols import BITS_PER_VALUE, LARGEST, MODELS_PER_VALUE, write_value

quick = settings(derandomize=True, deadline=None, max_examples=15)
CONTEXTS = 10


@jitable
def look_around(values: Cells, at: int, width: int, bases: Cells) -> None:
    left = abs(values[at - 1]) if at > 0 else 0
    before = abs(values[at - width]) if at >= width else 0
    bases[0] = min(left, CONTEXTS - 1) * MODELS_PER_VALUE
    bases[1] = (CONTEXTS + min(before, CONTEXTS - 1)) * MODELS_PER_VALUE
    bases[2] = 2 * CONTEXTS * MODELS_PER_VALUE


@exact
def encode(coder: Cells, out: Bytes, models: Cells, weights: Cells, values: Cells, width: int, alone: int) -> int:
    bases = np.zeros(3, np.int64)
    for i in range(len(values)):
        look_around(values, i, width, bases)
        if alone < 0:
            write_mixed_value(coder, out, models, bases, weights, 0, values[i])
        else:
            write_value(coder, out, models, bases[alone], values[i])
    return finish(coder, out)


@exact
def decode(coder: Cells, data: Bytes, models: Cells, weights: Cells, values: Cells, width: int) -> None:
    bases = np.zeros(3, np.int64)
    begin(coder, data)
    for i in range(len(values)):
        look_around(values, i, width, bases)
        values[i] = read_mixed_value(coder, data, models, bases, weights, 0)


@exact
def bits_there_and_back(bits: Cells, out: Bytes, back: Cells, states: Cells, models: Cells, weights: Cells) -> int:
    """Bits of two models each; `models` and `weights` hold the writer's and then the reader's."""
    half, sets = len(models) // 2, len(weights) // 2
    indices = np.zeros(2, np.int64)
    for i in range(len(bits)):
        indices[0], indices[1] = i % 3, 3 + i % 2
        write_mixed(states[:3], out, models[:half], indices, weights[:sets], i % 2, bits[i])
    size = finish(states[:3], out)
    begin(states[3:], out)
    for i in range(len(bits)):
        indices[0], indices[1] = i % 3, 3 + i % 2
        back[i] = read_mixed(states[3:], out, models[half:], indices, weights[sets:], i % 2)
    return size


def room(values: np.ndarray) -> Bytes:
    return room_for(BITS_PER_VALUE * len(values))


def models() -> Cells:
    return fresh((2 * CONTEXTS + 1) * MODELS_PER_VALUE)


def weights() -> Cells:
    return fresh_weights(SETS_PER_VALUE, 3)


def uneven_field(seed: int, frames: int = 300, width: int = 40) -> np.ndarray:
    """Laplacian numbers whose scale wanders slowly along both axes."""
    rng = np.random.default_rng(seed)
    level = rng.normal(size=(frames, width))
    for f in range(1, width):
        level[:, f] = 0.9 * level[:, f - 1] + 0.44 * level[:, f]
    for t in range(1, frames):
        level[t] = 0.9 * level[t - 1] + 0.44 * level[t]
    return np.round(rng.laplace(size=level.shape) * 1.5 * np.exp(level)).astype(np.int64).ravel()


def test_the_tables_are_frozen() -> None:
    assert hashlib.sha256(SQUASH.astype("<i8").tobytes()).hexdigest()[:16] == "12687ae0d6622dac"
    assert hashlib.sha256(STRETCH.astype("<i8").tobytes()).hexdigest()[:16] == "920916e0e9deed4c"


def test_squash_is_rounded_correctly() -> None:
    exactly = Context(prec=50)
    for logit in range(1, mixing_models.REACH + 1):
        odds = exactly.exp(exactly.divide(Decimal(logit), Decimal(256)))
        value = exactly.divide(Decimal(65536), odds + 1)
        assert abs(value - int(SQUASH[mixing_models.REACH + 1 - logit])) < Decimal("0.5")
        assert SQUASH[mixing_models.REACH + 1 + logit] == 65536 - SQUASH[mixing_models.REACH + 1 - logit]


def test_stretch_is_the_inverse_of_squash() -> None:
    middles = 16 * np.arange(4096) + 8
    back = SQUASH[STRETCH + mixing_models.REACH + 1]
    steps = np.diff(SQUASH)
    assert (np.abs(back - middles) <= steps.max() + 14).all()
    assert (np.diff(STRETCH) >= 0).all() and np.array_equal(STRETCH, -STRETCH[::-1])


@quick
@given(st.lists(st.one_of(st.integers(-9, 9), st.integers(-LARGEST, LARGEST)), max_size=25), st.integers(1, 9))
def test_numbers_come_back(numbers: list[int], width: int) -> None:
    values = np.array(numbers, np.int64)
    out, slow = room(values), room(values)
    size = encode(writer(), out, models(), weights(), values, width, -1)
    plain = encode.plain  # type: ignore[attr-defined]
    assert plain(writer(), slow, models(), weights(), values, width, -1) == size
    assert slow[:size].tobytes() == out[:size].tobytes()
    for run in (decode, decode.plain):  # type: ignore[attr-defined]
        back = np.zeros_like(values)
        run(reader(), out[:size].copy(), models(), weights(), back, width)
        assert back.tolist() == numbers


@quick
@given(st.lists(st.integers(0, 1), max_size=120))
def test_bits_come_back(bits: list[int]) -> None:
    given_bits = np.array(bits, np.int64)
    sizes = []
    for run in (bits_there_and_back, bits_there_and_back.plain):  # type: ignore[attr-defined]
        back, out, states = np.zeros_like(given_bits), room_for(len(bits)), np.concatenate([writer(), reader()])
        twice = np.concatenate([fresh_weights(2, 2)] * 2)
        sizes.append((run(given_bits, out, back, states, fresh(10), twice), out.tobytes()))
        assert back.tolist() == bits
    assert sizes[0] == sizes[1]


def test_mixing_beats_each_of_its_contexts() -> None:
    values = uneven_field(3)
    sizes = [encode(writer(), room(values), models(), weights(), values, 40, alone) for alone in range(3)]
    mixed = encode(writer(), room(values), models(), weights(), values, 40, -1)
    assert mixed < 0.99 * min(sizes)


def test_hostile_bytes_leave_the_weights_in_bounds() -> None:
    rng = np.random.default_rng(0)
    for data in (rng.integers(0, 256, 5000).astype(np.uint8), np.full(5000, 255, np.uint8), np.zeros(9, np.uint8)):
        values, trained = np.zeros(3000, np.int64), weights()
        decode(reader(), data, models(), trained, values, 11)
        assert np.abs(values).max() <= LARGEST
        trusted = trained.reshape(SETS_PER_VALUE, 4)[:, :3]
        assert np.abs(trusted).max() <= mixing_models.WEIGHT_MOST
