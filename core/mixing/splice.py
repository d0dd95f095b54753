"""Stems of a passage put into the stems of a song, so that nothing clicks and the sum stays what it was.

With the difference d_j = new_j - old_j, an envelope w that rises and falls inside the passage, and a filter B for the
band, each stem becomes old_j + w B(d_j). All stems get the same w and B, so where old and new stems have the same sum
it stays: the sum of all d_j is zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from unbraid.core import large_arrays
from unbraid.core.audio import Audio, Samples
from unbraid.core.errors import ParameterError
from unbraid.core.mixing import band as bands
from unbraid.core.mixing.convolution import Block, BlockCache, padded
from unbraid.core.progress import Progress, silent_progress

if TYPE_CHECKING:
    from unbraid.core.separation.run import Store

RAMP_S = 0.02
BLOCK = 1 << 16


def splice(
    old: Mapping[str, Audio],
    new: Mapping[str, Audio],
    span: tuple[float, float],
    band: tuple[float, float] | None = None,
    store: Store | None = None,
    *,
    progress: Progress = silent_progress,
) -> dict[str, Audio]:
    """Stems by all names of both: outside of the span (seconds) and of the band (hertz) the old ones, inside the new.

    A stem that is missing on one side is silent there. All are as long as the song; of the new ones nothing is used
    outside of the span but a tenth of a second on either side, where there is a band. store: makes the arrays of the
    stems, in memory or nameless files unless told otherwise.
    """
    shape, rate = _common(old, new)
    start, stop = (min(max(round(t * rate), 0), shape[0]) for t in span)
    if start >= stop:
        raise ParameterError(
            f"a passage ends after its beginning and lies in the song, not {span[0]:g} to {span[1]:g} s"
        )
    spliced = {}
    names = tuple(dict.fromkeys((*old, *new)))
    for k, name in enumerate(names):
        progress(k / len(names), f"joining {name}")
        out = large_arrays.empty(shape) if store is None else store(name, *shape, rate)
        _copy(old.get(name), out)
        passage = _Difference(old.get(name), new.get(name), shape[1], band, rate)
        for first in range(start, stop, BLOCK):
            last = min(first + BLOCK, stop)
            change = passage.block(first, last - first) * _envelope(first, last, start, stop, shape[0], rate)
            out[first:last] = out[first:last] + change
        spliced[name] = Audio(out, rate)
    progress(1.0, "joined")
    return spliced


def _common(old: Mapping[str, Audio], new: Mapping[str, Audio]) -> tuple[tuple[int, int], int]:
    """Shape and rate of all."""
    audios = (*old.values(), *new.values())
    kinds = {(audio.frames, audio.channels, audio.rate) for audio in audios}
    if len(kinds) != 1:
        raise ParameterError(f"old and new stems have one length, channel count and rate, not {sorted(kinds)}")
    ((frames, channels, rate),) = kinds
    return (frames, channels), rate


def _copy(audio: Audio | None, out: Samples) -> None:
    for first in range(0, len(out), BLOCK):
        out[first : first + BLOCK] = 0.0 if audio is None else audio.samples[first : first + BLOCK]


class _Difference:
    """New less old, in a band."""

    def __init__(
        self, old: Audio | None, new: Audio | None, channels: int, band: tuple[float, float] | None, rate: int
    ) -> None:
        self._old, self._new, self._channels, self._cache = old, new, channels, BlockCache(4 << 20)
        self._kernel = None if band is None else bands.kernel(*band, rate)

    def block(self, start: int, frames: int) -> Block:
        """Samples from `start` on, (frames, I)."""
        if self._kernel is None:
            return self._plain(start, frames)
        return self._kernel.filtered(self._plain, start, frames, self._cache, "difference")

    def _plain(self, start: int, frames: int) -> Block:
        difference = np.zeros((frames, self._channels))
        if self._new is not None:
            difference += padded(self._new.samples, start, frames)
        if self._old is not None:
            difference -= padded(self._old.samples, start, frames)
        return difference


def _envelope(first: int, last: int, start: int, stop: int, frames: int, rate: int) -> npt.NDArray[np.float64]:
    """Samples `first` to `last` of the passage's envelope, (n, 1); no ramp where the passage ends with the song."""
    k = np.arange(first, last)
    ramp = max(1, min(round(RAMP_S * rate), (stop - start) // 2))
    rise = np.ones(len(k)) if start == 0 else np.clip((k + 0.5 - start) / ramp, 0.0, 1.0)
    fall = np.ones(len(k)) if stop == frames else np.clip((stop - k - 0.5) / ramp, 0.0, 1.0)
    envelope: npt.NDArray[np.float64] = (0.5 - 0.5 * np.cos(np.pi * np.minimum(rise, fall)))[:, None]
    return envelope
