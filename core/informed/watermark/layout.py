"""Which coefficients of a block carry what: bands, the bits of each, and the header that says so."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError

Bits = npt.NDArray[np.uint8]
"""Bits, one per element."""

EDGES_HZ = (
    *(0, 100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320, 2700, 3150, 3700, 4400),
    *(5300, 6400, 7700, 9500, 12000, 15500),
)
"""Zwicker's critical bands; nothing is hidden above the last."""

HEADER_START = 4
LEVEL_BITS = 5
LEVELS = 1 << LEVEL_BITS
CHECK_BITS = 24
CHECK_POLYNOMIAL, CHECK_START = 0x864CFB, 0xB704CE
"""CRC-24 of RFC 4880."""

LEAST_RATE, MOST_RATE = 8000, 384000


@dataclass(frozen=True, eq=False)
class Layout:
    """Where a rate puts things: M bins per block, and B + 1 first bins of bands."""

    bins: int
    starts: npt.NDArray[np.intp]

    @property
    def bands(self) -> int:
        """Bands, B."""
        return len(self.starts) - 1

    @property
    def header_bits(self) -> int:
        """Bits of a block's header, H, each the lowest of one coefficient."""
        return self.bands * LEVEL_BITS + CHECK_BITS

    @property
    def header(self) -> slice:
        """The coefficients whose lowest bit belongs to the header."""
        return slice(HEADER_START, HEADER_START + self.header_bits)


@lru_cache(maxsize=8)
def layout(rate: int) -> Layout:
    """The layout of a sampling rate: blocks of about 23 ms, a power of two."""
    if not LEAST_RATE <= rate <= MOST_RATE:
        raise ParameterError(
            f"bits are hidden at rates from {LEAST_RATE} to {MOST_RATE} Hz, not {rate}; resample first"
        )
    bins = 256
    while bins * 63000 < rate * 1024:
        bins *= 2
    first = [-(-edge * 2 * bins // rate) for edge in EDGES_HZ if 2 * edge < rate]
    if len(first) < len(EDGES_HZ):
        first.append(bins)
    return Layout(bins, np.array(first, np.intp))


def widths(levels: npt.NDArray[np.uint8], plan: Layout) -> npt.NDArray[np.uint8]:
    """Lowest bits of each coefficient that are taken, (n, M), for levels (n, B) in half bits; header bits not counted.

    Level 2 b + h takes b bits of even and b + h of odd bins.
    """
    taken = np.zeros((len(levels), plan.bins), np.uint8)
    inside = np.repeat(levels, np.diff(plan.starts), axis=1)
    odd = (np.arange(plan.starts[0], plan.starts[-1]) & 1).astype(np.uint8)
    taken[:, plan.starts[0] : plan.starts[-1]] = (inside >> 1) + (inside & 1 & odd)
    return taken


def payload_widths(taken: npt.NDArray[np.uint8], plan: Layout) -> npt.NDArray[np.uint8]:
    """Bits of the payload in each coefficient (n, M): one fewer where the lowest bit is the header's."""
    payload = taken.copy()
    payload[:, plan.header] -= payload[:, plan.header] > 0
    return payload


def shifts(plan: Layout) -> npt.NDArray[np.uint8]:
    """Place of the payload's lowest bit in each coefficient, (M,): 1 in the header, else 0."""
    place = np.zeros(plan.bins, np.uint8)
    place[plan.header] = 1
    return place


@lru_cache(maxsize=8)
def _check_matrix(count: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """The CRC of `count` bits as a linear map over GF(2), (count, 24), and its value for zeros, (24,)."""

    def crc(bits: list[int]) -> npt.NDArray[np.uint8]:
        state = CHECK_START
        for bit in bits:
            state = (state << 1) ^ (CHECK_POLYNOMIAL if (state >> (CHECK_BITS - 1) & 1) ^ bit else 0)
            state &= (1 << CHECK_BITS) - 1
        return np.array([state >> (CHECK_BITS - 1 - i) & 1 for i in range(CHECK_BITS)], np.uint8)

    zeros = crc([0] * count)
    return np.stack([crc([int(i == k) for i in range(count)]) ^ zeros for k in range(count)]), zeros


def _check(bits: Bits) -> Bits:
    """CRC-24, highest bit first, (n, 24), of bits (n, count)."""
    matrix, zeros = _check_matrix(bits.shape[1])
    return np.asarray((bits.astype(np.float32) @ matrix.astype(np.float32)).astype(np.int64) & 1, np.uint8) ^ zeros


def write_headers(levels: npt.NDArray[np.uint8]) -> Bits:
    """Header bits (n, H) of levels (n, B): each level with its highest bit first, then the check."""
    bits = levels[:, :, None] >> np.arange(LEVEL_BITS - 1, -1, -1, dtype=np.uint8) & 1
    body = bits.reshape(len(levels), levels.shape[1] * LEVEL_BITS).astype(np.uint8)
    return np.concatenate([body, _check(body)], axis=1)


def read_headers(bits: Bits) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Levels (n, B) and whether each header is right, (n,), from bits (n, H)."""
    body, check = bits[:, :-CHECK_BITS], bits[:, -CHECK_BITS:]
    right = (check == _check(body)).all(axis=1)
    weights = 1 << np.arange(LEVEL_BITS - 1, -1, -1)
    return (body.reshape(len(bits), body.shape[1] // LEVEL_BITS, LEVEL_BITS) @ weights).astype(np.uint8), right
