"""The models of both variants: medians along time and along frequency, once or re-estimated (the KAM view)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.median import median
from unbraid.core.dsp.stft import Spectrum, StftParams
from unbraid.core.errors import ParameterError
from unbraid.core.kam.magnitudes import joint_magnitude
from unbraid.core.separation.masks import Floats, ratio_masks


@dataclass(frozen=True)
class Medians:
    """Which medians: `frames` along time for the harmonic part, `bins` along frequency for the percussive (both odd).

    iterations: 1 is the classical method; each more takes the medians of the parts found so far instead of the mix.
    """

    frames: int
    bins: int
    exponent: float = 2.0
    margin: float = 1.0
    iterations: int = 1

    @property
    def context_frames(self) -> int:
        """Frames on either side that a mask depends on."""
        return self.iterations * (self.frames // 2)

    def context_samples(self, params: StftParams) -> int:
        """Samples on either side that a separated sample depends on."""
        return (self.context_frames + 2) * params.hop_samples + params.fft

    def check(self) -> None:
        """Refuse even lengths: they have no middle."""
        for value in (self.frames, self.bins):
            if value % 2 == 0:
                raise ParameterError(f"a median has an odd number of values, not {value}; try {value + 1}")


def hpss_masks(V: Floats, medians: Medians) -> tuple[Floats, Floats]:
    """Harmonic and percussive shares of a spectrogram V (F, T) >= 0; they add up to one where the margin is 1.

    Fitzgerald, "Harmonic/percussive separation using median filtering", DAFx 2010; margin: Driedger, Mueller and Disch,
    ISMIR 2014; iterations: kernel additive modelling (Liutkus et al., IEEE TSP 2014) with these two kernels.
    """
    harmonic = percussive = V
    for iteration in range(medians.iterations):
        models = {"h": median(harmonic, medians.frames, 1), "p": median_over_bins(percussive, medians.bins)}
        masks = ratio_masks(models, exponent=medians.exponent)
        if iteration + 1 < medians.iterations:
            harmonic, percussive = V * masks["h"], V * masks["p"]
    if medians.margin == 1:
        return masks["h"], masks["p"]
    return _with_margin(models["h"], models["p"], medians), _with_margin(models["p"], models["h"], medians)


def median_over_bins(V: Floats, length: int) -> Floats:
    """Running median along frequency of V (F, T), mirrored at 0 Hz and at the upper end as a real signal's spectrum is.

    Repeating the nearly empty bin at 0 Hz would take kick drums out of the percussive part (1.7 dB of SDR with windows
    of 2048 samples).
    """
    half = length // 2
    mirrored = np.pad(V.T, ((0, 0), (half, half)), mode="reflect").T
    return median(mirrored, length, 0)[half : half + V.shape[0]]


def _with_margin(model: Floats, other: Floats, medians: Medians) -> Floats:
    """The share of a model that has to exceed the other by the margin to get more than half of a bin."""
    rivals = {"model": model, "other": other * np.float32(medians.margin)}
    return ratio_masks(rivals, exponent=medians.exponent)["model"]


def channel_masks(spectrum: Spectrum, medians: Medians, *, joint: bool) -> tuple[Floats, Floats]:
    """Shares for a spectrogram (F, T, I): one picture (F, T) for all channels, or one for each, (F, T, I)."""
    if joint or spectrum.shape[2] == 1:
        return hpss_masks(joint_magnitude(spectrum), medians)
    pairs = [hpss_masks(np.abs(spectrum[:, :, c]), medians) for c in range(spectrum.shape[2])]
    return _stacked([h for h, _ in pairs]), _stacked([p for _, p in pairs])


def _stacked(masks: list[Floats]) -> Floats:
    """(F, T, I) in memory (I, T, F)."""
    stacked: npt.NDArray[np.float32] = np.stack([m.T for m in masks])
    return stacked.transpose(2, 1, 0)
