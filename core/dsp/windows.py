"""Window functions, written here because importing scipy.signal costs most of a second."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError

Window = npt.NDArray[np.float32]
"""A window, (length,) float32, read-only."""

_Shape = Callable[[int], npt.NDArray[np.float64]]

KAISER_ALPHA = 4.0
"""Shape of the Kaiser-Bessel-derived window, as in AC-3 and AAC."""


def _cosine_sum(*coefficients: float) -> _Shape:
    """Periodic generalised cosine window: the sum of (-1)^k a_k cos(2 pi k n / length)."""

    def shape(length: int) -> npt.NDArray[np.float64]:
        phase = 2 * np.pi * np.arange(length) / length
        total = np.zeros(length)
        for k, a in enumerate(coefficients):
            total += (-1) ** k * a * np.cos(k * phase)
        return total

    return shape


def _half_sample_phase(length: int) -> npt.NDArray[np.float64]:
    return np.pi * (np.arange(length) + 0.5) / length


def _sine(length: int) -> npt.NDArray[np.float64]:
    return np.sin(_half_sample_phase(length))


def _vorbis(length: int) -> npt.NDArray[np.float64]:
    """Power-complementary window of the Vorbis I specification, section 4.3.1."""
    return np.sin(np.pi / 2 * np.sin(_half_sample_phase(length)) ** 2)


def _kaiser_bessel(length: int) -> npt.NDArray[np.float64]:
    """Kaiser-Bessel-derived window: square root of the running sum of a Kaiser window (as in AC-3)."""
    if length % 2:
        raise ParameterError(f"a kaiser_bessel window has an even length, not {length}; try {length + 1}")
    running = np.cumsum(np.kaiser(length // 2 + 1, np.pi * KAISER_ALPHA))
    half = np.sqrt(running[:-1] / running[-1])
    return np.concatenate([half, half[::-1]])


_SHAPES: dict[str, _Shape] = {
    "hann": _cosine_sum(0.5, 0.5),
    "hamming": _cosine_sum(0.54, 0.46),
    "blackman": _cosine_sum(0.42, 0.5, 0.08),
    "sine": _sine,
    "rectangular": lambda length: np.ones(length),
    "kaiser_bessel": _kaiser_bessel,
    "vorbis": _vorbis,
}

WINDOWS = tuple(_SHAPES)
"""Names that `window` knows."""


@lru_cache(maxsize=64)
def window(name: str, length: int) -> Window:
    """Periodic window `name` of `length` samples, (length,) float32, read-only and shared between callers.

    hann, hamming, blackman start at their minimum (sample 0), sine, vorbis, kaiser_bessel lie half a sample later
    and are symmetric, which the MDCT needs.
    """
    if name not in _SHAPES:
        raise ParameterError(f"there is no window {name!r}; choose one of {', '.join(WINDOWS)}")
    if length < 1:
        raise ParameterError(f"a window has at least 1 sample, not {length}")
    values = _SHAPES[name](length) if length > 1 else np.ones(1)
    result = np.maximum(values, 0.0).astype(np.float32)
    result.flags.writeable = False
    return result
