"""What is heard is what is exported: the one function that makes a mix out of stems."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from unbraid.core.audio import Audio, Samples
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


def render(
    mix: Audio, stems: Mapping[str, Audio], gains_db: Mapping[str, float], *, out: Samples | None = None
) -> Audio:
    """The mix with each stem at its gain (0 dB where none is given): x + sum over j of (g_j - 1) s_j.

    With every gain at 0 dB it is the mix, bit for bit. out: (N, I), where it goes (new memory when None).
    """
    unknown = set(gains_db) - set(stems)
    if unknown:
        raise ParameterError(f"there is no stem {', '.join(sorted(unknown))}; the stems are {', '.join(stems)}")
    target = np.empty(mix.samples.shape, np.float32) if out is None else out
    for part, block in rendered_blocks(mix, stems, lambda name: gain_of_db(gains_db.get(name, 0.0))):
        target[part] = block
    return Audio(target, mix.rate)


def rendered_blocks(
    mix: Audio, stems: Mapping[str, Audio], gain: Callable[[str], float]
) -> Iterator[tuple[slice, Samples]]:
    """The same block by block, in float64 inside: slices of the song and their (n, I) float32 samples."""
    changes = {name: gain(name) - 1.0 for name in stems if gain(name) != 1.0}
    for start in range(0, mix.frames, BLOCK):
        part = slice(start, min(start + BLOCK, mix.frames))
        block = mix.samples[part].astype(np.float64)
        for name, change in changes.items():
            block += change * stems[name].samples[part]
        yield part, block.astype(np.float32)


def total(stems: Mapping[str, Audio]) -> Audio:
    """The sum of all stems, for when there is no mix; they must agree in length, channels and rate."""
    shapes = {(audio.samples.shape, audio.rate) for audio in stems.values()}
    if len(shapes) != 1:
        listed = "; ".join(f"{name}: {audio!r}" for name, audio in stems.items())
        raise ParameterError(f"stems of one song have one length, channel count and rate, these do not: {listed}")
    first = next(iter(stems.values()))
    silence = Audio(np.zeros(first.samples.shape, np.float32), first.rate)
    added = np.empty(first.samples.shape, np.float32)
    for part, block in rendered_blocks(silence, stems, lambda _: 2.0):
        added[part] = block
    return Audio(added, first.rate)
