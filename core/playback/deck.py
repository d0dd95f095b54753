"""The deck: keeps the ring filled with the song along a route, and changes what lies there without a click."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from unbraid.core.audio import Samples
from unbraid.core.playback.ring import Ring
from unbraid.core.playback.source import Source
from unbraid.core.playback.timeline import Route, Timeline

FADE_S = 0.01
"""Between what sounded and what sounds after a change."""
EDGE_S = 0.005
"""At the ends of a passage and of a loop."""
CHUNK_S = 0.085
MARGIN_S = 0.03
"""Sound this near to being read is left as it is; more, where a device reads more at once."""


class Witness(Protocol):
    """Told of what is made, for meters."""

    def made(self, source: Source, place: int, frame: int, samples: Samples) -> None:
        """These samples, from `frame` on of the source, lie at a place of the ring now."""

    def cut(self, place: int) -> None:
        """What lies from a place on is about to be replaced."""


class Deck:
    """Fills a ring; used by one thread.

    depth_s: how much lies ready; a change costs no more time when it is much, as it is laid over what is there.
    start_s: how much before the device may begin. cursor: the frame that is made next. fresh: where in the ring it
    goes; what lies behind that was made before the last change and is replaced. era: where in the ring playing began.
    """

    def __init__(
        self, ring: Ring, source: Source, *, depth_s: float, start_s: float = 0.3, witness: Witness | None = None
    ) -> None:
        self.ring, self.source = ring, source
        self.timeline = Timeline()
        self.route = Route(source.frames)
        self.cursor = self.fresh = self.era = 0
        self.ended = True
        self._witness = witness
        self._depth = min(round(depth_s * source.rate), ring.frames // 2)
        self._start = min(round(start_s * source.rate), self._depth)
        self._fade, self._edge = max(1, round(FADE_S * source.rate)), max(1, round(EDGE_S * source.rate))
        self._chunk = max(64, round(CHUNK_S * source.rate))

    def begin(self, cursor: int, route: Route) -> None:
        """Start from silence; only at the song's very beginning is nothing faded in."""
        ring = self.ring
        self.route, self.cursor, self.fresh, self.ended = route, cursor, ring.written_total, False
        self.era = self.fresh
        samples = self._make(self._chunk)
        if cursor > 0:
            edge = min(self._edge, len(samples))
            samples[:edge] *= _rise(0, edge, edge)
        self._put(samples)
        self._fill_up_to(self.era + self._start)
        ring.ends = self.ended
        ring.hold = False

    def switch(self, source: Source, route: Route, cursor: int | None = None) -> None:
        """Go on with another sound or route, or from another place; heard as soon as the margin has been read."""
        ring = self.ring
        place = min(ring.read_total + self._margin, ring.written_total)
        self._fill_up_to(place + self._fade)
        old = ring.peek(place, self._fade)
        self.source, self.route = source, route
        self.cursor = self.timeline.frame_at(place) if cursor is None else cursor
        self._cut(place)
        self.fresh, self.ended = place, False
        samples = self._make(self._chunk)
        if len(samples) < len(old):
            samples = np.concatenate([samples, np.zeros((len(old) - len(samples), ring.channels), np.float32)])
        rise = _rise(0, len(old), len(old))
        samples[: len(old)] = old + (samples[: len(old)] - old) * rise
        self._put(samples)
        ring.ends = self.ended

    def halt(self) -> None:
        """Fade out soon; `cursor` is where to go on."""
        ring = self.ring
        place = min(ring.read_total + self._margin, ring.written_total)
        old = ring.peek(place, self._fade)
        self.cursor = self.timeline.frame_at(place)
        ring.write(place, old * (1.0 - _rise(0, len(old), len(old))))
        ring.ends = self.ended = True
        ring.cut(place + len(old))
        self._cut(place + len(old))
        self.fresh = ring.written_total

    def fill(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """Make sound until enough lies ready, or until there is something else to do and no hurry here."""
        self._catch_up()
        self._fill_up_to(self.ring.read_total + self._start)
        while not self.ended and self.fresh < self.ring.read_total + self._depth and not hurry():
            self._fill_up_to(min(self.fresh + self._chunk, self.ring.read_total + self._depth))
        self.timeline.forget(self.ring.read_total - 5 * self.source.rate)

    @property
    def _margin(self) -> int:
        return max(round(MARGIN_S * self.source.rate), 2 * self.ring.longest_read)

    def _fill_up_to(self, place: int) -> None:
        while not self.ended and self.fresh < place:
            self._put(self._make(min(self._chunk, place - self.fresh)))
            self.ring.ends = self.ended

    def _catch_up(self) -> None:
        """When the reader has passed us, what it had was of before a change: go on ahead of it, in time."""
        behind = self.ring.read_total + self._margin - self.fresh
        if not self.ended and self.fresh < self.ring.read_total < self.ring.written_total:
            self.cursor, self.fresh = self.cursor + behind, self.fresh + behind

    def _cut(self, place: int) -> None:
        self.timeline.cut(place)
        if self._witness:
            self._witness.cut(place)

    def _put(self, samples: Samples) -> None:
        self.ring.write(self.fresh, samples)
        self.fresh += len(samples)
        if self.ended:
            self.ring.cut(self.fresh)

    def _make(self, frames: int) -> Samples:
        """The next samples along the route, fewer where it ends; (n, channels)."""
        out = np.empty((frames, self.ring.channels), np.float32)
        done = 0
        while done < frames:
            end, wraps = self.route.stretch(self.cursor)
            count = min(frames - done, end - self.cursor)
            if count <= 0:
                self.ended = True
                break
            out[done : done + count] = self._stretch(self.cursor, count, end, wraps)
            self.timeline.add(self.fresh + done, self.cursor)
            if self._witness:
                self._witness.made(self.source, self.fresh + done, self.cursor, out[done : done + count])
            done += count
            self.cursor += count
            if wraps and self.cursor == end and self.route.loop:
                self.cursor = self.route.loop[0]
        self.ended = self.ended or self.route.stretch(self.cursor)[0] <= self.cursor
        return out[:done]

    def _stretch(self, start: int, count: int, end: int, wraps: bool) -> Samples:
        """Samples of one stretch; its last milliseconds fade into the loop's run-up, or out at a passage's end."""
        block = self.source.block(start, count)
        loop = self.route.loop
        edge = min(self._edge, (loop[1] - loop[0]) // 2) if wraps and loop else self._edge
        first = max(start, end - edge)
        if first >= start + count or not (wraps or end < self.source.frames):
            return block
        frames = start + count - first
        rise = _rise(first - (end - edge), frames, edge)
        block = block.copy()
        block[first - start :] *= 1.0 - rise
        if wraps and loop:
            block[first - start :] += rise * self.source.block(loop[0] - (end - first), frames)
        return block


def _rise(first: int, frames: int, length: int) -> Samples:
    """Samples `first` on of a raised cosine that rises over `length` samples, (frames, 1)."""
    k = np.arange(first, first + frames)
    return (0.5 - 0.5 * np.cos(np.pi * (k + 0.5) / max(1, length))).astype(np.float32)[:, None]
