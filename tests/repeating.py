"""A loop that repeats exactly and a voice that never does: known sounds for the tests of the REPET family."""

import numpy as np

RATE = 22050
PERIOD_S = 1.3


def sdr(truth, estimate):
    error = truth.astype(np.float64) - estimate
    return 10 * np.log10(np.vdot(truth, truth) / np.vdot(error, error))


def loop(seconds=12.0, channels=2, period_s=PERIOD_S, seed=0):
    """Decaying noises and tones that repeat exactly, (N, I)."""
    rng = np.random.default_rng(seed)
    n = round(period_s * RATE)
    t = np.arange(n) / RATE
    bar = np.zeros((n, channels))
    for start in (0.0, 0.3, 0.55, 0.9):
        late = t >= start * period_s
        shape = np.exp(-(t - start * period_s) * 9) * late
        tone = np.sin(2 * np.pi * rng.uniform(150, 2500) * t) + 0.5 * rng.standard_normal(n)
        bar += 0.25 * (shape * tone)[:, None] * rng.uniform(0.3, 1, channels)
    return np.tile(bar, (int(seconds / period_s) + 2, 1))[: round(seconds * RATE)].astype(np.float32)


def glide(seconds=12.0, channels=2):
    """A voice that never repeats: a slow sweep with vibrato."""
    t = np.arange(round(seconds * RATE)) / RATE
    pitch = (400 + 70 * t) * 2 ** (0.05 * np.sin(2 * np.pi * 5.1 * t))
    voice = 0.1 * sum(np.sin(2 * np.pi * k * np.cumsum(pitch) / RATE) / k for k in (1, 2, 3))
    return np.repeat(voice[:, None], channels, axis=1).astype(np.float32)
