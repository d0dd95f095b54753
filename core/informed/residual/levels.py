"""Tables that both sides make alike: steps, weights and reciprocals, from integers and decimal arithmetic."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Cells = npt.NDArray[np.int64]
Number = TypeVar("Number", np.float64, np.int64)

STEPS_PER_OCTAVE = 32
COARSEST_LOG2, FINEST_LOG2 = 6, -26
STEP_COUNT = STEPS_PER_OCTAVE * (COARSEST_LOG2 - FINEST_LOG2) + 1
WEIGHTS_PER_OCTAVE = 4
WEIGHT_REACH = 40
"""Weights are 2^(-10) to 2^10."""
DIGITS = 40
COUNTS = 256


def _powers_of_two(numerators: range, denominator: int) -> Doubles:
    """2^(n / denominator), each rounded once."""
    context = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)
    root = context.power(Decimal(2), context.divide(Decimal(1), Decimal(denominator)))
    parts = [context.power(root, Decimal(k)) for k in range(denominator)]
    values = []
    for n in numerators:
        whole, part = divmod(n, denominator)
        values.append(float(context.multiply(parts[part], context.power(Decimal(2), Decimal(whole)))))
    return _fixed(np.array(values))


def _fixed(table: npt.NDArray[Number]) -> npt.NDArray[Number]:
    table.flags.writeable = False
    return table


STEPS = _powers_of_two(
    range(COARSEST_LOG2 * STEPS_PER_OCTAVE, FINEST_LOG2 * STEPS_PER_OCTAVE - 1, -1), STEPS_PER_OCTAVE
)
"""Steps of the quantiser from the coarsest on."""
WEIGHTS = _powers_of_two(range(-WEIGHT_REACH, WEIGHT_REACH + 1), WEIGHTS_PER_OCTAVE)
"""Weights of the errors' amplitudes."""
RECIPROCALS: Cells = _fixed(
    np.array([(10 * 65536 + (10 * n + 16) // 2) // (10 * n + 16) for n in range(COUNTS)], np.int64)
)
"""How far a model moves to the n-th bit it sees, in 1 / 2^16: 1 / (n + 1.6)."""


def nearest_step(step: float) -> int:
    """Index of the step nearest to this one by ratio."""
    return int(np.argmin(np.abs(np.log(STEPS) - np.log(step))))


def nearest_weight(weight: float) -> int:
    """Index of the weight nearest to this one by ratio."""
    return int(np.argmin(np.abs(np.log(WEIGHTS) - np.log(weight))))
