"""Whole numbers as bits of the range coder: small ones cheap, large ones possible, none that a decoder runs away with.

A number has `MODELS_PER_VALUE` models of its own, at `base`: is it zero, its sign, one for each step of its magnitude
up to `STEPS`, and one for each step of the exponent of what is left (Exp-Golomb, the mantissa as plain bits). A kernel
that tells contexts apart uses base + context * MODELS_PER_VALUE.
"""

from __future__ import annotations

from unbraid.core.dsp.exact import jitable
from unbraid.core.informed.range_coder import (
    Bytes,
    Cells,
    read_bit,
    read_plain,
    write_bit,
    write_plain,
)

STEPS = 14
"""Magnitudes 1 to STEPS are counted up one by one."""
EXPONENTS = 24
"""Largest exponent of what is left beyond."""
ZERO, SIGN, STEP = 0, 1, 2
EXPONENT = STEP + STEPS
MODELS_PER_VALUE = EXPONENT + EXPONENTS
LARGEST = STEPS + (1 << (EXPONENTS + 1)) - 1
"""Largest magnitude that can be written: 2^25 + 13."""
BITS_PER_VALUE = 2 + STEPS + 2 * EXPONENTS
"""Most bits that one number is coded with, for `room_for`."""


@jitable
def write_magnitude(coder: Cells, out: Bytes, models: Cells, base: int, value: int) -> None:
    """Code a number of 1 to LARGEST."""
    step = 1
    while step <= STEPS:
        more = 1 if value > step else 0
        write_bit(coder, out, models, base + STEP + step - 1, more)
        if more == 0:
            return
        step += 1
    rest = value - STEPS
    exponent = 0
    while exponent < EXPONENTS:
        more = 1 if (rest >> (exponent + 1)) > 0 else 0
        write_bit(coder, out, models, base + EXPONENT + exponent, more)
        if more == 0:
            break
        exponent += 1
    write_plain(coder, out, rest, exponent)


@jitable
def read_magnitude(coder: Cells, data: Bytes, models: Cells, base: int) -> int:
    """Read a number of 1 to LARGEST."""
    step = 1
    while step <= STEPS:
        if read_bit(coder, data, models, base + STEP + step - 1) == 0:
            return step
        step += 1
    exponent = 0
    while exponent < EXPONENTS:
        if read_bit(coder, data, models, base + EXPONENT + exponent) == 0:
            break
        exponent += 1
    return STEPS + (1 << exponent) + read_plain(coder, data, exponent)


@jitable
def write_value(coder: Cells, out: Bytes, models: Cells, base: int, value: int) -> None:
    """Code a signed number of at most LARGEST either way."""
    if value == 0:
        write_bit(coder, out, models, base + ZERO, 0)
        return
    write_bit(coder, out, models, base + ZERO, 1)
    write_bit(coder, out, models, base + SIGN, 1 if value < 0 else 0)
    write_magnitude(coder, out, models, base, abs(value))


@jitable
def read_value(coder: Cells, data: Bytes, models: Cells, base: int) -> int:
    """Read a signed number."""
    if read_bit(coder, data, models, base + ZERO) == 0:
        return 0
    negative = read_bit(coder, data, models, base + SIGN)
    magnitude = read_magnitude(coder, data, models, base)
    return -magnitude if negative == 1 else magnitude


@jitable
def write_count(coder: Cells, out: Bytes, models: Cells, base: int, value: int) -> None:
    """Code a number of 0 to LARGEST; its models are those of a value without the sign."""
    if value == 0:
        write_bit(coder, out, models, base + ZERO, 0)
        return
    write_bit(coder, out, models, base + ZERO, 1)
    write_magnitude(coder, out, models, base, value)


@jitable
def read_count(coder: Cells, data: Bytes, models: Cells, base: int) -> int:
    """Read a number of 0 to LARGEST."""
    if read_bit(coder, data, models, base + ZERO) == 0:
        return 0
    return read_magnitude(coder, data, models, base)
