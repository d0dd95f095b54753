"""Center: lead vocals, bass and kick are mixed to the middle; bins are sorted by the place they are heard at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import Spectrum, StftParams
from unbraid.core.errors import ParameterError
from unbraid.core.kam.resolution import stft_at
from unbraid.core.separation.contract import Progress, SeparatorInfo, param
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.masks import Floats, apply_masks
from unbraid.core.separation.panning import pan_mask


@dataclass(frozen=True)
class Center:
    """What lies at one place of the stereo image, by level and phase between the channels (Avendano, 2003)."""

    info: ClassVar = SeparatorInfo(
        "center",
        "Center / sides",
        targets=("center", "sides"),
        summary="For stereo songs: what is mixed to the middle (or any other place), and everything else.",
        paper="C. Avendano, Frequency-domain source identification and manipulation in stereo mixes for enhancement, "
        "suppression and re-panning applications, WASPAA 2003; D. Barry et al., ADRess, DAFx 2004",
        context_s=0.5,
        layout="stereo",
        sums_to_mix=True,
    )
    position: float = param(0.0, "Position", -100.0, 100.0, "%", help="-100 is left, 0 the middle, 100 right.")
    width: float = param(20.0, "Width", 0.0, 200.0, "%", help="Range around the position that counts fully.")
    slope: float = param(30.0, "Slope", 0.0, 100.0, "%", help="Range beyond it over which a sound fades out.")
    phase_degrees: float = param(
        45.0,
        "Phase",
        1.0,
        180.0,
        "degrees",
        help="Channels further out of phase are sides (reverberation); 180: ignored.",
    )
    low_hz: float = param(0.0, "From", 0.0, 20000.0, "Hz", help="Below it everything is sides.")
    high_hz: float = param(24000.0, "To", 0.0, 96000.0, "Hz", help="Above it everything is sides.")
    window: int = param(4096, "Window", 256, 16384, "samples at 44.1 kHz", help="A power of two.")
    hop: int = param(1024, "Hop", 32, 8192, "samples at 44.1 kHz", help="A power of two, at most half of the window.")

    def context(self, rate: int) -> float:
        """Seconds at either side of a block that its result depends on: a window."""
        params = self._params(rate)
        return (params.fft + params.hop_samples) / rate

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        """The stems center and sides; one channel alone is all center."""
        if mix.channels > 2:
            raise ParameterError(f"center needs one or two channels, not {mix.channels}; hand them over in pairs")
        if self.high_hz <= self.low_hz:
            raise ParameterError(f"high_hz ({self.high_hz:g} Hz) must be above low_hz ({self.low_hz:g} Hz)")
        if mix.channels == 1:
            progress(1.0, "one channel: all is center")
            return {"center": mix, "sides": Audio.silence(mix.frames, 1, mix.rate)}
        params = self._params(mix.rate)
        freqs_hz = params.freqs_hz(mix.rate)
        band = ((freqs_hz >= self.low_hz) & (freqs_hz <= self.high_hz)).astype(np.float32)[:, None]

        def masks_of(first: int, spectrum: Spectrum) -> Mapping[str, Floats]:
            mask = pan_mask(
                spectrum, self.position / 100,
                width=self.width / 100, slope=self.slope / 100, phase_degrees=self.phase_degrees,
            )  # fmt: skip
            return {"center": mask * band}

        stems = apply_masks(
            mix.samples, params, masks_of, ("center",), rest="sides", progress=progress, message="sorting by position"
        )
        return {name: Audio(samples, mix.rate) for name, samples in stems.items()}

    def _params(self, rate: int) -> StftParams:
        return stft_at(self.window, self.hop, rate)
