"""Repeating periods of music: beat spectrum, beat spectrogram, and the choice of a period with how sure it is.

Rafii and Pardo, "REpeating Pattern Extraction Technique (REPET)", IEEE TASLP 21(1), 2013; the beat spectrogram is from
Liutkus, Rafii, Badeau, Pardo and Richard, "Adaptive filtering for music/voice separation", ICASSP 2012. The published
beat spectrum is made of powers; logarithms of magnitudes, without the mean of their bin, let the loudest partials
decide less and measured better (docs/quality.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.cpu import coarse_threads
from unbraid.core.progress import Progress, silent_progress

Floats = npt.NDArray[np.float32]
Lags = npt.NDArray[np.float64]
"""Autocorrelation by lag in frames, (L + 1,) from lag 0."""

BAND = 64
"""Bins transformed at a time: what is held beyond the spectrogram does not grow with their number."""

MIN_REPETITIONS = 3
"""A median needs three repetitions to tell the repeating from the rest."""

BREVITY = 0.5
"""What a period loses for its share of the song: of equals, the one with more repetitions is the better model."""


ALIKE = 0.7
"""Least beat spectrum at a multiple of a period, relative to that at the period, that says where the period lies."""


@dataclass(frozen=True)
class Period:
    """A repeating period.

    frames: its length, refined between frames. confidence: 0 where nothing repeats, 1 for exact repetition.
    """

    frames: float
    confidence: float


def beat_spectrum(V: Floats, max_lag: int) -> Lags:
    """Unbiased autocovariance over time of log V, summed over bins, over its value at lag 0; (max_lag + 1,).

    V: (F, T) magnitudes. All zeros where nothing changes. The power spectra of the bins are added before the one
    inverse transform, so nothing of size F x T is made.
    """
    from scipy.fft import irfft, next_fast_len

    bins, frames = V.shape
    max_lag = min(max_lag, frames - 1)
    peak = float(V.max(initial=0.0))
    if peak == 0 or frames < 2:
        return np.zeros(max_lag + 1)
    size = next_fast_len(frames + max_lag, real=True)
    bands = [slice(a, min(a + BAND, bins)) for a in range(0, bins, BAND)]
    energy = np.sum(coarse_threads(lambda band: _band_energy(V[band], peak, size), bands), axis=0)
    covariance = irfft(energy, size)[: max_lag + 1] / np.arange(frames, frames - max_lag - 1, -1)
    if covariance[0] <= STANDSTILL * bins:
        return np.zeros(max_lag + 1)
    return np.asarray(covariance / covariance[0], np.float64)


STANDSTILL = 1e-9
"""Mean variance of the logarithms below which it is rounding."""

FLOOR = 1e-3
"""What is 60 dB below the greatest magnitude does not count."""


def _band_energy(V: Floats, peak: float, size: int) -> Lags:
    """Power spectrum over time of log(V / peak + floor) without its mean, added over the bins; (size / 2 + 1,)."""
    from scipy.fft import rfft

    level = np.ascontiguousarray(V) / np.float32(peak)
    level += np.float32(FLOOR)
    np.log(level, out=level)
    level -= level.mean(axis=1, keepdims=True)
    spectrum = rfft(level, size, axis=1)
    power = np.square(spectrum.real)
    power += np.square(spectrum.imag)
    return np.asarray(power.sum(axis=0, dtype=np.float64))


def beat_spectrogram(V: Floats, max_lag: int, *, segment: int, step: int) -> Iterator[tuple[int, Lags]]:
    """(frame, beat spectrum) of a segment of frames centred on every `step`-th frame.

    V: (F, T). Segments at the ends are moved inside, so that each has `segment` frames where the song is that long.
    """
    frames = V.shape[1]
    for centre in range(0, frames, step):
        start = min(max(0, centre - segment // 2), max(0, frames - segment))
        yield centre, beat_spectrum(V[:, start : start + segment], max_lag)


def lag_bounds(frames: int, shortest: float, longest: float) -> tuple[int, int]:
    """Least and greatest lag in frames that may be a period of `frames` frames: at least three repetitions."""
    high = max(1, min(round(longest), frames // MIN_REPETITIONS))
    return min(max(1, round(shortest)), high), high


def choose_period(beat: Lags, low: int, high: int, frames: int) -> Period:
    """The lag from `low` to `high` with the greatest beat spectrum less `BREVITY` times its share of `frames`, refined.

    The confidence is the beat spectrum there, 0 where it is negative.
    """
    high = min(high, len(beat) - 1)
    low = min(low, high)
    if high < 1:
        return Period(1.0, 0.0)
    lags = np.arange(low, high + 1)
    best = low + int(np.argmax(beat[low : high + 1] - BREVITY * lags / frames))
    return Period(refined(beat, best), min(max(float(beat[best]), 0.0), 1.0))


def choose_periods(beat: Lags, low: int, high: int, frames: int, *, count: int) -> list[Period]:
    """At most `count` periods, the one of `choose_period` first, that each tell something that those before do not.

    Candidates are peaks of the beat spectrum, best first. Left out are those too near to a chosen one, and multiples of
    one unless more repeats there: whatever repeats every bar also repeats every two. A part of a chosen period may be
    another one, as of drums under slower chords.
    """
    first = choose_period(beat, low, high, frames)
    chosen = [first]
    lags = np.arange(max(low, 1), min(high, len(beat) - 2) + 1)
    peaks = lags[(beat[lags] >= beat[lags - 1]) & (beat[lags] > beat[lags + 1]) & (beat[lags] >= LEAST_BEAT)]
    for lag in peaks[np.argsort(-(beat[peaks] - BREVITY * peaks / frames), kind="stable")]:
        if len(chosen) >= count:
            break
        if not any(_is_told(beat, int(lag), period.frames) for period in chosen):
            chosen.append(Period(refined(beat, int(lag)), min(float(beat[lag]), 1.0)))
    return chosen[:count]


LEAST_BEAT = 0.05
"""Beat spectrum of the weakest peak that is a period of its own; noise has about 0.02."""

NEWS = 0.15
"""How much of what does not repeat after a period has to repeat after a multiple of it, to make that one of its own."""


def _is_told(beat: Lags, lag: int, period: float) -> bool:
    """Whether what repeats after `lag` frames is known from a period: its neighbour, or a multiple without news."""
    multiple = max(1, round(lag / period))
    if abs(lag - multiple * period) > max(2.0, 0.03 * lag):
        return False
    known = float(beat[round(period)])
    return multiple == 1 or float(beat[lag]) < known + max(NEWS * (1 - known), LEAST_BEAT)


def period_track(
    V: Floats, low: int, high: int, *, segment: int, step: int, progress: Progress = silent_progress
) -> Lags:
    """The period of every frame in frames, (T,): that of the segment whose centre, every `step` frames, is nearest.

    V: (F, T) magnitudes. low, high: least and greatest period, from `lag_bounds` of a segment.
    """
    frames = V.shape[1]
    found = []
    for centre, beat in beat_spectrogram(V, high + 1, segment=segment, step=step):
        progress(centre / frames, "looking for the period")
        found.append(choose_period(beat, low, high, min(frames, segment)).frames)
    nearest = np.minimum(np.round(np.arange(frames) / step).astype(np.int64), len(found) - 1)
    return np.array(found)[nearest]


def refined(beat: Lags, lag: int) -> float:
    """A period between frames: the peaks at its multiples 2, 4, 8, ... halve the uncertainty each time.

    Stops where a multiple has no peak of `ALIKE` times the beat spectrum at `lag`, or lies beyond the last lag. The
    vertex of a parabola through one peak alone is not good enough: a third of a frame adds up over ten repetitions.
    """
    period, multiple = float(lag), 2
    while round(multiple * period) + 1 < len(beat):
        about = round(multiple * period)
        reach = 1 if multiple == 2 else 2
        near = slice(max(1, about - reach), about + reach + 1)
        peak = near.start + int(np.argmax(beat[near]))
        if beat[peak] < ALIKE * beat[lag]:
            break
        period = (peak + parabolic_offset(beat, peak)) / multiple
        multiple *= 2
    return period


def parabolic_offset(values: Lags, peak: int) -> float:
    """Place of the vertex of the parabola through a peak and its neighbours, -0.5 to 0.5 of a step.

    0 where there is no peak or a neighbour is missing.
    """
    if not 0 < peak < len(values) - 1:
        return 0.0
    left, middle, right = (float(v) for v in values[peak - 1 : peak + 2])
    bend = left - 2 * middle + right
    if bend >= 0 or middle < max(left, right):
        return 0.0
    return min(max(0.5 * (left - right) / bend, -0.5), 0.5)
