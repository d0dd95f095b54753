"""Entropy coding of tables of levels: templates band after band, activations frame after frame.

Rows are coded in order, and the components within a row. A level is told by whether and how it differs from that of the
row before; what is expected depends on how long the component has been silent or has held its level, and on how many
components have just risen in the same row. Models begin with the probabilities that music has (START) and learn quickly
at first: the n-th bit moves a model by about 1 / n.

Integers only: the same bytes on every machine (docs/bitstream.md, "Levels").
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.exact import exact, jitable
from unbraid.core.informed.range_coder import SLACK, begin, finish, read_with, write_with

Integers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

CLASSES, MOST_RISES, CHAIN = 5, 2, 6
SITUATIONS = CLASSES * (MOST_RISES + 1)
SOUNDS, CHANGES, RISES = 0, SITUATIONS, 2 * SITUATIONS
"""First models of: is it heard after silence? does it change? is the change a rise?"""
ENDS = 3 * SITUATIONS
"""Does a fall end in silence?, by the level before."""
FALLS, GROWS = ENDS + CHAIN, ENDS + 2 * CHAIN
"""Does a fall, a rise go on by another level?"""
RETURNS = ENDS + 3 * CHAIN
"""Is the level after silence another than the last that was heard? then: is it higher? then: by how much?"""
HIGHER, RETURNS_UP, RETURNS_DOWN = RETURNS + 1, RETURNS + 2, RETURNS + 2 + CHAIN
MODELS = RETURNS + 2 + 2 * CHAIN

LIMIT = 60
"""Bits after which a model learns no slower."""
TRUST = 12
"""Bits that the probabilities at the start count for."""
RATES = np.array([(1 << 17) // (2 * n + 3) for n in range(LIMIT + 1)], np.int64)
ONE = 1 << 16
LOWEST = 256

BEFORE, RUN, ROSE, LAST = 0, 1, 2, 3
"""State of a component: its level in the row before, for how many rows, whether it rose to it, the last one heard."""
MOST_RUN = 16


def fresh(start: npt.ArrayLike) -> Integers:
    """Models (2, MODELS) with the probabilities of 0, in 1 / 2^16, to begin with, and how much they have seen."""
    return np.array([np.asarray(start, np.int64), np.full(MODELS, TRUST)], np.int64)


def silent_state(typical: npt.ArrayLike) -> Integers:
    """State (4, K) of components that have been silent; `typical`: the levels they are expected at."""
    levels = np.asarray(typical, np.int64)
    state = np.zeros((4, len(levels)), np.int64)
    state[RUN], state[LAST] = MOST_RUN, levels
    return state


@jitable
def chance(models: Integers, model: int) -> int:
    """Probability of 0 in 1 / 2^16, for the coder."""
    return int(min(max(models[0, model], LOWEST), ONE - LOWEST))


@jitable
def learn(models: Integers, model: int, bit: int) -> None:
    """Move a model towards a bit."""
    seen = models[1, model]
    goal = ONE if bit == 0 else 0
    models[0, model] += ((goal - models[0, model]) * RATES[seen]) >> 16
    models[1, model] = min(seen + 1, LIMIT)


@jitable
def situation(state: Integers, k: int, rises: int) -> int:
    """Number of what surrounds a level, below SITUATIONS."""
    run = state[RUN, k]
    if state[BEFORE, k] == 0:
        kind = 0 if run < 1 else 1 if run < 2 else 2 if run < 4 else 3 if run < 10 else 4
    elif run == 0:
        kind = int(state[ROSE, k])
    else:
        kind = 2 if run < 2 else 3 if run < 4 else 4
    return kind * (MOST_RISES + 1) + rises


@jitable
def advance(state: Integers, k: int, level: int) -> int:
    """Put a level into the state; 1 when it rose, else 0."""
    before = state[BEFORE, k]
    rose = 1 if level > before else 0
    if level == before:
        state[RUN, k] = min(state[RUN, k] + 1, MOST_RUN)
    else:
        state[RUN, k] = 0
        state[ROSE, k] = rose
    state[BEFORE, k] = level
    if level > 0:
        state[LAST, k] = level
    return rose


@jitable
def chain(first: int, more: int, most: int, count: int, models: Integers, bits: Integers) -> int:
    """Decisions that tell a number `more` of 0 to `most`, a model for each of the first; how many there are then."""
    for i in range(more):
        models[count], bits[count] = first + min(i, CHAIN - 1), 1
        count += 1
    if more < most:
        models[count], bits[count] = first + min(more, CHAIN - 1), 0
        count += 1
    return count


@jitable
def decisions(state: Integers, k: int, rises: int, level: int, top: int, models: Integers, bits: Integers) -> int:
    """Models and bits that tell a level, written to the front of `models` and `bits`; how many."""
    before, place = state[BEFORE, k], situation(state, k, rises)
    if before > 0:
        models[0], bits[0] = CHANGES + place, 1 if level != before else 0
        if level == before:
            return 1
        if before < top:
            models[1], bits[1] = RISES + place, 1 if level > before else 0
        count = 2 if before < top else 1
        if level > before:
            return chain(GROWS, level - before - 1, top - before - 1, count, models, bits)
        models[count], bits[count] = ENDS + min(before, CHAIN) - 1, 1 if level == 0 else 0
        if level == 0:
            return count + 1
        return chain(FALLS, before - level - 1, before - 2, count + 1, models, bits)
    models[0], bits[0] = SOUNDS + place, 1 if level > 0 else 0
    if level == 0:
        return 1
    last = state[LAST, k]
    models[1], bits[1] = RETURNS, 1 if level != last else 0
    if level == last:
        return 2
    models[2], bits[2] = HIGHER, 1 if level > last else 0
    if level > last:
        return chain(RETURNS_UP, level - last - 1, top - last - 1, 3, models, bits)
    return chain(RETURNS_DOWN, last - level - 1, last - 2, 3, models, bits)


@exact
def write_levels(levels: Integers, top: int, models: Integers, state: Integers, coder: Integers, out: Bytes) -> int:
    """Code a table (N, K) of levels up to `top`; the number of bytes. `models` and `state` are used up."""
    which, bits = np.zeros(top + 8, np.int64), np.zeros(top + 8, np.int64)
    for n in range(levels.shape[0]):
        rises = 0
        for k in range(levels.shape[1]):
            count = decisions(state, k, rises, levels[n, k], top, which, bits)
            for i in range(count):
                write_with(coder, out, chance(models, which[i]), bits[i])
                learn(models, which[i], bits[i])
            rises = min(rises + advance(state, k, levels[n, k]), MOST_RISES)
    return finish(coder, out)


@jitable
def read_bit(models: Integers, model: int, coder: Integers, data: Bytes) -> int:
    """A bit of a model, which learns."""
    bit = read_with(coder, data, chance(models, model))
    learn(models, model, bit)
    return bit


@jitable
def read_chain(first: int, most: int, models: Integers, coder: Integers, data: Bytes) -> int:
    """A number of 0 to `most`."""
    more = 0
    while more < most and read_bit(models, first + min(more, CHAIN - 1), coder, data) == 1:
        more += 1
    return more


@jitable
def read_level(state: Integers, k: int, rises: int, top: int, models: Integers, coder: Integers, data: Bytes) -> int:
    """One level."""
    before, place = int(state[BEFORE, k]), situation(state, k, rises)
    if before > 0:
        if read_bit(models, CHANGES + place, coder, data) == 0:
            return before
        if before < top and read_bit(models, RISES + place, coder, data) == 1:
            return before + 1 + read_chain(GROWS, top - before - 1, models, coder, data)
        if read_bit(models, ENDS + min(before, CHAIN) - 1, coder, data) == 1:
            return 0
        return before - 1 - read_chain(FALLS, before - 2, models, coder, data)
    if read_bit(models, SOUNDS + place, coder, data) == 0:
        return 0
    last = int(state[LAST, k])
    if read_bit(models, RETURNS, coder, data) == 0:
        return last
    if read_bit(models, HIGHER, coder, data) == 1:
        return last + 1 + read_chain(RETURNS_UP, top - last - 1, models, coder, data)
    return last - 1 - read_chain(RETURNS_DOWN, last - 2, models, coder, data)


@exact
def read_levels(levels: Integers, top: int, models: Integers, state: Integers, coder: Integers, data: Bytes) -> int:
    """Fill a table (N, K) with levels; 0, or 1 when the data is damaged."""
    begin(coder, data)
    for n in range(levels.shape[0]):
        rises = 0
        for k in range(levels.shape[1]):
            level = read_level(state, k, rises, top, models, coder, data)
            if level < 0 or level > top or coder[3] > SLACK:
                return 1
            levels[n, k] = level
            rises = min(rises + advance(state, k, level), MOST_RISES)
    return 0
