"""Whether a recording is the mix that side-information was made for, and how the two differ; refusal in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.errors import BitstreamError
from unbraid.core.informed.matching import coarse, fine, verdict
from unbraid.core.informed.matching import frames as fr
from unbraid.core.informed.matching.coarse import Line
from unbraid.core.informed.matching.fine import Reading
from unbraid.core.informed.matching.frames import BANDS, MID, SIDE, Doubles
from unbraid.core.informed.matching.mixprint import MixPrint, digest
from unbraid.core.informed.matching.noise import NO_NOISE, noise_ratios

ROUNDS = 2
NO_GAIN_DB = 0.1
"""Gains below this are the codec's, not somebody's: they are not undone."""

CLOSE = 0.02
"""Samples from a whole one within which a place is that one."""

SAME_SPEED = 0.3
"""Samples by which two copies may drift apart over a song and still count as being of one speed."""


@dataclass(frozen=True, eq=False)
class Match:
    """How a recording differs from the mix of the side-information.

    exact: all samples are the same at 24 bits. delay_samples: by how much the recording is later, in samples of the
    mix. rate_ratio: samples of the recording for each of the mix. gain: factor of the recording, above 0. inverted:
    polarity. swapped: left is right. noise: (kinds, BANDS) noise-to-signal power ratio of mid and side in the bands
    `edges_hz`. confidence: 0 to 1. rate, frames, channels: of the mix. notes: what was found, in words.
    """

    exact: bool
    delay_samples: float
    rate_ratio: float
    gain: float
    inverted: bool
    swapped: bool
    noise: Doubles
    confidence: float
    rate: int
    frames: int
    channels: int
    notes: tuple[str, ...] = ()

    @property
    def edges_hz(self) -> Doubles:
        """Edges of the bands of `noise`, (BANDS + 1,)."""
        return fr.edges_hz()

    @property
    def is_in_place(self) -> bool:
        """Whether every sample of the recording is where that of the mix was."""
        return self.delay_samples == 0.0 and self.rate_ratio == 1.0


def match(print_bytes: bytes, mix: Audio, *, title: str = "the song") -> Match:
    """Compare a recording with the print of a mix; BitstreamError when it is another song or another master."""
    mix_print = MixPrint.read(print_bytes)
    if _is_same(mix_print, mix):
        return _exact(mix_print)
    verdict.check_channels(mix_print, mix, title)
    if not mix_print.probes:
        raise BitstreamError(
            f"the stems of {title} were made for a mix that is nearly silent, which can only be known again when it is "
            f"the very same; this recording is not: give the file that the stems were made for"
        )
    line, error = _found(mix_print, mix, title)
    line = _settled(mix_print, mix, line, error)
    readings = fine.read_probes(mix_print, mix, line, reach_s=0.0)
    differences = verdict.check_mix(mix_print, mix, line, readings, title)
    return _described(mix_print, mix, line, readings, differences)


def _is_same(mix_print: MixPrint, mix: Audio) -> bool:
    """Whether every sample is the same."""
    facts = (mix.frames, mix.rate, mix.channels) == (mix_print.frames, mix_print.rate, mix_print.channels)
    return facts and digest(mix) == mix_print.digest


def _exact(mix_print: MixPrint) -> Match:
    """The match of the very mix."""
    noise = np.full((len(fr.kinds(mix_print.channels)), BANDS), NO_NOISE)
    return Match(
        True, 0.0, 1.0, 1.0, False, False, noise, 1.0, mix_print.rate, mix_print.frames, mix_print.channels,
        ("this is the mix that the stems were made for",),
    )  # fmt: skip


def _found(mix_print: MixPrint, mix: Audio, title: str) -> tuple[Line, float]:
    """(line, its uncertainty in samples); raises when the probes are not found again."""
    line = coarse.find_line(mix_print, mix)
    if line is None:
        raise BitstreamError(verdict.another_song(title, 0, len(mix_print.probes)))
    readings, error = fine.read_probes(mix_print, mix, line), 0.0
    verdict.check_song(mix_print, readings, title)
    for _ in range(ROUNDS):
        line, error = fine.refined(mix_print, line, readings)
        readings = fine.read_probes(mix_print, mix, line)
        verdict.check_song(mix_print, readings, title)
    line, error = fine.refined(mix_print, line, readings)
    late = fine.polished(mix_print, fine.read_probes(mix_print, mix, line, reach_s=0.0))
    error = min(error, CLOSE / 3) if late else error
    return Line(line.late_s + late / mix_print.rate, line.speed, line.support), error


def _settled(mix_print: MixPrint, mix: Audio, line: Line, error: float) -> Line:
    """The line with what is beyond measuring taken for what it nearly is: the same speed, a whole sample."""
    speed = line.speed
    if abs(speed - 1.0) * mix_print.frames < SAME_SPEED:
        speed = 1.0
    places = line.late_s * mix.rate
    whole = round(places)
    close = abs(places - whole) < max(CLOSE, 3.0 * error)
    late_s = whole / mix.rate if close and speed == 1.0 else line.late_s
    return Line(late_s, speed, line.support)


def _described(
    mix_print: MixPrint, mix: Audio, line: Line, readings: list[Reading], differences: verdict.Differences
) -> Match:
    """Everything measured, as a Match."""
    good = [r for r in readings if r.agreement > fine.CHANCE] or readings
    mids = [r for r in good if r.probe.kind == MID]
    inverted, swapped = _polarity(good)
    gain_db = float(np.median([r.level_db for r in mids or good]))
    gain_db = 0.0 if abs(gain_db) < NO_GAIN_DB else gain_db
    delay = line.late_s * mix_print.rate
    ratio = line.speed * mix.rate / mix_print.rate
    weight = float(np.mean([r.agreement for r in good]))
    return Match(
        False, delay, ratio, 10 ** (gain_db / 20), inverted, swapped,
        noise_ratios(mix_print, readings, differences),
        min(1.0, max(0.0, 2 * weight - 1)) * len(good) / max(1, len(readings)),
        mix_print.rate, mix_print.frames, mix_print.channels,
        _notes(mix_print, mix, line, gain_db, inverted=inverted, swapped=swapped),
    )  # fmt: skip


def _polarity(readings: list[Reading]) -> tuple[bool, bool]:
    """(whether the whole is inverted, whether left and right are swapped)."""
    votes = {MID: 0.0, SIDE: 0.0}
    for reading in readings:
        votes[reading.probe.kind] += reading.polarity * (reading.agreement - 0.5)
    if votes[MID] == 0.0:
        return votes[SIDE] < 0, False
    return votes[MID] < 0, votes[MID] * votes[SIDE] < 0


def _notes(
    mix_print: MixPrint, mix: Audio, line: Line, gain_db: float, *, inverted: bool, swapped: bool
) -> tuple[str, ...]:
    """What was found and will be undone, in words."""
    notes = []
    if line.late_s:
        samples = line.late_s * mix.rate
        notes.append(
            f"the recording is {abs(samples):.2f} samples {'later' if samples > 0 else 'earlier'} than the mix"
        )
    if mix.rate != mix_print.rate:
        notes.append(f"it has {mix.rate} Hz, the mix had {mix_print.rate} Hz")
    if line.speed != 1.0:
        notes.append(f"it plays {abs(1 / line.speed - 1) * 100:.4f} % {'slower' if line.speed > 1 else 'faster'}")
    if gain_db:
        notes.append(f"it is {abs(gain_db):.2f} dB {'louder' if gain_db > 0 else 'softer'}")
    if inverted:
        notes.append("its polarity is inverted")
    if swapped:
        notes.append("left and right are swapped")
    end_s = line.place(mix_print.frames / mix_print.rate)
    missing = [part for part, gone in (("beginning", -line.late_s), ("end", end_s - mix.duration_s)) if gone > 0.1]
    if missing:
        notes.append(f"the {' and the '.join(missing)} of the mix is missing in it; the stems are silent there")
    return tuple(notes) or ("it is a copy of the mix that is not exact to the sample",)
