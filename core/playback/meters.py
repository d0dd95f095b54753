"""Levels of what is heard: measured when sound is made, read when it has got to the ear."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Samples
from unbraid.core.levels import peak_db
from unbraid.core.loudness import Weighing, channel_weights, lufs
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.mixing.part import MASTER

Floats = npt.NDArray[np.float64]

HOP_S = 0.02
WINDOW_S = 0.06
"""Peaks are the highest of this time; a meter's needle falls by itself."""
MOMENTARY_S = 0.4
CLIP_RUN = 4
"""So many samples of full scale in a row light the clip lamp."""


@dataclass(frozen=True)
class Level:
    """Of one strip: peaks by channel in dB of full scale, momentary loudness in LUFS, how often it clipped so far."""

    peak_db: tuple[float, ...] = ()
    lufs: float = -math.inf
    clips: int = 0


@dataclass(frozen=True, eq=False)
class _Row:
    """A hop of one strip: where it lies, sum of K-weighted squares, peaks (I,)."""

    place: int
    frames: int
    energy: float
    peak: Floats


class Meters:
    """Measures stretches of a mixdown as they are made. Places are the ring's."""

    def __init__(self, mixdown: Mixdown, rate: int) -> None:
        self._rate, self._song_rate = rate, mixdown.rate
        self._weights = channel_weights(mixdown.channels)
        self._hop = max(1, round(HOP_S * mixdown.rate))
        self._weighings: dict[str, Weighing] = {}
        self._rows: dict[str, deque[_Row]] = {}
        self._clips: dict[str, int] = {}
        self._lock = threading.Lock()

    def measure(self, mixdown: Mixdown, place: int, start: int, frames: int, master: Samples | None = None) -> None:
        """Note the levels of `frames` samples from `start` on of the song, which lie at `place`.

        master: what comes out there, where it is known already.
        """
        sounds: dict[str, tuple[npt.NDArray[np.float32], Floats]] = mixdown.sounds(start, frames)
        ones = np.ones(mixdown.channels)
        sounds[MASTER] = (mixdown.block(start, frames) if master is None else master, ones)
        for id, (block, factors) in sounds.items():
            self._note(id, block, np.abs(factors), place)

    def _note(self, id: str, block: npt.NDArray[np.float32], factors: Floats, place: int) -> None:
        weighing = self._weighings.get(id)
        if weighing is None:
            weighing = self._weighings[id] = Weighing(self._song_rate, block.shape[1], self._hop)
        weighing.rewind()
        energy, peak, _ = weighing.add(block)
        powers, peak = np.square(factors) * energy @ self._weights, peak * factors
        clips = clipped(block * factors) if peak.max(initial=0.0) >= 1.0 else 0
        scale = self._rate / self._song_rate
        rows = [
            _Row(
                place + round(k * self._hop * scale),
                min(self._hop, len(block) - k * self._hop),
                float(powers[k]),
                peak[k],
            )
            for k in range(len(powers))
        ]
        with self._lock:
            self._rows.setdefault(id, deque()).extend(rows)
            if clips:
                self._clips[id] = self._clips.get(id, 0) + clips

    def cut(self, place: int) -> None:
        """Forget what lies at a place or later."""
        with self._lock:
            for rows in self._rows.values():
                while rows and rows[-1].place >= place:
                    rows.pop()

    def forget_clips(self, ids: Iterable[str] | None = None) -> None:
        """Put out clip lamps, all unless some are named."""
        with self._lock:
            for id in tuple(self._clips) if ids is None else ids:
                self._clips.pop(id, None)

    def reading(self, place: int) -> dict[str, Level]:
        """Levels by id when the sound at `place` is heard."""
        with self._lock:
            return {id: self._level(rows, place, self._clips.get(id, 0)) for id, rows in self._rows.items()}

    def _level(self, rows: deque[_Row], place: int, clips: int) -> Level:
        while rows and rows[0].place < place - 2 * MOMENTARY_S * self._rate:
            rows.popleft()
        heard = [row for row in rows if place - MOMENTARY_S * self._rate < row.place <= place]
        peaks = [row.peak for row in heard if row.place > place - WINDOW_S * self._rate]
        if not peaks:
            return Level((), -math.inf, clips)
        power = sum(row.energy for row in heard) / (MOMENTARY_S * self._song_rate)
        return Level(tuple(peak_db(float(p)) for p in np.max(peaks, axis=0)), lufs(power), clips)


def clipped(block: npt.NDArray[np.floating]) -> int:
    """How often a channel stays at or beyond full scale for four samples or more; block: (n, I)."""
    full = np.abs(block) >= 1.0
    if len(full) < CLIP_RUN:
        return 0
    runs = np.asarray(np.lib.stride_tricks.sliding_window_view(full, CLIP_RUN, axis=0).all(axis=-1))
    return int(np.count_nonzero(runs[0]) + np.count_nonzero(runs[1:] & ~runs[:-1]))
