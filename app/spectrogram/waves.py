"""Extremes of a waveform for each column of a picture, from its pyramid or, close up, from the samples themselves."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from unbraid.app.spectrogram.analysis import Waveform
from unbraid.core.dsp.pyramid import MAX, MIN, RMS

Curve = npt.NDArray[np.float32]


def columns(wave: Waveform, first_px: int, s_per_px: float, count: int) -> tuple[Curve, Curve]:
    """Least and greatest sample of all channels in `count` columns from number first_px on; zeros where not known."""
    per_px = s_per_px * wave.signal.rate
    edges = (first_px + np.arange(count + 1)) * per_px
    base = wave.peaks.base
    if per_px < base:
        a, b = max(0, math.floor(edges[0])), math.ceil(edges[-1]) + 1
        samples = wave.signal.read(a, max(b, a + 1))
        return _reduced(samples.min(axis=1), samples.max(axis=1), edges - a)
    level = min(len(wave.peaks.levels) - 1, int(math.log2(per_px / base)))
    size = base << level
    peaks = wave.peaks.levels[level]
    a = int(np.clip(edges[0] // size, 0, len(peaks) - 1))
    b = int(np.clip(edges[-1] // size + 2, a + 1, len(peaks)))
    return _reduced(peaks[a:b, :, MIN].min(axis=1), peaks[a:b, :, MAX].max(axis=1), edges / size - a)


def _reduced(low: Curve, high: Curve, edges: npt.NDArray[np.float64]) -> tuple[Curve, Curve]:
    """Extremes between edges; a column that holds nothing shows the value at its beginning. Beyond the end: zeros."""
    places = np.clip(edges, 0, len(low)).astype(np.intp)
    low, high = np.append(low, np.float32(0)), np.append(high, np.float32(0))
    return np.minimum.reduceat(low, places)[:-1], np.maximum.reduceat(high, places)[:-1]


def loudness(wave: Waveform, count: int) -> Curve:
    """Root mean square of all channels in each of `count` equal parts of the sound."""
    blocks = max(1, wave.peaks.length / max(count, 1) / wave.peaks.base)
    level = min(len(wave.peaks.levels) - 1, int(math.log2(blocks)))
    peaks = wave.peaks.levels[level]
    power = np.square(peaks[:, :, RMS], dtype=np.float64).mean(axis=1)
    starts = np.clip(np.arange(count) * len(power) / count, 0, len(power) - 1).astype(np.intp)
    parts = np.add.reduceat(power, starts)
    sizes = np.maximum(np.diff(np.append(starts, len(power))), 1)
    return np.sqrt(parts / sizes).astype(np.float32)


def peaks_of(wave: Waveform, count: int) -> Curve:
    """Greatest magnitude in each of `count` equal parts of the sound."""
    low, high = columns(wave, 0, wave.peaks.length / max(1, count) / wave.signal.rate, count)
    return np.maximum(high, -low)
