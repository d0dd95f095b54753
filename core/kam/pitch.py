"""The predominant pitch of a spectrogram: salience of harmonic series, and the smoothest path through it.

The salience of a pitch is the sum of what lies on its partials (Klapuri, ISMIR 2006) less what lies between them: a
matrix product. The path is that of Viterbi's algorithm with a cost for glides and a constant cost for jumps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.cpu import coarse_threads, one_blas_thread
from unbraid.core.dsp import kernels_kam
from unbraid.core.dsp.compiled import Engine, use_compiled
from unbraid.core.dsp.stft import StftParams
from unbraid.core.errors import ParameterError
from unbraid.core.progress import Progress, part_of, silent_progress
from unbraid.core.separation.guide import PitchTrack

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]

COMPRESSION = 0.6
"""Exponent of magnitudes: below 1 loud partials decide less alone."""
PARTIALS = 12
RESOLVED = 3.0
"""Bins from partial to partial at least; closer ones cannot be told from what lies between."""
DECAY = 0.8
"""Weight of each partial relative to the one below; without it octaves below the true pitch win."""

GLIDE_COST = 0.0064
"""Cost of a semitone, in standard deviations of salience times seconds."""
JUMP_COST = 0.128
"""Cost of any jump, in the same unit."""
FASTEST = 40.0
"""Semitones per second of the fastest glide; what is faster is a jump."""

TYPICAL = 0.35
"""Salience, relative to that of the frames where there is most, of which one half is sure."""
NOISE, TONE = 0.2, 0.5
"""Contrast between partials and what lies between, -1 to 1: of noise at most, and of a tone at least."""
VOICED = 0.5
"""Least confidence of a pitch."""

BLOCK, BETWEEN = 256, 2048
"""Frames whose salience is computed at a time, and between two questions whether to stop."""


@dataclass(frozen=True, eq=False)
class TrackedPitch(PitchTrack):
    """A pitch that was followed, and how sure it is at each time, (T,) from 0 to 1."""

    confidence: Floats


def track_pitch(
    V: Floats,
    params: StftParams,
    rate: int,
    *,
    low_hz: float = 80.0,
    high_hz: float = 900.0,
    step_cents: float = 25.0,
    target: str = "",
    progress: Progress = silent_progress,
    engine: Engine = "auto",
) -> TrackedPitch:
    """The predominant pitch from `low_hz` to `high_hz` at every frame; 0 Hz where there is none to be sure of.

    V: (F, T) magnitudes, of a voice that has been separated roughly rather than of the mixture.
    """
    pitches = pitch_grid(low_hz, high_hz, step_cents)
    frame_s = params.hop_samples / rate
    gain, total = salience(V, pitches, rate / params.fft, progress=part_of(progress, 0.0, 0.9))
    times = params.times_s(rate, V.shape[1]).astype(np.float32)
    spread = float(gain.std(dtype=np.float64))
    if spread == 0:
        nothing = np.zeros(V.shape[1], np.float32)
        return TrackedPitch(target, times, nothing, nothing)
    gain /= np.float32(spread)
    most = max(1, round(FASTEST * frame_s * 100 / step_cents))
    glides = GLIDE_COST / frame_s * step_cents / 100 * np.abs(np.arange(-most, most + 1.0))
    path = best_path(gain, glides, JUMP_COST / frame_s, engine=engine)
    frames = np.arange(len(path))
    sure = confidence(gain[frames, path], gain[frames, path] * np.float32(spread), total[frames, path])
    found = pitches[0] * np.exp2((path + peak_offsets(gain, path)) * step_cents / 1200)
    return TrackedPitch(target, times, np.where(sure >= VOICED, found, 0).astype(np.float32), sure)


def pitch_grid(low_hz: float, high_hz: float, step_cents: float) -> Doubles:
    """Pitches from low to high in steps of so many cents, (P,)."""
    if not 1 <= low_hz <= high_hz <= 1e5:
        raise ParameterError(
            f"the pitch lies between two frequencies of at least 1 Hz, the lower first: {low_hz:g} and {high_hz:g} Hz "
            "were given; try 80 and 900"
        )
    if not 1 <= step_cents <= 100:
        raise ParameterError(f"the step between pitches is 1 to 100 cents, not {step_cents:g}; try 25")
    count = int(np.floor(1200 / step_cents * np.log2(high_hz / low_hz) + 1e-9)) + 1
    return np.asarray(low_hz * np.exp2(np.arange(count) * step_cents / 1200), np.float64)


def salience(
    V: Floats, pitches: Doubles, bin_hz: float, *, progress: Progress = silent_progress
) -> tuple[Floats, Floats]:
    """What lies on the partials of each pitch less, and plus, what lies between them: both (T, P), of levels up to 1.

    V: (F, T).
    """
    weights = harmonic_weights(V.shape[0], pitches, bin_hz)
    used = int(np.flatnonzero(weights.any(axis=1)).max(initial=0)) + 1
    weights, both = weights[:used], np.abs(weights[:used])
    peak = np.float32(float(V.max(initial=0.0)) or 1.0)
    gain, total = (np.empty((V.shape[1], len(pitches)), np.float32) for _ in range(2))

    def work(start: int) -> None:
        some = slice(start, start + BLOCK)
        level = (np.ascontiguousarray(V[:used, some].T) / peak) ** np.float32(COMPRESSION)
        gain[some] = level @ weights
        total[some] = level @ both

    with one_blas_thread():
        for start in range(0, V.shape[1], BETWEEN):
            progress(start / V.shape[1], "following the pitch")
            coarse_threads(work, range(start, min(start + BETWEEN, V.shape[1]), BLOCK))
    return gain, total


def harmonic_weights(bins: int, pitches: Doubles, bin_hz: float) -> Floats:
    """(F, P): the weights of levels at the partials of each pitch, above 0, and midway between them, below 0.

    Levels between bins are interpolated. A partial counts where both its neighbours midway lie below the last bin, and
    `RESOLVED` bins or more are between two of them.
    """
    weights = np.zeros((bins, len(pitches)), np.float32)
    columns = np.arange(len(pitches))
    for number in range(1, PARTIALS + 1):
        fits = ((number + 0.5) * pitches / bin_hz < bins - 1) & (pitches >= RESOLVED * bin_hz)
        for multiple, sign in ((number, 1.0), (number - 0.5, -0.5), (number + 0.5, -0.5)):
            place = multiple * pitches[fits] / bin_hz
            whole = place.astype(np.int64)
            share = sign * DECAY ** (number - 1)
            np.add.at(weights, (whole, columns[fits]), share * (1 - (place - whole)))
            np.add.at(weights, (whole + 1, columns[fits]), share * (place - whole))
    return weights


def best_path(gain: Floats, glides: Doubles, jump: float, *, engine: Engine = "auto") -> Steps:
    """The path (T,) with the greatest sum of gains less the costs of its steps.

    gain: (T, P). glides: (2 m + 1,), the costs of moving by -m to m. jump: the cost of moving to anywhere.
    """
    back = np.zeros(gain.shape, np.int32)
    last = np.empty(gain.shape[1])
    forward: Callable[..., None] = kernels_kam.forward_pass if use_compiled(engine) else _numpy_forward
    forward(gain, glides, float(jump), back, last)
    path = np.empty(len(gain), np.int64)
    path[-1] = int(np.argmax(last))
    for t in range(len(gain) - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path


def _numpy_forward(gain: Floats, glides: Doubles, jump: float, back: npt.NDArray[np.int32], last: Doubles) -> None:
    """The same as `forward_pass`, all pitches at once."""
    most = len(glides) // 2
    pitches = np.arange(gain.shape[1])
    scores = gain[0].astype(np.float64)
    for t in range(1, len(gain)):
        around = np.pad(scores, most, constant_values=-np.inf)
        moved = np.lib.stride_tricks.sliding_window_view(around, len(glides)) - glides
        step = moved.argmax(axis=1)
        best = moved[pitches, step]
        anywhere = int(scores.argmax())
        jumps = best <= scores[anywhere] - jump
        back[t] = np.where(jumps, anywhere, pitches + step - most)
        scores = np.where(jumps, scores[anywhere] - jump, best) + gain[t]
    last[:] = scores


def confidence(height: Floats, gain: Floats, total: Floats) -> Floats:
    """How sure a path is, (T,) from 0 to 1: by its salience relative to the song's, and by the contrast of partials.

    height: salience in any unit. gain, total: what lies on partials less, and plus, what lies between them.
    """
    above = np.maximum(height, 0).astype(np.float64)
    if not above.any():
        return np.zeros(len(height), np.float32)
    half = TYPICAL * float((above**2).sum() / above.sum())
    level = above**4 / (above**4 + half**4)
    contrast = np.divide(gain, total, out=np.zeros_like(gain), where=total > 0)
    return np.asarray(level * np.clip((contrast - NOISE) / (TONE - NOISE), 0, 1), np.float32)


def peak_offsets(gain: Floats, path: Steps) -> Doubles:
    """Places of the peaks of salience near a path relative to it, -0.5 to 0.5 of a step, by parabolas, (T,)."""
    if gain.shape[1] < 3:
        return np.zeros(len(path))
    frames, middle = np.arange(len(path)), np.clip(path, 1, gain.shape[1] - 2)
    left, here, right = (gain[frames, middle + d].astype(np.float64) for d in (-1, 0, 1))
    bend = left - 2 * here + right
    is_peak = (bend < 0) & (here >= np.maximum(left, right)) & (middle == path)
    offset = 0.5 * (left - right) / np.where(is_peak, bend, 1.0)
    return np.where(is_peak, np.clip(offset, -0.5, 0.5), 0.0)
