"""HPSS at two resolutions: a singing voice is percussive in long windows and harmonic in short ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import Spectrum, StftParams
from unbraid.core.kam.resolution import stft_at
from unbraid.core.progress import part_of
from unbraid.core.separation.contract import Progress, SeparatorInfo, param
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.masks import Floats, apply_masks, high_pass
from unbraid.plugins.hpss.medians import Medians, channel_masks


@dataclass(frozen=True)
class HPSSVoice:
    """Voice, harmonic and percussive parts by median filtering at two resolutions (Fitzgerald and Gainza, 2010)."""

    info: ClassVar = SeparatorInfo(
        "hpss_voice",
        "Voice / harmonic / percussive",
        targets=("vocals", "harmonic", "percussive"),
        summary="What is steady, what is short, and what lies between: mostly the singing. Also finds drums well.",
        paper="D. Fitzgerald and M. Gainza, Single channel vocal separation using median filtering and factorisation "
        "techniques, ISAST Transactions 2010; H. Tachibana et al., IEEE/ACM TASLP 22(1), 2014",
        context_s=60.0,
        sums_to_mix=True,
    )
    long_window: int = param(16384, "Long window", 4096, 65536, "samples at 44.1 kHz", help="A voice moves within it.")
    long_frames: int = param(33, "Long median over time", 3, 101, "frames", help="Odd. Longer: steadier harmonic part.")
    short_window: int = param(2048, "Short window", 256, 4096, "samples at 44.1 kHz", help="A voice keeps still in it.")
    short_frames: int = param(9, "Short median over time", 3, 101, "frames", help="Odd. Longer: less percussion sung.")
    bins: int = param(17, "Median over frequency", 3, 101, "bins", help="Odd; for both windows.")
    exponent: float = param(2.0, "Mask exponent", 0.5, 8.0, help="2 is the Wiener filter; more separates harder.")
    high_pass_hz: float = param(150.0, "Voice from", 0.0, 1000.0, "Hz", help="Below it nothing is voice; 0: no limit.")

    def context(self, rate: int) -> float:
        """Seconds at either side of a block that its result depends on: those of both stages."""
        stages = (self._stage(self.long_window, rate), self._stage(self.short_window, rate))
        samples = self._medians(self.long_frames).context_samples(stages[0])
        return (samples + self._medians(self.short_frames).context_samples(stages[1])) / rate

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        """The stems vocals, harmonic and percussive."""
        first, second = self._medians(self.long_frames), self._medians(self.short_frames)
        first.check()
        second.check()
        long, short = self._stage(self.long_window, mix.rate), self._stage(self.short_window, mix.rate)
        voiced = high_pass(short.freqs_hz(mix.rate), self.high_pass_hz, slope_octaves=1.0)[:, None]

        def steady(_: int, spectrum: Spectrum) -> Mapping[str, Floats]:
            return {"harmonic": channel_masks(spectrum, first, joint=True)[0]}

        def sung(_: int, spectrum: Spectrum) -> Mapping[str, Floats]:
            return {"vocals": channel_masks(spectrum, second, joint=True)[0] * voiced}

        stems = apply_masks(
            mix.samples, long, steady, ("harmonic",), rest="moving",
            context_frames=first.context_frames, progress=part_of(progress, 0.0, 0.5), message="long windows",
        )  # fmt: skip
        stems |= apply_masks(
            stems.pop("moving"), short, sung, ("vocals",), rest="percussive",
            context_frames=second.context_frames, progress=part_of(progress, 0.5, 1.0), message="short windows",
        )  # fmt: skip
        return {name: Audio(stems[name], mix.rate) for name in self.info.targets}

    def _stage(self, window: int, rate: int) -> StftParams:
        return stft_at(window, window // 4, rate)

    def _medians(self, frames: int) -> Medians:
        return Medians(frames, self.bins, self.exponent)
