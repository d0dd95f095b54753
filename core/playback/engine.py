"""What the player's thread does: follows a device, keeps its ring filled, notes levels.

No locks: one thread works here; others look at `position_s`, `levels` and counts.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Callable

import numpy as np

from unbraid.core.audio import Audio, Samples
from unbraid.core.document.state import Span
from unbraid.core.mixing.convolution import BlockCache
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.playback.backend import AudioBackend, DeviceError, NullBackend, Stream
from unbraid.core.playback.deck import Deck
from unbraid.core.playback.meters import Level, Meters
from unbraid.core.playback.ring import Ring
from unbraid.core.playback.source import Source
from unbraid.core.playback.timeline import Route

logger = logging.getLogger(__name__)

GRAIN_S = 0.08
TICK_S = 0.015
START_S = 0.15
"""Sound that lies ready when playing begins, beside what the device takes at once."""
SHORTEST_LOOP_S = 0.01
IDLE_S = 10.0
"""Silence after which the device is let go."""
STALLED_S = 5.0
"""Without a callback; some servers have seconds between two at first."""


class Engine:
    """Plays a mixdown on a device of a backend, in silence where there is none.

    rest_s: where it stands, None while it moves. problem: why nothing is heard, in words. ended: told when playing
    comes to its end by itself: True at the end of the song or passage, False when something failed.
    """

    def __init__(self, backend: AudioBackend, ended: Callable[[bool], None], *, depth_s: float) -> None:
        self.backend, self.depth_s = backend, depth_s
        self.problem = ""
        self.rest_s: float | None = 0.0
        self.device = backend.preferred
        self.stream: Stream | None = None
        self.deck: Deck | None = None
        self._kind = (0, 0)
        self.mixdown: Mixdown | None = None
        self.meters: Meters | None = None
        self._ended = ended
        self._band: tuple[float, float] | None = None
        self._original: float | None = None
        self._loop: Span | None = None
        self._stop_s: float | None = None
        self._came_s = 0.0
        self._cache = BlockCache()
        self._changed, self._jump_s = False, None
        self._is_grain = False
        self._lost_drop_outs = 0
        self._quiet_since = self._mark_since = time.monotonic()
        self._mark = (0.0, 0)
        self._meters_ready = threading.Event()

    _jump_s: float | None

    # notes of the user

    def load(self, mixdown: Mixdown) -> None:
        """Another song, at its beginning."""
        self.pause()
        self.mixdown, self.rest_s, self._cache = mixdown, 0.0, mixdown.cache
        self._loop = self._band = self._original = None
        if self.stream is not None and self.deck is not None:  # a device that suits stays open
            self.meters = Meters(mixdown, self.stream.rate)
            self._changed = True
        if not self._meters_ready.is_set():
            threading.Thread(target=self._warm_up, name="meters", daemon=True).start()

    def update(self, mixdown: Mixdown) -> None:
        """The same song, mixed differently."""
        old = self.mixdown
        if old is None or (old.frames, old.channels, old.rate) != (mixdown.frames, mixdown.channels, mixdown.rate):
            self.load(mixdown)
        else:
            self.mixdown, self._changed = mixdown, True

    def hear(self, *, band: tuple[float, float] | None, original_db: float | None) -> None:
        """A band of it, or the song itself at some gain, or neither."""
        if (band, original_db) != (self._band, self._original):
            self._band, self._original, self._changed = band, original_db, True

    def set_loop(self, loop: Span | None) -> None:
        """Repeat this span."""
        if loop != self._loop:
            self._loop, self._changed = loop, True

    def play(self, start_s: float | None, stop_s: float | None, loop: Span | None) -> None:
        """From a place, or on from where it stands, round a loop, to a place or to the end."""
        self._apply()
        if self.mixdown is None:
            return
        start = self.position_s if start_s is None else start_s
        end = self.mixdown.frames / self.mixdown.rate if stop_s is None else stop_s
        if start >= (end if loop is None else min(end, loop.end_s)):
            start = start_s = 0.0 if loop is None else loop.start_s
        self._loop, self._stop_s = loop, None if loop else stop_s
        self._came_s, self._is_grain = start, False
        if self.rest_s is None:
            self._jump_s, self._changed = start_s, True
        else:
            self._begin(start)

    def pause(self) -> None:
        """Stop where it is."""
        self._apply()
        if self.deck is not None and self.rest_s is None:
            self.deck.halt()
            self.rest_s = self.deck.cursor / self.deck.source.rate
        self._stop_s = None

    def back(self) -> None:
        """Stop where playing began."""
        self.pause()
        self.rest_s = self._came_s

    def seek(self, position_s: float) -> None:
        """Go there."""
        position_s = max(0.0, position_s)
        if self.rest_s is None:
            self._jump_s = position_s
        else:
            self.rest_s = position_s

    def scrub(self, position_s: float) -> None:
        """Let a grain of the sound there be heard."""
        position_s = max(0.0, position_s)
        self._stop_s, self._is_grain = position_s + GRAIN_S, True
        self._begin(position_s)
        self.rest_s = position_s

    def choose(self, device: str | None) -> None:
        """Another device; playing goes on there."""
        self._reopened(lambda: setattr(self, "device", device))

    def refresh(self) -> None:
        """Look for devices anew; playing goes on."""
        self._reopened(self.backend.refresh)

    # what is heard

    @property
    def position_s(self) -> float:
        """What is heard now, or where it stands."""
        rest, deck = self.rest_s, self.deck
        if rest is not None or deck is None:
            return rest or 0.0
        return min(deck.timeline.frame_at(self._heard(deck)), deck.source.frames) / deck.source.rate

    def levels(self) -> dict[str, Level]:
        """Levels of what is heard now, by id."""
        deck, meters = self.deck, self.meters
        return {} if deck is None or meters is None else meters.reading(self._heard(deck))

    @property
    def drop_outs(self) -> int:
        """Gaps that were not meant, of the ring and of the device."""
        deck, stream = self.deck, self.stream
        return self._lost_drop_outs + (deck.ring.drop_outs if deck else 0) + (stream.underflows if stream else 0)

    @property
    def moves(self) -> bool:
        """Whether sound is on its way to the device."""
        return self.deck is not None and not self.deck.ring.hold

    def _heard(self, deck: Deck) -> int:
        """The place in the ring that is heard now: from the last buffer's place and the stream's clock."""
        stream, (at, place) = self.stream, deck.ring.mark
        since = 0.0 if stream is None else stream.now() - at
        return max(deck.era, min(place + round(since * deck.source.rate), deck.ring.read_total))

    # at work

    def turn(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """Everything that is due. hurry: whether there is something else to do."""
        self._apply()
        deck, stream = self.deck, self.stream
        if deck is None or stream is None:
            return
        if not stream.is_alive or self._is_stalled(deck):
            self.fail(f"{stream.title} does not play any more; choose another device, or press play to try again")
        elif not deck.ring.hold:
            self._quiet_since = time.monotonic()
            deck.fill(hurry)
            if deck.ended and deck.ring.ready == 0 and self._heard(deck) >= deck.ring.read_total:
                self._arrive(deck)
        elif time.monotonic() - self._quiet_since > IDLE_S:
            self._release()

    def close(self) -> None:
        """Let the device go."""
        self._release()

    def _apply(self) -> None:
        """What has changed, in one cross-fade."""
        changed, jump_s = self._changed, self._jump_s
        self._changed, self._jump_s = False, None
        deck = self.deck
        if deck is None or self.mixdown is None or not (changed or jump_s is not None):
            return
        source = self._source(deck.source.rate, deck.source.channels) if changed else deck.source
        if self.rest_s is None:
            deck.switch(source, self._route(source), None if jump_s is None else _frame(jump_s, source))
        else:
            deck.source = source

    def _begin(self, start_s: float) -> None:
        """Play from a place; what still sounds there fades into it."""
        deck = self._opened()
        source, cursor = deck.source, _frame(start_s, deck.source)
        if deck.ring.ready and not deck.ring.hold:
            deck.switch(source, self._route(source), cursor)
        else:
            deck.begin(cursor, self._route(source))
        self.rest_s = None

    def _arrive(self, deck: Deck) -> None:
        """All has been heard."""
        deck.ring.hold = True
        by_itself = self.rest_s is None
        if self.rest_s is None:
            self.rest_s = deck.cursor / deck.source.rate
        self._stop_s = None
        if by_itself and not self._is_grain:
            self._ended(True)
        self._is_grain = False

    def fail(self, problem: str) -> None:
        """Stop, keep the place, say why."""
        logger.warning("playing stopped: %s", problem)
        self.problem, self.rest_s = problem, self.position_s
        self._ended(False)
        self._release()

    def _is_stalled(self, deck: Deck) -> bool:
        now = time.monotonic()
        if deck.ring.mark != self._mark or deck.ring.hold:
            self._mark, self._mark_since = deck.ring.mark, now
        return now - self._mark_since > STALLED_S

    # device

    def _opened(self) -> Deck:
        """The deck on an open device; on a silent one where there is none."""
        if self.deck is not None and self.stream is not None and self.stream.is_alive and self._suits():
            return self.deck
        self._release()
        assert self.mixdown is not None
        self._kind = (self.mixdown.rate, self.mixdown.channels)
        stream = self._open_stream(self.mixdown)
        source = self._source(stream.rate, stream.channels)
        ring = Ring(round(2.5 * (self.depth_s + 2 * stream.latency_s) * stream.rate), stream.channels)
        self.meters = Meters(self.mixdown, stream.rate)
        start_s = START_S + 1.5 * stream.latency_s
        self.deck = Deck(ring, source, depth_s=max(self.depth_s, start_s), start_s=start_s, witness=self)
        self._mark_since = self._quiet_since = time.monotonic()
        stream.start(ring)
        self.stream = stream
        return self.deck

    def _suits(self) -> bool:
        """Whether the device was opened for a song of this kind."""
        return self.mixdown is not None and self._kind == (self.mixdown.rate, self.mixdown.channels)

    def _open_stream(self, mixdown: Mixdown) -> Stream:
        self.problem = ""
        for device in dict.fromkeys((self.device, None)):
            try:
                return self.backend.open(device, mixdown.rate, mixdown.channels)
            except DeviceError as error:
                logger.warning("no sound: %s", error)
                self.problem = self.problem or str(error)
        return NullBackend().open(None, mixdown.rate, mixdown.channels)

    def _release(self) -> None:
        """Close the device; what it had counted is kept."""
        if self.rest_s is None:
            self.rest_s = self.position_s
        self._lost_drop_outs = self.drop_outs
        stream, self.stream, self.deck = self.stream, None, None
        if stream is not None:
            stream.close()

    def _reopened(self, change: Callable[[], None]) -> None:
        """Do something that needs all devices closed, then go on."""
        was_moving = self.rest_s is None
        self._release()
        self.problem = ""
        change()
        if was_moving:
            self._begin(self.rest_s or 0.0)

    def _source(self, rate: int, channels: int) -> Source:
        assert self.mixdown is not None
        mixdown, band = self.mixdown, self._band or self.mixdown.band
        if self._original is not None:
            sounding = Mixdown(mixdown.song, master_db=self._original, band=band)
        else:
            sounding = dataclasses.replace(mixdown, band=band, cache=self._cache)
        return Source(sounding, rate, channels)

    def _route(self, source: Source) -> Route:
        stop = source.frames if self._stop_s is None else min(source.frames, _frame(self._stop_s, source))
        if self._loop is None or self._is_grain:
            return Route(stop)
        start = _frame(self._loop.start_s, source)
        end = min(source.frames, max(_frame(self._loop.end_s, source), start + _frame(SHORTEST_LOOP_S, source)))
        return Route(stop, (start, end) if start < end else None)

    # meters (`deck.Witness`)

    def made(self, source: Source, place: int, frame: int, samples: Samples) -> None:
        """Measure what was made."""
        if self.meters is not None and self._meters_ready.is_set():
            start = source.song_frame(frame)
            frames = source.song_frame(frame + len(samples)) - start
            self.meters.measure(source.mixdown, place, start, frames, samples if source.is_plain else None)

    def cut(self, place: int) -> None:
        """Forget levels of what will not be heard."""
        if self.meters is not None:
            self.meters.cut(place)

    def _warm_up(self) -> None:
        """Have the meters' loops loaded before they are needed: the first time that takes seconds."""
        silence = Mixdown(Audio.silence(256, 1, 48000))
        Meters(silence, silence.rate).measure(silence, 0, 0, silence.frames)
        self._meters_ready.set()


def _frame(time_s: float, source: Source) -> int:
    return int(np.rint(time_s * source.rate))
