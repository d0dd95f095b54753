"""A reference brought in step with the song: its delay, its drift, and how both move over the song.

First one delay for all of it, from phases (core/dsp/delay.py). Where none is clear, as when the other recording runs
faster or is another performance, a line through the correlations of onsets, piece by piece. Then, where phases agree,
the path of least doubt through the correlations of short pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Audio, Samples
from unbraid.core.dsp.delay import moved
from unbraid.core.dsp.stft import StftParams, stft, stft_blocks
from unbraid.core.progress import Progress, part_of, silent_progress

Doubles = npt.NDArray[np.float64]

DRIFT = 0.006
"""Greatest difference of speed that is looked for."""

MOST_PIECES = 160
CLEAR = 5.0
"""Least height of a line or a path over what chance gives, in its standard deviations."""

CHANCE = 4.5
"""Height of a correlation of phases that chance hardly reaches."""

BETTER = 1.1
"""A move is believed when recordings share so many times more after it."""

CHANCE_SHARED = 0.06
"""Coherence below which two recordings are different performances."""

LEAST_CLEAR = 0.2
"""Part of the pieces that must be beyond chance."""

CLEAR_DELAY = 7.0
PIECES = 24
TAPS, PHASES = 32, 4096


@dataclass(frozen=True)
class Reach:
    """Seconds that a reference may be early or late."""

    seconds: float


def in_step(mix: Audio, sound: Audio, reach: Reach, progress: Progress = silent_progress) -> Samples:
    """`sound` moved, and stretched where that is clear, to be in step with `mix`; both (N, I) of one rate."""
    samples = sound.samples
    if reach.seconds <= 0 or not samples.any() or not mix.samples.any():
        return samples
    samples, shared = _roughly(mix, sound, reach, part_of(progress, 0.0, 0.5))
    for number, stage in enumerate(STAGES if shared > CHANCE_SHARED else ()):
        told = part_of(progress, 0.5 + 0.5 * number / len(STAGES), 0.5 + 0.5 * (number + 1) / len(STAGES))
        path = _path_of_phases(mix, samples, stage, told)
        if path is None:
            continue
        moved_on = warped(samples, path)
        now = shared_part(mix.samples, moved_on)
        if now > BETTER * shared:
            samples, shared = moved_on, now
    return samples


def _roughly(mix: Audio, sound: Audio, reach: Reach, progress: Progress) -> tuple[Samples, float]:
    """The sound as it is, moved by a delay or along a line: what shares most with the mix, else what onsets say."""
    samples, rate = sound.samples, mix.rate
    lag = _delay(mix.samples, samples, round(reach.seconds * rate), part_of(progress, 0.0, 0.4))
    start_s, drift = line_of_onsets(mix, sound, reach, part_of(progress, 0.4, 0.6))
    options = [samples]
    if lag:
        options.append(moved(samples, lag))
    if start_s or drift:
        options.append(warped(samples, start_s * rate + drift * np.arange(len(samples))))
    shares = []
    for number, option in enumerate(options):
        progress(0.6 + 0.4 * number / len(options), "bringing recordings in step")
        shares.append(shared_part(mix.samples, option))
    best = int(np.argmax(shares))
    if shares[best] < CHANCE_SHARED:
        return options[-1 if start_s or drift else 0], 0.0
    chosen = best if shares[best] > BETTER * shares[0] else 0
    return options[chosen], shares[chosen]


def shared_part(a: Samples, b: Samples) -> float:
    """Mean coherence of two recordings, over bins and passages of two seconds, up to 1; a filter does not change it."""
    params = StftParams(4096, 1024)
    total = params.frames(len(a))
    found = []
    for first in np.unique(np.linspace(0, max(0, total - 80), min(20, -(-total // 80))).astype(int)):
        x, y = (stft(s, params, first=int(first), frames=min(80, total - int(first))) for s in (a, b))
        across = np.square(np.abs((x * y.conj()).sum(axis=1)))
        each = [np.square(np.abs(z)).sum(axis=1) for z in (x, y)]
        heard = (each[0] > 1e-6 * each[0].max(initial=0)) & (each[1] > 1e-6 * each[1].max(initial=0))
        if heard.any():
            found.append(float((across[heard] / (each[0] * each[1])[heard]).mean()))
    return float(np.mean(found)) if found else 0.0


def _delay(a: Samples, b: Samples, reach: int, progress: Progress) -> int:
    """Samples by which all of `b` is later than `a`, by phases; 0 where none is clear."""
    length = min(len(a), 4 * max(1, reach))
    starts = np.unique(np.linspace(0, len(a) - length, min(PIECES, max(1, 2 * len(a) // length))).astype(int))
    total = np.zeros(2 * min(reach, length - 1) + 1)
    for number, start in enumerate(starts):
        progress(number / len(starts), "finding out whether recordings are in step")
        total += _whitened(a[start : start + length], b[start : start + length], min(reach, length - 1), np.inf, 1.0)
    best = int(np.argmax(np.abs(total)))
    height = abs(total[best]) / max(float(np.sqrt(np.mean(np.square(total)))), 1e-30)
    return best - min(reach, length - 1) if height > CLEAR_DELAY else 0


def line_of_onsets(mix: Audio, sound: Audio, reach: Reach, progress: Progress) -> tuple[float, float]:
    """Delay at the start in seconds and drift of `sound`, (0, 0) where no line stands out."""
    hop = 1 << max(0, round(np.log2(mix.rate / 400)))
    a, b = (_onsets(x.samples, StftParams(8 * hop, hop)) for x in (mix, sound))
    progress(0.3, "finding out how recordings run")
    lags, step = round(reach.seconds * mix.rate / hop), hop / mix.rate
    length = min(len(a), max(4 * lags, round(3 / step)))
    if length < 8:
        return 0.0, 0.0
    starts = np.unique(np.linspace(0, len(a) - length, min(MOST_PIECES, 2 * len(a) // length)).astype(int))
    rows = np.stack([_correlation(a[s : s + length], b[s : s + length], lags) for s in starts])
    progress(0.8, "finding out how recordings run")
    middles = (starts + length / 2) * step
    steepest = 0.0 if len(starts) < 3 else DRIFT
    drifts = np.linspace(-steepest, steepest, 1 + 2 * int(steepest * middles[-1] / step))
    scores = np.stack([_along(rows, np.rint(drift * middles / step).astype(int)) for drift in drifts])
    if scores.max() < CLEAR * scores.std() or scores.std() == 0:
        return 0.0, 0.0
    best, lag = np.unravel_index(int(np.argmax(scores)), scores.shape)
    return float((lag - lags) * step), float(drifts[best])


def _onsets(samples: Samples, params: StftParams) -> Doubles:
    """Rises of the level in bands, (T, B), each band of unit power."""
    levels = []
    for _, x in stft_blocks(samples, params):
        power = np.square(np.abs(x)).sum(axis=2).T.astype(np.float64)
        edges = np.unique(np.geomspace(2, power.shape[1], 25).astype(int))
        levels.append(np.add.reduceat(power, edges[:-1], axis=1))
    level = np.concatenate(levels)
    level = np.log(level / max(float(level.mean()), 1e-300) + 1e-4)
    rise = np.maximum(np.diff(level, axis=0, prepend=level[:1]), 0)
    rise -= rise.mean(axis=0)
    power = np.sqrt(np.square(rise).mean(axis=0))
    return np.asarray(rise / np.where(power > 0, power, 1), np.float64)


def _correlation(a: Doubles, b: Doubles, lags: int) -> Doubles:
    """Sums over bands of a(t) b(t + lag) for lags -lags to lags, of unit power."""
    from scipy.fft import irfft, next_fast_len, rfft

    size = next_fast_len(len(a) + lags + 1, real=True)
    c = irfft((rfft(a, size, axis=0).conj() * rfft(b, size, axis=0)).sum(axis=1), size)
    around = np.concatenate([c[size - lags :], c[: lags + 1]]) if lags else c[:1]
    spread = float(around.std())
    return np.asarray((around - around.mean()) / (spread or 1.0), np.float64)


def _along(rows: Doubles, shifts: npt.NDArray[np.int_]) -> Doubles:
    """Sums of rows, each moved by its shift."""
    total = np.zeros(rows.shape[1])
    for row, shift in zip(rows, shifts, strict=True):
        inside = slice(max(0, -shift), min(len(row), len(row) - shift))
        total[inside] += row[inside.start + shift : inside.stop + shift]
    return total


@dataclass(frozen=True)
class Stage:
    """Pieces in which phases are compared: their length, how far apart recordings may be, and up to which frequency."""

    piece_s: float
    reach_s: float
    high_hz: float


STAGES = (Stage(0.5, 0.010, 2000.0), Stage(0.8, 0.004, 6000.0), Stage(1.6, 0.001, 20000.0))


def _path_of_phases(mix: Audio, samples: Samples, stage: Stage, progress: Progress) -> Doubles | None:
    """Samples by which the reference is late at each sample of the song, None where nothing is clear."""
    middles, table = _rows_of_phases(mix, samples, stage, progress)
    if len(table) < 3:
        return None
    path = _best_path(table)
    sure = np.square(np.maximum(table[np.arange(len(table)), path] - CHANCE, 0))
    if (sure > 0).mean() < LEAST_CLEAR:
        return None
    late = _smoothed(path - float(table.shape[1] // 2), sure + 1e-3 * sure.mean())
    return np.interp(np.arange(mix.frames), middles, late)


def _rows_of_phases(
    mix: Audio, samples: Samples, stage: Stage, progress: Progress = silent_progress
) -> tuple[Doubles, Doubles]:
    """Middles of pieces in samples, (P,), and heights of the correlation of phases at all lags, (P, L)."""
    rate = mix.rate
    length, reach = round(stage.piece_s * rate), max(1, round(stage.reach_s * rate))
    if mix.frames < 2 * length:
        length = max(1, mix.frames // 2)
    reach = min(reach, max(0, length - 1))
    starts = np.linspace(0, mix.frames - length, max(1, min(MOST_PIECES, 2 * mix.frames // length))).astype(int)
    rows = []
    for number, start in enumerate(starts):
        progress(number / len(starts), "bringing recordings in step")
        piece = slice(start, start + length)
        rows.append(np.abs(_whitened(mix.samples[piece], samples[piece], reach, stage.high_hz, rate)))
    return starts + length / 2, np.stack(rows)


def _whitened(a: Samples, b: Samples, reach: int, high_hz: float, rate: float) -> Doubles:
    """Correlation of phases at lags -reach to reach, over its root mean square by chance."""
    from scipy.fft import irfft, next_fast_len, rfft

    size = next_fast_len(len(a) + reach + 1, real=True)
    window = np.hanning(len(a) + 2)[1:-1]
    A, B = (rfft(x.mean(axis=1, dtype=np.float64) * window, size) for x in (a, b))
    weight = 1 / (1 + np.square(np.arange(len(A)) * (rate / size / high_hz)))
    for X in (A, B):
        level = np.abs(X)
        weight[level <= 1e-6 * level.max(initial=0.0)] = 0
    across = A.conj() * B
    level = np.abs(across)
    across = np.divide(across * weight, level, out=np.zeros_like(across), where=(level > 0) & (weight > 0))
    c = irfft(across, size)
    around = np.concatenate([c[size - reach :], c[: reach + 1]]) if reach else c[:1]
    spread = np.sqrt(2 * np.square(weight).sum()) / size
    return np.asarray(around / (spread or 1.0), np.float64)


def _best_path(table: Doubles, cost: float = 0.15) -> npt.NDArray[np.int_]:
    """Columns of the greatest sum over the rows, each step costing by its length (Viterbi with a linear cost)."""
    score, back = table[0], []
    columns = np.arange(table.shape[1])
    for row in table[1:]:
        up, left = _spread(score, columns, cost), _spread(score[::-1], columns, cost)
        value = np.maximum(up[0], left[0][::-1])
        origin = np.where(up[0] >= left[0][::-1], up[1], len(columns) - 1 - left[1][::-1])
        back.append(origin)
        score = value + row
    path = [int(np.argmax(score))]
    for origin in reversed(back):
        path.append(int(origin[path[-1]]))
    return np.array(path[::-1])


def _spread(score: Doubles, columns: npt.NDArray[np.int_], cost: float) -> tuple[Doubles, npt.NDArray[np.int_]]:
    """The greatest of score(k) - cost (n - k) over k <= n, and that k."""
    raised = score + cost * columns
    greatest = np.maximum.accumulate(raised)
    where = np.maximum.accumulate(np.where(raised == greatest, columns, 0))
    return greatest - cost * columns, where


def _smoothed(path: npt.NDArray[np.floating], weights: npt.NDArray[np.floating]) -> Doubles:
    """The path as smooth as its doubt asks: weighted least squares with a penalty on curvature."""
    count = len(path)
    D = np.diff(np.eye(count), 2, axis=0)
    W = np.square(weights)
    return np.asarray(np.linalg.solve(np.diag(W) + 2 * W.mean() * D.T @ D, W * path), np.float64)


@lru_cache(maxsize=1)
def _kernels() -> npt.NDArray[np.float32]:
    """Windowed sincs for PHASES fractions of a sample, (PHASES + 1, TAPS)."""
    offset = np.linspace(0, 1, PHASES + 1)[:, None] - (np.arange(TAPS) - TAPS // 2 + 1)
    return np.asarray(np.sinc(offset) * np.cos(np.pi * offset / (TAPS + 2)) ** 2, np.float32)


def warped(samples: Samples, late: npt.NDArray[np.floating], block: int = 1 << 15) -> Samples:
    """Samples (N, I) read at n + late(n), with a windowed sinc of 32 taps; silence beyond the ends."""
    out = np.zeros(samples.shape, np.float32)
    for start in range(0, len(samples), block):
        place = np.arange(start, min(start + block, len(samples))) + late[start : start + block]
        place = np.clip(place, -TAPS, len(samples) + TAPS)
        whole = np.floor(place).astype(np.int64)
        kernels = _kernels()[np.rint((place - whole) * PHASES).astype(np.int64)]
        low = int(whole.min()) - TAPS // 2 + 1
        inside = slice(max(0, low), max(0, min(len(samples), int(whole.max()) + TAPS // 2 + 1)))
        near = np.zeros((int(whole.max()) + TAPS // 2 + 1 - low, samples.shape[1]), np.float32)
        near[inside.start - low : inside.stop - low] = samples[inside]
        for tap in range(TAPS):
            out[start : start + block] += kernels[:, tap, None] * near[whole - TAPS // 2 + 1 + tap - low]
    return out
