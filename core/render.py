"""What is heard is what is exported: the one function that makes a mix out of stems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from unbraid.core import large_arrays
from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError

BLOCK = 1 << 18
LOUDEST_GAIN_DB = 60.0


def gain_of_db(gain_db: float) -> float:
    """Factor of a gain in dB; -inf is 0."""
    return float(10.0 ** (gain_db / 20.0))


def parse_gains_db(texts: list[str]) -> dict[str, float]:
    """Gains in dB by stem from texts like `vocals=-inf`, `drums=+3`, `bass=-2.5dB`."""
    return dict(_parse_gain(text) for text in texts)


def _parse_gain(text: str) -> tuple[str, float]:
    name, equals, number = text.partition("=")
    try:
        gain_db = float(number.strip().lower().removesuffix("db").replace("\u2212", "-"))
    except ValueError:
        gain_db = float("nan")
    if not (equals and name.strip() and gain_db <= LOUDEST_GAIN_DB):
        raise ParameterError(
            f"a gain is STEM=DECIBELS, up to {LOUDEST_GAIN_DB:g}, such as vocals=-inf or drums=+3: {text!r} was given"
        )
    return name.strip(), gain_db


def check_names(gains_db: Mapping[str, float], stems: Iterable[str]) -> None:
    """Refuse gains of stems that are not there."""
    there = tuple(stems)
    unknown = set(gains_db) - set(there)
    if unknown:
        raise ParameterError(f"there is no stem {', '.join(sorted(unknown))}; the stems are {', '.join(there)}")


def render(mix: Audio, stems: Mapping[str, Audio], gains_db: Mapping[str, float]) -> Audio:
    """The mix with each stem at its gain (0 dB where none is given): x + sum over j of (g_j - 1) s_j.

    With every gain at 0 dB it is the mix, bit for bit.
    """
    check_names(gains_db, stems)
    changes = {name: gain_of_db(gain_db) - 1.0 for name, gain_db in gains_db.items() if gain_db != 0.0}
    return _added([(1.0, mix), *((change, stems[name]) for name, change in changes.items())])


def total(stems: Mapping[str, Audio]) -> Audio:
    """The sum of all stems, for when there is no mix; they must agree in length, channels and rate."""
    shapes = {(audio.samples.shape, audio.rate) for audio in stems.values()}
    if len(shapes) != 1:
        listed = "; ".join(f"{name}: {audio!r}" for name, audio in stems.items())
        raise ParameterError(f"stems of one song have one length, channel count and rate, these do not: {listed}")
    return _added([(1.0, audio) for audio in stems.values()])


def without(stems: Mapping[str, Audio], *left_out: str) -> Audio:
    """The sum of all stems but some: leave out the vocals, and it is the song to sing along with."""
    kept = {name: audio for name, audio in stems.items() if name not in left_out}
    if set(left_out) - set(stems) or not kept:
        raise ParameterError(f"the stems are {', '.join(stems)}; at least one must stay, and {left_out} was left out")
    return total(kept)


def _added(parts: Sequence[tuple[float, Audio]]) -> Audio:
    """The sum of audios times factors, block by block, in float64 inside."""
    first = parts[0][1]
    out = large_arrays.empty(first.samples.shape)
    for start in range(0, first.frames, BLOCK):
        block = slice(start, start + BLOCK)
        summed = sum(factor * audio.samples[block].astype(np.float64) for factor, audio in parts)
        out[block] = summed
    return Audio(out, first.rate)
