"""The ring between the thread that makes sound and the callback that plays it: one writer, one reader, no lock.

Places are counted from the ring's beginning and never wrap, in samples per channel of the device; each side changes
only its own counter.
"""

from __future__ import annotations

import numpy as np

from unbraid.core.audio import Samples


class Ring:
    """Sound that lies ready. The reader is the device's callback: it copies and counts, nothing else.

    hold: the reader gets silence and takes nothing. ends: no more comes after what is written, so running dry is no
    drop-out. mark: when the last buffer is heard (on the stream's clock), and the place where it began; the place goes
    on while there is nothing to read, so that the clock shows when the last sound has been heard.
    """

    def __init__(self, frames: int, channels: int) -> None:
        self.frames, self.channels = frames, channels
        self._samples = np.zeros((frames, channels), np.float32)
        self.read_total = self.written_total = 0
        self.hold = self.ends = True
        self.drop_outs = self.longest_read = 0
        self.mark = (0.0, 0)
        self._dry = 0

    @property
    def ready(self) -> int:
        """Samples that can be read."""
        return self.written_total - self.read_total

    def read(self, out: Samples, heard_at: float) -> None:
        """Fill `out`, (n, channels), which is heard from `heard_at` on; called by the device."""
        frames, start, hold = len(out), self.read_total, self.hold
        have = 0 if hold else min(frames, self.written_total - start)
        self._dry = 0 if have else self._dry
        self.mark = (heard_at, start + self._dry)
        first = start % self.frames
        straight = min(have, self.frames - first)
        out[:straight] = self._samples[first : first + straight]
        out[straight:have] = self._samples[: have - straight]
        out[have:] = 0.0
        self.read_total = start + have
        self._dry += frames - have
        if not hold:
            self.drop_outs += have < frames and not self.ends
            self.longest_read = max(self.longest_read, frames)

    def has(self, frames: int) -> bool:
        """Whether a read of so many samples gets all there will be; devices without a clock wait for it."""
        return self.hold or self.ends or self.ready >= frames

    def write(self, place: int, samples: Samples) -> None:
        """Put samples at a place that is not behind what is written; what lies there is replaced."""
        first, count = place % self.frames, len(samples)
        straight = min(count, self.frames - first)
        self._samples[first : first + straight] = samples[:straight]
        self._samples[: count - straight] = samples[straight:]
        self.written_total = max(self.written_total, place + count)

    def peek(self, place: int, frames: int) -> Samples:
        """A copy of what is written at a place, up to so many samples."""
        count = max(0, min(frames, self.written_total - place))
        return np.take(self._samples, np.arange(place, place + count), axis=0, mode="wrap")

    def cut(self, place: int) -> None:
        """Forget what is written from a place on."""
        self.written_total = min(self.written_total, max(place, self.read_total))
