"""Energies of the parts of estimates in windows of a song, for BSSEval.

Filtered windows are made by overlap-save in blocks that stay in the cache, so a window may be as long as the song.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from unbraid.core.cpu import coarse_threads, cores
from unbraid.core.evaluation.distortion import Complexes, Filters, Floats, Signals, fft_length
from unbraid.core.progress import Progress, silent_progress

PARTS = ("true", "wrong", "spatial", "filtered", "interference", "explained", "artifacts")
"""What energies are taken of, with s the true source, e its estimate, f and p the true source as filtered from its own
channels and from those of all sources: s, e - s, f - s, f, p - f, p, e - p."""

BLOCKS_AT_ONCE = 4
"""Blocks filtered at a time, so that they stay in the cache."""

BLOCKS_PER_TASK = 16
TASKS_PER_THREAD = 2


@dataclass(frozen=True)
class Frames:
    """Windows over a signal, in samples."""

    window: int
    hop: int
    count: int

    def at(self, signals: Signals, number: int) -> Signals:
        """What one window shows of signals."""
        return signals.part(number * self.hop, number * self.hop + self.window)


def energies(
    sources: Signals,
    estimates: Signals,
    frames: Frames,
    filters: Filters,
    *,
    threads: int | None = None,
    progress: Progress = silent_progress,
) -> Floats:
    """Energies (7, J, T) of `PARTS` for each source and frame; NaN where a source or an estimate is silent."""
    filtering = _Filtering.of(frames.window, filters)
    silent = [any(frames.at(s, k).any_silent() for s in (sources, estimates)) for k in range(frames.count)]
    total = np.zeros((len(PARTS), len(sources.audios), frames.count))
    total[..., silent] = np.nan
    jobs = [(int(k), part) for k in np.flatnonzero(np.logical_not(silent)) for part in filtering.parts()]

    def work(job: tuple[int, range]) -> Floats:
        number, part = job
        return _energies(frames.at(sources, number), frames.at(estimates, number), filtering, part)

    at_once = TASKS_PER_THREAD * (threads or cores())
    for first in range(0, len(jobs), at_once):
        now = jobs[first : first + at_once]
        progress(first / len(jobs), f"frame {now[0][0] + 1} of {frames.count}")
        for (number, _), part in zip(now, coarse_threads(work, now, threads=threads), strict=True):
            total[..., number] += part
    return total


@dataclass(frozen=True, eq=False)
class _Filtering:
    """How windows are filtered: `count` blocks of `samples`, with transforms of `fft`, by filters of `taps`.

    every: (S, S, F) responses from all sources to all estimates. own: (I, I, F) from each source to its estimate.
    """

    samples: int
    count: int
    fft: int
    taps: int
    every: Complexes
    own: tuple[Complexes, ...]

    @classmethod
    def of(cls, window: int, filters: Filters) -> _Filtering:
        """For windows of so many samples, whose filtered versions are taps - 1 samples longer."""
        from scipy.fft import next_fast_len, rfft

        taps = filters.every.shape[1]
        length = window + taps - 1
        count = -(-length // (fft_length(taps, window) - taps + 1))
        samples = -(-length // count)
        fft = int(next_fast_len(samples + taps - 1, real=True))
        every, *own = (np.asarray(rfft(h.transpose(0, 2, 1), fft, axis=-1)) for h in (filters.every, *filters.own))
        return cls(samples, count, fft, taps, every, tuple(own))

    def parts(self) -> Iterator[range]:
        """Some of a window's blocks after the other."""
        return (
            range(first, min(first + BLOCKS_PER_TASK, self.count)) for first in range(0, self.count, BLOCKS_PER_TASK)
        )

    def filtered(self, spectra: Complexes, responses: Complexes) -> Floats:
        """Samples (outputs, blocks, samples) of spectra (inputs, blocks, F) times responses (inputs, outputs, F)."""
        from scipy.fft import irfft

        out = np.empty((responses.shape[1], *spectra.shape[1:]), np.complex128)
        product = np.empty_like(spectra[0])
        for c in range(responses.shape[1]):
            np.multiply(spectra[0], responses[0, c], out=out[c])
            for i in range(1, len(spectra)):
                out[c] += np.multiply(spectra[i], responses[i, c], out=product)
        return np.asarray(irfft(out, self.fft, axis=-1)[..., self.taps - 1 : self.taps - 1 + self.samples])


def _energies(sources: Signals, estimates: Signals, filtering: _Filtering, blocks: range) -> Floats:
    """Energies (7, J) of some blocks of a window."""
    J = len(filtering.own)
    sums = np.zeros((len(PARTS), sources.channels))
    for first in range(blocks.start, blocks.stop, BLOCKS_AT_ONCE):
        count = min(BLOCKS_AT_ONCE, blocks.stop - first)
        for k, part in enumerate(_parts(sources, estimates, filtering, first, count)):
            sums[k] += np.einsum("cqn,cqn->c", part, part)
    return np.asarray(sums.reshape(len(PARTS), J, -1).sum(axis=-1))


def _parts(sources: Signals, estimates: Signals, filtering: _Filtering, first: int, count: int) -> tuple[Floats, ...]:
    """The seven `PARTS` of `count` blocks, (S, count, samples) each."""
    from scipy.fft import rfft

    samples, history = filtering.samples, filtering.taps - 1
    start, length = first * samples, count * samples
    before = sources.load(start - history, history + length)
    pieces = np.lib.stride_tricks.sliding_window_view(before, history + samples, axis=1)[:, ::samples]
    spectra = rfft(pieces, filtering.fft, axis=-1)
    s = before[:, history:].reshape(-1, count, samples)
    e = estimates.load(start, length).reshape(s.shape)
    p = f = filtering.filtered(spectra, filtering.every)
    if len(filtering.own) > 1:
        mine = np.split(spectra, len(filtering.own))
        f = np.concatenate([filtering.filtered(x, h) for x, h in zip(mine, filtering.own, strict=True)])
    return s, e - s, f - s, f, p - f, p, e - p
