"""Background analysis: pictures of signals, made by threads of their own, what is looked at first, newest wins.

Nobody is called back: who draws looks at `Picture.ready`, and asks `Analyst.is_busy` whether to look again later.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.app.spectrogram.signals import Signal
from unbraid.core.cpu import cores
from unbraid.core.dsp import gather
from unbraid.core.dsp.pyramid import LevelPyramid, PeakPyramid
from unbraid.core.dsp.windows import window

logger = logging.getLogger(__name__)

BLOCK = 128
"""Frames analysed at a time; a multiple of what upper levels of a pyramid join, so blocks do not touch each other."""
LARGE = 100_000_000
"""Bins times frames of a picture from which the hop is half a window instead of a quarter."""
MOST_KEPT_BYTES = 1_500_000_000
MOST_WAVES = 32
NICENESS = 3
"""Sound and window go first, but somebody waits for the picture."""


@dataclass(frozen=True)
class Grid:
    """Window and hop of an analysis, in samples."""

    window: int
    hop: int

    @classmethod
    def of(cls, window: int, hop: int | None, samples: int) -> Grid:
        """The hop asked for, or one that suits the length."""
        if hop is None:
            hop = max(1, window // 4)
            hop *= 2 if (window // 2 + 1) * (samples / hop) > LARGE else 1
        return cls(window, hop)


class Picture:
    """Levels of a signal's spectrogram, filled block by block; the greatest of all channels counts."""

    def __init__(self, signal: Signal, grid: Grid):
        self.signal, self.grid = signal, grid
        frames = 1 + -(-signal.frames // grid.hop)
        full_scale = float(window("hann", grid.window).sum()) / 2
        self.pyramid = LevelPyramid(grid.window // 2 + 1, frames, time_levels=32, freq_levels=1, full_scale=full_scale)
        self.ready = np.zeros(-(-frames // BLOCK), bool)
        """Which blocks of frames are done."""
        self._taken = np.zeros(len(self.ready), bool)
        self._writing = threading.Lock()

    @property
    def frames_per_s(self) -> float:
        """Frames in a second."""
        return self.signal.rate / self.grid.hop

    @property
    def bins_per_hz(self) -> float:
        """Bins in a hertz."""
        return self.grid.window / self.signal.rate

    @property
    def done(self) -> float:
        """From 0 to 1."""
        return float(self.ready.mean())

    def next_block(self, focus_s: float) -> int | None:
        """Take the first block that nobody has taken yet, from that moment on, then from the start."""
        missing = np.flatnonzero(~self._taken)
        if not len(missing):
            return None
        start = min(max(0, int(focus_s * self.frames_per_s) // BLOCK), len(self.ready) - 1)
        later = missing[missing >= start]
        block = int(later[0] if len(later) else missing[0])
        self._taken[block] = True
        return block

    @property
    def is_taken(self) -> bool:
        """Whether all blocks are done or being worked on."""
        return bool(self._taken.all())

    def analyse(self, block: int) -> None:
        """Fill a block of frames; several threads may do that at once, but the top of the pyramid belongs to all."""
        first = block * BLOCK
        count = min(BLOCK, self.pyramid.frames - first)
        found = magnitudes(self.signal, self.grid, first, count)
        with self._writing:
            self.pyramid.write(first, found)
        self.ready[block] = True

    def give_up(self) -> None:
        """Leave it as it is."""
        self._taken[:] = self.ready[:] = True


def magnitudes(signal: Signal, grid: Grid, first: int, count: int) -> npt.NDArray[np.float32]:
    """Magnitudes (F, count) of Hann-windowed frames, each centred on its number times the hop; most of all channels."""
    from scipy.fft import rfft

    n, hop = grid.window, grid.hop
    start = first * hop - n // 2
    samples = signal.read(start, start + (count - 1) * hop + n)
    shape = window("hann", n).astype(np.float32, copy=False)
    result = np.zeros((count, n // 2 + 1), np.float32)
    for channel in np.ascontiguousarray(samples.T):
        if channel.any():
            frames = np.lib.stride_tricks.sliding_window_view(channel, n)[::hop] * shape
            np.maximum(result, np.abs(rfft(frames, axis=1, overwrite_x=True)), out=result)
    return result.T


class Waveform:
    """Peaks of a signal, filled from the start."""

    def __init__(self, signal: Signal):
        self.signal = signal
        self.peaks = PeakPyramid(signal.frames, signal.channels)

    @property
    def done(self) -> float:
        """From 0 to 1."""
        return self.peaks.filled / self.peaks.length if self.peaks.length else 1.0

    def step(self) -> bool:
        """The next piece; False when there is none."""
        start = self.peaks.filled
        if start >= self.peaks.length:
            return False
        self.peaks.append(self.signal.read(start, min(start + (1 << 18), self.peaks.length)))
        return True


@dataclass(frozen=True)
class _Task:
    """A piece of work: a block of a picture, or the next part of a waveform."""

    what: Picture | Waveform
    block: int = 0

    def carry_out(self) -> None:
        """Do it."""
        if isinstance(self.what, Picture):
            self.what.analyse(self.block)
        else:
            self.what.step()

    def give_up(self) -> None:
        """It cannot be done: leave it as it is, and say that it is complete."""
        if isinstance(self.what, Picture):
            self.what.give_up()
        else:
            self.what.peaks.filled = self.what.peaks.length


Key = tuple[object, ...]


class Analyst:
    """Makes pictures and waveforms on low-priority threads and keeps those used last.

    `want_pictures` says what is looked at now: only that is worked on, whatever was begun before.
    """

    def __init__(self, threads: int | None = None):
        self._lock = threading.Condition()
        self._preparing: threading.Thread | None = None
        self._kept: OrderedDict[Key, Picture] = OrderedDict()
        self._wanted: list[Picture] = []
        self._waves: OrderedDict[Key, Waveform] = OrderedDict()
        self._taken: set[_Task] = set()
        self._focus_s = 0.0
        self._closed = False
        self.is_prepared = False
        """Whether the compiled loops that draw pictures are loaded; until then the slower ones serve."""
        self._threads: list[threading.Thread] = []
        self._count = threads or min(2, cores())

    def want_pictures(self, signals: Sequence[Signal], grid: Grid, focus_s: float) -> list[Picture]:
        """Pictures of these signals, empty ones at first; work goes on at `focus_s`."""
        with self._lock:
            wanted = [self._picture(signal, grid) for signal in signals]
            self._wanted, self._focus_s = wanted, focus_s
            self._forget()
            self._wake()
        return wanted

    def waveform(self, signal: Signal) -> Waveform:
        """The waveform of a signal, empty at first."""
        with self._lock:
            wave = self._waves.get(signal.key) or Waveform(signal)
            self._waves[signal.key] = wave
            self._waves.move_to_end(signal.key)
            while len(self._waves) > MOST_WAVES:
                self._waves.popitem(last=False)
            self._wake()
        return wave

    def focus(self, focus_s: float) -> None:
        """Work on what is looked at from this moment on."""
        self._focus_s = focus_s

    def prepare(self) -> None:
        """Load the compiled loops that draw pictures (a second), on a thread of its own: nothing waits for them."""
        if self._preparing is None:
            self._preparing = threading.Thread(target=self._prepare, name="spectrogram loops", daemon=True)
            self._preparing.start()

    @property
    def is_busy(self) -> bool:
        """Whether something that is wanted is not yet done."""
        with self._lock:
            if self._closed or not self._threads:
                return False
            pictures = all(picture.ready.all() for picture in self._wanted)
            waves = all(wave.done >= 1 for wave in self._waves.values())
            return not (pictures and waves and self.is_prepared and not self._taken)

    @property
    def bytes(self) -> int:
        """Memory of all pictures."""
        with self._lock:
            return sum(picture.pyramid.bytes for picture in self._kept.values())

    def close(self) -> None:
        """End all threads; blocks in work are finished first (some 10 ms)."""
        with self._lock:
            self._closed = True
            self._lock.notify_all()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        if self._preparing is not None:
            self._preparing.join()

    def _picture(self, signal: Signal, grid: Grid) -> Picture:
        key = (signal.key, grid)
        picture = self._kept.get(key) or Picture(signal, grid)
        self._kept[key] = picture
        self._kept.move_to_end(key)
        return picture

    def _forget(self) -> None:
        """Drop the pictures used longest ago while there are too many."""
        total = sum(picture.pyramid.bytes for picture in self._kept.values())
        for key, picture in list(self._kept.items()):
            if total <= MOST_KEPT_BYTES:
                return
            if picture not in self._wanted:
                total -= picture.pyramid.bytes
                del self._kept[key]

    def _wake(self) -> None:
        self._lock.notify_all()
        if not self._closed and not self._threads:
            self.prepare()
            names = [f"spectrogram {k + 1}" for k in range(self._count)]
            self._threads = [threading.Thread(target=self._work, name=name, daemon=True) for name in names]
            for thread in self._threads:
                thread.start()

    def _work(self) -> None:
        _lower_priority()
        while True:
            with self._lock:
                task = self._next()
                while task is None and not self._closed:
                    self._lock.wait()
                    task = self._next()
                if self._closed or task is None:
                    return
                self._taken.add(task)
            try:
                task.carry_out()
            except Exception:
                logger.exception("a picture of the sound cannot be made")
                task.give_up()
            finally:
                with self._lock:
                    self._taken.discard(task)
                    self._lock.notify_all()

    def _prepare(self) -> None:
        _lower_priority()
        try:
            import scipy.fft  # noqa: F401 -- a tenth of a second that the first picture would wait for

            gather.prepare()
        except Exception:
            logger.exception("the loops that draw pictures cannot be loaded")
        self.is_prepared = True

    def _next(self) -> _Task | None:
        """What nobody works on and is not done; waveforms first, they are quick."""
        for wave in self._waves.values():
            if wave.done < 1 and _Task(wave) not in self._taken:
                return _Task(wave)
        waiting = [picture for picture in self._wanted if not picture.is_taken]
        picture = min(waiting, key=lambda picture: picture.done, default=None)
        block = None if picture is None else picture.next_block(self._focus_s)
        return None if picture is None or block is None else _Task(picture, block)


def _lower_priority() -> None:
    """Let this thread yield to all others, where the system has priorities of threads (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
