"""True sources with estimates of them, the same samples on every machine: figures of other programs are compared."""

from __future__ import annotations

import numpy as np
import pytest

from unbraid.core.audio import Audio

RATE = 8000
NAMES = ("vocals", "drums", "bass")


def noise(frames, channels, seed):
    """Uniform noise between -1 and 1, (frames, channels), from a generator whose numbers never change."""
    raw = np.random.PCG64(seed).random_raw(frames * channels)
    return (raw / 2.0**63 - 1).reshape(frames, channels)


def coloured(frames, channels, seed):
    """Noise with a decaying spectrum that differs from seed to seed, partly common to the channels."""
    kernel = (0.95 - 0.15 * (seed % 3)) ** np.arange(40)
    own, common = noise(frames, channels, seed), noise(frames, 1, seed + 1000)
    return np.stack([np.convolve(x, kernel)[:frames] for x in (0.1 * (own + common)).T], axis=1)


def make(sources=3, channels=2, seconds=2.5, *, loudness=1.0):
    """(true sources, estimates) by name: estimates are filtered, leak and are noisy."""
    frames = round(seconds * RATE)
    true = [coloured(frames, channels, j) for j in range(sources)]
    mix = np.sum(true, axis=0)
    estimates = []
    for j, s in enumerate(true):
        e = 0.8 * s + 0.1 * mix + 0.02 * noise(frames, channels, 50 + j)
        e[3:] += 0.1 * s[:-3]
        estimates.append(e)
    return by_name(true, loudness), by_name(estimates, loudness)


def by_name(signals, loudness=1.0):
    """Audio by name from arrays (N, I)."""
    return {name: Audio.of(loudness * x, RATE) for name, x in zip(NAMES, signals, strict=False)}


@pytest.fixture
def separated():
    """The function that makes true sources and estimates."""
    return make
