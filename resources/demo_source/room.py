"""Space and tone: a synthetic stereo room, placement between the speakers, gentle filters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt, sosfiltfilt

FS = 44100
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Room:
    """A room: decay times to -60 dB at low and high frequencies, pre-delay, and the seed of its reflections."""

    low_s: float
    high_s: float
    predelay_s: float
    seed: int


def impulse_response(room: Room) -> Array:
    """Noise in four bands, each decaying at its own rate, different left and right; (N, 2), unit energy."""
    rng = np.random.default_rng(room.seed)
    length = round(1.1 * room.low_s * FS)
    time_s = np.arange(length) / FS
    edges_hz = (150.0, 600.0, 2000.0, 6000.0, 12000.0)
    decays_s = np.geomspace(room.low_s, room.high_s, 4)
    out = np.zeros((length, 2))
    for low_hz, high_hz, decay_s in zip(edges_hz, edges_hz[1:], decays_s, strict=False):
        band = butter(2, (low_hz, high_hz), "bandpass", fs=FS, output="sos")
        noise = sosfilt(band, rng.standard_normal((length, 2)), axis=0)
        out += noise * np.exp(-6.91 * time_s / decay_s)[:, None]
    out *= (1 - np.exp(-time_s / 0.008))[:, None] * np.clip((length / FS - time_s) / 0.1, 0, 1)[:, None]
    out = np.pad(out, ((round(room.predelay_s * FS), 0), (0, 0)))
    return out / np.sqrt((out**2).sum(axis=0).mean())


def reverberated(sound: Array, response: Array) -> Array:
    """Only the room's answer to a stereo sound, (N, 2), as long as the sound.

    The room hears the middle with a quarter of the sides, so a source on the left also sounds in its right half.
    """
    middle = sound.mean(axis=1, keepdims=True)
    heard = 0.7 * middle + 0.3 * sound
    return fftconvolve(heard, response, axes=0)[: len(sound)]


def placed(sound: Array, pan: float) -> Array:
    """A mono (N,) or stereo (N, 2) sound as one point between the speakers, -1 (left) to 1 (right), equal power."""
    mono = sound if sound.ndim == 1 else sound.mean(axis=1)
    angle = (pan + 1) * np.pi / 4
    return mono[:, None] * np.sqrt(2) * np.array([np.cos(angle), np.sin(angle)])


def widened(sound: Array, sides: float) -> Array:
    """A stereo sound with its side signal multiplied by sides."""
    middle, side = sound.mean(axis=1), (sound[:, 0] - sound[:, 1]) / 2 * sides
    return np.stack((middle + side, middle - side), axis=1)


def low_passed(sound: Array, cutoff_hz: float, order: int = 6) -> Array:
    """The sound without what lies above cutoff_hz, without delay."""
    return sosfiltfilt(butter(order, cutoff_hz, fs=FS, output="sos"), sound, axis=0)


def high_passed(sound: Array, cutoff_hz: float) -> Array:
    """The sound without what lies below cutoff_hz, 12 dB an octave."""
    return sosfilt(butter(2, cutoff_hz, "highpass", fs=FS, output="sos"), sound, axis=0)


def bell(sound: Array, freq_hz: float, gain_db: float, width: float = 1.0) -> Array:
    """A peaking equaliser (Bristow-Johnson's cookbook): gain_db at freq_hz, quality 1 / width."""
    amplitude = 10 ** (gain_db / 40)
    omega = 2 * np.pi * freq_hz / FS
    alpha = np.sin(omega) * width / 2
    b = np.array([1 + alpha * amplitude, -2 * np.cos(omega), 1 - alpha * amplitude])
    a = np.array([1 + alpha / amplitude, -2 * np.cos(omega), 1 - alpha / amplitude])
    return sosfilt(np.concatenate((b / a[0], a / a[0]))[None], sound, axis=0)


def compressed(sound: Array, *, threshold: float, ratio: float, window_s: float = 0.03) -> Array:
    """The sound (N, I) with its level above threshold (a share of its loud passages') divided by ratio, in dB."""
    power = low_passed((sound**2).mean(axis=1), 0.5 / window_s, order=1)
    level = np.sqrt(np.maximum(power, 1e-12))
    over_db = 20 * np.log10(np.maximum(level / (threshold * np.percentile(level, 95)), 1.0))
    return sound * 10 ** (-over_db * (1 - 1 / ratio) / 20)[:, None]
