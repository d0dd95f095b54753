"""The tiles of one block, frame by frame and band by band: one text that writes and reads.

Everything here is done alike by encoder and decoder but for what depends on `reading`: the encoder knows the
coefficients d (T, M, S), S = J I, turns them into the directions of each tile, and chooses; the decoder is told.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.exact import exact, jitable
from unbraid.core.informed.range_coder import SLACK, Bytes, Cells
from unbraid.core.informed.residual.mixing import INPUTS, code_bit, learn, predict
from unbraid.core.informed.residual.rotations import directions, posterior
from unbraid.core.informed.residual.values import (
    SCALES,
    VALUE_MIXERS,
    VALUE_MODELS,
    choose_models,
    code_magnitude,
    code_sign,
    scale_level,
)

Doubles = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

BUSY = 4
"""Classes of how many coefficients of a tile are not zero."""
BANDS = 128
DEPTHS = 8
BY_BEFORE = VALUE_MODELS
BY_BESIDE = BY_BEFORE + SCALES * BUSY
BY_LOWER = BY_BESIDE + BUSY * BUSY * BUSY
BY_BAND = BY_LOWER + SCALES * BUSY
BY_SCALE = BY_BAND + BANDS * BUSY
BY_DEPTH = BY_SCALE + SCALES * 3
BY_FALL = BY_DEPTH + DEPTHS * 3 * 3
BY_REST = BY_FALL + SCALES * SCALES
MODELS = BY_REST + DEPTHS * SCALES
MIXERS = VALUE_MIXERS + SCALES + DEPTHS
STEP, PRICE, FLOOR, TILE_BITS = 0, 1, 2, 3
"""Places of the settings: the step; and for the encoder the price of a bit in squared steps, the least size of a
coefficient that can make a direction of a tile worth coding, and the bits that one is thought to take."""
DONE, OVERRUN, FULL = 0, 1, 2
ROOM = 48
"""Most bytes that one coefficient takes."""


@jitable
def busyness(count: int) -> int:
    """How many coefficients of a tile are not zero, in BUSY classes."""
    if count <= 1:
        return count
    return 2 if count <= 4 else 3


@jitable
def is_loud(d: Singles, first: int, last: int, weights: Doubles, least: float) -> int:
    """1 if the weighted coefficients of any bin of a tile are together larger than `least`."""
    channels = d.shape[1] // len(weights)
    for k in range(first, last):
        energy = 0.0
        for s in range(d.shape[1]):
            x = weights[s // channels] * d[k, s]
            energy += x * x
        if energy > least * least:
            return 1
    return 0


@jitable
def project(d: Singles, first: int, last: int, weights: Doubles, axes: Doubles, settings: Doubles, z: Doubles) -> int:
    """Coefficients of a tile along its directions, in steps, z (bins, n); how many directions look worth coding."""
    S, n = axes.shape
    channels = S // len(weights)
    deep = 0
    for i in range(n):
        gain = 0.0
        for k in range(first, last):
            total = 0.0
            for s in range(S):
                total += axes[s, i] * (weights[s // channels] * d[k, s])
            total /= settings[STEP]
            z[k - first, i] = total
            size = abs(total)
            if size > settings[FLOOR]:
                whole = max(math.floor(size + 0.5), 1.0)
                bits = settings[TILE_BITS] + 2.0 * math.log2(whole)
                gain += size * size - (size - whole) * (size - whole) - settings[PRICE] * bits
        if gain > 0.0:
            deep = i + 1
    return deep


@jitable
def code_flag(
    coder: Cells,
    data: Bytes,
    reading: bool,
    flag: int,
    ratio: float,
    band: int,
    before: Integers,
    counts: Integers,
    cells: Cells,
    mixers: Cells,
    chosen: Cells,
    inputs: Cells,
) -> int:
    """Whether a tile has coefficients at all. before, counts: of tiles of the frame before, and of this one."""
    scale = scale_level(ratio)
    same, above = busyness(before[band]), busyness(before[band + 1])
    lower = 0 if band == 0 else busyness(counts[band - 1])
    chosen[0] = BY_BEFORE + scale * BUSY + same
    chosen[1] = BY_BESIDE + (same * BUSY + lower) * BUSY + above
    chosen[2] = BY_LOWER + scale * BUSY + lower
    chosen[3] = BY_BAND + min(band, BANDS - 1) * BUSY + same
    mixer = VALUE_MIXERS + scale
    zero = predict(cells, mixers, mixer, chosen, inputs)
    bit = code_bit(coder, data, zero, flag, reading)
    learn(cells, mixers, mixer, chosen, inputs, zero, bit)
    return bit


@jitable
def code_depth(
    coder: Cells,
    data: Bytes,
    reading: bool,
    depth: int,
    ratios: Doubles,
    was: int,
    lower: int,
    cells: Cells,
    mixers: Cells,
    chosen: Cells,
    inputs: Cells,
) -> int:
    """How many directions of a tile are coded, at least 1. was, lower: of this band before, of the band below."""
    found = 1
    while found < len(ratios):
        scale, place = scale_level(ratios[found]), min(found, DEPTHS - 1)
        by_was = 0 if was < found else (1 if was == found else 2)
        by_lower = 0 if lower < found else (1 if lower == found else 2)
        chosen[0] = BY_SCALE + scale * 3 + by_was
        chosen[1] = BY_DEPTH + (place * 3 + by_was) * 3 + by_lower
        chosen[2] = BY_FALL + scale_level(ratios[0]) * SCALES + scale
        chosen[3] = BY_REST + place * SCALES + scale
        mixer = VALUE_MIXERS + SCALES + place
        zero = predict(cells, mixers, mixer, chosen, inputs)
        bit = code_bit(coder, data, zero, 1 if depth > found else 0, reading)
        learn(cells, mixers, mixer, chosen, inputs, zero, bit)
        if bit == 0:
            break
        found += 1
    return found


@jitable
def look_around(old: Doubles, new: Doubles, k: int, below: Doubles, around: Doubles) -> int:
    """Energies of the decoded neighbours of bin k of each source and channel; 1 if there is any."""
    busy = 0
    place = k + 2
    for s in range(len(below)):
        below[s] = 2.0 * new[place - 1, s] + new[place - 2, s]
        around[s] = old[place - 1, s] + 2.0 * old[place, s] + old[place + 1, s]
        if below[s] > 0.0 or around[s] > 0.0:
            busy = 1
    return busy


@jitable
def code_bin(
    coder: Cells,
    data: Bytes,
    reading: bool,
    z: Doubles,
    used: int,
    shares: Doubles,
    ratios: Doubles,
    below: Doubles,
    around: Doubles,
    busy: int,
    settings: Doubles,
    cells: Cells,
    mixers: Cells,
    chosen: Cells,
    inputs: Cells,
    bits_of: Doubles,
    meter: Doubles,
    costs: Doubles,
    tally: Doubles,
    q: Integers,
) -> int:
    """The coefficients of one bin, q (n,); how many are not zero."""
    S = shares.shape[1]
    channels = S // len(costs)
    here = 0.0
    loud = 0
    for i in range(used):
        energy_below = energy_around = 0.0
        if busy == 1:
            for s in range(S):
                energy_below += shares[i, s] * below[s]
                energy_around += shares[i, s] * around[s]
        context = choose_models(ratios[i], energy_below, energy_around, here, i, chosen)
        size = 0.0 if reading else abs(z[i])
        value = code_magnitude(
            coder, data, reading, cells, mixers, chosen, inputs, context, size, settings[PRICE], bits_of, meter
        )
        q[i] = value
        if value > 0:
            loud += 1
            here += float(value) * float(value)
            if code_sign(coder, data, reading, 0 if reading or z[i] >= 0.0 else 1) == 1:
                q[i] = -value
            meter[0] += 1.0
        if not reading:
            for s in range(S):
                costs[s // channels] += meter[0] * shares[i, s]
            if value > 0:
                tally[min(value, 3) - 1, 0] += 1.0
                tally[min(value, 3) - 1, 1] += size - value
    return loud


@jitable
def rebuild(
    q: Integers,
    used: int,
    axes: Doubles,
    weights: Doubles,
    step: float,
    offsets: Doubles,
    energy: Doubles,
    out: Singles,
) -> None:
    """Deviations of one bin, out (S,), and their energies in squared steps as contexts see them, energy (S,)."""
    S = len(out)
    channels = S // len(weights)
    for s in range(S):
        whole = total = 0.0
        for i in range(used):
            if q[i] != 0:
                whole += axes[s, i] * q[i]
                offset = offsets[min(abs(q[i]), 3) - 1]
                total += axes[s, i] * (q[i] + offset if q[i] > 0 else q[i] - offset)
        energy[s] = whole * whole
        out[s] = total * (step / weights[s // channels])


@jitable
def add_errors(d: Singles, out: Singles, first: int, last: int, errors: Doubles) -> None:
    """Squared errors of each source, in bins first to last."""
    channels = d.shape[1] // len(errors)
    for k in range(first, last):
        for s in range(d.shape[1]):
            miss = np.float64(d[k, s]) - np.float64(out[k, s])
            errors[s // channels] += miss * miss


@jitable
def find_directions(
    work: Doubles,
    weights: Doubles,
    step: float,
    u: Doubles,
    vectors: Doubles,
    axes: Doubles,
    shares: Doubles,
    ratios: Doubles,
) -> None:
    """Directions of a tile, the squares of their axes' elements, and their variances over the squared step."""
    S, n = axes.shape
    directions(work, weights, S // len(weights), u, vectors, axes, ratios)
    for i in range(n):
        ratios[i] = max(ratios[i], 0.0) / (step * step)
        for s in range(S):
            shares[i, s] = axes[s, i] * axes[s, i]


@jitable
def turn_over(old: Doubles, new: Doubles, before: Integers, counts: Integers) -> None:
    """What was this frame becomes the frame before."""
    for k in range(old.shape[0]):
        for s in range(old.shape[1]):
            old[k, s] = new[k, s]
            new[k, s] = 0.0
    for b in range(len(before)):
        before[b] = counts[b]
        counts[b] = 0


@jitable
def code_bins(
    coder: Cells, data: Bytes, reading: bool, first: int, last: int, depth: int, z: Doubles, axes: Doubles,
    shares: Doubles, ratios: Doubles, weights: Doubles, settings: Doubles, offsets: Doubles, old: Doubles,
    new: Doubles, out: Singles, below: Doubles, around: Doubles, q: Integers, cells: Cells, mixers: Cells,
    chosen: Cells, inputs: Cells, bits_of: Doubles, meter: Doubles, costs: Doubles, tally: Doubles,
) -> int:  # fmt: skip
    """The bins of a tile, coded and put into `out` (M, S); how many coefficients are not zero."""
    count = 0
    for k in range(first, last):
        busy = look_around(old, new, k, below, around)
        loud = code_bin(
            coder, data, reading, z[k - first], depth, shares, ratios, below, around, busy, settings, cells, mixers,
            chosen, inputs, bits_of, meter, costs, tally, q,
        )  # fmt: skip
        if loud > 0:
            count += loud
            rebuild(q, depth, axes, weights, settings[STEP], offsets, new[k + 2], out[k])
    return count


@exact
def code_block(
    coder: Cells, data: Bytes, reading: bool, d: Singles, out: Singles, powers: Doubles, spatial: Doubles,
    weights: Doubles, edges: Integers, settings: Doubles, offsets: Doubles, cells: Cells, mixers: Cells,
    bits_of: Doubles, costs: Doubles, errors: Doubles, tally: Doubles,
) -> int:  # fmt: skip
    """Code a block; DONE, or OVERRUN where the data ends too early, or FULL where it does not fit.

    d: (T, M, S), what is coded; out: likewise, zeros, gets what the decoder has. powers, weights: (T, B, J). spatial:
    (B, J, I, I). offsets: (3,) of magnitudes 1, 2 and more. costs, errors: (J,), bits and squared errors are added.
    tally: (3, 2), the counts and the offsets that were met are added.
    """
    T, S, B, J = out.shape[0], out.shape[2], powers.shape[1], powers.shape[2]
    channels = S // J
    n = (J - 1) * channels
    work, vectors, axes, shares = np.zeros((S, S)), np.zeros((n, n)), np.zeros((S, n)), np.zeros((n, S))
    u, ratios, below, around, meter = np.zeros(J), np.zeros(n), np.zeros(S), np.zeros(S), np.zeros(1)
    old, new, z = np.zeros((out.shape[1] + 4, S)), np.zeros((out.shape[1] + 4, S)), np.zeros((out.shape[1], n))
    before, counts, q = np.zeros(B + 1, np.int64), np.zeros(B + 1, np.int64), np.zeros(n, np.int64)
    depths = np.zeros(B + 1, np.int64)
    chosen, inputs = np.zeros(INPUTS, np.int64), np.zeros(INPUTS, np.int64)
    step = settings[STEP]
    for t in range(T):
        turn_over(old, new, before, counts)
        for b in range(B):
            first, last = edges[b], edges[b + 1]
            if first == last:
                continue
            trace = posterior(powers[t, b], spatial[b], weights[t, b], work)
            flag = 0 if reading else is_loud(d[t], first, last, weights[t, b], step * settings[FLOOR])
            depth = 0
            if flag == 1:
                find_directions(work, weights[t, b], step, u, vectors, axes, shares, ratios)
                depth = project(d[t], first, last, weights[t, b], axes, settings, z)
                flag = min(depth, 1)
            flag = code_flag(
                coder, data, reading, flag, trace / (step * step), b, before, counts, cells, mixers, chosen, inputs
            )
            if flag == 1:
                if reading:
                    find_directions(work, weights[t, b], step, u, vectors, axes, shares, ratios)
                lower = 0 if b == 0 else depths[b - 1]
                depth = code_depth(coder, data, reading, depth, ratios, depths[b], lower, cells, mixers, chosen, inputs)
                if reading and coder[3] > SLACK:
                    return OVERRUN
                if not reading and coder[2] + (last - first) * depth * ROOM > len(data):
                    return FULL
                counts[b] = code_bins(
                    coder, data, reading, first, last, depth, z, axes, shares, ratios, weights[t, b], settings, offsets,
                    old, new, out[t], below, around, q, cells, mixers, chosen, inputs, bits_of, meter, costs, tally,
                )  # fmt: skip
            depths[b] = depth
            if not reading:
                add_errors(d[t], out[t], first, last, errors)
    return OVERRUN if reading and coder[3] > SLACK else DONE
