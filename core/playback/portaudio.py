"""Sound devices by PortAudio. The library is loaded when it is first asked for anything, and may be missing."""

from __future__ import annotations

import contextlib
import logging
import time
from typing import TYPE_CHECKING, Any

from unbraid.core.playback.backend import AudioBackend, Device, DeviceError, Feed, Stream

if TYPE_CHECKING:
    from types import ModuleType

logger = logging.getLogger(__name__)

LATENCY_S = 0.1
"""Deep enough for a busy window; "low" drops out as soon as another thread of Python works."""


def _library() -> ModuleType:
    """The binding; DeviceError where the system's library is missing."""
    try:
        import sounddevice
    except (OSError, ImportError) as error:
        raise DeviceError(
            f"sound cannot be played, because PortAudio could not be loaded ({error}); install it "
            "(Debian and Ubuntu: libportaudio2) and start again. Everything else works, export too."
        ) from error
    module: ModuleType = sounddevice
    return module


class PortAudioBackend:
    """The machine's sound devices.

    preferred: the device that is opened first, None for the default one. latency_s: what is asked of a device. waits:
    the callback waits for sound; for devices without a clock (files), which take faster than anything can be made.
    """

    name = "PortAudio"

    def __init__(self, preferred: str | None = None, *, latency_s: float = LATENCY_S, waits: bool = False) -> None:
        self.preferred, self.latency_s, self.waits = preferred, latency_s, waits

    def devices(self) -> tuple[Device, ...]:
        """Devices that can play, the default one first; empty where there are none, or no library."""
        try:
            library = _library()
            default = library.default.device[1]
            found = [(k, d) for k, d in enumerate(library.query_devices()) if d["max_output_channels"] > 0]
        except (DeviceError, OSError) as error:
            logger.info("no sound devices: %s", error)
            return ()
        except Exception as error:  # PortAudioError, whose class comes with the library
            logger.info("no sound devices: %s", error)
            return ()
        listed = [
            Device(d["name"], d["max_output_channels"], round(d["default_samplerate"]), is_default=k == default)
            for k, d in found
        ]
        return tuple(sorted(listed, key=lambda device: not device.is_default))

    def open(self, device: str | None, rate: int, channels: int) -> Stream:
        """A stream of the song's rate and channels, or what is nearest to them."""
        library = _library()
        try:
            index, info = _find(library, device)
            rate, channels = _agreed(library, index, info, rate, channels)
            return PortAudioStream(library, index, str(info["name"]), rate, channels, self.latency_s, self.waits)
        except (library.PortAudioError, ValueError) as error:
            where = f"the sound device {device}" if device else "the sound device"
            raise DeviceError(f"{where} cannot be opened: {error}; choose another one in the settings") from error

    def refresh(self) -> None:
        """Load the library's list of devices anew, which it makes only once by itself."""
        with contextlib.suppress(DeviceError):
            library = _library()
            try:
                library._terminate()
                library._initialize()
            except library.PortAudioError as error:
                logger.warning("sound devices could not be listed anew: %s", error)


def best_backend(preferred: str | None = None) -> AudioBackend:
    """The machine's devices; where there is no library, opening one says so, and the player plays in silence."""
    return PortAudioBackend(preferred)


def _find(library: Any, device: str | None) -> tuple[int, Any]:
    """Number and description of a device."""
    if device is None:
        number = library.default.device[1]
        if number < 0:
            raise DeviceError("there is no sound device; plug one in and look for devices again, or export")
        return number, library.query_devices(number)
    for number, info in enumerate(library.query_devices()):
        if info["name"] == device and info["max_output_channels"] > 0:
            return number, info
    raise DeviceError(f"there is no sound device {device!r} any more; choose another one in the settings")


def _agreed(library: Any, index: int, info: Any, rate: int, channels: int) -> tuple[int, int]:
    """The song's rate and channels where the device takes them, else its own rate, or two channels."""
    own, most = round(info["default_samplerate"]), int(info["max_output_channels"])
    stereo = min(2, most)
    for wanted in ((rate, channels), (rate, stereo), (own, channels), (own, stereo)):
        try:
            library.check_output_settings(device=index, samplerate=wanted[0], channels=wanted[1], dtype="float32")
            return wanted
        except (library.PortAudioError, ValueError):
            continue
    return own, stereo


class PortAudioStream:
    """A stream of `PortAudioBackend`."""

    def __init__(
        self, library: Any, index: int, title: str, rate: int, channels: int, latency_s: float, waits: bool
    ) -> None:
        self.title, self.rate, self.channels, self.underflows = title, rate, channels, 0
        self._waits, self._gone, self._feed = waits, False, None
        self._stream: Any = library.OutputStream(
            device=index, samplerate=rate, channels=channels, dtype="float32", latency=latency_s,
            callback=self._callback, finished_callback=self._finished,
        )  # fmt: skip
        self.latency_s = float(self._stream.latency)

    _feed: Feed | None

    def start(self, feed: Feed) -> None:
        """Begin to read from `feed`."""
        self._feed = feed
        try:
            self._stream.start()
        except Exception as error:  # PortAudioError
            raise DeviceError(f"the sound device {self.title} does not start: {error}") from error

    def now(self) -> float:
        """The stream's clock."""
        return float(self._stream.time)

    @property
    def is_alive(self) -> bool:
        """False when PortAudio has ended it although we did not."""
        return not self._gone

    def close(self) -> None:
        """End it at once; what lies ready is not played."""
        self._gone = True
        with contextlib.suppress(Exception):
            self._stream.abort()
        with contextlib.suppress(Exception):
            self._stream.close()

    def _finished(self) -> None:
        self._gone = True

    def _callback(self, out: Any, frames: int, times: Any, status: Any) -> None:
        """Copy from the ring: no lock, no new buffers, no logging."""
        feed = self._feed
        if feed is None:
            out[:] = 0.0
            return
        if self._waits:
            while not feed.has(frames) and not self._gone:
                time.sleep(0.0005)
        if status.output_underflow:
            self.underflows += 1
        feed.read(out, times.outputBufferDacTime)
