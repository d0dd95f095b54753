"""Which place of the song lies at which place of the ring, and where playing goes next."""

from __future__ import annotations

import threading
from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True)
class Route:
    """Where playing goes, in samples: up to `stop`; from the loop's end to its beginning, when it comes to that end."""

    stop: int
    loop: tuple[int, int] | None = None

    def stretch(self, cursor: int) -> tuple[int, bool]:
        """Where the stretch ends that `cursor` lies in, and whether the loop's beginning comes after it."""
        if self.loop is not None and cursor < self.loop[1]:
            return self.loop[1], True
        return max(self.stop, cursor), False


class Timeline:
    """Stretches of the song as they lie in the ring; written by the player's thread, read by any."""

    def __init__(self) -> None:
        self._places: list[int] = []
        self._frames: list[int] = []
        self._lock = threading.Lock()

    def add(self, place: int, frame: int) -> None:
        """From this place on the song goes on from that frame."""
        with self._lock:
            if not self._places or self._frame_at(place) != frame:
                self._places.append(place)
                self._frames.append(frame)

    def cut(self, place: int) -> None:
        """Forget what begins at a place or later."""
        with self._lock:
            while self._places and self._places[-1] >= place:
                self._places.pop()
                self._frames.pop()

    def forget(self, place: int) -> None:
        """Forget stretches that end before a place."""
        with self._lock:
            old = bisect_right(self._places, place) - 1
            if old > 0:
                del self._places[:old], self._frames[:old]

    def frame_at(self, place: int) -> int:
        """The song's frame at a place; before the first stretch, where that begins."""
        with self._lock:
            return self._frame_at(place)

    def _frame_at(self, place: int) -> int:
        if not self._places:
            return 0
        k = max(0, bisect_right(self._places, place) - 1)
        return self._frames[k] + max(0, place - self._places[k])
