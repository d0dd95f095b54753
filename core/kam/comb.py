"""The harmonic kernel: a partial of a tone looks like its neighbouring partials at the same distance from them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError
from unbraid.core.kam.kernels import Comb
from unbraid.core.kam.neighbours import ABSENT, Neighbourhood, Neighbours
from unbraid.core.kam.pitch import TrackedPitch, track_pitch
from unbraid.core.kam.surroundings import Floats, Surroundings
from unbraid.core.progress import Progress, silent_progress
from unbraid.core.separation.guide import PitchTrack

Doubles = npt.NDArray[np.float64]


def comb(kernel: Comb, song: Surroundings, progress: Progress = silent_progress) -> Neighbourhood:
    """The same place beside neighbouring partials of the pitch, and what is left of the fit off the partials."""
    track = _pitch_of(kernel, song, progress)
    times = song.params.times_s(song.rate, song.frames)
    pitch, sure = pitch_at(track, times), confidence_at(track, times)
    offsets = np.arange(-kernel.partials, kernel.partials + 1)
    lowest = int(np.ceil(kernel.low_hz / song.bin_hz))
    highest = min(song.bins, int(kernel.high_hz / song.bin_hz) + 1)

    def of(start: int, stop: int) -> Neighbours:
        distance = pitch[start:stop, None] / song.bin_hz
        shifts = np.rint(offsets * distance).astype(np.int32)
        # below half of the pitch there is no partial
        first = np.maximum(lowest, np.ceil(distance / 2)).astype(np.int32)
        has = (distance > 0) | (offsets == 0)
        frames = np.where(has, np.arange(start, stop)[:, None], ABSENT).astype(np.int32)
        return Neighbours(
            frames, shifts, lows=np.maximum(first - shifts, 0), highs=np.clip(highest - shifts, 0, song.bins)
        )

    def finish(fitted: Floats, own: Floats, start: int) -> Floats:
        frames = slice(start, start + len(fitted))
        share = sure[frames, None] * (pitch[frames, None] > 0)
        kept = np.zeros_like(fitted)
        kept[:, lowest:highest] = share
        rest = 1 - kept if kernel.elsewhere == "same" else None
        kept *= np.where(
            on_partials(pitch[frames], song, kernel.width_hz), np.float32(kernel.on), np.float32(kernel.between)
        )
        kept *= fitted
        return kept if rest is None else kept + rest * own

    return Neighbourhood(of, 0, is_plain=False, finish=finish)


def _pitch_of(kernel: Comb, song: Surroundings, progress: Progress) -> PitchTrack:
    """The guide's track, or the one that is followed in the song."""
    for track in song.guide.pitches:
        if not kernel.target or track.target == kernel.target:
            return track
    if kernel.target and song.guide.pitches and song.magnitudes is None:
        raise ParameterError(f"the guide has no pitch of {kernel.target}: draw it, or give the magnitudes of the song")
    return track_pitch(
        song.seen(kernel.kind),
        song.params,
        song.rate,
        low_hz=kernel.low_pitch_hz,
        high_hz=kernel.high_pitch_hz,
        target=kernel.target,
        progress=progress,
    )


def on_partials(pitch: Doubles, song: Surroundings, width_hz: float) -> npt.NDArray[np.bool_]:
    """Whether bins lie within half of a width of a partial of a pitch in Hz, (T, F); nowhere without pitch."""
    freqs = song.params.freqs_hz(song.rate).astype(np.float32)
    tone = np.where(pitch > 0, pitch, 1.0).astype(np.float32)[:, None]
    number = np.maximum(np.rint(freqs / tone), np.float32(1))
    return np.asarray((np.abs(freqs - number * tone) <= np.float32(width_hz / 2)) & (pitch > 0)[:, None])


def pitch_at(track: PitchTrack, times: Doubles) -> Doubles:
    """The pitch at any times, (T,) in Hz: between two close ones interpolated, else that of the nearest; 0 for none.

    Before and after the track there is none.
    """
    known, freqs = np.asarray(track.times_s, np.float64), np.asarray(track.freqs_hz, np.float64)
    if len(known) == 0:
        return np.zeros(len(times))
    right = np.clip(np.searchsorted(known, times), 0, len(known) - 1)
    left = np.maximum(right - 1, 0)
    low, high = freqs[left], freqs[right]
    part = np.clip((times - known[left]) / np.maximum(known[right] - known[left], 1e-9), 0.0, 1.0)
    near = np.where(part < 0.5, low, high)
    both = (low > 0) & (high > 0)
    close = both & (np.abs(np.log2(np.where(both, high, 1.0) / np.where(both, low, 1.0))) < GLIDE_OCTAVES)
    found = np.where(close, low + part * (high - low), near)
    return np.where(_covered(known, times), found, 0.0)


GLIDE_OCTAVES = 0.25
"""Two tones of a track further apart than this are two tones and no glide."""


def confidence_at(track: PitchTrack, times: Doubles) -> Floats:
    """How sure a track is at any times, (T,) from 0 to 1; 1 where it does not say."""
    if not isinstance(track, TrackedPitch) or len(track.times_s) == 0:
        return np.ones(len(times), np.float32)
    return np.interp(times, track.times_s, track.confidence).astype(np.float32)


def _covered(known: Doubles, times: Doubles) -> npt.NDArray[np.bool_]:
    """Times within a track, half of a step of it more at both ends."""
    half = 0.5 * float(np.median(np.diff(known))) if len(known) > 1 else 0.05
    return np.asarray((times >= known[0] - half) & (times <= known[-1] + half))
