"""How many bits each band of each block may carry so that their noise stays below the masked threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.masking import Bands, after_masking, band_thresholds, bands, limit_rise
from unbraid.core.informed.watermark.cells import Levels, Used, bits_of
from unbraid.core.informed.watermark.layout import LEVELS, Layout
from unbraid.core.informed.watermark.reversible import Whole
from unbraid.core.progress import Progress, silent_progress

LIFTING_NOISE = 0.6
"""Variance of what the lifting steps add to a changed block, in squared integer steps."""

LEAST_BITS = 64
"""A block that could not carry as many bits is left alone."""

LEAST_POWER = 16.0
"""Mean square in squared integer steps below which a block counts as silence."""

QUIET_MOST_DB = 10.0
"""Threshold in quiet is taken no higher than this: players differ, and young ears hear 15 kHz."""

FALL = 0.1
"""What is left of a threshold one block later."""

LEAK = 4.0
"""A block's noise reaches into its neighbours; it is at most this many times their thresholds."""

LEAST_NMR_DB, NMR_STEP_DB = -120.0, 0.25
BLOCKS_AT_ONCE = 256

Thresholds = npt.NDArray[np.float64]
"""Noise power that is masked, of half-Bark bands, (B', T, C), as shares of a frame's mean square in squared steps."""


@dataclass(frozen=True, eq=False)
class Masking:
    """What a mix hides.

    thresholds: (B', T, C) of the blocks in half-Bark bands. parts: these bands. is_sound: (T, C), False for silence.
    """

    thresholds: Thresholds
    parts: Bands
    is_sound: Used


def block_powers(samples: Whole, first: int, count: int, bins: int) -> npt.NDArray[np.float64]:
    """Power of the bins of blocks `first` on, (M, count, C): windows of two blocks around each, sum = mean square."""
    from scipy.fft import rfft

    half = bins // 2
    start, stop = first * bins - half, (first + count) * bins + half
    inside = samples[max(start, 0) : max(stop, 0)].astype(np.float64)
    before = max(-start, 0)
    padded = np.pad(inside, ((before, stop - start - before - len(inside)), (0, 0)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, 2 * bins, axis=0)[::bins]
    window = np.sin(np.pi * (np.arange(2 * bins) + 0.5) / (2 * bins)) / bins
    power = np.abs(rfft(frames * window, axis=-1)) ** 2
    return np.ascontiguousarray(((power[..., :-1] + power[..., 1:]) / 2).transpose(2, 0, 1))


def block_bands(rate: int, plan: Layout, bits: int) -> Bands:
    """Half-Bark bands of a block's bins; their threshold in quiet is in squared integer steps."""
    freqs_hz = (np.arange(plan.bins) + 0.5) * (rate / (2 * plan.bins))
    full_scale = 20 * np.log10(2.0 ** (bits - 1))
    return bands(freqs_hz, 96.0 - full_scale, quiet_most_db=QUIET_MOST_DB)


def masking_of(
    samples: Whole, rate: int, plan: Layout, bits: int, blocks: int, progress: Progress = silent_progress
) -> Masking:
    """Masked thresholds of integer samples (N, C), block by block, protected ahead of attacks."""
    parts = block_bands(rate, plan, bits)
    channels = samples.shape[1]
    found = np.empty((len(parts.sizes), blocks, channels))
    is_sound = np.empty((blocks, channels), bool)
    for start in range(0, blocks, BLOCKS_AT_ONCE):
        progress(start / blocks, "hearing what is masked")
        count = min(BLOCKS_AT_ONCE, blocks - start)
        power = block_powers(samples, start, count, plan.bins)
        is_sound[start : start + count] = power.sum(axis=0) >= LEAST_POWER
        for channel in range(channels):
            found[:, start : start + count, channel] = band_thresholds(power[..., channel], parts)
    return Masking(after_masking(limit_rise(found), FALL), parts, is_sound)


def noise_variances() -> npt.NDArray[np.float64]:
    """Variance of the noise of each level, in squared steps: host and payload uniform within cells."""
    width = np.arange(LEVELS) // 2
    low, high = (4.0**width - 1) / 6, (4.0 ** (width + np.arange(LEVELS) % 2) - 1) / 6
    return np.asarray((low + high) / 2)


def allowed_variances(masking: Masking, plan: Layout) -> npt.NDArray[np.float64]:
    """Noise variance per coefficient at the threshold, (T, C, B): the least within each band of the layout."""
    parts = masking.parts
    density = masking.thresholds * (plan.bins / parts.sizes[:, None, None])
    ends = np.searchsorted(parts.starts, plan.starts, side="right") - 1
    last = np.searchsorted(parts.starts, plan.starts[1:] - 1, side="right") - 1
    found = [density[a : b + 1].min(axis=0) for a, b in zip(ends[:-1], last, strict=True)]
    allowed = np.stack(found, axis=-1)
    least = allowed.copy()
    np.minimum(least[1:], LEAK * allowed[:-1], out=least[1:])
    np.minimum(least[:-1], LEAK * allowed[1:], out=least[:-1])
    return least


def allocate(allowed: npt.NDArray[np.float64], usable: Used, nmr_db: float) -> Levels:
    """Levels (T, C, B) of usable blocks whose noise is `nmr_db` beside the threshold at most."""
    budget = allowed * 10 ** (nmr_db / 10) - LIFTING_NOISE
    levels = np.maximum(np.searchsorted(noise_variances(), budget, side="right") - 1, 0).astype(np.uint8)
    levels[~usable] = 0
    return levels


@dataclass(frozen=True, eq=False)
class Room:
    """What a mix offers: `allowed` variances (T, C, B), and the blocks that can carry something, (T, C)."""

    allowed: npt.NDArray[np.float64]
    usable: Used
    most_nmr_db: float

    def levels(self, nmr_db: float | None = None) -> Levels:
        """Levels at a noise-to-mask ratio, at most `most_nmr_db`."""
        return allocate(self.allowed, self.usable, self.most_nmr_db if nmr_db is None else nmr_db)


def room_of(masking: Masking, most_nmr_db: float, plan: Layout) -> Room:
    """Where a mix can carry bits with noise `most_nmr_db` beside the masked threshold."""
    allowed = allowed_variances(masking, plan)
    usable = bits_of(allocate(allowed, masking.is_sound, most_nmr_db), plan) >= LEAST_BITS
    usable[:1] = usable[-1:] = False  # their outer edges are sharp, and so would be those of their noise
    return Room(allowed, usable, most_nmr_db)


def allocate_bits(room: Room, needed: int, plan: Layout) -> tuple[Levels, float] | None:
    """The quietest levels that carry `needed` bits and their noise-to-mask ratio in dB, or None where none do."""
    steps = round((room.most_nmr_db - LEAST_NMR_DB) / NMR_STEP_DB)
    best, low, high = None, 0, steps + 1
    while low < high:
        middle = (low + high) // 2 if best is not None else steps
        nmr_db = room.most_nmr_db - (steps - middle) * NMR_STEP_DB
        levels = room.levels(nmr_db)
        if int(bits_of(levels, plan).sum()) >= needed:
            best, high = (levels, nmr_db), middle
        elif best is None:
            return None
        else:
            low = middle + 1
    return best
