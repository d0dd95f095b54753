"""REPET-SIM: the accompaniment at any moment is what its most similar moments have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from unbraid.core.audio import Audio
from unbraid.core.kam.background import Rule, split_voice
from unbraid.core.kam.magnitudes import Floats, song_magnitudes
from unbraid.core.kam.repeating import SPARE_FRAMES, fill_lists, median_of_listed, with_spares
from unbraid.core.kam.resolution import frames_in, stft_at
from unbraid.core.kam.similarity import Likeness, band_features, similar_frames
from unbraid.core.progress import part_of
from unbraid.core.separation.contract import Progress, SeparatorInfo, param
from unbraid.core.separation.guide import Guide


@dataclass(frozen=True)
class RepetSim:
    """Voice against a background that repeats at any time (Rafii and Pardo, 2012)."""

    info: ClassVar = SeparatorInfo(
        "repet_sim",
        "Repeating background (similar moments)",
        targets=("vocals", "accompaniment"),
        summary="For whole songs without a strict period: every moment is compared with the moments most like it.",
        paper="Z. Rafii and B. Pardo, Music/Voice Separation Using the Similarity Matrix, ISMIR 2012",
        memory_mb_per_minute=21.5,
        sums_to_mix=True,
    )
    count: int = param(17, "Similar moments", 3, 100, help="At most so many are compared with each moment.")
    distance_s: float = param(0.3, "Distance", 0.05, 10.0, "s", help="Least time between two of them.")
    threshold: float = param(
        -1.0, "Least similarity", -1.0, 1.0, help="1 is equal, 0 unrelated; what is below does not count."
    )
    context_s: float = param(0.3, "Passage", 0.0, 2.0, "s", help="Length of what is compared around a moment.")
    reach_s: float = param(
        300.0, "Reach", 5.0, 36000.0, "s", help="Moments further away are not compared; keeps long recordings fast."
    )
    bands: int = param(64, "Bands", 16, 256, help="Frequency bands that are compared.")
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
        params = stft_at(self.window, self.hop, mix.rate)
        V = song_magnitudes(mix.samples, params, spare_frames=SPARE_FRAMES, progress=part_of(progress, 0.0, 0.2))
        likeness = Likeness(
            self.count,
            max(1, frames_in(self.distance_s, params, mix.rate)),
            self.threshold,
            frames_in(self.context_s / 2, params, mix.rate),
            frames_in(self.reach_s, params, mix.rate),
        )
        features = band_features(V[:, :-SPARE_FRAMES], params.freqs_hz(mix.rate), bands=self.bands)
        index, counts = similar_frames(features, likeness, progress=part_of(progress, 0.2, 0.5))
        del features
        lists = fill_lists(index, counts, V.shape[1] - SPARE_FRAMES)
        with_spares(V)

        def model_of(start: int, stop: int) -> Floats:
            return median_of_listed(V, lists[start:stop])

        rule = Rule(self.exponent, self.high_pass_hz, self.smooth_bins, self.smooth_frames)
        return split_voice(mix, params, V, model_of, rule=rule, progress=part_of(progress, 0.5, 1.0))
