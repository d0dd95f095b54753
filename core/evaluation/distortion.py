"""Distortion filters of BSSEval: what of an estimate can be had by filtering the true sources, in least squares.

The filters h of length L minimise |e - sum_i h_i * s_i|^2 over a signal that is silent before and after. Their normal
equations are G h = d: G of S x S Toeplitz blocks made of the correlations of the S source channels, d of those with the
estimate's channels (Vincent et al., 2006). Correlations come from FFTs of blocks, the system is solved by one Cholesky
factorisation in place.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Audio
from unbraid.core.cpu import coarse_threads, cores, one_blas_thread
from unbraid.core.errors import ParameterError
from unbraid.core.progress import Progress, part_of, silent_progress

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]

MAX_UNKNOWNS = 16384
"""Channels times taps of the greatest system that is solved: 16 stereo sources with 512 taps, 2.1 GB."""

DEPENDENT = 1e-13
"""A channel is a mix of the others when no more than this share of its energy (-130 dB, rounding) is its own."""

LOADINGS = (0.0, 1e-15, 1e-13, 1e-11, 1e-9)
"""What is added to the diagonal, relative to each channel's energy, until the system can be factored."""

PANEL = 512
"""Columns that are factored at a time."""

MIN_FFT = 4096
BLOCKS_AT_ONCE = 8
"""Blocks transformed at a time, so that they stay in the cache."""

BLOCKS_PER_TASK = 64
TILE_BINS = 256

LOOK = 1 << 14
"""Samples looked at together for one that is not zero."""


@dataclass(frozen=True, eq=False)
class Signals:
    """Part of several signals of equal channels, all silent outside of `start` to `stop`.

    A signal that ends before `stop` continues with silence.
    """

    audios: tuple[Audio, ...]
    start: int
    stop: int

    @property
    def channels(self) -> int:
        """Channels of all signals, one signal after the other, S."""
        return sum(audio.channels for audio in self.audios)

    @property
    def samples(self) -> int:
        """Samples N from start to stop."""
        return self.stop - self.start

    def part(self, start: int, stop: int) -> Signals:
        """From `start` to `stop`, counted from this part's beginning."""
        return Signals(self.audios, self.start + start, min(self.start + stop, self.stop))

    def load(self, start: int, count: int) -> Floats:
        """Samples `start` to `start + count`, (S, count), counted from this part's beginning."""
        out = np.zeros((self.channels, count))
        row = 0
        for audio in self.audios:
            a = max(self.start + start, self.start)
            b = max(a, min(self.start + start + count, self.stop, audio.frames))
            first = a - self.start - start
            out[row : row + audio.channels, first : first + b - a] = audio.samples[a:b].T
            row += audio.channels
        return out

    def any_silent(self) -> bool:
        """Whether one of the signals is zero in all channels; looks no further than needed."""
        return any(self._is_silent(audio) for audio in self.audios)

    def _is_silent(self, audio: Audio) -> bool:
        stop = min(self.stop, audio.frames)
        return not any(audio.samples[a : min(a + LOOK, stop)].any() for a in range(self.start, stop, LOOK))


def fft_length(taps: int, samples: int) -> int:
    """Length of the FFTs that filter and correlate: long beside the filters, short enough for the cache."""
    from scipy.fft import next_fast_len

    return int(next_fast_len(min(max(8 * taps, MIN_FFT), samples + taps - 1), real=True))


