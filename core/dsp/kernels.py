"""Loops written for the compiler: the inner one runs along columns and becomes vector instructions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.compiled import compiled

Keys = npt.NDArray[np.int32]
"""float32 values as int32 of the same order."""

LOWEST, HIGHEST = -(2**31), 2**31 - 1
LANES = 128
BUT_SIGN = np.int32(0x7FFFFFFF)


@compiled
def running_median(block: Keys, length: int, out: Keys, a: Keys, b: Keys) -> None:
    """Medians over `length` (odd) rows of keys, by a sorted window for each column that is updated without branches.

    block: (R + length - 1, C). out: (R, C). a, b: (length + 2, C), scratch.
    With sorted w, `old` leaving and `new` entering, w'[i] = min(max(d[i - 1], new), d[i]) where
    d[i] = w[i] if w[i] < old else w[i + 1].
    """
    columns = out.shape[1]
    for f in range(columns):
        a[0, f] = b[0, f] = LOWEST
        for i in range(1, length + 2):
            a[i, f] = b[i, f] = HIGHEST
    for t in range(length):  # nothing leaves yet but the placeholders, which are the highest
        for i in range(1, length + 1):
            for f in range(columns):
                b[i, f] = min(max(a[i - 1, f], block[t, f]), a[i, f])
        a, b = b, a
    for f in range(columns):
        out[0, f] = a[length // 2 + 1, f]
    for t in range(1, out.shape[0]):
        for i in range(1, length + 1):
            for f in range(columns):
                old = block[t - 1, f]
                below, here, above = a[i - 1, f], a[i, f], a[i + 1, f]
                low = below if below < old else here
                high = here if here < old else above
                b[i, f] = min(max(low, block[t + length - 1, f]), high)
        a, b = b, a
        for f in range(columns):
            out[t, f] = a[length // 2 + 1, f]


@compiled
def listed_median(bits: Keys, index: npt.NDArray[np.int32], network: npt.NDArray[np.int64], out: Keys) -> None:
    """Lower medians over listed rows, by a list of comparators, 128 columns at a time.

    bits: (T, F) of floats, made keys only where they are looked at. index: (T2, k). network: (comparators, 2), puts the
    median of k values at (k - 1) // 2. out: (T2, F) bits of floats.
    """
    k = index.shape[1]
    block = np.zeros((k, LANES), np.int32)
    for t in range(out.shape[0]):
        for first in range(0, out.shape[1], LANES):
            width = min(LANES, out.shape[1] - first)
            for j in range(k):
                for f in range(width):
                    x = bits[index[t, j], first + f]
                    block[j, f] = x ^ ((x >> 31) & BUT_SIGN)
            for c in range(len(network)):
                a, b = network[c, 0], network[c, 1]
                for f in range(LANES):
                    x, y = block[a, f], block[b, f]
                    block[a, f] = min(x, y)
                    block[b, f] = max(x, y)
            for f in range(width):
                x = block[(k - 1) // 2, f]
                out[t, first + f] = x ^ ((x >> 31) & BUT_SIGN)
