"""Kernel backfitting of series: sums of locally constant sources under noise with gross errors.

The smallest form of kernel additive modelling (Liutkus, Fitzgerald, Rafii, Pardo and Daudet, IEEE TSP 2014, section on
robust separation of locally constant sources): trend and seasons of an analysis curve, hum and clicks, or a test that
the idea works. No parameter needs the size of the noise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError
from unbraid.core.kam.repeating import segment_places

Series = npt.NDArray[np.float64]
Regression = Callable[[Series], Series]
"""What fits one source to a series (N,): (N,)."""


def backfit(x: npt.NDArray[np.floating], regressions: Sequence[Regression], *, iterations: int) -> Series:
    """The sources (J, N) of x (N,), one for each regression.

    All sources begin with an equal part of x. Each iteration fits every source anew to what it was plus its equal part
    of what all of them left over.
    """
    count = len(regressions)
    if count == 0 or iterations < 1:
        raise ParameterError(f"there is at least one source and one iteration, not {count} and {iterations}")
    parts = np.tile(np.asarray(x, np.float64) / count, (count, 1))
    fits = parts
    for _ in range(iterations):
        fits = np.stack([regression(part) for regression, part in zip(regressions, parts, strict=True)])
        parts = fits + (x - fits.sum(axis=0)) / count
    return fits


def over_periods(period: float) -> Regression:
    """The median over all values that lie whole periods away; the period is in samples, also between them."""
    if not period >= 1:
        raise ParameterError(f"a period is at least one sample, not {period:g}")

    def regression(z: Series) -> Series:
        places, count = segment_places(len(z), period)
        repetition = np.array([np.median(z[places == place]) for place in range(count)])
        return np.asarray(repetition[places], np.float64)

    return regression


def over_surroundings(half: int) -> Regression:
    """The running median over `half` values before and after (fewer at the ends): steps stay sharp."""
    if half < 0:
        raise ParameterError(f"a running median reaches at least 0 samples to either side, not {half}")

    def regression(z: Series) -> Series:
        padded = np.pad(z, half, constant_values=np.nan)
        windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
        return np.asarray(np.nanmedian(windows, axis=1), np.float64)

    return regression
