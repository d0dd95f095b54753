"""What can be said of stems without the true ones: what they leave of the mix, whether they fit together and agree.

Everything is read in blocks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core import large_arrays
from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import InverseStream, Spectrum, StftParams, stft
from unbraid.core.errors import ParameterError
from unbraid.core.evaluation.sdr import check_alike, decibels, float_blocks, si_sdr
from unbraid.core.progress import Progress, silent_progress

SpectrumMaker = Callable[[int, int], Spectrum]
"""Frames of a spectrogram, (F, Tb, I), from the number of the first and how many."""

BLOCK_VALUES = 1 << 20
"""Bins of all frames of a block, for each channel."""


@dataclass(frozen=True)
class NullLevel:
    """How loud the mix minus its stems is: RMS and peak in dB of full scale, energy relative to the mix in dB.

    -inf when nothing is left.
    """

    rms_dbfs: float
    peak_dbfs: float
    relative_db: float


def null_level(mix: Audio, stems: Mapping[str, Audio]) -> NullLevel:
    """What is left when all stems are taken out of the mix; they are added up in float64."""
    left = whole = peak = 0.0
    for block, *parts in float_blocks(mix, *stems.values()):
        rest = block.copy()
        for part in parts:
            rest -= part
        left += float(np.vdot(rest, rest))
        whole += float(np.vdot(block, block))
        peak = max(peak, float(np.abs(rest).max(initial=0.0)))
    values = max(1, mix.samples.size)
    return NullLevel(decibels(left, values), decibels(peak**2, 1.0), decibels(left, whole) if left else -math.inf)


def inconsistency_db(spectrum: Spectrum, params: StftParams, length: int) -> float:
    """Energy of S - STFT(iSTFT(S)) over that of S in dB, S (F, T, I) meant for `length` samples (Le Roux et al., 2008).

    0 dB at most; about -140 dB (rounding) for the STFT of a signal; NaN for silence.
    """
    return _inconsistency(lambda first, count: spectrum[:, first : first + count], params, length, spectrum.shape[2])


def mask_inconsistency_db(
    mix: Audio, mask: npt.NDArray[np.float32], params: StftParams, *, progress: Progress = silent_progress
) -> float:
    """`inconsistency_db` of the mix times a mask, (F, T) or (F, T, I)."""
    frames = params.frames(mix.frames)
    if mask.shape[:2] != (params.bins, frames) or mask.shape[2:] not in ((), (mix.channels,)):
        raise ParameterError(
            f"the mask of this mix is {params.bins} bins by {frames} frames, each or all of {mix.channels} channels, "
            f"not {mask.shape}"
        )
    shaped = mask if mask.ndim == 3 else mask[:, :, None]

    def masked(first: int, count: int) -> Spectrum:
        return shaped[:, first : first + count] * stft(mix.samples, params, first=first, frames=count)

    return _inconsistency(masked, params, mix.frames, mix.channels, progress)


def _inconsistency(
    spectrum_of: SpectrumMaker,
    params: StftParams,
    length: int,
    channels: int,
    progress: Progress = silent_progress,
) -> float:
    """Once through the spectrogram for its signal, once more for what the signal's own spectrogram differs by."""
    total = params.frames(length)
    step = max(16, BLOCK_VALUES // params.bins)
    blocks = [(first, min(step, total - first)) for first in range(0, total, step)]
    stream, signal, done = InverseStream(params, length, channels), large_arrays.empty((length, channels)), 0
    for first, count in blocks:
        progress(first / total / 2, "going back to samples")
        piece = stream.push(spectrum_of(first, count))
        signal[done : done + len(piece)] = piece
        done += len(piece)
    signal[done:] = stream.finish()
    whole = lost = 0.0
    for first, count in blocks:
        progress(0.5 + first / total / 2, "comparing spectrograms")
        S = spectrum_of(first, count)
        whole += _energy(S)
        lost += _energy(S - stft(signal, params, first=first, frames=count))
    return decibels(lost, whole)


def _energy(values: Spectrum) -> float:
    """Energy of a spectrogram, its squares added up in float64."""
    return float(np.sum(np.square(np.abs(values)), dtype=np.float64))


@dataclass(frozen=True, eq=False)
class Agreement:
    """Scale-invariant SDR between the stems of several methods, (M, M) in dB, inf on the diagonal; it is symmetric."""

    methods: tuple[str, ...]
    si_sdr: npt.NDArray[np.float64]


def agreement(methods: Mapping[str, Mapping[str, Audio]], stem: str) -> Agreement:
    """How far methods agree on one stem: what many find alike is more likely right. Methods without it are left out."""
    found = {name: stems[stem] for name, stems in methods.items() if stem in stems}
    if len(found) < 2:
        raise ParameterError(
            f"two methods or more are compared, but the stem {stem!r} is in {', '.join(found) or 'none'} of "
            f"{', '.join(methods) or 'none'}"
        )
    audios = list(found.values())
    matrix = np.full((len(audios), len(audios)), np.inf)
    for a in range(len(audios)):
        for b in range(a):
            matrix[a, b] = matrix[b, a] = si_sdr(audios[a], audios[b])
    return Agreement(tuple(found), matrix)


@dataclass(frozen=True)
class Disjointness:
    """Of one stem, energies relative to its own, in bins where it is louder than all others together.

    preserved: what it has there. interference: what the others have there. wdo: the one minus the other, at most 1,
    which a stem reaches that shares no bin with any other (W-disjoint orthogonality, Yilmaz and Rickard, 2004).
    """

    preserved: float
    interference: float

    @property
    def wdo(self) -> float:
        """W-disjoint orthogonality."""
        return self.preserved - self.interference


def disjointness(
    stems: Mapping[str, Audio], params: StftParams | None = None, *, progress: Progress = silent_progress
) -> dict[str, Disjointness]:
    """How well stems could be told apart by a binary mask; NaN for silent ones. For songs with two stems or more."""
    if len(stems) < 2:
        raise ParameterError(f"two stems or more share the bins of a song, not {len(stems)}")
    check_alike(*stems.values())
    params = params or StftParams(2048, 512)
    total = params.frames(next(iter(stems.values())).frames)
    step = max(16, BLOCK_VALUES // params.bins // len(stems))
    sums = np.zeros((3, len(stems)))
    for first in range(0, total, step):
        progress(first / total, "comparing stems")
        count = min(step, total - first)
        spectra = [stft(audio.samples, params, first=first, frames=count) for audio in stems.values()]
        mix = np.sum(spectra, axis=0)
        for j, S in enumerate(spectra):
            sums[:, j] += _shares(np.abs(S), np.abs(mix - S))
    with np.errstate(invalid="ignore"):
        preserved, interference = sums[1:] / sums[0]
    return {name: Disjointness(float(p), float(i)) for name, p, i in zip(stems, preserved, interference, strict=True)}


def _shares(own: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> tuple[np.float64, np.float64, np.float64]:
    """Energy of magnitudes, and of both where the first is greater."""
    clear = own > others
    squared, other = np.square(own), np.square(others)
    whole, there, wrong = (np.sum(v, dtype=np.float64) for v in (squared, squared[clear], other[clear]))
    return whole, there, wrong
