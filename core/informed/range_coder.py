"""An adaptive binary range coder in integers: any machine that adds and multiplies in 64 bits codes the same bytes.

The coder keeps an interval [low, low + range) with 2^40 <= range <= 2^48. A bit whose probability of being 0 is
p / 2^16 (1 <= p < 2^16) splits it at (range >> 16) * p; when the range falls below 2^40 its top byte leaves. A carry
runs into the bytes that have left already. At the end one byte more is written, and zeros at the end are left away: a
reader takes zeros for the bytes that are missing.

Every function here is plain Python over int64 arrays, and numba compiles the same text (`core/dsp/exact.py`): one
source, two engines, equal bytes. State is one array, `coder`:
writing LOW, RANGE, POSITION (bytes written so far); reading CODE, RANGE, POSITION (bytes taken so far), OVERRUN.

A *model* of a bit is a pair of cells in an int64 array at 2 * i: two estimates of the probability of 0 in 1 / 2^22, of
which one learns quickly and one slowly, the second together with the number of bits seen; their mean is coded with.
Both learn from a bit after n others by 1 / (n + 4) until that is less than their own rate. `fresh(count)` makes models.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.exact import jitable

Cells = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

TOP = 48
LEAST_RANGE = 1 << 40
LOW_MASK = (1 << TOP) - 1
HALF = 1 << 15
"""Probability of one half, in 1 / 2^16."""
FINE = 22
ONE = 1 << FINE
"""Probability of 1 as the estimates of a model count it."""
FAST, SLOW = 5, 7
"""Shifts with which the two estimates of a model learn in the long run."""
SEEN = 8
"""Bits of the slow estimate's cell that count how often the model was used."""
SEEN_MASK = (1 << SEEN) - 1
START = 4
"""Bits that a model's even odds are worth at first."""
SETTLED = (1 << SLOW) - START
"""Uses after which a model learns at its own rates."""
LOWEST, HIGHEST = 16, (1 << 16) - 16
"""Probabilities of 0 that are ever coded with, in 1 / 2^16."""
SLACK = 64
"""Bytes past the end of the data that a reader takes before it is told that the data is damaged."""


def fresh(count: int) -> Cells:
    """Models of `count` bits that know nothing yet, (2 * count,)."""
    return started(np.full(count, HALF, np.int64), 0)


def started(zeros: npt.NDArray[np.integer], seen: int) -> Cells:
    """Models that start from known probabilities of 0.

    zeros: (count,) in 1 / 2^16. seen: 0..124, how many bits that knowledge is worth, besides four.
    """
    models = np.empty(2 * len(zeros), np.int64)
    models[0::2] = np.clip(zeros.astype(np.int64), LOWEST, HIGHEST) << (FINE - 16)
    models[1::2] = (models[0::2] << SEEN) | seen
    return models


def known(models: Cells) -> npt.NDArray[np.int64]:
    """Probabilities of 0 in 1 / 2^16 that models have come to, (count,): what `started` takes."""
    zeros: npt.NDArray[np.int64] = (models[0::2] + (models[1::2] >> SEEN)) >> (FINE - 15)
    return zeros.clip(LOWEST, HIGHEST)


def writer() -> Cells:
    """State of a coder that has written nothing."""
    return np.array([0, 1 << TOP, 0], np.int64)


def reader() -> Cells:
    """State of a coder that has read nothing; call `begin` first."""
    return np.array([0, 1 << TOP, 0, 0], np.int64)


def room_for(bits: int) -> Bytes:
    """An array that holds `bits` coded bits whatever their probabilities: 12 bits each at most, 16 for `write_with`."""
    return np.zeros(2 * bits + 16, np.uint8)


@jitable
def write_with(coder: Cells, out: Bytes, zero: int, bit: int) -> None:
    """Code one bit whose probability of being 0 is zero / 2^16. `out` must have room: see `room_for`."""
    span = coder[1]
    split = (span >> 16) * zero
    if bit == 0:
        span = split
    else:
        span -= split
        coder[0] += split
        if coder[0] > LOW_MASK:
            coder[0] &= LOW_MASK
            carry(out, coder[2])
    while span < LEAST_RANGE:
        out[coder[2]] = coder[0] >> (TOP - 8)
        coder[2] += 1
        coder[0] = (coder[0] << 8) & LOW_MASK
        span <<= 8
    coder[1] = span


