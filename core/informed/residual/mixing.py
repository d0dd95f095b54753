"""Bits predicted by several contexts at once: models that count what they have seen, mixed in the logistic domain.

A model is two cells: the probability of 1 in 1 / 2^22, and the number of bits seen. It moves by 1 / (n + 1.6) of its
error at first and by less and less, so that a block that starts with fresh models learns them from a handful of bits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.exact import jitable
from unbraid.core.informed.mixing_models import REACH, SQUASH, STRETCH
from unbraid.core.informed.range_coder import Bytes, read_with, write_with
from unbraid.core.informed.residual.levels import RECIPROCALS

Cells = npt.NDArray[np.int64]

INPUTS = 4
CERTAIN = 22
"""Bits of a model's probability."""
COUNT_MOST = 250
RATE = 10
FIRST_WEIGHT = 20000
WEIGHT_MOST = 1 << 20


def fresh_models(count: int) -> Cells:
    """Models that know nothing yet, (2 * count,)."""
    cells = np.zeros(2 * count, np.int64)
    cells[::2] = 1 << (CERTAIN - 1)
    return cells


def fresh_weights(sets: int) -> Cells:
    """Weight sets that trust all inputs alike, (INPUTS * sets,)."""
    return np.full(INPUTS * sets, FIRST_WEIGHT, np.int64)


@jitable
def predict(cells: Cells, mixers: Cells, mixer: int, chosen: Cells, inputs: Cells) -> int:
    """Probability of 0 in 1 / 2^16 from the chosen models; `inputs` gets their logits."""
    total = 0
    for i in range(INPUTS):
        logit = STRETCH[cells[2 * chosen[i]] >> (CERTAIN - 12)]
        inputs[i] = logit
        total += logit * mixers[INPUTS * mixer + i]
    logit = min(max(total >> 16, -REACH), REACH)
    return int(SQUASH[REACH + 1 - logit])


@jitable
def learn(cells: Cells, mixers: Cells, mixer: int, chosen: Cells, inputs: Cells, zero: int, bit: int) -> None:
    """Move weights and models towards the bit that came, which was coded with `zero`."""
    error = ((bit - 1) << 16) + zero
    goal = bit << CERTAIN
    goal -= bit
    for i in range(INPUTS):
        place = INPUTS * mixer + i
        weight = mixers[place] + ((inputs[i] * error * RATE + (1 << 17)) >> 18)
        mixers[place] = min(max(weight, -WEIGHT_MOST), WEIGHT_MOST)
        cell = 2 * chosen[i]
        seen = cells[cell + 1]
        cells[cell] += ((goal - cells[cell]) * RECIPROCALS[seen]) >> 16
        if seen < COUNT_MOST:
            cells[cell + 1] = seen + 1


@jitable
def code_bit(coder: Cells, data: Bytes, zero: int, bit: int, reading: bool) -> int:
    """Write a bit, or read it."""
    if reading:
        return int(read_with(coder, data, zero))
    write_with(coder, data, zero, bit)
    return bit
