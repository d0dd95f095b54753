"""REPET: an accompaniment that repeats with one period, a voice that does not."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import StftParams
from unbraid.core.errors import ParameterError
from unbraid.core.kam.background import Rule, split_voice
from unbraid.core.kam.magnitudes import Floats, song_magnitudes
from unbraid.core.kam.periods import Period, beat_spectrum, choose_period, lag_bounds
from unbraid.core.kam.repeating import repeating_segment, segment_places
from unbraid.core.kam.resolution import stft_at
from unbraid.core.progress import part_of
from unbraid.core.separation.contract import Progress, SeparatorInfo, param
from unbraid.core.separation.guide import Guide, MarkedRepetition

UNSURE = 0.1
"""Confidence below which the message says that nothing seems to repeat."""


@dataclass(frozen=True)
class Repet:
    """Voice against a background that repeats with one period (Rafii and Pardo, 2013)."""

    info: ClassVar = SeparatorInfo(
        "repet",
        "Repeating background (one period)",
        targets=("vocals", "accompaniment"),
        summary="For loops and excerpts with a steady tempo: what comes back every few bars is the accompaniment.",
        paper="Z. Rafii and B. Pardo, REpeating Pattern Extraction Technique (REPET): A Simple Method for Music/Voice "
        "Separation, IEEE TASLP 21(1), 2013",
        guide=("repetitions",),
        memory_mb_per_minute=21.2,
        sums_to_mix=True,
    )
    period_s: float = param(0.0, "Period", 0.0, 60.0, "s", help="0: found from the song, or from marked repetitions.")
    period_min_s: float = param(0.8, "Shortest period", 0.1, 60.0, "s", help="A bar or two of the music.")
    period_max_s: float = param(10.0, "Longest period", 0.1, 120.0, "s", help="At least three must fit into the song.")
    high_pass_hz: float = param(150.0, "Voice from", 0.0, 1000.0, "Hz", help="Below it nothing is voice; 0: no limit.")
    exponent: float = param(
        1.0, "Mask exponent", 0.25, 4.0, help="Above 1 the voice gets more, below the accompaniment."
    )
    smooth_bins: int = param(3, "Smoothing over frequency", 1, 15, "bins", help="Odd. More: fewer chirps, less detail.")
    smooth_frames: int = param(5, "Smoothing over time", 1, 31, "frames", help="Odd. More: fewer chirps, less detail.")
    window: int = param(4096, "Window", 512, 16384, "samples at 44.1 kHz", help="A power of two.")
    hop: int = param(1024, "Hop", 64, 8192, "samples at 44.1 kHz", help="A power of two, at most half of the window.")

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        """The stems vocals and accompaniment."""
        if self.period_max_s < self.period_min_s:
            raise ParameterError(
                f"period_max_s ({self.period_max_s:g} s) must be at least period_min_s ({self.period_min_s:g} s)"
            )
        params = stft_at(self.window, self.hop, mix.rate)
        V = song_magnitudes(mix.samples, params, progress=part_of(progress, 0.0, 0.3))
        period = self._period(V, params, mix, guide)
        progress(0.35, describe(period, params, mix.rate))
        places, count = segment_places(V.shape[1], period.frames)
        segment = repeating_segment(V, places, count)

        def model_of(start: int, stop: int) -> Floats:
            return segment[:, places[start:stop]]

        rule = Rule(self.exponent, self.high_pass_hz, self.smooth_bins, self.smooth_frames)
        return split_voice(mix, params, V, model_of, rule=rule, progress=part_of(progress, 0.5, 1.0))

    def _period(self, V: Floats, params: StftParams, mix: Audio, guide: Guide) -> Period:
        """The given period, else that of marked repetitions, else the one found."""
        per_second = mix.rate / params.hop_samples
        marked = marked_period_s(guide.repetitions)
        if self.period_s > 0 or marked > 0:
            return Period(max(1.0, (self.period_s or marked) * per_second), 1.0)
        low, high = lag_bounds(V.shape[1], self.period_min_s * per_second, self.period_max_s * per_second)
        return choose_period(beat_spectrum(V, max(high + 1, V.shape[1] // 2)), low, high, V.shape[1])


def marked_period_s(repetitions: Sequence[MarkedRepetition]) -> float:
    """The median distance of neighbouring starts of regions marked as the same event, in seconds; 0 without any."""
    distances: list[float] = []
    for marked in repetitions:
        starts = sorted(region.start_s for region in marked.regions)
        distances += [b - a for a, b in itertools.pairwise(starts) if b > a]
    return float(np.median(distances)) if distances else 0.0


def describe(period: Period, params: StftParams, rate: int) -> str:
    """The period in words, with a warning where nothing seems to repeat."""
    seconds = period.frames * params.hop_samples / rate
    if period.confidence < UNSURE:
        return f"hardly anything repeats (best period {seconds:.2f} s): most will be in the vocals"
    return f"repeats every {seconds:.2f} s ({100 * period.confidence:.0f} % alike)"
