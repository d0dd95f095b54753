"""Levels chosen for what they cost: error of the filtered stems plus lambda times bits, one level after the other.

Templates and activations are scanned alike: rows of one factor (bands of W or frames of H) while the other stays. Bits
are counted with the probabilities that the levels of the last scan had (`costs_of`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.exact import exact, jitable
from unbraid.core.informed.parametric.ntf_coding import (
    BEFORE,
    MOST_RISES,
    TRUST,
    advance,
    decisions,
)
from unbraid.core.informed.parametric.ntf_kernels import gather_others, row_errors_mono, row_errors_stereo

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

CANDIDATES = 6
AHEAD = 2
"""Rows after the one in question whose bits are counted as well."""


@exact
def count_bits(levels: Integers, top: int, state: Integers, counts: Doubles) -> None:
    """Add how often each model has each bit, counts (MODELS, 2), in a table (N, K) of levels."""
    which, bits = np.zeros(top + 8, np.int64), np.zeros(top + 8, np.int64)
    for n in range(levels.shape[0]):
        rises = 0
        for k in range(levels.shape[1]):
            for i in range(decisions(state, k, rises, levels[n, k], top, which, bits)):
                counts[which[i], bits[i]] += 1.0
            rises = min(rises + advance(state, k, levels[n, k]), MOST_RISES)


def costs_of(counts: Doubles, start: npt.ArrayLike) -> Doubles:
    """Bits (MODELS, 2) that each decision costs, of counts and of the probabilities that the models start with."""
    zero = np.asarray(start, np.float64) / (1 << 16)
    prior = TRUST * np.stack([zero, 1 - zero], axis=1)
    total = counts + prior
    return np.asarray(-np.log2(total / total.sum(axis=1, keepdims=True)))


@jitable
def bits_of(state: Integers, k: int, rises: int, level: int, top: int, costs: Doubles, work: Integers) -> float:
    """Bits of one level. work (2, top + 8)."""
    total = 0.0
    for i in range(decisions(state, k, rises, level, top, work[0], work[1])):
        total += costs[work[0, i], work[1, i]]
    return total


@jitable
def bits_around(
    levels: Integers, n: int, k: int, level: int, state: Integers, rises: Integers, top: int, costs: Doubles,
    spare: Integers, work: Integers,
) -> float:  # fmt: skip
    """Bits of a level at row n and of the rows AHEAD if it is chosen. `spare` has the shape of `state`."""
    spare[:, k] = state[:, k]
    total = bits_of(spare, k, rises[n, k], level, top, costs, work)
    advance(spare, k, level)
    for later in range(n + 1, min(n + 1 + AHEAD, levels.shape[0])):
        total += bits_of(spare, k, rises[later, k], levels[later, k], top, costs, work)
        advance(spare, k, levels[later, k])
    return total


@jitable
def add_candidate(candidates: Integers, count: int, level: int, top: int) -> int:
    """One more candidate unless it is there or is no level; how many there are."""
    if level < 0 or level > top:
        return count
    for i in range(count):
        if candidates[i] == level:
            return count
    candidates[count] = level
    return count + 1


@jitable
def candidates_of(
    levels: Integers, n: int, k: int, before: int, top: int, births: bool, candidates: Integers
) -> int:  # fmt: skip
    """Levels worth a try at a place, the present one first; how many."""
    now = levels[n, k]
    count = add_candidate(candidates, 0, now, top)
    count = add_candidate(candidates, count, 0, top)
    count = add_candidate(candidates, count, before, top)
    if n + 1 < levels.shape[0]:
        count = add_candidate(candidates, count, levels[n + 1, k], top)
    if count == 1 and now == 0 and not births:
        return count
    count = add_candidate(candidates, count, now + 1, top)
    return add_candidate(candidates, count, now - 1, top)


@jitable
def scan_row(
    levels: Integers, n: int, amounts: Doubles, factor: Floats, source: Integers, R: Floats, X: Floats, N: Floats,
    u: Doubles, weight: float, costs: Doubles, rises: Integers, state: Integers, births: bool,
) -> None:  # fmt: skip
    """`scan` of row n. R, N (M, J, Q). X (M, Q)."""
    M, K, top = factor.shape[0], factor.shape[1], len(amounts) - 1
    candidates, steps, errors = np.zeros(CANDIDATES, np.int64), np.zeros(CANDIDATES), np.zeros(CANDIDATES)
    spare, work = np.zeros((4, K), np.int64), np.zeros((2, top + 8), np.int64)
    A, others = np.zeros((M, N.shape[1])), np.zeros((M, 3 * X.shape[1]))
    for k in range(K):
        if levels[n, k] > 0:
            A[:, source[k]] += factor[:, k] * amounts[levels[n, k]]
    of = -1
    for k in range(K):
        j = int(source[k])
        if j != of:
            gather_others(A, R, N, u, j, others)
            of = j
        count = candidates_of(levels, n, k, state[BEFORE, k], top, births, candidates)
        if count == 1:
            continue
        for i in range(count):
            steps[i] = amounts[candidates[i]] - amounts[candidates[0]]
        errors[:] = 0.0
        if X.shape[1] == 1:
            row_errors_mono(A, factor, j, k, steps, count, u[j], others, X, N, errors)
        else:
            row_errors_stereo(A, factor, j, k, steps, count, u[j], others, R, X, N, errors)
        best, least = 0, np.inf
        for i in range(count):
            bits = bits_around(levels, n, k, candidates[i], state, rises, top, costs, spare, work)
            if errors[i] + weight * bits < least:
                best, least = i, errors[i] + weight * bits
        levels[n, k] = candidates[best]
        if best > 0:
            A[:, j] = np.maximum(A[:, j] + factor[:, k] * steps[best], 0.0)


@exact
def scan(
    levels: Integers, amounts: Doubles, factor: Floats, source: Integers, R: Floats, X: Floats, N: Floats, u: Doubles,
    weight: float, costs: Doubles, rises: Integers, state: Integers, births: bool,
) -> None:  # fmt: skip
    """Choose levels (N, K) anew, in place, row after row.

    amounts: values of the levels. factor (M, K): the other factor. source (K,), ascending. R (N, M, J, Q) with N or M
    of length 1 where it does not depend on it. X (N, M, Q). N (N, M, J, Q). u (J,): weights of the sources' errors.
    weight: lambda. rises (N, K): how many components before rose in the same row, of the last scan. state (4, K).
    births: whether a level may begin between two silent ones.
    """
    Rn = np.zeros((factor.shape[0], R.shape[2], R.shape[3]), np.float32)
    for n in range(levels.shape[0]):
        for m in range(len(Rn)):
            Rn[m] = R[min(n, R.shape[0] - 1), min(m, R.shape[1] - 1)]
        scan_row(levels, n, amounts, factor, source, Rn, X[n], N[n], u, weight, costs, rises, state, births)
        up = 0
        for k in range(levels.shape[1]):
            rises[n, k] = up
            up = min(up + advance(state, k, levels[n, k]), MOST_RISES)
