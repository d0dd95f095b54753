"""Where a marked region of a song comes back: normalised cross-correlation of pictures with logarithmic frequencies.

On such an axis a transposed event is the same picture further up or down (Z. Rafii, A. Liutkus and B. Pardo, A simple
user interface system for recovering patterns repeating in time and frequency in mixtures of sounds, ICASSP 2015).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import StftParams, stft_blocks
from unbraid.core.errors import ParameterError
from unbraid.core.kam.magnitudes import joint_magnitude
from unbraid.core.kam.resolution import stft_at
from unbraid.core.progress import Progress, part_of, silent_progress
from unbraid.core.separation.guide import Region

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

PER_SEMITONE = 2
LOWEST_HZ = 40.0
WINDOW, HOP = 4096, 1024
SILENT = 1e-4
"""Variation of a place, relative to that of the marked region, below which nothing is there."""

APART = 0.75
"""Least distance of two regions, in lengths of the marked one."""


@dataclass(frozen=True)
class Found:
    """A place where a region comes back: score from -1 to 1 (the region itself has 1), transposed by `semitones`."""

    region: Region
    score: float
    semitones: int = 0


def find_similar(
    mix: Audio,
    region: Region,
    *,
    count: int = 10,
    least: float = 0.6,
    semitones: int = 0,
    progress: Progress = silent_progress,
) -> list[Found]:
    """The region itself, and the places most like it, best first.

    count: at most so many places beside the region. least: least score. semitones: transpositions up and down that are
    tried, 0 for none. Regions found have the length of the marked one; transposed, their frequencies are as well.
    """
    params = stft_at(WINDOW, HOP, mix.rate)
    picture = log_picture(mix, params, progress=part_of(progress, 0.0, 0.5))
    frame_s = params.hop_samples / mix.rate
    places = _places(region, picture, frame_s, mix.rate)
    scores = _scores(picture, places, range(-semitones, semitones + 1), part_of(progress, 0.5, 1.0))
    found = [Found(region, 1.0)]
    apart = max(1, round(APART * (places[0].stop - places[0].start)))
    _leave_out(scores, places[0].start, apart)
    while len(found) <= count and scores.size:
        number, frame = np.unravel_index(int(np.argmax(scores)), scores.shape)
        score = float(scores[number, frame])
        if score < max(least, -1.0):
            break
        shift = int(number) - semitones
        later_s = max((int(frame) - places[0].start) * frame_s, -region.start_s)
        found.append(Found(_moved(region, later_s, shift), min(score, 1.0), shift))
        _leave_out(scores, int(frame), apart)
    return found


def log_picture(mix: Audio, params: StftParams, *, progress: Progress = silent_progress) -> Floats:
    """Square roots of the magnitudes in bands of half a semitone from 40 Hz, (B, T)."""
    bands = _bands(params.freqs_hz(mix.rate))
    total = params.frames(mix.frames)
    out = np.empty((len(bands), total), np.float32)
    for first, spectrum in stft_blocks(mix.samples, params):
        progress(first / total, "looking at the song")
        out[:, first : first + spectrum.shape[1]] = np.sqrt(bands @ joint_magnitude(spectrum))
    return out


def _centres(top_hz: float) -> Doubles:
    count = max(1, math.floor(12 * PER_SEMITONE * math.log2(max(top_hz / LOWEST_HZ, 1))) + 1)
    return np.asarray(LOWEST_HZ * 2 ** (np.arange(count) / (12 * PER_SEMITONE)), np.float64)


def _bands(freqs_hz: Doubles) -> Floats:
    """Triangular bands, as wide as their distance or a bin, (B, F); each adds up to one."""
    step = float(freqs_hz[-1]) / max(1, len(freqs_hz) - 1)
    centres = _centres(float(freqs_hz[-1]))[:, None]
    width = np.maximum(centres * (2 ** (1 / (12 * PER_SEMITONE)) - 1), step)
    weights = np.maximum(1 - np.abs(freqs_hz - centres) / width, 0)
    total = weights.sum(axis=1, keepdims=True)
    return np.asarray(weights / np.where(total > 0, total, 1), np.float32)


def _places(region: Region, picture: Floats, frame_s: float, rate: int) -> tuple[slice, slice]:
    """Frames and bands of a region."""
    bands, total = picture.shape
    first, stop = (min(max(round(s / frame_s), 0), total) for s in (region.start_s, min(region.end_s, total * frame_s)))
    centres = _centres(rate / 2)
    low, high = np.searchsorted(centres, [region.low_hz, region.high_hz], side="left")
    if stop - first < 2 or high - low < 1 or low >= bands:
        raise ParameterError(
            f"the region from {region.start_s:g} to {region.end_s:g} s and {region.low_hz:g} to {region.high_hz:g} Hz "
            f"is too small, or outside of the song: mark at least {3 * frame_s:.2g} s and a semitone within it"
        )
    return slice(first, stop), slice(int(low), min(int(high), bands))


def _scores(picture: Floats, places: tuple[slice, slice], shifts: Sequence[int], progress: Progress) -> Doubles:
    """Normalised cross-correlations, (shifts, T'), of the region with all places as long as it."""
    from scipy.fft import irfft, next_fast_len, rfft

    frames, rows = places
    length, total = frames.stop - frames.start, picture.shape[1]
    model = picture[rows, frames].astype(np.float64)
    model -= model.mean()
    size = next_fast_len(total + length, real=True)
    spectrum = rfft(model.astype(np.float32), size, axis=1).conj()
    energy = float(np.square(model).sum())
    scores = np.zeros((len(shifts), total - length + 1))
    for number, shift in enumerate(shifts):
        progress(number / len(shifts), "looking for what is alike")
        there = _shifted(picture, rows, PER_SEMITONE * shift)
        across = np.zeros(spectrum.shape[1], np.complex128)
        for row, S in zip(there, spectrum, strict=True):
            across += rfft(row, size) * S
        product = irfft(across, size)[: scores.shape[1]]
        sums, squares = (_window_sums(v, length) for v in (there.sum(axis=0), np.square(there).sum(axis=0)))
        variation = squares - np.square(sums) / (len(there) * length)
        is_there = variation > SILENT * energy
        scores[number, is_there] = product[is_there] / np.sqrt(variation[is_there] * energy)
    progress(1.0, "looking for what is alike")
    return scores


def _shifted(picture: Floats, rows: slice, shift: int) -> Floats:
    """Rows of a picture further up, zero beyond its ends."""
    out = np.zeros((rows.stop - rows.start, picture.shape[1]), np.float32)
    low, high = max(0, rows.start + shift), min(len(picture), rows.stop + shift)
    if low < high:
        out[low - rows.start - shift : high - rows.start - shift] = picture[low:high]
    return out


def _window_sums(values: Floats, length: int) -> Doubles:
    total = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return np.asarray(total[length:] - total[:-length], np.float64)


def _leave_out(scores: Doubles, frame: int, apart: int) -> None:
    scores[:, max(0, frame - apart + 1) : frame + apart] = -2


def _moved(region: Region, later_s: float, semitones: int) -> Region:
    ratio = 2 ** (semitones / 12)
    return replace(
        region, start_s=region.start_s + later_s, end_s=region.end_s + later_s,
        low_hz=region.low_hz * ratio, high_hz=region.high_hz * ratio,
    )  # fmt: skip
