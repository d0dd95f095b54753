"""Several models of one bit mixed in the logistic domain, in integers: each bit learns which contexts to trust.

With st_i = stretch(p_i) = ln(p_i / (1 - p_i)) in 1 / 256, the bit is coded with p = squash(sum_i w_i st_i), and after
it has come each weight moves along st_i * (bit's error): gradient descent on the code length (Mahoney, 2005). Two
tables hold squash and its inverse; they are made in decimal arithmetic, correctly rounded, and a test freezes them.

A *weight set* for n models is n + 1 cells in an int64 array at set * (n + 1): the weights in 1 / 2^16 and the number of
bits they have learned from. `fresh_weights` makes them.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.exact import jitable
from unbraid.core.informed.range_coder import (
    HIGHEST,
    LOWEST,
    Bytes,
    Cells,
    learn,
    probability,
    read_plain,
    read_with,
    write_plain,
    write_with,
)
from unbraid.core.informed.symbols import EXPONENT, EXPONENTS, SIGN, STEP, STEPS, ZERO

REACH = 2047
"""Largest logit, in 1 / 256: odds of e^8."""
WEIGHT_ONE = 1 << 16
WEIGHT_MOST = 1 << 22
"""Weights stay within 64 either way."""
FIRST_RATE, LAST_RATE = 14, 17
"""Shifts with which a weight set learns, at first and in the long run."""
PACE = 7
"""2^PACE bits are learned from at the first rate, twice as many at the next."""
SETS_PER_VALUE = 5
"""Weight sets of `write_mixed_value`: zero, sign, first step, later steps, exponent."""


def _squash_table() -> npt.NDArray[np.int64]:
    """Probability in 1 / 2^16 of each logit of -REACH - 1 to REACH, (4096,)."""
    exact = Context(prec=20, rounding=ROUND_HALF_EVEN)
    table = np.empty(2 * REACH + 2, np.int64)
    table[REACH + 1] = 1 << 15
    root, odds = exact.exp(Decimal(1) / 256), Decimal(1)
    for logit in range(1, REACH + 1):
        odds = exact.multiply(odds, root)
        below = int(exact.divide(Decimal(1 << 16), odds + 1).to_integral_value(ROUND_HALF_EVEN))
        table[REACH + 1 - logit], table[REACH + 1 + logit] = below, (1 << 16) - below
    table[0] = table[1]
    return np.clip(table, LOWEST, HIGHEST)


def _stretch_table(squash: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Logit of each probability in 1 / 2^12 at its cell's middle: the least whose squash reaches it, (4096,)."""
    middles = (np.arange(2048, 4096) << 4) + 8
    upper = np.clip(np.searchsorted(squash, middles) - REACH - 1, 0, REACH)
    return np.concatenate([-upper[::-1], upper]).astype(np.int64)


SQUASH = _squash_table()
STRETCH = _stretch_table(SQUASH)


