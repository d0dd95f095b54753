"""How far hidden bits are from being heard, measured by the masking model on the finished mix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.informed.watermark.capacity import BLOCKS_AT_ONCE, Masking, block_powers
from unbraid.core.informed.watermark.pcm import FRAMES_AT_ONCE
from unbraid.core.informed.watermark.reversible import Whole


@dataclass(frozen=True)
class Report:
    """Noise of the hidden bits beside the masked threshold, in bands half a Bark wide and blocks of 23 ms.

    nmr_mean_db: of the mean of the ratios. nmr_95_db, nmr_worst_db: of their 95th percentile and the greatest.
    change_dbfs: level of the change beside a full-scale square wave. snr_db: of the mix beside it.
    clipped: samples at full scale that were not there before.
    """

    nmr_mean_db: float
    nmr_95_db: float
    nmr_worst_db: float
    change_dbfs: float
    snr_db: float
    clipped: int


def noise_to_mask(change: Whole, masking: Masking, bins: int) -> npt.NDArray[np.float64]:
    """Power of a change in integers (N, C) over the masked threshold, (B', T, C)."""
    blocks = masking.thresholds.shape[1]
    noise = np.empty(masking.thresholds.shape)
    for start in range(0, blocks, BLOCKS_AT_ONCE):
        count = min(BLOCKS_AT_ONCE, blocks - start)
        power = block_powers(change, start, count, bins)
        for c in range(change.shape[1]):
            noise[:, start : start + count, c] = masking.parts.sums(power[..., c])
    return np.asarray(noise / masking.thresholds)


def _mean_square(samples: Whole) -> float:
    rows = range(0, len(samples), FRAMES_AT_ONCE)
    total = sum(float(np.square(samples[start : start + FRAMES_AT_ONCE], dtype=np.float64).sum()) for start in rows)
    return total / max(samples.size, 1)


def _db(ratio: float) -> float:
    return 10 * float(np.log10(max(ratio, 1e-30)))


def report_of(before: Whole, after: Whole, masking: Masking, *, bins: int, bits: int) -> Report:
    """Compare integers (N, C) without and with hidden bits."""
    difference = after - before
    ratios = noise_to_mask(difference, masking, bins)
    full = 2 ** (bits - 1)
    change, power = _mean_square(difference), _mean_square(before)
    at_limit = (after == full - 1) | (after == -full)
    was = (before == full - 1) | (before == -full)
    return Report(
        _db(float(ratios.mean())),
        _db(float(np.quantile(ratios, 0.95))),
        _db(float(ratios.max())),
        _db(change / full**2),
        _db(power / change) if change else np.inf,
        int(np.count_nonzero(at_limit & ~was)),
    )
