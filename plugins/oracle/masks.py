"""Oracle masks: the best that multiplying every bin of the mix by a number can reach, by kind of number."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import Spectrum, StftParams
from unbraid.core.kam.magnitudes import joint_magnitude
from unbraid.core.kam.resolution import stft_at
from unbraid.core.separation.contract import Progress, SeparatorInfo, param
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.masks import Floats, apply_masks, binary_masks, ratio_masks
from unbraid.plugins.oracle.truth import Truth, targets

CEILING = 1e12
"""Of |s|^2 / |x|^2, where stems cancel in the mix."""


@dataclass(frozen=True)
class _Masks(ABC):
    """What oracle masks share: parameters, blocks, and the way from masks to stems."""

    window: int = param(4096, "Window", 256, 32768, "samples at 44.1 kHz", help="A power of two.")
    hop: int = param(1024, "Hop", 32, 16384, "samples at 44.1 kHz", help="A power of two, at most half of the window.")
    channels: str = param(
        "each", "Channels", choices=("each", "joint"), help="A mask for each channel, or one for all of them."
    )

    def targets(self, guide: Guide) -> tuple[str, ...]:
        """The names of the references."""
        return targets(guide)

    def context(self, rate: int) -> float:
        """Seconds at either side of a block that its result depends on: a window."""
        params = self._params(rate)
        return (params.fft + params.hop_samples) / rate

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        """A stem for each reference."""
        params = self._params(mix.rate)
        truth = Truth.of(mix, guide, params)
        stems = apply_masks(
            mix.samples,
            params,
            lambda first, x: self._masks(x, truth.spectra(first, x)),
            tuple(truth.stems),
            frames_per_block=64,
            progress=progress,
            message="filtering with the truth",
        )
        return {name: Audio(samples, mix.rate) for name, samples in stems.items()}

    def _params(self, rate: int) -> StftParams:
        return stft_at(self.window, self.hop, rate)

    @abstractmethod
    def _masks(self, x: Spectrum, truth: Mapping[str, Spectrum]) -> Mapping[str, Floats]:
        """Masks of a block, (F, Tb, I) or (F, Tb), by name. truth: spectrograms of the stems and of what they leave."""

    def _magnitudes(self, truth: Mapping[str, Spectrum]) -> dict[str, Floats]:
        """(F, T, I), or (F, T) for all channels at once."""
        of = joint_magnitude if self.channels == "joint" else np.abs
        return {name: of(spectrum) for name, spectrum in truth.items()}


def _about(name: str, title: str, summary: str, paper: str) -> SeparatorInfo:
    return SeparatorInfo(
        f"oracle_{name}",
        title,
        targets=(),
        summary=summary,
        paper=paper,
        guide=("references",),
        context_s=0.2,
        is_oracle=True,
    )


_CAMPAIGN = "F.-R. Stoeter, A. Liutkus and N. Ito, The 2018 signal separation evaluation campaign, LVA/ICA 2018"
_PHASE = (
    "H. Erdogan, J. Hershey, S. Watanabe and J. Le Roux, Phase-sensitive and recognition-boosted speech separation "
    "using deep recurrent neural networks, ICASSP 2015"
)


@dataclass(frozen=True)
class OracleBinary(_Masks):
    """Every bin whole to a true stem or not at all (ideal binary mask).

    To the loudest one; or, as in the campaign, to every one with |s|^exponent at least half of |x|^exponent: a bin may
    go to several stems then, or to none.
    """

    info: ClassVar = _about(
        "binary", "Oracle: binary mask", "The best a yes-or-no mask can do. Needs the true stems.", _CAMPAIGN
    )
    rule: str = param(
        "loudest", "Rule", choices=("loudest", "half"),
        help="A bin goes to its loudest stem; half: to every stem that is at least half of the mix in it.",
    )  # fmt: skip
    exponent: float = param(1.0, "Exponent", 0.2, 8.0, help="Half of what, for that rule: 1 magnitudes, 2 powers.")

    def _masks(self, x: Spectrum, truth: Mapping[str, Spectrum]) -> Mapping[str, Floats]:
        models = self._magnitudes(truth)
        if self.rule == "loudest":
            return binary_masks(models)
        least = self._magnitudes({"": x})[""] * np.float32(0.5 ** (1 / self.exponent))
        return {name: (model >= least).astype(np.float32) for name, model in models.items()}


@dataclass(frozen=True)
class OracleRatio(_Masks):
    """Shares of the true magnitudes to a power (ideal ratio mask)."""

    info: ClassVar = _about(
        "ratio", "Oracle: ratio mask", "Shares of true magnitudes, the usual target of networks. Needs the true stems.",
        _CAMPAIGN,
    )  # fmt: skip
    exponent: float = param(1.0, "Exponent", 0.2, 8.0, help="1: magnitudes; 2: powers, as in the Wiener filter.")

    def _masks(self, x: Spectrum, truth: Mapping[str, Spectrum]) -> Mapping[str, Floats]:
        return ratio_masks(self._magnitudes(truth), exponent=self.exponent)


@dataclass(frozen=True)
class OracleWiener(OracleRatio):
    """Shares of the true powers: the Wiener filter of each channel."""

    info: ClassVar = _about(
        "wiener", "Oracle: Wiener filter",
        "Shares of true powers, the best that Gaussian models of single channels can do. Needs the true stems.",
        _CAMPAIGN,
    )  # fmt: skip

    exponent: float = param(2.0, "Exponent", 0.2, 8.0, help="2: powers; less, as for sounds with impulses.")


@dataclass(frozen=True)
class OraclePhase(_Masks):
    """The real number nearest to s / x in every bin, which may be negative (phase-sensitive filter)."""

    info: ClassVar = _about(
        "phase", "Oracle: phase-sensitive filter",
        "The best that any real-valued mask can do. Needs the true stems.",
        _PHASE,
    )  # fmt: skip
    exponent: float = param(
        1.0, "Exponent", 0.2, 1.0, help="Of |s| / |x|, times the cosine of their phases; above 1 it has no bound."
    )

    def _masks(self, x: Spectrum, truth: Mapping[str, Spectrum]) -> Mapping[str, Floats]:
        joint = self.channels == "joint"
        return {name: _projection(s, x, self.exponent, joint=joint) for name, s in truth.items()}


@dataclass(frozen=True)
class OracleTruncated(_Masks):
    """The phase-sensitive filter cut to the range from 0 to 1."""

    info: ClassVar = _about(
        "truncated", "Oracle: truncated phase-sensitive filter",
        "The best that a real-valued mask between 0 and 1 can do. Needs the true stems.",
        _PHASE,
    )  # fmt: skip
    exponent: float = param(1.0, "Exponent", 0.2, 8.0, help="Of |s| / |x|, times the cosine of their phases.")

    def _masks(self, x: Spectrum, truth: Mapping[str, Spectrum]) -> Mapping[str, Floats]:
        joint = self.channels == "joint"
        return {name: np.clip(_projection(s, x, self.exponent, joint=joint), 0, 1) for name, s in truth.items()}


def _projection(s: Spectrum, x: Spectrum, exponent: float, *, joint: bool) -> Floats:
    """(|s| / |x|)^exponent cos(s, x), over all channels if `joint`; zero where x is. With 1 it is Re(s / x).

    Up to 1, |mask x| is at most the greater of |s| and |x|, however small x is. s, x: (F, T, I). Returns (F, T, I) or
    (F, T).
    """
    along = s.real * x.real + s.imag * x.imag
    power = np.square(x.real) + np.square(x.imag)
    own = np.square(s.real) + np.square(s.imag)
    if joint:
        along, power, own = along.sum(axis=2), power.sum(axis=2), own.sum(axis=2)
    mask = np.asarray(np.divide(along, power, out=np.zeros_like(along), where=power > 0), np.float32)
    if exponent != 1:
        ratio = np.divide(own, power, out=np.ones_like(power), where=(power > 0) & (own > 0))
        mask *= np.power(np.minimum(ratio, CEILING), np.float32((exponent - 1) / 2))
    return mask
