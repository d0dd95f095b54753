"""A recording put on the grid of the mix that side-information was made for: place, rate, gain, polarity, length."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from unbraid.core import large_arrays
from unbraid.core.audio import Audio, Samples
from unbraid.core.informed.matching import frames as fr
from unbraid.core.informed.matching.matching import Match
from unbraid.core.progress import Progress, silent_progress

BLOCK = 1 << 18
MARGIN = 4096
"""Samples of the recording before and behind a part, so that resampling it alone gives what the whole would."""

TAPS = 128
"""Samples in which a sound is shifted by a part of one; it stays within 0.01 dB up to nine tenths of its width."""

KAISER_BETA = 10.0


def aligned(mix: Audio, match: Match, progress: Progress = silent_progress) -> Audio:
    """A recording as the mix it was made from, as far as that is known: same rate, length and channels."""
    if match.exact:
        return mix
    out = large_arrays.empty((match.frames, match.channels))
    for start in range(0, match.frames, BLOCK):
        progress(start / match.frames, "putting the recording in step with its stems")
        stop = min(start + BLOCK, match.frames)
        out[start:stop] = aligned_part(mix, match, start, stop)
    return Audio(out, match.rate)


def aligned_blocks(mix: Audio, match: Match) -> Iterator[Samples]:
    """Like `aligned`, block by block (n, I), in little memory."""
    for start in range(0, match.frames, BLOCK):
        yield aligned_part(mix, match, start, min(start + BLOCK, match.frames))


def aligned_part(mix: Audio, match: Match, start: int, stop: int) -> Samples:
    """Samples `start` to `stop` of the mix, (n, I), from a recording; silence where it has none."""
    if match.exact:
        return mix.samples[start:stop]
    sound = _placed(mix, match, start, stop - start)
    if match.channels == 1 and mix.channels > 1:
        sound = fr.fold(sound, fr.MID)[:, None]
    if match.swapped:
        sound = np.concatenate([sound[:, 1::-1], sound[:, 2:]], axis=1)
    factor = (-1.0 if match.inverted else 1.0) / match.gain
    return np.asarray(sound if factor == 1.0 else sound * np.float32(factor), np.float32)


def _placed(mix: Audio, match: Match, start: int, count: int) -> Samples:
    """`count` samples at the places of the mix's samples from `start` on, still with the gain of the recording."""
    first = match.delay_samples * mix.rate / match.rate + start * match.rate_ratio
    if match.rate_ratio == 1.0:
        whole = int(np.floor(first + 1e-9))
        part = max(0.0, first - whole)
        if part < 1e-6:
            return fr.excerpt(mix, whole, count)
        return shifted(fr.excerpt(mix, whole - TAPS // 2 + 1, count + TAPS - 1), part)
    return _resampled(mix, match, first, count)


def _resampled(mix: Audio, match: Match, first: float, count: int) -> Samples:
    """`count` samples at the rate of the mix; the first lies at place `first` of the recording."""
    import soxr

    ratio = match.rate_ratio
    begin = int(np.floor(first)) - MARGIN
    length = int(np.ceil(count * ratio)) + 2 * MARGIN
    sound = np.ascontiguousarray(fr.excerpt(mix, begin, length))
    stream = soxr.ResampleStream(ratio * match.rate, match.rate, mix.channels, dtype="float32", quality="VHQ")
    out = stream.resample_chunk(sound, last=True)
    place = (first - begin) / ratio
    whole = int(np.floor(place))
    inside = out[whole - TAPS // 2 + 1 : whole + count + TAPS // 2]
    return shifted(inside, place - whole)


def shifted(samples: Samples, part: float) -> Samples:
    """(n, I) from (n + TAPS - 1, I): values `part` (0 to 1) of a sample behind sample TAPS / 2 - 1 and so on."""
    from scipy.fft import irfft, next_fast_len, rfft

    kernel = _kernel(part)
    size = next_fast_len(len(samples), real=True)
    spectrum = rfft(samples, size, axis=0) * np.conj(rfft(kernel, size))[:, None]
    return np.asarray(irfft(spectrum, size, axis=0)[: len(samples) - TAPS + 1], np.float32)


def _kernel(part: float) -> npt.NDArray[np.float32]:
    """Values of a windowed sinc by which the sound `part` of a sample later is got, (TAPS,)."""
    at = np.arange(TAPS) - (TAPS // 2 - 1) - part
    window = np.i0(KAISER_BETA * np.sqrt(np.clip(1 - np.square(2 * at / TAPS), 0, None))) / np.i0(KAISER_BETA)
    values = np.sinc(at) * window
    return np.asarray(values / values.sum(), np.float32)