@jitable
def carry(out: Bytes, position: int) -> None:
    """Add one to the number that the bytes before `position` write; it is below 1, so some byte is not 255."""
    place = position - 1
    while out[place] == 255:
        out[place] = 0
        place -= 1
    out[place] += 1


@jitable
def finish(coder: Cells, out: Bytes) -> int:
    """Write the last byte; the number of bytes in all, without zeros at the end.

    The least multiple of 2^40 that is not below low lies in the interval, for the range is 2^40 at least. No more zeros
    are left away than a reader takes in good faith.
    """
    last = (coder[0] + LEAST_RANGE - 1) >> (TOP - 8)
    if last == 256:
        carry(out, coder[2])
        last = 0
    out[coder[2]] = last
    coder[2] += 1
    end = coder[2]
    while end > 0 and out[end - 1] == 0 and coder[2] - end < SLACK - 8:
        end -= 1
    return int(end)


@jitable
def begin(coder: Cells, data: Bytes) -> None:
    """Take the first bytes."""
    coder[0] = 0
    for _ in range(6):
        coder[0] = (coder[0] << 8) | next_byte(coder, data)


@jitable
def next_byte(coder: Cells, data: Bytes) -> int:
    """The next byte, zero beyond the end; OVERRUN counts those."""
    place = coder[2]
    coder[2] += 1
    if place < len(data):
        return int(data[place])
    coder[3] += 1
    return 0


@jitable
def read_with(coder: Cells, data: Bytes, zero: int) -> int:
    """The bit that was coded with the same probability of being 0."""
    span = coder[1]
    split = (span >> 16) * zero
    if coder[0] < split:
        bit = 0
        span = split
    else:
        bit = 1
        coder[0] -= split
        span -= split
    while span < LEAST_RANGE:
        coder[0] = (coder[0] << 8) | next_byte(coder, data)
        span <<= 8
    coder[1] = span
    return bit


@jitable
def probability(models: Cells, model: int) -> int:
    """Probability of 0 in 1 / 2^16 that a model stands for."""
    zero = (models[2 * model] + (models[2 * model + 1] >> SEEN)) >> (FINE - 15)
    return int(min(max(zero, LOWEST), HIGHEST))


@jitable
def learn(models: Cells, model: int, bit: int) -> None:
    """Move a model's estimates towards the bit that came."""
    goal = ONE if bit == 0 else 0
    fast = models[2 * model]
    slow = models[2 * model + 1] >> SEEN
    seen = models[2 * model + 1] & SEEN_MASK
    if seen < SETTLED:
        slow += (goal - slow) // (seen + START)
    else:
        slow += (goal - slow) >> SLOW
    if seen < (1 << FAST) - START:
        fast += (goal - fast) // (seen + START)
    else:
        fast += (goal - fast) >> FAST
    models[2 * model] = fast
    models[2 * model + 1] = (slow << SEEN) | min(seen + 1, SETTLED)


@jitable
def write_bit(coder: Cells, out: Bytes, models: Cells, model: int, bit: int) -> None:
    """Code a bit with a model, which learns."""
    write_with(coder, out, probability(models, model), bit)
    learn(models, model, bit)


@jitable
def read_bit(coder: Cells, data: Bytes, models: Cells, model: int) -> int:
    """Read a bit with a model, which learns."""
    bit = read_with(coder, data, probability(models, model))
    learn(models, model, bit)
    return bit


@jitable
def write_plain(coder: Cells, out: Bytes, value: int, bits: int) -> None:
    """Code the `bits` lowest bits of a number as they are, the highest first."""
    for place in range(bits - 1, -1, -1):
        write_with(coder, out, HALF, (value >> place) & 1)


@jitable
def read_plain(coder: Cells, data: Bytes, bits: int) -> int:
    """Read a number of `bits` bits."""
    value = 0
    for _ in range(bits):
        value = 2 * value + read_with(coder, data, HALF)
    return value
