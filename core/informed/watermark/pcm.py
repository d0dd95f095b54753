"""Audio as the integers of 16 or 24 bits that it was made of, and back."""

from __future__ import annotations

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.informed.watermark.reversible import Whole

DEPTHS = (16, 24)
FRAMES_AT_ONCE = 1 << 20


def to_integers(audio: Audio, bits: int) -> Whole | None:
    """Samples (N, C) in steps of 2^(1 - bits), or None where some are not whole steps within full scale."""
    scale = np.float32(2.0 ** (bits - 1))
    whole = np.empty(audio.samples.shape, np.int32)
    for start in range(0, audio.frames, FRAMES_AT_ONCE):
        steps = audio.samples[start : start + FRAMES_AT_ONCE] * scale
        if not np.all(np.isfinite(steps)) or np.any(steps < -scale) or np.any(steps >= scale):
            return None
        whole[start : start + FRAMES_AT_ONCE] = steps
        if np.any(whole[start : start + FRAMES_AT_ONCE] != steps):
            return None
    return whole


def to_audio(whole: Whole, rate: int, bits: int) -> Audio:
    """Audio of integers (N, C)."""
    return Audio((whole * np.float32(2.0 ** (1 - bits))).astype(np.float32, copy=False), rate)


def depth_of(audio: Audio) -> int | None:
    """The least of 16 and 24 bits that holds the samples exactly, or None."""
    return next((bits for bits in DEPTHS if to_integers(audio, bits) is not None), None)


def checked_integers(audio: Audio, bits: int) -> Whole:
    """Samples as integers; a ParameterError where that is not what they are."""
    if bits not in DEPTHS:
        raise ParameterError(
            f"bits are hidden in samples of 16 or 24 bits, not {bits}; write the mix with one of these"
        )
    whole = to_integers(audio, bits)
    if whole is None:
        raise ParameterError(
            f"the mix does not consist of samples of {bits} bits; write it with {bits} bits and read that"
        )
    return whole
