"""HPSS: steady partials are horizontal lines of a spectrogram, strokes are vertical ones; medians tell them apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import Spectrum, StftParams
from unbraid.core.kam.resolution import stft_at
from unbraid.core.separation.contract import Progress, SeparatorInfo, param
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.masks import Floats, apply_masks
from unbraid.plugins.hpss.medians import Medians, channel_masks


@dataclass(frozen=True)
class HPSS:
    """Harmonic and percussive parts by median filtering (Fitzgerald, 2010)."""

    info: ClassVar = SeparatorInfo(
        "hpss",
        "Harmonic / percussive",
        targets=("harmonic", "percussive"),
        summary="Steady tones in one stem, strokes and other short noises in the other. Very fast, any music.",
        paper="D. Fitzgerald, Harmonic/percussive separation using median filtering, DAFx 2010",
        context_s=30.0,
    )
    window: int = param(
        8192, "Window", 256, 32768, "samples at 44.1 kHz", help="A power of two. Longer: finer partials."
    )
    hop: int = param(2048, "Hop", 32, 16384, "samples at 44.1 kHz", help="A power of two, at most half of the window.")
    harmonic_frames: int = param(
        13, "Median over time", 3, 201, "frames", help="Odd. Longer: only longer notes are harmonic."
    )
    percussive_bins: int = param(
        25, "Median over frequency", 3, 201, "bins", help="Odd. Longer: only broader noises are percussive."
    )
    exponent: float = param(1.5, "Mask exponent", 0.5, 8.0, help="2 is the Wiener filter; more separates harder.")
    margin: float = param(1.0, "Margin", 1.0, 10.0, help="Above 1, what is clearly neither goes to a residual.")
    iterations: int = param(1, "Iterations", 1, 10, help="More than 1 re-estimates both parts from each other (KAM).")
    channels: str = param(
        "joint", "Channels", choices=("joint", "each"), help="Joint keeps every sound at its place in the stereo image."
    )

    def context(self, rate: int) -> float:
        """Seconds at either side of a block that its result depends on."""
        return self._medians().context_samples(self._params(rate)) / rate

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        """The stems harmonic and percussive; with a margin above 1 they leave a rest."""
        medians = self._medians()
        medians.check()

        def masks_of(first: int, spectrum: Spectrum) -> Mapping[str, Floats]:
            harmonic, percussive = channel_masks(spectrum, medians, joint=self.channels == "joint")
            return {"harmonic": harmonic, "percussive": percussive}

        covered = self.margin == 1
        stems = apply_masks(
            mix.samples,
            self._params(mix.rate),
            masks_of,
            ("harmonic",) if covered else ("harmonic", "percussive"),
            rest="percussive" if covered else "",
            context_frames=medians.context_frames,
            progress=progress,
            message="harmonic and percussive",
        )
        return {name: Audio(stems[name], mix.rate) for name in self.info.targets}

    def _params(self, rate: int) -> StftParams:
        return stft_at(self.window, self.hop, rate)

    def _medians(self) -> Medians:
        return Medians(self.harmonic_frames, self.percussive_bins, self.exponent, self.margin, self.iterations)
