"""Known sounds for tests: each is made by code from a seed, so that a failure can be repeated."""

from __future__ import annotations

import numpy as np

from unbraid.core.audio import Audio


def sine(
    freq_hz: float = 440.0, *, seconds: float = 1.0, rate: int = 44100, channels: int = 1, level: float = 0.5
) -> Audio:
    """A sine, each further channel a quarter turn later."""
    t = np.arange(round(seconds * rate)) / rate
    turns = np.arange(channels) * np.pi / 2
    return Audio.of(level * np.sin(2 * np.pi * freq_hz * t[:, None] + turns), rate)


def noise(*, seconds: float = 1.0, rate: int = 44100, channels: int = 2, level: float = 0.1, seed: int = 0) -> Audio:
    """White Gaussian noise of RMS `level`, independent in each channel."""
    rng = np.random.default_rng(seed)
    return Audio.of(level * rng.standard_normal((round(seconds * rate), channels)), rate)


def chirp(
    start_hz: float = 50.0,
    stop_hz: float = 15000.0,
    *,
    seconds: float = 1.0,
    rate: int = 44100,
    channels: int = 1,
    level: float = 0.5,
) -> Audio:
    """A sweep with a linear rise of frequency, the same in each channel."""
    t = np.arange(round(seconds * rate)) / rate
    stop_hz = min(stop_hz, 0.45 * rate)
    phase = 2 * np.pi * (start_hz * t + (stop_hz - start_hz) * t**2 / (2 * seconds))
    return Audio.of(np.repeat(level * np.sin(phase)[:, None], channels, axis=1), rate)


def click(frames: int = 1000, at: int = 500, *, rate: int = 44100, channels: int = 1) -> Audio:
    """Silence but for one sample of 0.5."""
    samples = np.zeros((frames, channels), np.float32)
    samples[at] = 0.5
    return Audio(samples, rate)


def vocals(*, seconds: float = 2.0, rate: int = 44100, seed: int = 0) -> Audio:
    """A harmonic voice with vibrato that sings random notes with short rests, in the middle (stereo)."""
    rng = np.random.default_rng(seed)
    frames = round(seconds * rate)
    t = np.arange(frames) / rate
    notes = 220.0 * 2 ** (rng.integers(0, 13, int(seconds * 2) + 1) / 12)
    pitch = notes[np.minimum((t * 2).astype(int), len(notes) - 1)] * (1 + 0.006 * np.sin(2 * np.pi * 5.5 * t))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    voice = sum(np.sin(k * phase) / k * (k * pitch < 0.45 * rate) for k in range(1, 13))
    gate = np.clip(np.minimum((t * 2) % 1 * 20, (1 - (t * 2) % 1) * 12), 0, 1)
    mono = 0.12 * voice * gate
    return Audio.of(np.stack([mono, mono], axis=1), rate)


def drums(*, seconds: float = 2.0, rate: int = 44100, seed: int = 0) -> Audio:
    """A kick on each beat and a hi-hat on each eighth, slightly left and right (stereo)."""
    rng = np.random.default_rng(seed)
    frames = round(seconds * rate)
    t = np.arange(frames) / rate
    beat, eighth = t % 0.5, t % 0.25
    kick = np.exp(-beat * 18) * np.sin(2 * np.pi * (50 * beat + 3 * (1 - np.exp(-beat * 30))))
    hat = np.exp(-eighth * 60) * rng.standard_normal(frames)
    return Audio.of(np.stack([0.4 * kick + 0.06 * hat, 0.4 * kick + 0.1 * hat], axis=1), rate)


def bass(*, seconds: float = 2.0, rate: int = 44100, seed: int = 0) -> Audio:
    """A low tone with four harmonics that changes each half second and repeats every two seconds (stereo)."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate)) / rate
    notes = 55.0 * 2 ** (rng.integers(0, 8, 4) / 12)
    pitch = notes[(t * 2).astype(int) % 4]
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    mono = 0.2 * sum(np.sin(k * phase) / k**2 for k in range(1, 5))
    return Audio.of(np.stack([mono, mono], axis=1), rate)


def music(*, seconds: float = 2.0, rate: int = 44100, seed: int = 0) -> dict[str, Audio]:
    """True stems of a small song: vocals, drums, bass (stereo); add them up with `mix`."""
    return {
        "vocals": vocals(seconds=seconds, rate=rate, seed=seed),
        "drums": drums(seconds=seconds, rate=rate, seed=seed + 1),
        "bass": bass(seconds=seconds, rate=rate, seed=seed + 2),
    }


def mix(stems: dict[str, Audio]) -> Audio:
    """Sum of stems, added up in float64."""
    first = next(iter(stems.values()))
    total = np.sum([stem.samples.astype(np.float64) for stem in stems.values()], axis=0)
    return Audio.of(total, first.rate)


def lag(a: Audio, b: Audio) -> int:
    """Samples by which `a` is later than `b`, from the peak of their cross-correlation (first channels)."""
    from scipy.signal import correlate

    product = correlate(a.samples[:, 0].astype(np.float64), b.samples[:, 0].astype(np.float64), method="fft")
    return int(np.argmax(np.abs(product))) - (b.frames - 1)
