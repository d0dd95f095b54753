"""Filters as overlap-save on a grid that never moves: what comes out depends on the position alone, to the last bit.

Output is made in steps that begin at multiples of `step` samples of the song, whoever asks for what. So seeking,
looping and exporting give the same bits.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Samples

Block = npt.NDArray[np.float64]
"""A passage of sound inside the mixer, (n, I) float64."""

Read = Callable[[int, int], Block]
"""Sound from a sample (which may lie outside of the song) on, so many samples: `read(start, frames)`."""


def padded(samples: Samples, start: int, frames: int) -> Block:
    """`samples` from `start` on, as float64, with silence before their beginning and after their end."""
    stop = start + frames
    if start >= 0 and stop <= len(samples):
        return samples[start:stop].astype(np.float64)
    out = np.zeros((frames, samples.shape[1]))
    first, last = max(start, 0), min(stop, len(samples))
    if first < last:
        out[first - start : last - start] = samples[first:last]
    return out


@dataclass(frozen=True, eq=False)
class Kernel:
    """A finite impulse response, ready for use.

    spectrum: of the response, at the frequencies of an FFT of `step` + `taps` samples. ahead: samples of the future
    that an output sample needs (half the length where phase is linear, 0 for a causal response).
    """

    spectrum: npt.NDArray[np.complex128]
    taps: int
    step: int
    ahead: int = 0

    @classmethod
    def of(cls, response: npt.NDArray[np.float64], *, ahead: int = 0, times: int = 3) -> Kernel:
        """A kernel that works in steps of `times` its length; `response` is (taps,), best a power of two."""
        taps = len(response)
        return cls(np.fft.rfft(response, (times + 1) * taps), taps, times * taps, ahead)

    def apply(self, read: Read, number: int) -> Block:
        """Step `number` of the filtered sound, (step, I)."""
        size = self.step + self.taps
        x = read(number * self.step + self.ahead - self.taps, size)
        spectrum = np.fft.rfft(np.ascontiguousarray(x.T))
        spectrum *= self.spectrum
        return np.ascontiguousarray(np.fft.irfft(spectrum, size)[:, self.taps :].T)

    def filtered(self, read: Read, start: int, frames: int, cache: BlockCache, key: Hashable) -> Block:
        """The filtered sound from sample `start` on, (frames, I). key: names this sound and filter in the cache."""
        pieces = []
        position, stop = start, start + frames
        while position < stop:
            number, offset = divmod(position, self.step)
            step = cache.get((key, number), lambda number=number: self.apply(read, number))  # type: ignore[misc]
            pieces.append(step[offset : offset + stop - position])
            position += len(pieces[-1])
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces or [read(start, 0)])


class BlockCache:
    """Steps that were filtered lately, so that small blocks do not filter the same step again; safe between threads."""

    def __init__(self, limit_bytes: int = 48 << 20) -> None:
        self._blocks: OrderedDict[Hashable, Block] = OrderedDict()
        self._bytes, self._limit = 0, limit_bytes
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Block]) -> Block:
        """The block of that name, made where it is not known."""
        with self._lock:
            if (known := self._blocks.get(key)) is not None:
                self._blocks.move_to_end(key)
                return known
        made = make()
        made.flags.writeable = False
        with self._lock:
            if key not in self._blocks:
                self._blocks[key] = made
                self._bytes += made.nbytes
            while self._bytes > self._limit and len(self._blocks) > 1:
                self._bytes -= self._blocks.popitem(last=False)[1].nbytes
        return made
