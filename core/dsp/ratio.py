"""Soft masks: the share that each of several magnitude estimates has in their sum of powers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from unbraid.core.cpu import coarse_threads, cores, slices
from unbraid.core.errors import ParameterError

Picture = npt.NDArray[np.float32]
"""A magnitude estimate or a mask, (F, T) float32."""

BLOCK_VALUES = 1 << 15
"""Values handled at a time, so that the five passes of one share stay in the cache."""


def share(
    numerator: Picture,
    *others: Picture,
    power: float = 2.0,
    out: Picture | None = None,
    threads: int | None = None,
) -> Picture:
    """Mask n^p / (n^p + sum of o^p) between 0 and 1; all alike where all are zero.

    numerator, others: (F, T) at least 0, of any scale: only ratios are raised to the power. power: 2 makes the Wiener
    filter of magnitudes. Returns (F, T), `out` if given, else in the numerator's layout.
    """
    if not others or any(o.shape != numerator.shape for o in others):
        shapes = [numerator.shape, *(o.shape for o in others)]
        raise ParameterError(f"a share needs two or more estimates of equal shape, not {shapes}")
    if not 0 < power < float("inf"):
        raise ParameterError(f"the power of a mask is above 0, not {power}; try 2")
    result = np.empty_like(numerator) if out is None else out
    frames, bins = numerator.shape[1], numerator.shape[0]
    step = max(1, BLOCK_VALUES // max(1, bins))

    def work(part: slice) -> None:
        for a in range(part.start, part.stop, step):
            block = slice(a, min(a + step, part.stop))
            _share(numerator[:, block].T, [o[:, block].T for o in others], power, result[:, block].T)

    coarse_threads(work, slices(frames, threads or cores()), threads=threads)
    return result


def _share(numerator: Picture, others: Sequence[Picture], power: float, out: Picture) -> None:
    """The share 1 / (1 + sum of (o / n)^p), written to out, which may be the numerator's memory."""
    silent = None if numerator.all() else numerator == 0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        total = to_power(others[0] / numerator, power)
        for other in others[1:]:
            total += to_power(other / numerator, power)
    total += 1
    if silent is not None:
        loudest = np.maximum.reduce([o[silent] for o in others])
        total[silent] = np.where(loudest > 0, np.float32(np.inf), np.float32(1 + len(others)))
    np.reciprocal(total, out=out)


def to_power(values: Picture, exponent: float) -> Picture:
    """values^exponent, written into `values`; np.power costs twenty times a product."""
    if exponent == 0.5:
        return np.sqrt(values, out=values)
    if exponent == 1.5:
        return np.multiply(values, np.sqrt(values), out=values)
    if exponent == 2:
        return np.square(values, out=values)
    return values if exponent == 1 else np.power(values, np.float32(exponent), out=values)


def soft_masks(estimates: Sequence[Picture], *, power: float = 2.0, threads: int | None = None) -> list[Picture]:
    """Masks (F, T) of estimates (F, T), at least 0; the last is one minus the others, so that they add up to one."""
    *others, last = estimates
    if not others:
        return [np.ones_like(last)]
    masks = [
        share(one, *(e for j, e in enumerate(estimates) if j != i), power=power, threads=threads)
        for i, one in enumerate(others)
    ]
    rest = 1 - masks[0]
    for mask in masks[1:]:
        rest -= mask
    return [*masks, np.maximum(rest, 0, out=rest) if len(masks) > 1 else rest]
