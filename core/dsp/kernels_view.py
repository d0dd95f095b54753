"""Compiled loops of `gather.py`: the pixels of a spectrogram out of a level of its pyramid, and their colours.

A row of pixels is made along frequency first (`lines`), where a line of frames is contiguous and vectors do the work.
Then in time: one look-up for each pixel (`pick`), or, close up, `blend`, which works on many rows side by side.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.compiled import compiled

Codes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.uint32]
Weights = npt.NDArray[np.uint16]

SIDE_BY_SIDE = 32
"""Rows that `blend` works on at once: as many bytes as a vector holds."""
TILE = 64
"""Columns that `blend` turns back into rows at a time, so that they stay in the nearest cache."""
MASK = np.uint64((1 << 21) - 1)


@compiled
def lines(cells: Codes, first: Places, stop: Places, index: Places, left: Weights, right: Weights, out: Codes) -> None:
    """Rows out (H, n + 1), lowest first, of cells (F, n); the last column, 0, stands for no cell.

    first, stop (H,), index, left, right (H + 1,): plan of the rows.
    """
    bins, count = cells.shape
    lower = np.zeros(count, np.uint8)
    upper = np.zeros(count, np.uint8)
    for e in range(len(first) + 1):
        lower, upper = upper, lower
        if left[e] + right[e]:
            a, b = cells[index[e]], cells[min(index[e] + 1, bins - 1)]
            wa, wb = np.float32(left[e]) * np.float32(1 / 256), np.float32(right[e]) * np.float32(1 / 256)
            for t in range(count):
                upper[t] = np.uint8(np.float32(a[t]) * wa + np.float32(b[t]) * wb + np.float32(0.5))
        else:
            for t in range(count):
                upper[t] = 0
        if e == 0:
            continue
        line = out[e - 1]
        line[count] = 0
        for t in range(count):
            line[t] = max(lower[t], upper[t])
        for f in range(first[e - 1], stop[e - 1]):
            cell = cells[f]
            for t in range(count):
                line[t] = max(line[t], cell[t])


@compiled
def pick(lines: Codes, places: Places, out: Codes) -> None:
    """Pixels out (H, W), highest row first, of lines (H, n + 1) where each column holds a cell or two.

    places (W,): the cell of a column; n + 1 more where it is that cell and the next; n for none.
    """
    height, count = lines.shape
    both = np.zeros(2 * count, np.uint8)
    single, pair = both[:count], both[count:]
    for y in range(height):
        line, row = lines[y], out[height - 1 - y]
        for t in range(count):  # slices are slow to assign
            single[t] = line[t]
        for t in range(count - 1):
            pair[t] = max(line[t], line[t + 1])
        for x in range(len(row)):
            row[x] = both[places[x]]


@compiled
def blend(lines: Codes, owners: Places, index: Places, left: Weights, right: Weights, out: Codes) -> None:
    """Pixels out (H, W), highest row first, of lines (H, n + 1) where a column holds a cell at most.

    owners (n,): the column of each cell, W for none; index, left, right (W + 1,): what lies at the edges of columns.
    """
    height, count = lines.shape
    width = out.shape[1]
    block = np.zeros((count, SIDE_BY_SIDE), np.uint8)  # lines side by side
    pixels = np.zeros((width + 1, SIDE_BY_SIDE), np.uint8)
    flat = pixels.reshape((width + 1) * SIDE_BY_SIDE)
    for base in range(0, height, SIDE_BY_SIDE):
        rows = min(SIDE_BY_SIDE, height - base)
        for s in range(rows):
            line = lines[base + s]
            for t in range(count):
                block[t, s] = line[t]
        for x in range(width + 1):
            a, b, edge = block[index[x]], block[index[x] + np.uint32(1)], pixels[x]
            wa, wb = left[x], right[x]
            for s in range(SIDE_BY_SIDE):  # 16 bits are enough: weights sum to 256 at most
                sum_ = np.uint16(np.uint16(a[s] * wa) + np.uint16(b[s] * wb))
                edge[s] = np.uint16(sum_ + np.uint16(128)) >> np.uint16(8)
        for i in range(width * SIDE_BY_SIDE):
            flat[i] = max(flat[i], flat[i + SIDE_BY_SIDE])
        for t in range(count - 1):
            pixel, cell = pixels[owners[t]], block[t]
            for s in range(SIDE_BY_SIDE):
                pixel[s] = max(pixel[s], cell[s])
        for start in range(0, width, TILE):
            for s in range(rows):
                row = out[height - 1 - base - s]
                for x in range(start, min(start + TILE, width)):
                    row[x] = pixels[x, s]


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

    tables: (J + 1, 256), rising, the last one dark. curve: what the eye is shown for any amount of light that there is.
    Rows where a picture is dark go without it; the others are taken four at a time.
    """
    pictures, height, width = codes.shape
    light = np.zeros(width, np.uint64)
    bright = np.zeros(pictures + 4, np.int64)
    for y in range(height):
        count = 0
        for j in range(pictures):
            top = np.uint8(0)
            for code in codes[j, y]:
                top = max(top, code)
            if tables[j, top]:
                bright[count] = j
                count += 1
        bright[count : count + 4] = pictures
        for x in range(width):
            light[x] = 0
        for q in range(0, count, 4):
            ja, jb, jc, jd = bright[q], bright[q + 1], bright[q + 2], bright[q + 3]
            a, b, c, d = (
                codes[ja % pictures, y],
                codes[jb % pictures, y],
                codes[jc % pictures, y],
                codes[jd % pictures, y],
            )
            ta, tb, tc, td = tables[ja], tables[jb], tables[jc], tables[jd]
            for x in range(width):
                light[x] += ta[a[x]] + tb[b[x]] + tc[c[x]] + td[d[x]]
        target = out[y]
        for x in range(width):
            here = light[x]
            red = np.uint32(curve[here >> np.uint64(42)])
            green = np.uint32(curve[(here >> np.uint64(21)) & MASK])
            blue = np.uint32(curve[here & MASK])
            target[x] = np.uint32(0xFF000000) | (red << np.uint32(16)) | (green << np.uint32(8)) | blue