def correlations(
    sources: Signals,
    estimates: Signals,
    taps: int,
    *,
    threads: int | None = None,
    progress: Progress = silent_progress,
) -> Floats:
    """R_ab(l) = sum over u of a(u) b(u + l), l = 0 to taps - 1, (taps, S, S + E).

    a: channels of the sources, b: those of the sources and then of the estimates.
    """
    from scipy.fft import irfft

    fft = fft_length(taps, sources.samples)
    block = fft - taps + 1
    starts = range(0, sources.samples, block * BLOCKS_PER_TASK)
    total = np.zeros((fft // 2 + 1, sources.channels, sources.channels + estimates.channels), np.complex128)
    at_once = threads or cores()
    for k in range(0, len(starts), at_once):
        progress(k / len(starts), "correlating the sources")
        parts = [(sources.part(a, a + block * BLOCKS_PER_TASK), a) for a in starts[k : k + at_once]]
        for spectrum in coarse_threads(
            lambda job: _cross_spectrum(job[0], sources, estimates, job[1], fft, taps), parts, threads=threads
        ):
            total += spectrum
    return np.asarray(irfft(total, fft, axis=0)[:taps])


def _cross_spectrum(part: Signals, sources: Signals, estimates: Signals, start: int, fft: int, taps: int) -> Complexes:
    """Sum over blocks of conj(A) B, (F, S, S + E)."""
    from scipy.fft import rfft

    block = fft - taps + 1
    width = sources.channels + estimates.channels
    total = np.zeros((fft // 2 + 1, sources.channels, width), np.complex128)
    for a in range(0, part.samples, BLOCKS_AT_ONCE * block):
        count = min(BLOCKS_AT_ONCE, -(-(part.samples - a) // block))
        alone = part.load(a, count * block).reshape(-1, count, block)
        ahead = np.concatenate([s.load(start + a, count * block + taps - 1) for s in (sources, estimates)])
        A = rfft(alone, fft, axis=-1)
        B = rfft(_overlapping(ahead, block, taps), fft, axis=-1)
        np.conj(A, out=A)
        for f in range(0, A.shape[-1], TILE_BINS):
            tile = slice(f, f + TILE_BINS)
            left = np.ascontiguousarray(A[..., tile].transpose(2, 0, 1))
            right = np.ascontiguousarray(B[..., tile].transpose(2, 1, 0))
            with np.errstate(invalid="ignore"):  # whoever needs finite samples looks at the sum
                total[tile] += left @ right
    return total


def _overlapping(samples: Floats, block: int, taps: int) -> Floats:
    """Blocks that share taps - 1 samples with the next, (S, blocks, block + taps - 1), a view of (S, N)."""
    return np.lib.stride_tricks.sliding_window_view(samples, block + taps - 1, axis=1)[:, ::block]


@dataclass(frozen=True, eq=False)
class Filters:
    """Distortion filters that predict estimates from true sources.

    every: (S, taps, E), from all source channels to all channels of the estimates.
    own: for each source (I, taps, I), from its own channels to those of its estimate.
    """

    every: Floats
    own: tuple[Floats, ...]


def distortion_filters(
    sources: Signals,
    estimates: Signals,
    taps: int,
    *,
    threads: int | None = None,
    progress: Progress = silent_progress,
) -> Filters:
    """Filters of `taps` samples that bring the sources as near as possible to their estimates; both in one order."""
    _check_size(sources.channels, taps)
    S, channels = sources.channels, sources.audios[0].channels
    with one_blas_thread():
        R = correlations(sources, estimates, taps, threads=threads, progress=part_of(progress, 0.0, 0.6))
        if not np.isfinite(R).all():
            raise ParameterError("the signals hold values that are no finite numbers; repair them first")
        R_ss, R_se = R[:, :, :S], R[:, :, S:]
        own = tuple(
            solve(R_ss[:, mine, mine], R_se[:, mine, mine], threads=threads)
            for mine in (slice(first, first + channels) for first in range(0, S, channels))
        )
        if len(own) == 1:
            return Filters(own[0], own)
        return Filters(solve(R_ss, R_se, threads=threads, progress=part_of(progress, 0.6, 1.0)), own)


def _check_size(channels: int, taps: int) -> None:
    """Refuse systems whose matrix would take more than about 2 GB."""
    if taps < 1:
        raise ParameterError(f"distortion filters have at least one sample, not {taps}; 512 is usual")
    unknowns = channels * taps
    if unknowns > MAX_UNKNOWNS:
        raise ParameterError(
            f"{channels} channels of sources with filters of {taps} samples are {unknowns} unknowns, whose matrix has "
            f"{8e-9 * unknowns**2:.1f} GB; up to {MAX_UNKNOWNS} are solved: score fewer sources at a time, in mono, or "
            f"with {MAX_UNKNOWNS // channels} taps"
        )


def solve(R_ss: Floats, R_se: Floats, *, threads: int | None = None, progress: Progress = silent_progress) -> Floats:
    """Filters (S, taps, E) from the correlations (taps, S, S) of sources and (taps, S, E) of sources with estimates.

    Channels that are instantaneous mixes of those before them (silence, mono as stereo) get filters of zero. What is
    singular beyond that gets the least diagonal loading that can be factored.
    """
    taps, S = R_ss.shape[:2]
    kept = independent(R_ss[0])
    scale = 1 / np.sqrt(R_ss[0][kept, kept])
    R = R_ss[:, kept][:, :, kept] * scale[:, None] * scale
    d = (R_se[:, kept] * scale[:, None]).transpose(1, 0, 2).reshape(len(kept) * taps, -1)
    factor = _factor(R, threads, progress)
    filters = np.zeros((S, taps, d.shape[1]))
    filters[kept] = _substitute(factor, d).reshape(len(kept), taps, -1) * scale[:, None, None]
    return filters


def independent(covariance: Floats) -> list[int]:
    """Channels that are no mix of those before them, from their covariance (S, S), by its Cholesky factorisation."""
    kept: list[int] = []
    L = np.zeros_like(covariance)
    for i in range(len(covariance)):
        for j in kept:
            L[i, j] = (covariance[i, j] - L[i] @ L[j]) / L[j, j]
        left = covariance[i, i] - L[i] @ L[i]
        if left > DEPENDENT * covariance[i, i]:
            L[i, i] = np.sqrt(left)
            kept.append(i)
        else:
            L[i] = 0
    return kept


def _factor(R: Floats, threads: int | None, progress: Progress) -> Floats:
    """Cholesky factor of G, its lower triangle, for R with ones on the diagonal."""
    for loading in LOADINGS:
        G = _gram(R, progress)
        np.einsum("ii->i", G)[...] += loading
        try:
            factor_in_place(G, threads=threads, progress=progress)
        except np.linalg.LinAlgError:
            logger.debug("the sources nearly depend on one another: a loading of %g is not enough", loading)
        else:
            return G
    raise ParameterError("the true sources cannot be told apart: they are filtered versions of one another")


def _gram(R: Floats, progress: Progress) -> Floats:
    """G (S taps, S taps) with R_ij(t1 - t2) at (i t1, j t2), of R (taps, S, S); zero above its diagonal blocks."""
    taps, S = R.shape[:2]
    G = np.zeros((S, taps, S, taps))  # no memory where nothing is written
    for i in range(S):
        progress(0.0, f"solving for {S * taps} filter coefficients")
        for j in range(i + 1):
            both = np.concatenate([R[:0:-1, j, i], R[:, i, j]])  # lags -(taps - 1) to taps - 1
            G[i, :, j] = np.lib.stride_tricks.sliding_window_view(both, taps)[:, ::-1]
    return G.reshape(S * taps, S * taps)


def factor_in_place(G: Floats, *, threads: int | None = None, progress: Progress = silent_progress) -> None:
    """Lower Cholesky factor of a symmetric matrix (n, n), written over its lower triangle; the rest says nothing.

    Panel by panel: memory for one panel more, several threads, and the work can be stopped.
    """
    from scipy.linalg import solve_triangular

    n, at_once = len(G), threads or cores()
    for a in range(0, n, PANEL):
        b = min(a + PANEL, n)
        G[a:b, a:b] = np.linalg.cholesky(G[a:b, a:b])
        G[b:, a:b] = solve_triangular(G[a:b, a:b], G[b:, a:b].T, lower=True, check_finite=False).T
        for row in range(b, n, at_once * PANEL):
            progress(1 - (1 - a / n) ** 3, f"solving for {n} filter coefficients")
            rows = range(row, min(row + at_once * PANEL, n), PANEL)
            coarse_threads(_without_panel(G, a, b), rows, threads=threads)


def _without_panel(G: Floats, a: int, b: int) -> Callable[[int], None]:
    """What takes the factored columns a to b out of some rows below them."""

    def update(row: int) -> None:
        end = min(row + PANEL, len(G))
        G[row:end, b:end] -= G[row:end, a:b] @ G[b:end, a:b].T

    return update


def _substitute(L: Floats, d: Floats) -> Floats:
    """Solution (n, E) of L L^T x = d, d (n, E)."""
    from scipy.linalg import solve_triangular

    U = L.T  # in Fortran order, which LAPACK takes without a copy
    y = solve_triangular(U, d, trans="T", check_finite=False)
    return np.asarray(solve_triangular(U, y, check_finite=False, overwrite_b=True))
