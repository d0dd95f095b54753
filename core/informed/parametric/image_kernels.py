"""Compiled loops that code a picture of labels: row after row of bands, each label from those beside and below it.

A label is, in this order: the one before it in time; the one of the band below; one of three more neighbours; or any
other, written in binary. Every decision is coded with several models mixed (core/informed/mixing_models.py).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.exact import jitable
from unbraid.core.informed.mixing_models import REACH, SQUASH, fresh_weights, read_mixed, write_mixed
from unbraid.core.informed.range_coder import SLACK, Bytes, Cells, started

Labels = npt.NDArray[np.int64]

MOST_LABELS = 64
ZONES = 8
RUNS = 6
AHEAD = 3
"""Models of a decision."""
NEIGHBOURS = 3
"""Candidates after the one before and the one below."""

SAME_A = 0
SAME_B = SAME_A + 32
SAME_C = SAME_B + RUNS * 8
SAME_END = SAME_C + MOST_LABELS * 4
BELOW_A = SAME_END
BELOW_B = BELOW_A + 16
BELOW_C = BELOW_B + MOST_LABELS
NEAR_A = BELOW_C + MOST_LABELS
NEAR_B = NEAR_A + NEIGHBOURS * 4
NEAR_C = NEAR_B + NEIGHBOURS * MOST_LABELS
ANY_A = NEAR_C + NEIGHBOURS * MOST_LABELS
ANY_B = ANY_A + MOST_LABELS
ANY_C = ANY_B + MOST_LABELS * (MOST_LABELS + 1)
MODELS = ANY_C + MOST_LABELS * (MOST_LABELS + 1)
"""Models of all decisions."""
SETS = 2 * ZONES + 1 + NEIGHBOURS + 1
"""Weight sets: of `same` for each zone and whether the band below goes on; of `below`; of each neighbour; of others."""
BITS_PER_LABEL = 2 + NEIGHBOURS + 6
HALF_LOGIT = 128
MOST_START = 15


STARTS = 32 + RUNS * 8 + 4 + 16 + 1 + NEIGHBOURS * 5 + MOST_LABELS
"""Numbers that say what models know at the start of every block."""


def fresh_state(starts: Labels) -> tuple[Cells, Cells]:
    """Models and weights at the start of a block. starts: (STARTS,) logits of a one, in halves."""
    zero = SQUASH[REACH + 1 - HALF_LOGIT * np.clip(starts, -MOST_START, MOST_START)]
    return started(zero[start_of_model()], 0), fresh_weights(SETS, AHEAD)


@lru_cache(maxsize=1)
def start_of_model() -> Labels:
    """Which of the numbers each model starts from, (MODELS,)."""
    own = [32 + RUNS * 8, 4, 16, 1, NEIGHBOURS * 4, NEIGHBOURS, MOST_LABELS]
    first = [sum(own[:i]) for i in range(len(own))]
    same, by_label, below, any_below, near, any_near, digits = (
        np.arange(a, a + n) for a, n in zip(first, own, strict=True)
    )
    return np.concatenate([
        same, np.tile(by_label, MOST_LABELS), below, np.repeat(any_below, 2 * MOST_LABELS), near,
        np.tile(np.repeat(any_near, MOST_LABELS), 2), digits, np.tile(digits, 2 * (MOST_LABELS + 1)),
    ])  # fmt: skip


@jitable
def label_at(labels: Labels, band: int, frame: int) -> int:
    """The label of a place, -1 outside of the picture."""
    if band < 0 or frame < 0 or frame >= labels.shape[1]:
        return -1
    return int(labels[band, frame])


@jitable
def look(labels: Labels, band: int, frame: int, run: int, around: Cells) -> None:
    """Labels around a place: before, below, and what the other contexts need. around: (8,), filled."""
    around[0] = label_at(labels, band, frame - 1)
    around[1] = label_at(labels, band - 1, frame)
    around[2] = label_at(labels, band - 1, frame + 1)
    around[3] = label_at(labels, band - 1, frame - 1)
    around[4] = label_at(labels, band - 2, frame)
    around[5] = label_at(labels, band, frame - 2)
    around[6] = run
    around[7] = band * ZONES // labels.shape[0]


@jitable
def neighbour(around: Cells, which: int) -> int:
    """The label of the neighbour `which`: below and later, two bands below, two frames before."""
    return int(around[2] if which == 0 else around[3 + which])


@jitable
def contexts_of_same(around: Cells, at: Cells) -> int:
    """Models (at, filled) and weight set of whether the label is the one before it in time."""
    left, below = around[0], around[1]
    goes_on = 1 if below == around[3] else 0
    alike = 1 if below == left else 0
    ahead = 1 if around[2] == left else 0
    second = 1 if around[4] == left else 0
    at[0] = SAME_A + goes_on + 2 * alike + 4 * ahead + 8 * second + 16 * (1 if around[5] == left else 0)
    at[1] = SAME_B + 8 * min(around[6], RUNS - 1) + goes_on + 2 * alike + 4 * ahead
    at[2] = SAME_C + 4 * left + goes_on + 2 * alike
    return int(2 * around[7] + goes_on)


@jitable
def contexts_of_below(around: Cells, at: Cells) -> int:
    """Models and weight set of whether it is the one of the band below."""
    below = around[1]
    later = 1 if around[2] == below else 0
    earlier = 1 if around[3] == below else 0
    second = 1 if around[4] == below else 0
    at[0] = BELOW_A + later + 2 * earlier + 4 * second + 8 * (1 if around[6] > 1 else 0)
    at[1] = BELOW_B + below
    at[2] = BELOW_C + max(around[0], 0)
    return 2 * ZONES


@jitable
def contexts_of_near(around: Cells, which: int, at: Cells) -> int:
    """Models and weight set of whether it is the neighbour `which`, 0 to 2."""
    label = neighbour(around, which)
    at[0] = NEAR_A + 4 * which + (1 if around[4] == around[1] else 0) + 2 * (1 if around[6] > 1 else 0)
    at[1] = NEAR_B + MOST_LABELS * which + label
    at[2] = NEAR_C + MOST_LABELS * which + max(around[0], 0)
    return 2 * ZONES + 1 + which


@jitable
def is_new(around: Cells, which: int) -> bool:
    """Whether the neighbour `which` is there and was not asked for yet."""
    label = neighbour(around, which)
    if label < 0 or label == around[0] or label == around[1]:
        return False
    if which > 0 and label == around[2]:
        return False
    return not (which > 1 and label == around[4])


@jitable
def contexts_of_any(around: Cells, node: int, at: Cells) -> int:
    """Models and weight set of a binary digit, `node` from 1 on: those before it with a one in front."""
    at[0] = ANY_A + node
    at[1] = ANY_B + MOST_LABELS * (around[0] + 1) + node
    at[2] = ANY_C + MOST_LABELS * (around[1] + 1) + node
    return 2 * ZONES + 1 + NEIGHBOURS


@jitable
def write_decision(
    coder: Cells, out: Bytes, models: Cells, weights: Cells, at: Cells, chosen: int, counts: Cells, bit: int
) -> None:
    """Code a decision and count it for each of its models. counts: (2 * MODELS,)."""
    for i in range(AHEAD):
        counts[2 * at[i] + bit] += 1
    write_mixed(coder, out, models, at, weights, chosen, bit)


@jitable
def write_label(
    coder: Cells, out: Bytes, models: Cells, weights: Cells, around: Cells, at: Cells, digits: int, counts: Cells,
    label: int,
) -> None:  # fmt: skip
    """Code one label."""
    if around[0] >= 0:
        chosen = contexts_of_same(around, at)
        write_decision(coder, out, models, weights, at, chosen, counts, 1 if label == around[0] else 0)
        if label == around[0]:
            return
    if around[1] >= 0 and around[1] != around[0]:
        chosen = contexts_of_below(around, at)
        write_decision(coder, out, models, weights, at, chosen, counts, 1 if label == around[1] else 0)
        if label == around[1]:
            return
    for which in range(NEIGHBOURS):
        if is_new(around, which):
            near = neighbour(around, which)
            chosen = contexts_of_near(around, which, at)
            write_decision(coder, out, models, weights, at, chosen, counts, 1 if label == near else 0)
            if label == near:
                return
    node = 1
    for place in range(digits - 1, -1, -1):
        bit = (label >> place) & 1
        chosen = contexts_of_any(around, node, at)
        write_decision(coder, out, models, weights, at, chosen, counts, bit)
        node = 2 * node + bit


@jitable
def read_label(coder: Cells, data: Bytes, models: Cells, weights: Cells, around: Cells, at: Cells, digits: int) -> int:
    """Read one label."""
    if around[0] >= 0:
        chosen = contexts_of_same(around, at)
        if read_mixed(coder, data, models, at, weights, chosen) == 1:
            return int(around[0])
    if around[1] >= 0 and around[1] != around[0]:
        chosen = contexts_of_below(around, at)
        if read_mixed(coder, data, models, at, weights, chosen) == 1:
            return int(around[1])
    for which in range(NEIGHBOURS):
        if is_new(around, which):
            chosen = contexts_of_near(around, which, at)
            if read_mixed(coder, data, models, at, weights, chosen) == 1:
                return neighbour(around, which)
    node = 1
    for _ in range(digits):
        chosen = contexts_of_any(around, node, at)
        node = 2 * node + read_mixed(coder, data, models, at, weights, chosen)
    return node - (1 << digits)


@jitable
def write_labels(
    coder: Cells, out: Bytes, models: Cells, weights: Cells, labels: Labels, digits: int, counts: Cells
) -> None:
    """Code a picture of labels (B, T), each below 2^digits, and count the decisions."""
    around, at = np.zeros(8, np.int64), np.zeros(AHEAD, np.int64)
    for band in range(labels.shape[0]):
        run = 0
        for frame in range(labels.shape[1]):
            look(labels, band, frame, run, around)
            write_label(coder, out, models, weights, around, at, digits, counts, labels[band, frame])
            run = run + 1 if labels[band, frame] == around[0] else 1


@jitable
def read_labels(
    coder: Cells, data: Bytes, models: Cells, weights: Cells, labels: Labels, digits: int, count: int
) -> int:
    """Fill a picture of labels (B, T); 0 if all is well, 1 if a label is not below `count` or the data ended early."""
    around, at = np.zeros(8, np.int64), np.zeros(AHEAD, np.int64)
    for band in range(labels.shape[0]):
        run = 0
        for frame in range(labels.shape[1]):
            look(labels, band, frame, run, around)
            label = read_label(coder, data, models, weights, around, at, digits)
            if label >= count or coder[3] > SLACK:
                return 1
            labels[band, frame] = label
            run = run + 1 if label == around[0] else 1
    return 0
