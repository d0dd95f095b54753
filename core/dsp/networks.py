"""Sorting networks for medians, as source text of straight-line loops that a compiler turns into vector instructions.

Batcher's odd-even merge sort, reduced to the comparators that the middle values depend on. A running median gets two
results from one network: windows t and t + 1 of L values have L - 1 in common; with the two middle values of these,
lo <= hi, the median of the common values and x is max(lo, min(x, hi)).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

LONGEST = 33
"""Most values of one unrolled network; longer ones take half a minute to compile."""


class Comparator(NamedTuple):
    """Puts the smaller of values a and b at a and the greater at b; only what later steps need is kept."""

    a: int
    b: int
    keep_low: bool
    keep_high: bool


def _batcher(size: int) -> Iterator[tuple[int, int]]:
    """Pairs of the odd-even merge sort of `size` values, a power of two (Batcher, 1968)."""
    p = 1
    while p < size:
        k = p
        while k >= 1:
            for j in range(k % p, size - k, 2 * k):
                for i in range(j, j + min(k, size - j - k)):
                    if i // (2 * p) == (i + k) // (2 * p):
                        yield i, i + k
            k //= 2
        p *= 2


def selection_network(count: int, ranks: tuple[int, ...]) -> list[Comparator]:
    """Comparators after which the values of the given ranks (0-based) of `count` values are in their places."""
    size = 1 << (count - 1).bit_length()
    pairs = [(a, b) for a, b in _batcher(size) if b < count]  # what lies beyond is +infinity and never moves
    needed = set(ranks)
    kept = []
    for a, b in reversed(pairs):
        if a in needed or b in needed:
            kept.append(Comparator(a, b, a in needed, b in needed))
            needed |= {a, b}
    return kept[::-1]


def _statements(network: list[Comparator]) -> Iterator[str]:
    for a, b, low, high in network:
        if low and high:
            yield f"a{a}, a{b} = min(a{a}, a{b}), max(a{a}, a{b})"
        elif low:
            yield f"a{a} = min(a{a}, a{b})"
        else:
            yield f"a{b} = max(a{a}, a{b})"


def running_median_source(length: int) -> str:
    """Source of `kernel(block, out)`: medians over `length` rows.

    block: (R + length - 1, C) float32. out: (R, C), R even.
    """
    middle = (length - 1) // 2
    lines = [f"a{i} = block[t + {i + 1}, f]" for i in range(length - 1)]
    lines += _statements(selection_network(length - 1, (middle - 1, middle)))
    for shift, row in ((0, 0), (1, length)):
        lines.append(f"out[t + {shift}, f] = max(a{middle - 1}, min(block[t + {row}, f], a{middle}))")
    return _loops("block, out", "range(0, out.shape[0], 2)", [], lines)


def listed_median_source(count: int) -> str:
    """Source of `kernel(rows, index, out)`: lower medians over `count` listed rows.

    rows: (T, F) float32. index: (T2, count). out: (T2, F).
    """
    middle = (count - 1) // 2
    heads = [f"r{i} = rows[index[t, {i}]]" for i in range(count)]
    lines = [f"a{i} = r{i}[f]" for i in range(count)]
    lines += _statements(selection_network(count, (middle,)))
    lines.append(f"out[t, f] = a{middle}")
    return _loops("rows, index, out", "range(out.shape[0])", heads, lines)


def _loops(arguments: str, rows: str, heads: list[str], lines: list[str]) -> str:
    """A function with a loop over rows t and, inside, one over columns f."""
    text = [f"def kernel({arguments}):", f"    for t in {rows}:"]
    text += [" " * 8 + head for head in heads]
    text += ["        for f in range(out.shape[1]):"]
    text += [" " * 12 + line for line in lines]
    return "\n".join(text) + "\n"
