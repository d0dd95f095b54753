"""Loudness of song and remix, and the null test of the stems: measured beside the window, stopped when out of date."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np

from unbraid.core import loudness
from unbraid.core.levels import peak_db
from unbraid.core.mixing.mixdown import Mixdown

BLOCK = 1 << 17


class OutOfDateError(Exception):
    """A newer change has made this measurement superfluous."""


@dataclass(frozen=True)
class Measures:
    """Loudness of the song and of the remix in LUFS; peaks in dBFS of the residual and of the null test.

    The null test is what the stems and the residual, each as exported in float32, add up to, less the mix.
    """

    song_lufs: float
    remix_lufs: float
    residual_db: float
    null_db: float


def measure(mixdown: Mixdown, stop: threading.Event) -> Measures:
    """All of them; raises OutOfDateError."""

    def progress(fraction: float, message: str) -> None:
        if stop.is_set():
            raise OutOfDateError

    song = loudness.measure(mixdown.song, progress, true_peak=False).integrated_lufs
    remix = song
    if not mixdown.is_neutral:
        remix = loudness.measure(mixdown, progress, true_peak=False).integrated_lufs
    return Measures(song, remix, *null_test_db(mixdown, stop))


def null_test_db(mixdown: Mixdown, stop: threading.Event) -> tuple[float, float]:
    """Peaks in dBFS of the residual, and of what stems and residual add up to, less the mix."""
    loudest = worst = 0.0
    for start in range(0, mixdown.song.frames, BLOCK):
        if stop.is_set():
            raise OutOfDateError
        block = slice(start, start + BLOCK)
        mix = mixdown.song.samples[block].astype(np.float64)
        stems = np.zeros_like(mix)
        for part in mixdown.parts:
            stems += part.audio.samples[block]
        residual = (mix - stems).astype(np.float32)
        loudest = max(loudest, float(np.abs(residual).max(initial=0.0)))
        worst = max(worst, float(np.abs(stems + residual - mix).max(initial=0.0)))
    return peak_db(loudest), peak_db(worst)
