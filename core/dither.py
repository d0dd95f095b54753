"""From float to the integers of a file: exact where nothing is lost, with triangular dither where something is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Samples

ON_GRID = 0.75 * 2.0**-8
"""A sample this close to an integer of the target depth (in steps) counts as that integer.

Sums of float32 stems miss the integers of a 16-bit song by less than this; a 24-bit source misses them by 2**-8 or
more.
"""


def quantise(block: Samples, bits: int, rng: np.random.Generator | None) -> npt.NDArray[np.int32]:
    """Integers of `bits` bits for a block, (n, I) float32 to (n, I) int32; beyond full scale is clamped.

    rng: source of the dither (triangular, one step on either side; Lipshitz, Wannamaker and Vanderkooy, 1992), None
    for plain rounding. Samples that are integers of that depth already get no dither: a copy is bit-exact, silence
    stays silent. The same generator state gives the same result whatever the block size.
    """
    scale = float(2 ** (bits - 1))
    steps = block.astype(np.float64) * scale
    nearest = np.rint(steps)
    if rng is not None:
        noise = rng.random((*block.shape, 2), dtype=np.float32)
        dithered = np.floor(steps + (noise[..., 0] - noise[..., 1]) + 0.5)
        nearest = np.where(np.abs(steps - nearest) <= ON_GRID, nearest, dithered)
    return np.clip(nearest, -scale, scale - 1).astype(np.int32)


def from_integers(block: npt.NDArray[np.int32], bits: int) -> Samples:
    """The float32 samples that integers of `bits` bits stand for; the inverse of `quantise` up to 24 bits."""
    samples: Samples = (block * (1.0 / 2 ** (bits - 1))).astype(np.float32)
    return samples
