"""Stems of any range of samples from the mix and the model: the multichannel Wiener filter of the decoder.

y_j = v_j R_j (sum of v_k R_k + n)^-1 x in every band and frame, n the power of noise that a lossy copy of the mix has.
A frame depends on nothing but its own samples and powers, and frames are added in their order, so that a range is the
same bits whichever range is asked for, in blocks of any size and with any number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from unbraid.core.cpu import coarse_threads
from unbraid.core.dsp.overlap import OverlapAdd, OverlapPlan
from unbraid.core.dsp.stft import Spectrum, stft
from unbraid.core.dsp.windows import window
from unbraid.core.errors import ParameterError
from unbraid.core.informed.parametric.filtering_kernels import filter_mono, filter_stereo
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.parametric.spatial import Covariances, spatial_band

Samples = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

ModelOf = Callable[[int, int], Sequence[tuple[Doubles, Covariances]]]
"""Powers (B, t, J) and covariances (S, J, I, I) of frames first to stop, in pieces that follow each other in time."""

NoiseOf = Callable[[int, int], Doubles]
"""Power of the noise in each channel of frames first to stop, (B, t)."""

FRAMES = 32
"""Frames filtered at a time."""
PIECE = 1 << 14
"""Samples added at a time, so that they stay in the cache."""


def frames_needed(grid: Grid, length: int, start: int, stop: int) -> range:
    """Frames that samples `start` to `stop` of a mix of `length` samples depend on."""
    reach, offset = grid.window_samples // grid.hop_samples, grid.window_samples // 2
    first = max(0, (start + offset) // grid.hop_samples - reach + 1)
    last = min((stop - 1 + offset) // grid.hop_samples + 1, grid.frames(length))
    return range(first, max(first, last))


def estimate(
    mix: Samples,
    grid: Grid,
    model: ModelOf,
    *,
    start: int = 0,
    stop: int | None = None,
    rest: int | None = None,
    noise: NoiseOf | None = None,
    threads: int | None = None,
) -> npt.NDArray[np.float32]:
    """Estimates (J, stop - start, I) of all sources in samples `start` to `stop` of a mix (N, I), I = 1 or 2.

    They lie in memory as (J, I, stop - start).

    mix: the whole of it, may be memory-mapped. rest: the source that is the mix minus all others, so that they add up
    to it; None: it is filtered like the others, and what is left over belongs to nobody, which is right with noise.
    """
    length, channels = mix.shape
    end = length if stop is None else stop
    if not 0 <= start <= end <= length or channels not in (1, 2):
        raise ParameterError(f"samples {start} to {end} of 1 or 2 channels are not within a mix of shape {mix.shape}")
    frames = frames_needed(grid, length, start, end)
    adder = _Adder(grid, length, start, end, channels)
    for first in range(frames.start, frames.stop, FRAMES):
        last = min(first + FRAMES, frames.stop)
        x = stft(mix, grid.stft, first=first, frames=last - first, threads=threads)
        adder.add(_filtered(x, grid, model(first, last), noise(first, last) if noise else None), rest, threads)
    stems = adder.finished(threads)
    if rest is not None:
        _give_remainder(mix[start:end], stems, rest)
    return stems


def _give_remainder(mix: Samples, stems: Samples, rest: int) -> None:
    """Make one stem what the others, added in float64, leave of the mix. stems: (J, n, I), one is filled."""
    for a in range(0, len(mix), PIECE):
        part = slice(a, a + PIECE)
        for c in range(mix.shape[1]):
            left = mix[part, c].astype(np.float64)
            for j in range(len(stems)):
                if j != rest:
                    left -= stems[j, part, c]
            stems[rest, part, c] = left


def _filtered(
    x: Spectrum, grid: Grid, pieces: Sequence[tuple[Doubles, Covariances]], noise: Doubles | None
) -> npt.NDArray[np.complex64]:
    """Sources (J, I, t, F) of a spectrogram (F, t, I)."""
    channels, count = x.shape[2], x.shape[1]
    sources = pieces[0][0].shape[2]
    rows = np.ascontiguousarray(x.T).view(np.float32)
    y = np.empty((sources, channels, count, 2 * grid.bins), np.float32)
    n = np.zeros((grid.bands, count)) if noise is None else noise
    at = 0
    for v, R in pieces:
        part = slice(at, at + v.shape[1])
        at = part.stop
        if v.shape[::2] != (grid.bands, sources) or R.shape[1:] != (sources, channels, channels) or at > count:
            raise ParameterError(f"powers {v.shape} and covariances {R.shape} do not fit {grid.bands} bands")
        powers, floor = np.ascontiguousarray(v), np.ascontiguousarray(n[:, part])
        if channels == 1:
            filter_mono(rows[:, part], powers, floor, grid.edges, y[:, :, part])
        else:
            spatial = spatial_band(grid.bands, len(R))
            filter_stereo(rows[:, part], powers, _rows(R), spatial, floor, grid.edges, y[:, :, part])
    if at != count:
        raise ParameterError(f"the model has {at} of {count} frames")
    return y.view(np.complex64)


def _rows(R: Covariances) -> Doubles:
    """Rows r00, r11, Re r01, Im r01 of Hermitian matrices (S, J, 2, 2): (S, J, 4)."""
    return np.stack([R[..., 0, 0].real, R[..., 1, 1].real, R[..., 0, 1].real, R[..., 0, 1].imag], -1)


class _Adder:
    """Overlap-add of all sources and channels of a range of samples."""

    def __init__(self, grid: Grid, length: int, start: int, stop: int, channels: int):
        params = grid.stft
        n = params.window_samples
        shape = window(params.window, n)
        self._plan = OverlapPlan(shape, params.hop_samples, n // 2, params.frames(length), length)
        self._first = (start + n // 2) // params.hop_samples
        self._range = (start, stop)
        self._channels = channels
        self._adders: list[OverlapAdd] = []
        self._out = np.empty((0, 0, 0), np.float32)

    def add(self, y: npt.NDArray[np.complex64], rest: int | None, threads: int | None) -> None:
        """The next frames (J, I, t, F)."""
        from scipy.fft import irfft

        start, stop = self._range
        if not self._adders:
            self._adders = [OverlapAdd(self._plan, self._first) for _ in range(len(y) * self._channels)]
            self._out = np.zeros((len(y), self._channels, stop - start), np.float32).transpose(0, 2, 1)

        def work(number: int) -> None:
            j, c = divmod(number, self._channels)
            if j != rest:
                adder = self._adders[number]
                at = adder.position
                self._put(j, c, at, adder.add(irfft(y[j, c], len(self._plan.window), axis=-1)))

        coarse_threads(work, range(len(self._adders)), threads=threads)

    def finished(self, threads: int | None) -> npt.NDArray[np.float32]:
        """All samples of the range, (J, n, I)."""

        def work(number: int) -> None:
            j, c = divmod(number, self._channels)
            adder = self._adders[number]
            if adder.frame == self._plan.frames and adder.position < self._plan.length:
                at = adder.position
                self._put(j, c, at, adder.finish())

        coarse_threads(work, range(len(self._adders)), threads=threads)
        return self._out

    def _put(self, source: int, channel: int, at: int, samples: npt.NDArray[np.float32]) -> None:
        start, stop = self._range
        a, b = max(at, start), min(at + len(samples), stop)
        if a < b:
            self._out[source, a - start : b - start, channel] = samples[a - at : b - at]
