"""Loops over listed neighbours, each with a place, a weight and the bins for which it counts; and the path of a pitch.

Pictures come flat: for fitted frame t, `starts[t, i]` is where bin 0 of neighbour i would lie. Another frame is another
row there, a shift along frequency another place in that row. Negative values are absent. The median is the lower one:
the least value for which the values up to it have at least half of the weight.

Without a sorting network for so many neighbours, the bits of the median are found one after the other from the highest:
a candidate holds while the values below it have less than half of the weight. First for the upper halves of the values'
bits, then, among those with the same upper half, for the lower ones: twice as many values in each instruction.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp import networks
from unbraid.core.dsp.compiled import compiled

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Bits = npt.NDArray[np.int32]
"""float32 values by their bits: for values of at least 0, integers of the same order."""
Halves = npt.NDArray[np.int16]
Places = npt.NDArray[np.int64]
Index = npt.NDArray[np.int32]

LANES = 128
"""Bins handled at a time."""
MOST_WEIGHT = 16383
"""Greatest sum of weights, so that twice of it fits into 16 bits."""
LAST = np.int16(32767)
"""Above all halves that are looked for."""
NONE = np.int16(0)


@compiled
def gather(
    bits: Bits,
    starts: Places,
    weights: Halves,
    lows: Index,
    highs: Index,
    first: int,
    upper: Halves,
    lower: Halves,
    total: Halves,
) -> None:
    """Halves of the bits of neighbours at bins `first` to `first` + LANES, and the sum of weights of those present.

    bits: (n,). starts, weights, lows, highs: (T, k); a neighbour counts for the bins from low to high of the result.
    upper, lower: (T, K, LANES), K >= k, filled up with what is above everything. total: (T, LANES).
    """
    upper[:] = LAST
    total[:] = NONE
    for t in range(starts.shape[0]):
        for i in range(starts.shape[1]):
            w = weights[t, i]
            low = min(max(lows[t, i] - first, 0), LANES)
            high = max(min(highs[t, i] - first, LANES), low)
            values = bits[starts[t, i] + first + low : starts[t, i] + first + high]
            u, d, s = upper[t, i, low:high], lower[t, i, low:high], total[t, low:high]
            for f in range(len(values)):
                x = values[f] if values[f] != np.int32(-(2**31)) else np.int32(0)  # minus zero is zero
                u[f] = np.int16(x >> np.int32(16)) if x >= 0 else LAST
                d[f] = np.int16(x ^ np.int32(0x8000))  # signed numbers of the same order
                s[f] += w if x >= 0 else NONE


@compiled
def search(keys: Halves, weights: Halves, total: Halves, below: Halves, digits: int, sign: int, found: Halves) -> None:
    """The greatest number of so many binary digits such that keys below it have less than half of the total weight.

    keys: (T, K, LANES), K a multiple of 4; `sign` is the bit by which they differ from numbers of the same order.
    weights: (T, K). total, below, found: (T, LANES): weight of all, weight below all keys, and the numbers.
    """
    candidate = np.empty(LANES, np.int16)
    flip = np.int16(sign)
    for t in range(keys.shape[0]):
        sums = np.empty(LANES, np.int16)
        found[t] = NONE
        for digit in range(digits):
            bit = np.int16(1 << (digits - 1 - digit))
            for f in range(LANES):
                sums[f] = below[t, f]
                candidate[f] = (found[t, f] | bit) ^ flip
            for i in range(0, keys.shape[1], 4):
                k0, k1, k2, k3 = keys[t, i], keys[t, i + 1], keys[t, i + 2], keys[t, i + 3]
                w0, w1, w2, w3 = weights[t, i], weights[t, i + 1], weights[t, i + 2], weights[t, i + 3]
                for f in range(LANES):
                    c = candidate[f]
                    sums[f] += (
                        (w0 if k0[f] < c else NONE)
                        + (w1 if k1[f] < c else NONE)
                        + (w2 if k2[f] < c else NONE)
                        + (w3 if k3[f] < c else NONE)
                    )
            for f in range(LANES):
                found[t, f] |= bit if sums[f] + sums[f] < total[t, f] else NONE


@compiled
def keep_equal(upper: Halves, lower: Halves, weights: Halves, found: Halves, below: Halves) -> None:
    """Leave only those lower halves whose upper half is the one found, and sum the weight of what is below.

    upper, lower: (T, K, LANES), the latter changed. weights: (T, K). found, below: (T, LANES), the latter filled.
    """
    below[:] = NONE
    for t in range(upper.shape[0]):
        middle, sums = found[t], below[t]
        for i in range(upper.shape[1]):
            w, u, d = weights[t, i], upper[t, i], lower[t, i]
            for f in range(LANES):
                sums[f] += w if u[f] < middle[f] else NONE
            for f in range(LANES):
                x = d[f]
                d[f] = x if u[f] == middle[f] else LAST


@compiled
def listed_mean(flat: Floats, starts: Places, weights: Floats, lows: Index, highs: Index, out: Floats) -> None:
    """Weighted means of what is present, summed as float64; 0 where nothing is.

    flat: (n,). starts, weights, lows, highs: (T, k), as in `gather`. out: (T, F).
    """
    total = np.empty(LANES)
    weight = np.empty(LANES)
    for t in range(out.shape[0]):
        for first in range(0, out.shape[1], LANES):
            width = min(LANES, out.shape[1] - first)
            total[:] = 0.0
            weight[:] = 0.0
            for i in range(starts.shape[1]):
                w = np.float64(weights[t, i])
                low = min(max(lows[t, i] - first, 0), width)
                high = max(min(highs[t, i] - first, width), low)
                values = flat[starts[t, i] + first + low : starts[t, i] + first + high]
                sums, parts = total[low:high], weight[low:high]
                for f in range(len(values)):
                    share = w if values[f] >= 0 else 0.0
                    sums[f] += share * values[f]
                    parts[f] += share
            for f in range(width):
                out[t, first + f] = total[f] / weight[f] if weight[f] > 0 else 0.0


def median_network_source(count: int) -> str:
    """Source of `kernel(flat, starts, spares, out)`: medians over `count` (odd) neighbours by a sorting network.

    flat: (n,) float32. starts: (T, count) int64; -2 and -1 stand for the rows of spares. spares: (2, F): zeros and
    greatest numbers. out: (T, F).
    """
    middle = (count - 1) // 2
    heads = ["n = out.shape[1]"]
    for i in range(count):
        heads += [f"s = starts[t, {i}]", f"r{i} = flat[s : s + n] if s >= 0 else spares[s + 2]"]
    lines = [f"a{i} = r{i}[f]" for i in range(count)]
    lines += networks._statements(networks.selection_network(count, (middle,)))
    lines.append(f"out[t, f] = a{middle}")
    return networks._loops("flat, starts, spares, out", "range(out.shape[0])", heads, lines)


@compiled
def forward_pass(gain: Floats, glides: Doubles, jump: float, back: Index, last: Doubles) -> None:
    """Viterbi's algorithm: for each frame and step the best step before, and the scores of the last frame.

    gain: (T, P). glides: (2 m + 1,) costs of moving by -m to m. jump: the cost of moving anywhere, chosen where a glide
    is not better. back: (T, P). last: (P,).
    """
    most = glides.shape[0] // 2
    steps = gain.shape[1]
    before = np.empty(steps)
    for p in range(steps):
        last[p] = gain[0, p]
    for t in range(1, gain.shape[0]):
        before[:] = last
        highest = int(np.argmax(before))
        for p in range(steps):
            best, origin = before[highest] - jump, highest
            for q in range(max(0, p - most), min(steps, p + most + 1)):
                score = before[q] - glides[q - p + most]
                if score > best:
                    best, origin = score, q
            back[t, p] = origin
            last[p] = best + gain[t, p]
