"""Where notes and strokes begin: rises of level in bands of frequency, and curves from moments marked by a user."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError

Floats = npt.NDArray[np.float32]

SHARPNESS = 100.0
"""Levels below a hundredth of the mean grow like amplitudes, those above like logarithms."""
LOW_HZ, HIGH_HZ = 120.0, 6000.0
"""Below lies the lowest of several bands, above the highest."""


def stroke_bands(count: int) -> tuple[float, ...]:
    """Edges in Hz of `count` bands that tell strokes apart: kicks in the lowest, cymbals in the highest."""
    if count < 1:
        raise ParameterError(f"onsets are looked for in 1 band or more, not {count}; try 5")
    inner = np.geomspace(LOW_HZ, HIGH_HZ, count - 1) if count > 2 else [np.sqrt(LOW_HZ * HIGH_HZ)] * (count - 1)
    return (0.0, *(float(edge) for edge in inner), float("inf"))


def onset_curves(V: Floats, freqs_hz: npt.NDArray[np.floating], edges_hz: Sequence[float]) -> Floats:
    """Mean rise of the logarithmic level from the frame before, in bands, each at most 1: (bands, T).

    V: (F, T) magnitudes of any loudness. freqs_hz: (F,). A band without bins or without rises is zero.
    """
    level = np.log1p(V * np.float32(SHARPNESS / max(float(V.mean(dtype=np.float64)), 1e-35)))
    rises = np.maximum(np.diff(level, axis=1, prepend=level[:, :1]), 0)
    rises[:, 0] = level[:, 0]  # what sounds at once has begun
    out = np.zeros((len(edges_hz) - 1, V.shape[1]), np.float32)
    for curve, low, high in zip(out, edges_hz, edges_hz[1:], strict=False):
        inside = (freqs_hz >= low) & (freqs_hz < high)
        if inside.any():
            curve[...] = rises[inside].mean(axis=0)
            curve /= max(float(curve.max()), 1e-35)
    return out


def marked_curve(times_s: Sequence[float], frames: int, frames_per_s: float) -> Floats:
    """Ones in the frames of marked moments, zeros elsewhere, (T,)."""
    curve = np.zeros(frames, np.float32)
    places = np.round(np.asarray(times_s, np.float64) * frames_per_s).astype(np.int64)
    curve[places[(places >= 0) & (places < frames)]] = 1
    return curve


def ringing(curves: Floats, keep: float) -> Floats:
    """Curves (n, T) that fall no faster than by the factor `keep` from frame to frame, as strokes do that ring."""
    out = curves.copy()
    for t in range(1, out.shape[1]):
        np.maximum(out[:, t], keep * out[:, t - 1], out=out[:, t])
    return out
