"""Stems by name, mixed at once: what the command line asks of the mixer (`mixing/mixdown.py`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from unbraid.core.audio import Audio, Samples
from unbraid.core.document.state import NEUTRAL, Strip
from unbraid.core.errors import ParameterError
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.mixing.part import Part

LOUDEST_GAIN_DB = 60.0


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
    return _mixdown(mix, stems, {name: Strip(gain_db) for name, gain_db in gains_db.items()}).render()


def total(stems: Mapping[str, Audio], out: Samples | None = None) -> Audio:
    """The sum of all stems, for when there is no mix; they must agree in length, channels and rate.

    out: where to write it, as `Mixdown.render` does.
    """
    shapes = {(audio.samples.shape, audio.rate) for audio in stems.values()}
    if len(shapes) != 1:
        listed = "; ".join(f"{name}: {audio!r}" for name, audio in stems.items())
        raise ParameterError(f"stems of one song have one length, channel count and rate, these do not: {listed}")
    return _mixdown(next(iter(stems.values())), stems, {}, residual=Strip(mute=True)).render(out)


def without(stems: Mapping[str, Audio], *left_out: str) -> Audio:
    """The sum of all stems but some: leave out the vocals, and it is the song to sing along with."""
    kept = {name: audio for name, audio in stems.items() if name not in left_out}
    if set(left_out) - set(stems) or not kept:
        raise ParameterError(f"the stems are {', '.join(stems)}; at least one must stay, and {left_out} was left out")
    return total(kept)


def _mixdown(
    song: Audio, stems: Mapping[str, Audio], strips: Mapping[str, Strip], *, residual: Strip = NEUTRAL
) -> Mixdown:
    return Mixdown(song, tuple(Part(name, stems[name], strips.get(name, NEUTRAL)) for name in stems), residual)
