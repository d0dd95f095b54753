"""Stems to 16-bit files that add up to the mix exactly."""

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d, uniform_filter1d

FS = 44100
FULL_SCALE = 32768
PEAK_DB = -1.0
LIMITED_DB = 2.2
"""How much of the highest peaks the limiter takes."""

LIMITER_S = 0.03
FADE_OUT_S = 1.2

Array = NDArray[np.float64]
Stems = dict[str, Array]


def mastered(stems: Stems) -> Stems:
    """The stems under one common limiter and fade: a gain shared by all keeps their sum a mix."""
    mix = np.sum(list(stems.values()), axis=0)
    threshold = np.abs(mix).max() * 10 ** (-LIMITED_DB / 20)
    gain = limiter_gain(mix, threshold) * _fade(len(mix)) * 10 ** (PEAK_DB / 20) / threshold
    return {name: stem * gain[:, None] for name, stem in stems.items()}


def limiter_gain(mix: Array, threshold: float) -> Array:
    """Gain (N,), at most 1 and smooth, that keeps a mix (N, I) at or under threshold.

    The smallest gain needed within the window, averaged over the window: never more than what the sample itself needs.
    """
    needed = np.minimum(1.0, threshold / np.maximum(np.abs(mix).max(axis=1), 1e-9))
    window = 2 * round(LIMITER_S * FS / 2) + 1
    return uniform_filter1d(minimum_filter1d(needed, window), window, mode="nearest")


def _fade(samples: int) -> Array:
    """One, then half a cosine down to zero at the end, (N,)."""
    length = round(FADE_OUT_S * FS)
    fade = np.ones(samples)
    fade[-length:] = 0.5 + 0.5 * np.cos(np.linspace(0.0, np.pi, length))
    return fade


def quantised(stems: Stems) -> dict[str, NDArray[np.int16]]:
    """The stems as 16-bit integers and, under "mix", their integer sum; ValueError when the sum does not fit."""
    whole = {name: np.round(stem * FULL_SCALE).astype(np.int64) for name, stem in stems.items()}
    mix = np.sum(list(whole.values()), axis=0)
    for name, samples in {**whole, "mix": mix}.items():
        if np.abs(samples).max() >= FULL_SCALE:
            raise ValueError(f"{name} peaks at {np.abs(samples).max()}, 16 bit allow {FULL_SCALE - 1}: lower PEAK_DB")
    return {name: samples.astype(np.int16) for name, samples in {**whole, "mix": mix}.items()}


def write_flacs(files: dict[str, NDArray[np.int16]], folder: Path) -> int:
    """Write name.flac for each sound (N, 2) at the highest compression; returns the bytes written."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, samples in files.items():
        soundfile.write(folder / f"{name}.flac", samples, FS, subtype="PCM_16", compression_level=1.0)
    return sum((folder / f"{name}.flac").stat().st_size for name in files)
