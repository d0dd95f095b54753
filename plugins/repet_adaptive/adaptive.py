"""Adaptive REPET: the period is found anew along the song, and only near repetitions count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import StftParams
from unbraid.core.errors import ParameterError
from unbraid.core.kam.background import Rule, split_voice
from unbraid.core.kam.magnitudes import Floats, song_magnitudes
from unbraid.core.kam.periods import beat_spectrogram, choose_period, lag_bounds
from unbraid.core.kam.repeating import SPARE_FRAMES, fill_lists, median_of_listed, periodic_neighbours, with_spares
from unbraid.core.kam.resolution import frames_in, stft_at
from unbraid.core.progress import part_of
from unbraid.core.separation.contract import Progress, SeparatorInfo, param
from unbraid.core.separation.guide import Guide


@dataclass(frozen=True)
class RepetAdaptive:
    """Voice against a background whose repeating period changes (Liutkus et al., 2012)."""

    info: ClassVar = SeparatorInfo(
        "repet_adaptive",
        "Repeating background (period that varies)",
        targets=("vocals", "accompaniment"),
        summary="For whole songs: the period is found every few seconds and only near repetitions are compared.",
        paper="A. Liutkus, Z. Rafii, R. Badeau, B. Pardo and G. Richard, Adaptive filtering for music/voice separation "
        "exploiting the repeating musical structure, ICASSP 2012",
        memory_mb_per_minute=21.2,
        sums_to_mix=True,
    )
    period_min_s: float = param(0.8, "Shortest period", 0.1, 30.0, "s", help="A bar or two of the music.")
    period_max_s: float = param(10.0, "Longest period", 0.1, 60.0, "s", help="At least three must fit into a segment.")
    segment_s: float = param(15.0, "Segment", 1.0, 120.0, "s", help="Length over which a period is looked for.")
    step_s: float = param(2.5, "Step", 0.1, 60.0, "s", help="How often a period is looked for.")
    order: int = param(5, "Repetitions", 3, 33, help="Nearest repetitions whose median is the background.")
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
        V = song_magnitudes(mix.samples, params, spare_frames=SPARE_FRAMES, progress=part_of(progress, 0.0, 0.25))
        periods = self._periods(V[:, :-SPARE_FRAMES], params, mix.rate, part_of(progress, 0.25, 0.5))
        index, counts = periodic_neighbours(periods, self.order)
        lists = fill_lists(index, counts, V.shape[1] - SPARE_FRAMES)
        with_spares(V)

        def model_of(start: int, stop: int) -> Floats:
            return median_of_listed(V, lists[start:stop])

        rule = Rule(self.exponent, self.high_pass_hz, self.smooth_bins, self.smooth_frames)
        return split_voice(mix, params, V, model_of, rule=rule, progress=part_of(progress, 0.5, 1.0))

    def _periods(self, V: Floats, params: StftParams, rate: int, progress: Progress) -> npt.NDArray[np.float64]:
        """The period of every frame in frames, (T,): that of the nearest centre of a segment."""
        frames = V.shape[1]
        segment = max(4, frames_in(self.segment_s, params, rate))
        step = max(1, frames_in(self.step_s, params, rate))
        per_second = rate / params.hop_samples
        low, high = lag_bounds(min(frames, segment), self.period_min_s * per_second, self.period_max_s * per_second)
        found = []
        for centre, beat in beat_spectrogram(V, high + 1, segment=segment, step=step):
            progress(centre / frames, "looking for the period")
            found.append(choose_period(beat, low, high, min(frames, segment)).frames)
        nearest = np.minimum(np.round(np.arange(frames) / step).astype(np.int64), len(found) - 1)
        return np.array(found)[nearest]
