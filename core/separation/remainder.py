"""Stems add up to the mix, by construction: what the targets leave over becomes a stem of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from unbraid.core.audio import Samples

NAME = "residual"

ROUNDING = 1e-5
"""A remainder below this share of the song's peak (-100 dB) is rounding and goes into the loudest stem."""

BLOCK = 1 << 20


def settle(mix: Samples, stems: Mapping[str, Samples], store: Callable[[str], Samples]) -> dict[str, Samples]:
    """Make `stems` (writable, (N, I) each) add up to `mix`; returns them, with `residual` last where one was needed.

    The sum then differs from the mix by the rounding of float32 alone. No stem is rescaled. `store` makes the array of
    the residual.
    """
    settled = dict(stems)
    if _peak(_left_over(mix, stems)) > ROUNDING * _peak(_pieces(mix)):
        residual = store(NAME)
        for part, rest in _parts_left(mix, stems):
            residual[part] = rest
        settled[NAME] = residual
    _absorb_rounding(mix, settled)
    return settled


def _absorb_rounding(mix: Samples, stems: Mapping[str, Samples]) -> None:
    """Add what is left of the mix to the loudest stem, where it is furthest below the music."""
    loudest = max(stems.values(), key=lambda stem: sum(float(np.vdot(piece, piece)) for piece in _pieces(stem)))
    for part, rest in _parts_left(mix, stems):
        loudest[part] += rest


def _parts_left(mix: Samples, stems: Mapping[str, Samples]) -> Iterator[tuple[slice, Samples]]:
    for start in range(0, len(mix), BLOCK):
        part = slice(start, start + BLOCK)
        rest = mix[part].astype(np.float64)
        for stem in stems.values():
            rest -= stem[part]
        yield part, rest.astype(np.float32)


def _left_over(mix: Samples, stems: Mapping[str, Samples]) -> Iterator[Samples]:
    return (rest for _, rest in _parts_left(mix, stems))


def _pieces(samples: Samples) -> Iterator[Samples]:
    return (samples[start : start + BLOCK] for start in range(0, len(samples), BLOCK))


def _peak(pieces: Iterator[Samples]) -> float:
    return max((float(np.abs(piece).max(initial=0.0)) for piece in pieces), default=0.0)
