"""The transform of a method at any rate: windows are given for 44.1 kHz and scaled to the song's by powers of two."""

from __future__ import annotations

import math

from unbraid.core.dsp.stft import StftParams
from unbraid.core.errors import ParameterError

REFERENCE_RATE = 44100


def stft_at(window_samples: int, hop_samples: int, rate: int, *, window: str = "hann") -> StftParams:
    """Window and hop, given at 44.1 kHz, for a song at `rate`: times the power of two nearest to rate / 44100.

    Powers of two keep every hop a divisor of the places where the runner cuts long songs (core/separation/blocks.py).
    """
    for what, value in (("window", window_samples), ("hop", hop_samples)):
        if value < 1 or value & (value - 1):
            raise ParameterError(f"{what} must be a power of two: {value} was given; try {_nearest_power(value)}")
    if hop_samples > window_samples // 2:
        raise ParameterError(
            f"hop must be at most half of the window: {hop_samples} was given for a window of {window_samples}; "
            f"try {window_samples // 4}"
        )
    octaves = round(math.log2(rate / REFERENCE_RATE))
    hop = max(1, _scaled(hop_samples, octaves))
    return StftParams(max(2 * hop, _scaled(window_samples, octaves)), hop, window)


def _nearest_power(value: int) -> int:
    return 1 << max(1, round(math.log2(max(value, 2))))


def _scaled(value: int, octaves: int) -> int:
    return value << octaves if octaves >= 0 else value >> -octaves


def frames_in(seconds: float, params: StftParams, rate: int) -> int:
    """Hops in a time, rounded."""
    return round(seconds * rate / params.hop_samples)
