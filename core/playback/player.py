"""The player: plays a mixdown that may change at any moment, and knows what is heard now.

Everything public may be called from any thread and returns at once: it leaves a note for the player's own thread, which
makes sound ahead of the device, measures it and follows the device (`engine.py`).
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

from unbraid.core.document.state import Span
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.observing import Observers
from unbraid.core.playback.backend import AudioBackend, Device
from unbraid.core.playback.engine import TICK_S, Engine
from unbraid.core.playback.meters import Level

logger = logging.getLogger(__name__)

DEPTH_S = 1.0
"""Sound that lies ready: longer than the window or the machine ever keep us from working."""
RESTING_TICK_S = 0.25
CLOSING_S = 2.0


class Player:
    """Plays on a device of `backend`; without one in silence, and `problem` says why.

    Told from the player's thread: finished, when playing has reached its end by itself; changed, when `problem` or
    `is_playing` has changed by itself.
    """

    def __init__(self, backend: AudioBackend, *, depth_s: float = DEPTH_S) -> None:
        self.finished: Observers[()] = Observers()
        self.changed: Observers[()] = Observers()
        self._engine = Engine(backend, self._ended, depth_s=depth_s)
        self._is_playing, self._closing = False, False
        self._wanted_s: float | None = None
        self._band: tuple[float, float] | None = None
        self._original_db: float | None = None
        self._notes: deque[Callable[[], None]] = deque()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="player", daemon=True)
        self._thread.start()

    def load(self, mixdown: Mixdown) -> None:
        """Another song, at its beginning, not playing; loop, band and original are as at first."""
        self._is_playing, self._wanted_s = False, 0.0
        self._band = self._original_db = None
        self._post(lambda: self._engine.load(mixdown))

    def update(self, mixdown: Mixdown) -> None:
        """The same song mixed differently: heard within a tenth of a second, cross-faded."""
        self._post(lambda: self._engine.update(mixdown))

    def play(self, start_s: float | None = None, stop_s: float | None = None, loop: Span | None = None) -> None:
        """Play from a place (None: where it stands, from the beginning when at the end) to a place (None: the end).

        loop: played over and over once it is reached (instead of an end), from its beginning where that was passed.
        """
        if start_s is not None and not self._is_playing:
            self._wanted_s = start_s
        self._is_playing = True
        self._post(lambda: self._engine.play(start_s, stop_s, loop))

    def pause(self) -> None:
        """Stop here."""
        self._is_playing = False
        self._post(self._engine.pause)

    def stop(self) -> None:
        """Stop and go back to where playing began."""
        self._is_playing = False
        self._post(self._engine.back)

    def seek(self, position_s: float) -> None:
        """Go to a place; when it is playing, it plays on there."""
        if not self._is_playing:
            self._wanted_s = max(0.0, position_s)
        self._post(lambda: self._engine.seek(position_s))

    def scrub(self, position_s: float) -> None:
        """Go to a place and let a moment of the sound there be heard, as while dragging."""
        if self._is_playing:
            self.seek(position_s)
            return
        self._wanted_s = max(0.0, position_s)
        self._post(lambda: self._engine.scrub(position_s))

    def set_loop(self, loop: Span | None) -> None:
        """Play this span over and over once playing is inside; None plays on."""
        self._post(lambda: self._engine.set_loop(loop))

    def set_band(self, low_hz: float | None = None, high_hz: float | None = None) -> None:
        """Let only these frequencies be heard; without arguments all."""
        everything = low_hz is None and high_hz is None
        self._band = None if everything else (low_hz or 0.0, float("inf") if high_hz is None else high_hz)
        self._hear()

    def set_original(self, on: bool, gain_db: float = 0.0) -> None:
        """Hear the song instead of its remix, with a gain (`loudness.equal_loudness_gain_db`)."""
        self._original_db = gain_db if on else None
        self._hear()

    def choose(self, device: str | None) -> None:
        """Play on another device, None for the default one."""
        self._post(lambda: self._engine.choose(device))

    def refresh(self) -> None:
        """Look for devices anew (playing is interrupted for a moment) and try again one that was lost."""
        self._post(self._engine.refresh)

    def close(self) -> None:
        """End playing and let the device go; the player is of no use afterwards."""
        self._is_playing, self._closing = False, True
        self._wake.set()
        if self._thread is not threading.current_thread():
            self._thread.join(CLOSING_S)

    @property
    def is_playing(self) -> bool:
        """Whether it plays, or is about to."""
        return self._is_playing

    @property
    def position_s(self) -> float:
        """What is heard now, in seconds of the song; where it will go on while it does not play."""
        wanted = self._wanted_s
        return self._engine.position_s if wanted is None else wanted

    @property
    def problem(self) -> str:
        """Why nothing is heard, in words; empty while all is well."""
        return self._engine.problem

    @property
    def drop_outs(self) -> int:
        """Gaps so far that were not meant."""
        return self._engine.drop_outs

    @property
    def device_name(self) -> str:
        """What it plays on; empty while no device is open."""
        stream = self._engine.stream
        return stream.title if stream else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the device does to the sound: another rate, fewer channels."""
        stream, mixdown = self._engine.stream, self._engine.mixdown
        if stream is None or mixdown is None:
            return ()
        notes = []
        if stream.rate != mixdown.rate:
            notes.append(f"{stream.title} plays at {stream.rate} Hz; the song has {mixdown.rate} Hz and is resampled")
        if stream.channels != mixdown.channels:
            notes.append(f"{stream.title} has {stream.channels} channels, the song {mixdown.channels}")
        return tuple(notes)

    def levels(self) -> dict[str, Level]:
        """Levels of what is heard now: by id of strip (`residual` among them), and of the `master`."""
        return self._engine.levels()

    def forget_clips(self, *ids: str) -> None:
        """Put out the clip lamps of these strips, of all when none is named."""
        if (meters := self._engine.meters) is not None:
            meters.forget_clips(ids or None)

    def devices(self) -> tuple[Device, ...]:
        """Where it can play; the first call may take a moment."""
        return self._engine.backend.devices()

    def diagnostics(self) -> dict[str, str]:
        """What to put into a report."""
        stream, deck = self._engine.stream, self._engine.deck
        told = {"backend": self._engine.backend.name, "device": self.device_name or "closed"}
        if stream is not None and deck is not None:
            told["stream"] = f"{stream.rate} Hz, {stream.channels} channels, latency {1000 * stream.latency_s:.0f} ms"
            told["ready"] = f"{1000 * deck.ring.ready / stream.rate:.0f} ms"
            told["read at once"] = f"{deck.ring.longest_read} samples at most"
        told["drop-outs"] = str(self.drop_outs)
        return told | {f"note {k + 1}": note for k, note in enumerate(self.notes)} | {"problem": self.problem or "none"}

    def _hear(self) -> None:
        band, original_db = self._band, self._original_db
        self._post(lambda: self._engine.hear(band=band, original_db=original_db))

    def _post(self, note: Callable[[], None]) -> None:
        self._notes.append(note)
        self._wake.set()

    def _ended(self, by_itself: bool) -> None:
        if not self._notes:
            self._is_playing = False
        if by_itself:
            self.finished.emit()
        self.changed.emit()

    def _run(self) -> None:
        while not self._closing:
            self._wake.wait(TICK_S if self._engine.moves else RESTING_TICK_S if self._engine.stream else None)
            self._wake.clear()
            try:
                self._turn()
            except Exception:
                logger.exception("playing failed")
                self._engine.fail("playing failed; the log says why. Press play to try again")
        self._engine.close()

    def _turn(self) -> None:
        problem = self.problem
        while self._notes:
            self._notes.popleft()()
        self._engine.turn(lambda: bool(self._notes))
        if not self._notes:
            self._wanted_s = None
        if self.problem != problem:
            self.changed.emit()
