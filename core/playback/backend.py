"""Where sound goes: what the player asks of a device, and a device that nobody hears."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from unbraid.core.audio import Samples
from unbraid.core.errors import UnbraidError


class DeviceError(UnbraidError):
    """A sound device that is not there, or does not play."""


@dataclass(frozen=True)
class Device:
    """A place to play: its name is what it is chosen by."""

    name: str
    channels: int
    rate: int
    is_default: bool = False


class Feed(Protocol):
    """Where a stream gets its sound: the ring."""

    def read(self, out: Samples, heard_at: float) -> None:
        """Fill `out`, (n, I); its first sample is heard at `heard_at` on the stream's clock."""

    def has(self, frames: int) -> bool:
        """Whether that many samples can be read without a gap."""


class Stream(Protocol):
    """A device that is playing."""

    title: str
    rate: int
    channels: int
    latency_s: float
    underflows: int

    def start(self, feed: Feed) -> None:
        """Begin to read from `feed`."""

    def now(self) -> float:
        """Its clock, seconds."""

    @property
    def is_alive(self) -> bool:
        """False when the device has gone away."""

    def close(self) -> None:
        """End it; nothing is read afterwards."""


class AudioBackend(Protocol):
    """A way to devices. preferred: the one that is opened first, None for the default one."""

    name: str
    preferred: str | None

    def devices(self) -> tuple[Device, ...]:
        """What there is; empty without sound."""

    def open(self, device: str | None, rate: int, channels: int) -> Stream:
        """A stream to that device (None: the default one), of this rate and so many channels where it can.

        DeviceError says why there is none.
        """

    def refresh(self) -> None:
        """Look for devices anew; no stream may be open."""


class NullBackend:
    """Plays to nobody, in real time or as fast as sound is made.

    rate, channels: what its device insists on, None for anything. block: samples read at a time. recorded: all that was
    played, where `record` is set.
    """

    name = "none"
    preferred: str | None = None

    def __init__(
        self,
        *,
        real_time: bool = True,
        block: int = 512,
        rate: int | None = None,
        channels: int | None = None,
        record: bool = False,
        latency_s: float = 0.0,
    ) -> None:
        self.real_time, self.block, self.rate, self.channels = real_time, block, rate, channels
        self.latency_s = latency_s
        self.record = record
        self.blocks: list[Samples] = []
        self.streams: list[NullStream] = []

    def devices(self) -> tuple[Device, ...]:
        """One silent device."""
        return (Device("silence", self.channels or 2, self.rate or 48000, is_default=True),)

    def open(self, device: str | None, rate: int, channels: int) -> Stream:
        """A thread that reads."""
        if device not in (None, "silence"):
            raise DeviceError(f"there is no sound device {device!r}; choose another one")
        stream = NullStream(self, self.rate or rate, self.channels or channels)
        self.streams.append(stream)
        return stream

    def refresh(self) -> None:
        """Nothing ever changes."""

    @property
    def recorded(self) -> Samples:
        """All that was played, (n, I)."""
        return np.concatenate(self.blocks) if self.blocks else np.zeros((0, self.channels or 2), np.float32)


class NullStream:
    """A stream of `NullBackend`."""

    def __init__(self, backend: NullBackend, rate: int, channels: int) -> None:
        self.title = "silence"
        self.rate, self.channels, self.latency_s = rate, channels, backend.latency_s
        self.underflows = 0
        self._backend, self._taken = backend, 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._begun = 0.0

    def start(self, feed: Feed) -> None:
        """Begin to read."""
        self._begun = time.monotonic()
        self._thread = threading.Thread(target=self._run, args=(feed,), name="null device", daemon=True)
        self._thread.start()

    def now(self) -> float:
        """Seconds since it began: of the wall, or of what was taken."""
        return time.monotonic() - self._begun if self._backend.real_time else self._taken / self.rate

    @property
    def is_alive(self) -> bool:
        """Until it is closed or lost."""
        return not self._stop.is_set()

    def lose(self) -> None:
        """Go away, as a device does that is unplugged."""
        self._stop.set()

    def close(self) -> None:
        """Stop reading."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(2.0)

    def _run(self, feed: Feed) -> None:
        out = np.zeros((self._backend.block, self.channels), np.float32)
        while not self._stop.is_set():
            if self._backend.real_time:
                ahead = self._taken / self.rate - self.now() - self.latency_s
                if ahead > 0 and self._stop.wait(ahead):
                    return
            elif not feed.has(len(out)):
                time.sleep(0.0005)
                continue
            feed.read(out, self._taken / self.rate)
            self._taken += len(out)
            if self._backend.record:
                self._backend.blocks.append(out.copy())
            if not self._backend.real_time:
                time.sleep(0)
