"""Labels that cost little and err little: the best path through each row of bands, given the row below.

Costs are bits, from how often the coder's decisions went either way in the pictures before (ideal code lengths).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.exact import exact, jitable
from unbraid.core.informed.parametric.image_kernels import (
    ANY_A,
    ANY_C,
    BELOW_A,
    MODELS,
    MOST_LABELS,
    MOST_START,
    NEAR_A,
    NEIGHBOURS,
    SAME_A,
    STARTS,
    start_of_model,
)

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

PRIOR = 0.4
"""Decisions of either kind that every model is taken to have seen."""
TRUST = 20.0
"""Decisions after which the colour below counts as much as all colours do."""


@dataclass(frozen=True, eq=False)
class Costs:
    """Bits. same: (16, 2) of no and yes, by context; below: (8, 2); near: (3, 2); other: (K + 1, K) by label below."""

    same: Doubles
    below: Doubles
    near: Doubles
    other: Doubles

    @classmethod
    def first(cls, colours: int) -> Costs:
        """What is assumed before a picture is seen."""
        even = np.full((colours + 1, colours), np.log2(max(2, colours)))
        return cls(np.tile([4.0, 0.1], (16, 1)), np.ones((8, 2)), np.tile([0.5, 2.0], (3, 1)), even)

    @classmethod
    def of(cls, counts: Integers, colours: int, digits: int) -> Costs:
        """From the decisions that were counted, (2 * MODELS,)."""
        n = counts.reshape(MODELS, 2).astype(np.float64)
        same = n[SAME_A : SAME_A + 32].reshape(2, 16, 2).sum(0)
        below = n[BELOW_A : BELOW_A + 16].reshape(2, 8, 2).sum(0)
        near = n[NEAR_A : NEAR_A + NEIGHBOURS * 4].reshape(NEIGHBOURS, 4, 2).sum(1)
        return cls(_bits(same), _bits(below), _bits(near), _bits_of_colours(n, colours, digits))


def _bits(counts: Doubles) -> Doubles:
    """Code lengths of no and yes."""
    seen = counts + PRIOR
    return np.asarray(-np.log2(seen / seen.sum(-1, keepdims=True)))


def _bits_of_colours(n: Doubles, colours: int, digits: int) -> Doubles:
    """Code lengths of a colour written in binary, (K + 1, K), given the colour below (or none, first)."""
    whole = _bits(n[ANY_A : ANY_A + MOST_LABELS])
    chance = 2.0**-whole
    own = n[ANY_C : ANY_C + MOST_LABELS * (MOST_LABELS + 1)].reshape(MOST_LABELS + 1, MOST_LABELS, 2)
    mixed = own + TRUST * chance
    bits = -np.log2(mixed / mixed.sum(-1, keepdims=True))
    result = np.zeros((colours + 1, colours))
    for k in range(colours):
        for place in range(digits):
            node = (k >> (digits - place)) | 1 << place
            result[:, k] += bits[: colours + 1, node, (k >> (digits - 1 - place)) & 1]
    return result


def starts_of(counts: Integers, seen: int = 12) -> Integers:
    """What models should start from, (STARTS,): logits of a one in halves, 0 where fewer than `seen` were counted."""
    n = np.zeros((STARTS, 2))
    np.add.at(n, start_of_model(), counts.reshape(MODELS, 2))
    logit = np.rint(2 * np.log((n[:, 1] + PRIOR) / (n[:, 0] + PRIOR)))
    return np.where(n.sum(1) < seen, 0, np.clip(logit, -MOST_START, MOST_START)).astype(np.int64)


def search(distortion: Floats, price: float, costs: Costs, labels: Integers) -> None:
    """The labels (B, T), filled in, for distortions (B, T, K) and a price of one bit in units of distortion."""
    _search(distortion, price, costs.same, costs.below, costs.near, costs.other, labels)


@jitable
def _price_of_entering(
    below: Doubles, near: Doubles, other: Doubles, u: int, earlier: int, later: int, second: int, enter: Doubles
) -> None:
    """Bits of each colour when it is not the one before in time. enter: (K,), filled."""
    rest = 0.0
    if u >= 0:
        cx = (1 if later == u else 0) + (2 if earlier == u else 0) + (4 if second == u else 0)
        rest = below[cx, 0]
    ahead = later if later != u else -1
    further = second if second != u and second != later else -1
    if ahead >= 0:
        rest += near[0, 0]
    if further >= 0:
        rest += near[1, 0]
    for k in range(len(enter)):
        enter[k] = rest + other[u + 1, k]
    if further >= 0:
        enter[further] = rest - near[1, 0] + near[1, 1]
    if ahead >= 0:
        enter[ahead] = rest - near[0, 0] + near[0, 1] - (near[1, 0] if further >= 0 else 0.0)
    if u >= 0:
        enter[u] = below[cx, 1]


@jitable
def _context(k: int, on: int, u: int, later: int, second: int) -> int:
    """The context in which a colour goes on, from the colours around it."""
    return on + (2 if k == u else 0) + (4 if k == later else 0) + (8 if k == second else 0)


@jitable
def _step(
    D: Doubles, price: float, same: Doubles, around: Integers, enter: Doubles, cost: Doubles, back: Integers
) -> None:
    """One frame on: least cost of each colour, in place, and which one it comes from. D, enter, cost, back: (K,)."""
    on, u, later, second = around[0], around[1], around[2], around[3]
    best, origin = 1e300, 0
    for k in range(len(cost)):
        left = cost[k] + price * same[_context(k, on, u, later, second), 0]
        if left < best:
            best, origin = left, k
    for k in range(len(cost)):
        value = best + price * enter[k]
        back[k] = origin
        stay = cost[k] + price * same[_context(k, on, u, later, second), 1]
        if stay <= value:
            value = stay
            back[k] = k
        cost[k] = value + D[k]


@jitable
def _trace(cost: Doubles, back: Integers, row: Integers) -> None:
    """The labels of a row, (T,), filled: the cheapest colour at its end and those it comes from."""
    k = 0
    for i in range(len(cost)):
        if cost[i] < cost[k]:
            k = i
    for t in range(len(row) - 1, -1, -1):
        row[t] = k
        k = back[t, k]


@exact
def _search(
    D: Floats, price: float, same: Doubles, below: Doubles, near: Doubles, other: Doubles, labels: Integers
) -> None:
    bands, frames, colours = D.shape
    back = np.zeros((frames, colours), np.int64)
    cost, enter, around = np.zeros(colours), np.zeros(colours), np.zeros(4, np.int64)
    for b in range(bands):
        for t in range(frames):
            u = labels[b - 1, t] if b > 0 else -1
            earlier = labels[b - 1, t - 1] if b > 0 and t > 0 else -1
            later = labels[b - 1, t + 1] if b > 0 and t + 1 < frames else -1
            second = labels[b - 2, t] if b > 1 else -1
            _price_of_entering(below, near, other, u, earlier, later, second, enter)
            if t == 0:
                for k in range(colours):
                    cost[k] = price * enter[k] + D[b, 0, k]
            else:
                around[0], around[1], around[2], around[3] = (1 if u == earlier else 0), u, later, second
                _step(D[b, t], price, same, around, enter, cost, back[t])
        _trace(cost, back, labels[b])