def fresh_weights(sets: int, models: int) -> Cells:
    """Weight sets for bits of `models` models that trust all of them alike, (sets * (models + 1),)."""
    weights = np.full((sets, models + 1), WEIGHT_ONE // models, np.int64)
    weights[:, models] = 0
    return weights.reshape(-1)


@jitable
def mixed_probability(models: Cells, bases: Cells, offset: int, weights: Cells, weight_set: int) -> int:
    """Probability of 0 in 1 / 2^16 that the models at bases + offset come to together."""
    first = weight_set * (len(bases) + 1)
    total = 0
    for i in range(len(bases)):
        total += weights[first + i] * STRETCH[probability(models, bases[i] + offset) >> 4]
    logit = min(max((total + (WEIGHT_ONE >> 1)) >> 16, -REACH), REACH)
    return int(SQUASH[logit + REACH + 1])


@jitable
def learn_mixed(models: Cells, bases: Cells, offset: int, weights: Cells, weight_set: int, zero: int, bit: int) -> None:
    """Move the weights and the models towards the bit that came; it was coded with `zero`."""
    first = weight_set * (len(bases) + 1)
    seen = weights[first + len(bases)]
    rate = FIRST_RATE
    while rate < LAST_RATE and seen >> (PACE + rate - FIRST_RATE) > 0:
        rate += 1
    weights[first + len(bases)] = seen + 1
    error = ((1 << 16) if bit == 0 else 0) - zero
    for i in range(len(bases)):
        model = bases[i] + offset
        slope = STRETCH[probability(models, model) >> 4] * error
        weight = weights[first + i] + ((slope + (1 << (rate - 1))) >> rate)
        weights[first + i] = min(max(weight, -WEIGHT_MOST), WEIGHT_MOST)
        learn(models, model, bit)


@jitable
def write_mixed_at(
    coder: Cells, out: Bytes, models: Cells, bases: Cells, offset: int, weights: Cells, weight_set: int, bit: int
) -> None:
    """Code a bit with the models at bases + offset, which learn, and so does the weight set."""
    zero = mixed_probability(models, bases, offset, weights, weight_set)
    write_with(coder, out, zero, bit)
    learn_mixed(models, bases, offset, weights, weight_set, zero, bit)


@jitable
def read_mixed_at(
    coder: Cells, data: Bytes, models: Cells, bases: Cells, offset: int, weights: Cells, weight_set: int
) -> int:
    """Read a bit that was coded with the models at bases + offset."""
    zero = mixed_probability(models, bases, offset, weights, weight_set)
    bit = read_with(coder, data, zero)
    learn_mixed(models, bases, offset, weights, weight_set, zero, bit)
    return bit


@jitable
def write_mixed(
    coder: Cells, out: Bytes, models: Cells, indices: Cells, weights: Cells, weight_set: int, bit: int
) -> None:
    """Code a bit with the models of these indices."""
    write_mixed_at(coder, out, models, indices, 0, weights, weight_set, bit)


@jitable
def read_mixed(coder: Cells, data: Bytes, models: Cells, indices: Cells, weights: Cells, weight_set: int) -> int:
    """Read a bit with the models of these indices."""
    return read_mixed_at(coder, data, models, indices, 0, weights, weight_set)


@jitable
def write_mixed_value(
    coder: Cells, out: Bytes, models: Cells, bases: Cells, weights: Cells, weight_set: int, value: int
) -> None:
    """Code a signed number as `write_value` does, each of its bits with the models of several contexts.

    bases: (n,) where the contexts' models begin. weight_set: the first of SETS_PER_VALUE.
    """
    write_mixed_at(coder, out, models, bases, ZERO, weights, weight_set, 0 if value == 0 else 1)
    if value == 0:
        return
    write_mixed_at(coder, out, models, bases, SIGN, weights, weight_set + 1, 1 if value < 0 else 0)
    magnitude = abs(value)
    for step in range(1, STEPS + 1):
        more = 1 if magnitude > step else 0
        write_mixed_at(coder, out, models, bases, STEP + step - 1, weights, weight_set + 2 + min(step - 1, 1), more)
        if more == 0:
            return
    rest = magnitude - STEPS
    exponent = 0
    while exponent < EXPONENTS:
        more = 1 if (rest >> (exponent + 1)) > 0 else 0
        write_mixed_at(coder, out, models, bases, EXPONENT + exponent, weights, weight_set + 4, more)
        if more == 0:
            break
        exponent += 1
    write_plain(coder, out, rest, exponent)


@jitable
def read_mixed_value(coder: Cells, data: Bytes, models: Cells, bases: Cells, weights: Cells, weight_set: int) -> int:
    """Read a number that `write_mixed_value` wrote."""
    if read_mixed_at(coder, data, models, bases, ZERO, weights, weight_set) == 0:
        return 0
    sign = 1 - 2 * read_mixed_at(coder, data, models, bases, SIGN, weights, weight_set + 1)
    for step in range(1, STEPS + 1):
        later = weight_set + 2 + min(step - 1, 1)
        if read_mixed_at(coder, data, models, bases, STEP + step - 1, weights, later) == 0:
            return sign * step
    exponent = 0
    while exponent < EXPONENTS:
        if read_mixed_at(coder, data, models, bases, EXPONENT + exponent, weights, weight_set + 4) == 0:
            break
        exponent += 1
    return sign * (STEPS + (1 << exponent) + read_plain(coder, data, exponent))
