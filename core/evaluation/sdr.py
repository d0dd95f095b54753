"""Ratios of energies between an estimate and the true source: plain SDR and scale-invariant SDR, read in blocks.

Several channels are one long vector. A silent true source gives NaN, an estimate that equals it inf, one that holds
nothing of it -inf (scale-invariant) or 0 dB (plain, when it is silent).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError

Floats = npt.NDArray[np.float64]

BLOCK = 1 << 15
"""Samples of each channel that are handled at a time, so that they stay in the cache."""


def sdr(reference: Audio, estimate: Audio) -> float:
    """Signal-to-distortion ratio 10 log10(|s|^2 / |s - e|^2) in dB, over all samples and channels.

    The measure of the Music Demixing challenges of 2021 and 2023 for a whole song, without the 1e-7 that they add to
    both energies.
    """
    true = wrong = 0.0
    for s, e in float_blocks(reference, estimate):
        true += _energy(s)
        wrong += _energy(s - e)
    return decibels(true, wrong)


def si_sdr(reference: Audio, estimate: Audio, *, zero_mean: bool = False) -> float:
    """Scale-invariant SDR 10 log10(|a s|^2 / |a s - e|^2) with a = s.e / |s|^2, in dB (Le Roux et al., 2019).

    zero_mean: the mean of each channel is taken out of both first.
    """
    s_mean, e_mean = (mean(audio) if zero_mean else 0.0 for audio in (reference, estimate))
    true = product = 0.0
    for s, e in float_blocks(reference, estimate):
        s = s - s_mean
        true += _energy(s)
        product += float(np.vdot(s, e - e_mean))
    if true == 0:
        return math.nan
    scale = product / true
    wrong = sum(_energy(scale * (s - s_mean) - (e - e_mean)) for s, e in float_blocks(reference, estimate))
    return decibels(scale * product, wrong) if scale else -math.inf


def si_sdr_improvement(reference: Audio, estimate: Audio, mix: Audio, *, zero_mean: bool = False) -> float:
    """How much higher the scale-invariant SDR of the estimate is than that of the mix, in dB."""
    return si_sdr(reference, estimate, zero_mean=zero_mean) - si_sdr(reference, mix, zero_mean=zero_mean)


def float_blocks(*audios: Audio) -> Iterator[tuple[Floats, ...]]:
    """The same samples (n, I) of several signals in float64, block after block."""
    check_alike(*audios)
    for start in range(0, audios[0].frames, BLOCK):
        yield tuple(audio.samples[start : start + BLOCK].astype(np.float64, order="C") for audio in audios)


def check_alike(*audios: Audio) -> None:
    """Refuse signals of different rates, channels or lengths."""
    kinds = {(audio.rate, audio.channels, audio.frames) for audio in audios}
    if len(kinds) > 1:
        words = ", ".join(f"{n} samples of {c} channels at {rate} Hz" for rate, c, n in sorted(kinds))
        raise ParameterError(f"signals are compared when they are alike, not {words}; cut or resample them first")


def mean(audio: Audio) -> Floats:
    """Mean of each channel, (I,)."""
    total = sum((block.sum(axis=0) for (block,) in float_blocks(audio)), start=np.zeros(audio.channels))
    return np.asarray(total / max(1, audio.frames))


def decibels(numerator: float, denominator: float) -> float:
    """Ratio of two energies in dB: inf over nothing, -inf of nothing, NaN when there is neither."""
    if denominator == 0:
        return math.inf if numerator > 0 else math.nan
    return 10 * (math.log10(numerator) - math.log10(denominator)) if numerator > 0 else -math.inf


def _energy(x: Floats) -> float:
    return float(np.vdot(x, x))
