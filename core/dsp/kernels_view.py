"""Compiled loops of `gather.py`: the pixels of a spectrogram out of a level of its pyramid, and their colours.

A row of pixels is made along frequency first, where a line of frames is contiguous and vectors do the work; what is
left for single steps is one look-up for each pixel. Nothing is bigger than a line until the pixels are written.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.compiled import compiled

Codes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.uint32]
Weights = npt.NDArray[np.uint16]


@compiled
def gather(  # noqa: C901 - one loop more than allowed; cut in two it would be a third slower
    cells: Codes,
    first: Places,
    stop: Places,
    index: Places,
    left: Weights,
    right: Weights,
    lowest: Places,
    highest: Places,
    column: Places,
    edge: Places,
    before: Weights,
    after: Weights,
    smooth: bool,
    out: Codes,
) -> None:
    """Pixels out (H, W), highest frequency on top, of cells (F, n).

    first, stop (H,), index, left, right (H + 1,): plan of the rows. lowest, highest (W,): the first and last cell of a
    column, n where it has none. If `smooth`, where a column holds one cell at most, instead: column (n,): where each
    cell belongs, W for none; edge, before, after (W + 1,): what lies at the edges of columns.
    """
    bins, count = cells.shape
    height, width = out.shape
    line = np.zeros(count + 1, np.uint8)
    body = line[:count]
    lower = np.zeros(count, np.uint8)
    upper = np.zeros(count, np.uint8)
    edges = np.zeros(width + 1, np.uint8)
    target = np.zeros(width + 1, np.uint8)
    for e in range(height + 1):
        lower, upper = upper, lower
        if left[e] + right[e]:
            a, b = cells[index[e]], cells[min(index[e] + 1, bins - 1)]
            wa, wb = np.float32(left[e]) * np.float32(1 / 256), np.float32(right[e]) * np.float32(1 / 256)
            for t in range(count):
                upper[t] = np.uint8(np.float32(a[t]) * wa + np.float32(b[t]) * wb + np.float32(0.5))
        else:
            upper[:] = 0
        if e == 0:
            continue
        for t in range(count):
            body[t] = max(lower[t], upper[t])
        for f in range(first[e - 1], stop[e - 1]):
            cell = cells[f]
            for t in range(count):
                body[t] = max(body[t], cell[t])
        row = out[height - e]
        if smooth:
            for k in range(width + 1):
                i = edge[k]
                here = np.int32(line[i]) * np.int32(before[k]) + np.int32(line[i + np.uint32(1)]) * np.int32(after[k])
                edges[k] = (here + np.int32(128)) >> np.int32(8)
            for p in range(width):
                target[p] = max(edges[p], edges[p + 1])
            for t in range(count):
                target[column[t]] = max(target[column[t]], body[t])
            row[:] = target[:width]
        else:
            for p in range(width):
                row[p] = max(line[lowest[p]], line[highest[p]])


@compiled
def colour(codes: Codes, table: npt.NDArray[np.uint32], out: npt.NDArray[np.uint32]) -> None:
    """Write table[codes] to out, all (H, W)."""
    for r in range(codes.shape[0]):
        row, target = codes[r], out[r]
        for c in range(len(row)):
            target[c] = table[row[c]]


@compiled
def add_lights(
    codes: Codes, tables: npt.NDArray[np.uint64], curve: npt.NDArray[np.uint8], out: npt.NDArray[np.uint32]
) -> None:
    """Colours out (H, W) of several pictures (J, H, W): light adds up, tables[j, code] holds 3 x 21 bits of it.

    curve: (n,) what the eye is shown for an amount of light; more than n - 1 counts as that.
    """
    most = np.uint64(len(curve) - 1)
    mask = np.uint64((1 << 21) - 1)
    width = out.shape[1]
    light = np.zeros(width, np.uint64)
    for r in range(out.shape[0]):
        light[:] = 0
        for j in range(codes.shape[0]):
            row, table = codes[j, r], tables[j]
            for c in range(width):
                light[c] += table[row[c]]
        target = out[r]
        for c in range(width):
            here = light[c]
            red = np.uint32(curve[min(here >> np.uint64(42), most)])
            green = np.uint32(curve[min((here >> np.uint64(21)) & mask, most)])
            blue = np.uint32(curve[min(here & mask, most)])
            target[c] = np.uint32(0xFF000000) | (red << np.uint32(16)) | (green << np.uint32(8)) | blue
