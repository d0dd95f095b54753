"""Loops of meters, for the compiler: K-weighted energies and peaks in one pass, and oversampled peaks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.compiled import compiled

Floats = npt.NDArray[np.float64]

LANES = 512


@compiled
def weighted_energies(
    block: npt.NDArray[np.float32], sections: Floats, state: Floats, offset: int, hop: int, energy: Floats,
    peak: Floats,
) -> None:  # fmt: skip
    """Filter each channel by two biquads and add up squares; note peaks of what came in.

    block: (n, I). sections: (2, 6), numerators and denominators. state: (2, 2, I), transposed direct form II, written
    to. Sample k counts for row (offset + k) // hop of energy and peak, (H, I), which are added to.
    """
    b00, b01, b02, a01, a02 = sections[0, 0], sections[0, 1], sections[0, 2], sections[0, 4], sections[0, 5]
    b10, b11, b12, a11, a12 = sections[1, 0], sections[1, 1], sections[1, 2], sections[1, 4], sections[1, 5]
    n = block.shape[0]
    for c in range(block.shape[1]):
        p, q, r, s = state[0, 0, c], state[0, 1, c], state[1, 0, c], state[1, 1, c]
        row, k = 0, 0
        while k < n:
            stop = min(n, (row + 1) * hop - offset)
            total, highest = 0.0, 0.0
            for i in range(k, stop):
                x = float(block[i, c])
                y = b00 * x + p
                p = b01 * x - a01 * y + q
                q = b02 * x - a02 * y
                z = b10 * y + r
                r = b11 * y - a11 * z + s
                s = b12 * y - a12 * z
                total += z * z
                highest = max(highest, abs(x))
            energy[row, c] += total
            peak[row, c] = max(peak[row, c], highest)
            k = stop
            row += 1
        state[0, 0, c], state[0, 1, c], state[1, 0, c], state[1, 1, c] = p, q, r, s


@compiled
def oversampled_peaks(x: npt.NDArray[np.float32], phases: npt.NDArray[np.float32], peak: Floats) -> None:
    """Highest magnitude between samples. x: (I, n + taps - 1). phases: (P, taps). peak: (I,), raised."""
    taps = phases.shape[1]
    n = x.shape[1] - taps + 1
    y = np.empty(LANES, np.float32)
    for c in range(x.shape[0]):
        highest = np.float32(0.0)
        for first in range(0, n, LANES):
            width = min(LANES, n - first)
            for p in range(phases.shape[0]):
                y[:] = 0.0
                for k in range(taps):
                    h, later = phases[p, k], x[c, first + k : first + k + width]
                    for i in range(width):
                        y[i] += h * later[i]
                for i in range(width):
                    highest = max(highest, abs(y[i]))
        peak[c] = max(peak[c], float(highest))
