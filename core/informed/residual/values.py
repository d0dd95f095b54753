"""One quantised coefficient: its contexts, how its magnitude becomes bits, and how the encoder chooses it.

A magnitude m loses its `shift` lowest bits, which are written as they are, so that what is left is small where large
values are expected; that is counted up bit by bit, each bit mixed from four contexts, up to UNARY, and what is
beyond goes as an Exp-Golomb number. A sign follows if m is not 0.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.exact import jitable
from unbraid.core.informed.range_coder import Bytes, Cells, read_plain, write_plain
from unbraid.core.informed.residual.mixing import INPUTS, code_bit, learn, predict

Doubles = npt.NDArray[np.float64]

LEVELS = 16
"""Levels of the energy around a coefficient, 3 dB apart, the lowest for nothing."""
SCALES = 32
"""Levels of the variance that the model expects over the squared step, 1.5 dB apart."""
PLACES = 8
UNARY = 15
EXPONENTS = 20
MOST_SHIFT = 24
LARGEST = (1 << EXPONENTS) - 1 + UNARY
"""Of a magnitude without its lowest bits."""
SQRT_HALF = 0.7071067811865476
BY_BELOW = 0
BY_AROUND = BY_BELOW + SCALES * LEVELS
BY_BOTH = BY_AROUND + SCALES * LEVELS
BY_PLACE = BY_BOTH + LEVELS * LEVELS * LEVELS
CONTEXTS = BY_PLACE + SCALES * PLACES * LEVELS
VALUE_MODELS = CONTEXTS * UNARY
VALUE_MIXERS = SCALES * UNARY


@jitable
def energy_level(energy: float) -> int:
    """0 for less than 2^-7, then a level for each doubling."""
    if not energy >= 0.0078125:
        return 0
    return min(math.frexp(energy)[1] + 7, LEVELS - 1)


@jitable
def scale_level(ratio: float) -> int:
    """0 for less than 2^-6, then a level for each factor of the square root of two."""
    if not ratio >= 0.015625:
        return 0
    mantissa, exponent = math.frexp(ratio)
    level = 2 * exponent + 11
    if mantissa >= SQRT_HALF:
        level += 1
    return min(level, SCALES - 1)


@jitable
def choose_models(ratio: float, below: float, around: float, here: float, place: int, chosen: Cells) -> int:
    """The models of the first bit of a magnitude; the shift, and with it, as shift * SCALES + level, its scale.

    ratio: expected variance over the squared step. below, around: energies of decoded neighbours along this direction,
    in this frame (three shares) and in the one before (four). here: of earlier directions of the bin. place: number of
    the direction.
    """
    expected = 0.25 * ratio + 0.125 * below + 0.09375 * around
    shift = 0
    shrink = 1.0
    while expected >= 16.0 and shift < MOST_SHIFT:
        shift += 1
        expected *= 0.25
        shrink *= 0.25
    scale = scale_level(ratio * shrink)
    by_below, by_around, by_here = (
        energy_level(below * shrink),
        energy_level(around * shrink),
        energy_level(here * shrink),
    )
    chosen[0] = (BY_BELOW + scale * LEVELS + by_below) * UNARY
    chosen[1] = (BY_AROUND + scale * LEVELS + by_around) * UNARY
    chosen[2] = (BY_BOTH + (by_below * LEVELS + by_around) * LEVELS + by_here) * UNARY
    chosen[3] = (BY_PLACE + (scale * PLACES + min(place, PLACES - 1)) * LEVELS + by_here) * UNARY
    return shift * SCALES + scale


@jitable
def choose_magnitude(size: float, shift: int, zero: int, price: float, bits_of: Doubles) -> int:
    """The magnitude that costs least, errors and bits together. size: what is coded, in steps, not negative.

    zero: probability of the first bit being 0. price: of a bit, in squared steps.
    """
    if shift > 0:
        return int(min(math.floor(size + 0.5), float(LARGEST << shift)))
    if 0.5 < size < 1.6:
        dearer = bits_of[65536 - zero] + 1.6 - bits_of[zero]
        return 1 if size * size - (size - 1.0) * (size - 1.0) > price * dearer else 0
    return int(min(math.floor(size + 0.5 - 0.5 * price), float(LARGEST)))


@jitable
def code_magnitude(
    coder: Cells,
    data: Bytes,
    reading: bool,
    cells: Cells,
    mixers: Cells,
    chosen: Cells,
    inputs: Cells,
    shift_and_scale: int,
    size: float,
    price: float,
    bits_of: Doubles,
    meter: Doubles,
) -> int:
    """Write the magnitude chosen for `size`, or read one. meter: [0] gets the bits it took, where writing."""
    shift, mixer = shift_and_scale // SCALES, shift_and_scale % SCALES * UNARY
    zero = predict(cells, mixers, mixer, chosen, inputs)
    magnitude = 0 if reading else choose_magnitude(size, shift, zero, price, bits_of)
    rest = magnitude >> shift
    counted = 0
    meter[0] = float(shift)
    while counted < UNARY:
        if counted > 0:
            mixer += 1
            for i in range(INPUTS):
                chosen[i] += 1
            zero = predict(cells, mixers, mixer, chosen, inputs)
        bit = code_bit(coder, data, zero, 1 if rest > counted else 0, reading)
        meter[0] += bits_of[zero if bit == 0 else 65536 - zero]
        learn(cells, mixers, mixer, chosen, inputs, zero, bit)
        if bit == 0:
            break
        counted += 1
    if counted == UNARY:
        counted += code_beyond(coder, data, reading, rest - UNARY)
    if shift == 0:
        return counted
    if reading:
        return (counted << shift) + read_plain(coder, data, shift)
    write_plain(coder, data, magnitude, shift)
    return magnitude


@jitable
def code_beyond(coder: Cells, data: Bytes, reading: bool, value: int) -> int:
    """An Exp-Golomb number: as many zeros as the number plus one has bits after its first, then that number."""
    bits = 0
    if reading:
        while bits < EXPONENTS and read_plain(coder, data, 1) == 0:
            bits += 1
        return (1 << bits) - 1 + read_plain(coder, data, bits)
    while (value + 1) >> (bits + 1) > 0:
        bits += 1
    for _ in range(bits):
        write_plain(coder, data, 0, 1)
    if bits < EXPONENTS:
        write_plain(coder, data, 1, 1)
    write_plain(coder, data, value + 1 - (1 << bits), bits)
    return value


@jitable
def code_sign(coder: Cells, data: Bytes, reading: bool, negative: int) -> int:
    """1 for a negative coefficient."""
    if reading:
        return read_plain(coder, data, 1)
    write_plain(coder, data, negative, 1)
    return negative
