"""Pictures of sound at every zoom: extremes of a waveform and maxima of a spectrogram, halved again and again.

Both are filled while the analysis proceeds, in blocks of any size, with the same result as at once.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError

Peaks = npt.NDArray[np.float32]
"""Minimum, maximum and rms of blocks of samples, (n, I, 3) float32."""
Codes = npt.NDArray[np.uint8]
"""Levels of a spectrogram, (F, T) uint8; see `level_codes`."""

MIN, MAX, RMS = 0, 1, 2
"""Places in the last axis of `Peaks`."""
STEP_DB = 0.5
FLOOR_DB = -120.0
_QUANTISE_VALUES = 1 << 16


class PeakPyramid:
    """Minimum, maximum and rms of a waveform over base, 2 base, 4 base, ... samples.

    levels[k]: (n, I, 3), blocks of base * 2^k samples, the last level a single block; valid as far as `filled` goes.
    """

    def __init__(self, length: int, channels: int, *, base: int = 256):
        if length < 0 or channels < 1 or base < 1:
            raise ParameterError(f"no peaks of {length} samples, {channels} channels in blocks of {base} samples")
        self.length, self.base = length, base
        self.filled = 0
        """Samples appended so far."""
        self.levels: list[Peaks] = [np.zeros((-(-length // base), channels, 3), np.float32)]
        while len(self.levels[-1]) > 1:
            self.levels.append(np.zeros((-(-len(self.levels[-1]) // 2), channels, 3), np.float32))
        self._rest = np.empty((0, channels), np.float32)

    @classmethod
    def of(cls, samples: npt.NDArray[np.float32], *, base: int = 256, block: int = 1 << 18) -> PeakPyramid:
        """Pyramid of samples (N, I), which may be memory-mapped: read `block` samples at a time."""
        pyramid = cls(*samples.shape, base=base)
        for start in range(0, len(samples), block):
            pyramid.append(samples[start : start + block])
        return pyramid

    def append(self, samples: npt.NDArray[np.float32]) -> None:
        """The next samples (n, I)."""
        if self.filled + len(samples) > self.length:
            raise ParameterError(f"this waveform has {self.length} samples, not {self.filled + len(samples)}")
        first = (self.filled - len(self._rest)) // self.base
        filled = self.filled + len(samples)
        pending = np.concatenate([self._rest, samples]) if len(self._rest) else samples
        whole = len(pending) // self.base
        blocks = pending[: whole * self.base].reshape(whole, self.base, pending.shape[1])
        self.levels[0][first : first + whole] = _peaks(blocks)
        self._rest = pending[whole * self.base :].copy()
        if filled == self.length and len(self._rest):
            self.levels[0][first + whole] = _peaks(self._rest[None])[0]
            whole += 1
        self._raise(first, first + whole)
        self.filled = filled  # last: others look at it to see what they may draw

    def _raise(self, first: int, stop: int) -> None:
        """Bring the upper levels up to date with blocks `first` to `stop` of the lowest."""
        for k in range(1, len(self.levels)):
            first, stop_above = first // 2, -(-stop // 2)
            below = self.levels[k - 1][2 * first : min(2 * stop_above, stop)]
            self._join(k, below, first)
            stop = stop_above

    def _join(self, level: int, below: Peaks, first: int) -> None:
        """Blocks of a level from `first` on out of pairs of blocks of the level below; the last may be alone."""
        even, odd = below[::2], below[1::2]
        above = self.levels[level][first : first + len(even)]
        above[:] = even
        both = above[: len(odd)]
        np.minimum(even[: len(odd), :, MIN], odd[..., MIN], out=both[..., MIN])
        np.maximum(even[: len(odd), :, MAX], odd[..., MAX], out=both[..., MAX])
        half = self.base << (level - 1)
        starts = half * (2 * (first + np.arange(len(odd))) + 1)
        weight = np.clip(self.length - starts, 0, half)[:, None] / half  # of the second block; the last may be shorter
        power = np.square(even[: len(odd), :, RMS], dtype=np.float64) + weight * np.square(
            odd[..., RMS], dtype=np.float64
        )
        both[..., RMS] = np.sqrt(power / (1 + weight))


def _peaks(blocks: npt.NDArray[np.float32]) -> Peaks:
    """Minimum, maximum and rms of blocks (n, samples, I), (n, I, 3)."""
    result = np.empty((len(blocks), blocks.shape[2], 3), np.float32)
    for c in range(blocks.shape[2]):
        channel = np.ascontiguousarray(blocks[:, :, c])
        channel.min(axis=1, out=result[:, c, MIN])
        channel.max(axis=1, out=result[:, c, MAX])
        result[:, c, RMS] = np.sqrt(np.einsum("nb,nb->n", channel, channel) / max(1, channel.shape[1]))
    return result


def level_codes(magnitude: npt.NDArray[np.float32], *, full_scale: float = 1.0) -> Codes:
    """Levels in steps of 0.5 dB: code c stands for -120 dB + c / 2, 0 for all below, 255 for 7.5 dB and all above.

    magnitude: any shape, at least 0. full_scale: the magnitude of 0 dB (half the sum of the window for a full-scale
    sinusoid). Returns the same shape and layout.
    """
    codes = np.empty_like(magnitude, np.uint8)
    scale = np.float32(20 * np.log10(2) / STEP_DB)
    offset = np.float32(-20 * np.log10(full_scale) / STEP_DB - FLOOR_DB / STEP_DB)
    tiny = np.float32(np.finfo(np.float32).tiny)
    flat = magnitude.T if magnitude.flags.f_contiguous else magnitude
    target = codes.T if magnitude.flags.f_contiguous else codes
    rows = max(1, _QUANTISE_VALUES // max(1, flat[:1].size))
    for a in range(0, len(flat), rows):
        level = np.log2(np.maximum(flat[a : a + rows], tiny))
        level *= scale
        level += offset
        np.rint(np.clip(level, 0, 255, out=level), out=level)
        target[a : a + rows] = level
    return codes


def code_db(codes: npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
    """Level in dB that a code stands for; 0 means that or less."""
    return np.asarray(FLOOR_DB + STEP_DB * codes, np.float32)


class LevelPyramid:
    """Level codes of a spectrogram and their maxima over 2, 4, ... frames and, separately, over 2, 4, ... bins.

    A maximum keeps a click of one frame visible however far one zooms out. `level(i, j)` has one column for 2^i
    frames and one row for 2^j bins. Frames may be written in any order, and again when a mask has changed.
    """

    def __init__(self, bins: int, frames: int, *, time_levels: int = 8, freq_levels: int = 4, full_scale: float = 1.0):
        if min(bins, frames, time_levels, freq_levels) < 1 or full_scale <= 0:
            given = f"{bins} bins, {frames} frames, {time_levels} by {freq_levels} levels, full scale {full_scale}"
            raise ParameterError(f"all numbers of a picture are above zero, not {given}")
        self.full_scale = full_scale
        self.filled = 0
        """Frames appended so far."""
        heights, widths = _halvings(bins, freq_levels), _halvings(frames, time_levels)
        self._levels = [[np.zeros((height, width), np.uint8) for height in heights] for width in widths]

    @property
    def bins(self) -> int:
        """Bins of the spectrogram, F."""
        return self._levels[0][0].shape[0]

    @property
    def frames(self) -> int:
        """Frames of the spectrogram, T."""
        return self._levels[0][0].shape[1]

    @property
    def shape(self) -> tuple[int, int]:
        """Levels in time and in frequency."""
        return len(self._levels), len(self._levels[0])

    @property
    def bytes(self) -> int:
        """Memory of all levels."""
        return sum(level.nbytes for row in self._levels for level in row)

    def level(self, time: int, freq: int = 0) -> Codes:
        """Maxima over 2^time frames and 2^freq bins, (ceil(F / 2^freq), ceil(T / 2^time)), read-only."""
        view = self._levels[time][freq].view()
        view.flags.writeable = False
        return view

    def append(self, magnitude: npt.NDArray[np.float32]) -> None:
        """The next frames, (F, Tb) magnitudes."""
        self.write(self.filled, magnitude)
        self.filled += magnitude.shape[1]

    def write(self, first: int, magnitude: npt.NDArray[np.float32]) -> None:
        """Frames from `first` on, (F, Tb) magnitudes, and everything above them."""
        base, stop = self._levels[0], first + magnitude.shape[1]
        if magnitude.shape[0] != self.bins or first < 0 or stop > self.frames:
            raise ParameterError(f"frames {first} to {stop} of {magnitude.shape[0]} bins do not fit into this picture")
        base[0][:, first:stop] = level_codes(magnitude, full_scale=self.full_scale)
        for below, above in pairwise(base):
            above[:, first:stop] = _pair_maxima(below[:, first:stop])
        for lower, upper in pairwise(self._levels):
            first, stop = first // 2, -(-stop // 2)
            for below, above in zip(lower, upper, strict=True):
                above[:, first:stop] = _pair_maxima(below[:, 2 * first : 2 * stop].T).T


def _halvings(count: int, levels: int) -> list[int]:
    """count, count / 2, ... rounded up, as many as wanted or until 1."""
    sizes = [count]
    while len(sizes) < levels and sizes[-1] > 1:
        sizes.append(-(-sizes[-1] // 2))
    return sizes


def _pair_maxima(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Maxima of rows 0 and 1, 2 and 3, ...; the last may be alone."""
    result = codes[::2].copy(order="K")
    pairs = len(codes) // 2
    np.maximum(result[:pairs], codes[1::2], out=result[:pairs])
    return result
