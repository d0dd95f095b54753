"""A modulated lapped transform from integers to integers, exactly reversible on every machine (Geiger et al., 2001).

It is the MDCT with a sine window, made of lifting steps: each adds to one half of the data a rounded function of the
other half, so that the inverse subtracts the same. The rounded functions are defined exactly (see docs/bitstream.md),
thus coefficients that carry data come back unchanged from samples of 16 or 24 bits.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from unbraid.core.progress import Progress, silent_progress

Whole = npt.NDArray[np.int32]
"""Samples or coefficients: integers, below 2^30 in magnitude for samples of 24 bits."""

Floats = npt.NDArray[np.float64]
"""Integers held as float64, in which their sums, and products up to 2^53, are exact."""

FRACTION_BITS = 24
TABLE_BITS = 80
PI_BITS = 100
PI = 3982441812995697363688351113952  # floor(pi 2^100), checked by a test
DOUBT = 2.0**-40
"""Share of a row's norm by which float64 results are trusted; it is a thousand times their error."""

BLOCKS_AT_ONCE = 128


@lru_cache(maxsize=8)
def _lifts(bins: int) -> tuple[Floats, Floats]:
    """Factors -tan(theta / 2) and sin(theta), as integers over 2^24, of the rotations beside a boundary, (M / 2,)."""
    theta = np.pi / 4 - np.pi * (np.arange(bins // 2) + 0.5) / (2 * bins)
    scale = 2.0**FRACTION_BITS
    return np.rint(-np.tan(theta / 2) * scale), np.rint(np.sin(theta) * scale)


def _scaled(factor: Floats, values: Floats) -> Floats:
    """`values` times `factor` over 2^24, rounded to the nearest integer, halves up."""
    product = factor[:, None] * values
    product += 2.0 ** (FRACTION_BITS - 1)
    product *= 2.0**-FRACTION_BITS
    return np.asarray(np.floor(product, out=product))


def rotate(samples: Whole, bins: int, first: int, count: int, *, back: bool = False) -> None:
    """Fold (or unfold) the samples (N, C) in place around `count` boundaries, M apart, the first at sample `first`."""
    tangent, sine = _lifts(bins)
    half, sign = bins // 2, -1 if back else 1
    for boundary in range(first, first + count * bins, bins):
        beside = samples[boundary - half : boundary + half]
        before, after = beside[half - 1 :: -1].astype(np.float64), beside[half:].astype(np.float64)
        before += sign * _scaled(tangent, after)
        after += sign * _scaled(sine, before)
        before += sign * _scaled(tangent, after)
        beside[half - 1 :: -1] = before
        beside[half:] = after


@lru_cache(maxsize=4)
def _cosines(bins: int) -> tuple[int, ...]:
    """Cos(pi j / (4 M)) sqrt(2 / M) 2^80 for j from 0 to 8 M - 1, rounded."""
    from math import isqrt

    one = 1 << PI_BITS
    root = isqrt((2 << (2 * PI_BITS)) // bins)
    quarter = []
    for j in range(2 * bins + 1):
        angle = PI * j // (4 * bins)
        square, term, total, k = angle * angle >> PI_BITS, one, one, 0
        while term:
            k += 2
            term = (term * square >> PI_BITS) // (k * (k - 1))
            total += term if k % 4 == 0 else -term
        quarter.append((total * root >> (2 * PI_BITS - TABLE_BITS - 1)) + 1 >> 1)
    half = [*quarter, *(-value for value in quarter[-2::-1])]
    return (*half, *half[-2:0:-1])


def _exact_row(row: Floats, k: int) -> int:
    """The nearest integer of coefficient k of the DCT of type 4 of a row of integers (M,)."""
    bins = len(row)
    table = _cosines(bins)
    total = sum(int(x) * table[(2 * n + 1) * (2 * k + 1) % (8 * bins)] for n, x in enumerate(row))
    return (total + (1 << (TABLE_BITS - 1))) >> TABLE_BITS


def rounded_cosine_transform(rows: Floats) -> Floats:
    """The orthonormal DCT of type 4 of integers (..., M), each value rounded to the nearest integer."""
    from scipy.fft import dct

    values = dct(rows, type=4, norm="ortho", axis=-1)
    rounded = np.floor(values + 0.5)
    doubt = DOUBT * np.sqrt(np.einsum("...m,...m->...", rows, rows))[..., None]
    values -= rounded
    unsure = np.abs(values) > 0.5 - doubt
    for place in zip(*np.nonzero(unsure), strict=True):
        rounded[place] = _exact_row(rows[place[:-1]], int(place[-1]))
    return np.asarray(rounded)


def _to_coefficients(pairs: Floats) -> Floats:
    """Coefficients (C x, -C y) of pairs of rows (..., 2, M) = (x, y), with three rounded steps; `pairs` is used up."""
    x, y = pairs[..., 0, :], pairs[..., 1, :]
    y += rounded_cosine_transform(x)
    x -= rounded_cosine_transform(y)
    y += rounded_cosine_transform(x)
    return pairs[..., ::-1, :]


def _to_rows(pairs: Floats) -> Floats:
    """The inverse of `_to_coefficients`; `pairs` is used up."""
    y, x = pairs[..., 0, :], pairs[..., 1, :]
    y -= rounded_cosine_transform(x)
    x += rounded_cosine_transform(y)
    y -= rounded_cosine_transform(x)
    return pairs[..., ::-1, :]


def blocks_of(samples: int, bins: int) -> int:
    """Blocks of M samples that a signal has: whole pairs, what is left over stays as it is."""
    return samples // (2 * bins) * 2


def forward(samples: Whole, bins: int, progress: Progress = silent_progress) -> Whole:
    """Coefficients (C, T, M) of integers (N, C), of the first T M samples; T is even."""
    count, channels = blocks_of(len(samples), bins), samples.shape[1]
    work = samples[: count * bins].astype(np.int32)
    rotate(work, bins, bins, count - 1)
    coefficients = np.empty((channels, count, bins), np.int32)
    for start in range(0, count, BLOCKS_AT_ONCE):
        progress(start / count, "transforming")
        stop = min(start + BLOCKS_AT_ONCE, count)
        rows = np.array(work[start * bins : stop * bins].T, np.float64, order="C")
        pairs = rows.reshape(channels, -1, 2, bins)
        coefficients[:, start:stop] = _to_coefficients(pairs).reshape(channels, -1, bins)
    return coefficients


def inverse(coefficients: Whole, progress: Progress = silent_progress) -> Whole:
    """Integers (T M, C) of coefficients (C, T, M), the inverse of `forward`."""
    channels, count, bins = coefficients.shape
    work = np.empty((count * bins, channels), np.int32)
    for start in range(0, count, BLOCKS_AT_ONCE):
        progress(start / count, "transforming")
        stop = min(start + BLOCKS_AT_ONCE, count)
        pairs = coefficients[:, start:stop].astype(np.float64).reshape(channels, -1, 2, bins)
        work[start * bins : stop * bins] = _to_rows(pairs).reshape(channels, -1).T
    rotate(work, bins, bins, count - 1, back=True)
    return work


def second_of_pair(windows: Whole, bins: int) -> Whole:
    """Coefficients (C, M) of the second block of the pair in the middle of windows (3 M, C)."""
    work = windows.astype(np.int32)
    rotate(work, bins, bins // 2, 3)
    rows = np.array(work[bins // 2 : bins // 2 + 2 * bins].T, np.float64, order="C").reshape(-1, 2, bins)
    x, y = rows[:, 0], rows[:, 1]
    y += rounded_cosine_transform(x)
    x -= rounded_cosine_transform(y)
    return x.astype(np.int32)
