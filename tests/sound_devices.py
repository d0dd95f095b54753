"""Sound devices without a sound card: ALSA's file device, and a PulseAudio server of our own."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from unbraid.core import mapped_wav

STRIPS = """
STRIPS = [NEUTRAL, Strip(-3.0), Strip(mute=True), Strip(2.0, pan=0.4), Strip(-1.0, invert=True),
          Strip(equaliser=Equaliser(3.0, -2.0, 4.0)), NEUTRAL, Strip(-6.0, pan=-1.0)]
"""
"""Of the eight stems, as text for children."""

CHILD = f"""
import sys, threading, time
from pathlib import Path
import numpy as np
from unbraid.core import mapped_wav
from unbraid.core.document.state import NEUTRAL, Equaliser, Strip
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.mixing.part import Part
from unbraid.core.playback.player import Player
from unbraid.core.playback.portaudio import PortAudioBackend
{STRIPS}
folder = Path(sys.argv[1])
opened = lambda name: mapped_wav.open_mapped(folder / f"{{name}}.wav")
mixdown = Mixdown(opened("mix"), tuple(Part(str(k), opened(k), strip) for k, strip in enumerate(STRIPS)))
"""
"""What a child begins with: the song of `write_song` in its mixer."""


def need_portaudio() -> None:
    """Skip where the libraries are missing."""
    try:
        import sounddevice  # noqa: F401

        ctypes.CDLL("libasound.so.2")
    except OSError as error:
        pytest.skip(f"PortAudio or ALSA is missing: {error}")


def write_song(folder: Path, frames: int, rate: int = 48000, *, silence: int = 0) -> None:
    """Eight stems of noise and their mix, mapped; the first and last `silence` samples are silent."""
    import numpy as np

    rng, total = np.random.default_rng(0), np.zeros((frames, 2))
    for k in range(8):
        stem = 0.05 * rng.standard_normal((frames, 2)).astype(np.float32)
        if silence:
            stem[:silence] = stem[-silence:] = 0.0
        mapped_wav.create(folder / f"{k}.wav", frames, 2, rate)[:] = stem
        total += stem
    mapped_wav.create(folder / "mix.wav", frames, 2, rate)[:] = total


def alsa_file_device(folder: Path) -> tuple[dict[str, str], Path]:
    """Environment in which the sound device `testfile` writes what it plays to a file, and that file."""
    asound = ctypes.CDLL("libasound.so.2")
    asound.snd_config_topdir.restype = ctypes.c_char_p
    top, out = asound.snd_config_topdir().decode(), folder / "out.raw"
    settings = folder / "asound.conf"
    settings.write_text(
        f'<{top}/alsa.conf>\npcm.testfile {{ type file slave.pcm "null" file "{out}" format "raw" '
        'hint { show on description "test" } }\n'
    )
    return {**os.environ, "ALSA_CONFIG_PATH": str(settings)}, out


def child(script: str, folder: Path, environment: dict[str, str], **options: object) -> subprocess.Popen[str]:
    """A child that runs `script` after CHILD."""
    command = [sys.executable, "-c", CHILD + script, str(folder)]
    return subprocess.Popen(command, env=environment, text=True, **options)  # type: ignore[call-overload,no-any-return]


class PulseServer:
    """A PulseAudio server with one silent sink, all its files in a folder of its own."""

    def __init__(self, folder: Path, rate: int = 48000) -> None:
        for program in ("pulseaudio", "pactl", "parec"):
            if shutil.which(program) is None:
                pytest.skip(f"{program} is not installed")
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / "daemon.pa").write_text(
            f".fail\nload-module module-null-sink sink_name=testsink rate={rate} channels=2 format=float32le\n"
            f"load-module module-native-protocol-unix socket={folder}/native auth-anonymous=1\n"
            "set-default-sink testsink\n"
        )
        (folder / "client.conf").write_text(
            f"autospawn = no\nenable-shm = no\nenable-memfd = no\ncookie-file = {folder}/cookie\n"
        )
        kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY") and "DBUS" not in k}
        self.folder = folder
        self.environment = kept | {
            "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "PULSE_RUNTIME_PATH": f"{folder}/run",
            "PULSE_STATE_PATH": f"{folder}/state", "PULSE_SERVER": f"unix:{folder}/native",
            "PULSE_CLIENTCONFIG": f"{folder}/client.conf", "UNBRAID_CACHE": str(folder / "cache"),
        }  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = ["pulseaudio", "-n", "-F", f"{self.folder}/daemon.pa", "--daemonize=no", "--exit-idle-time=-1",
                   "--use-pid-file=no", "--disable-shm=yes", "--high-priority=no", "--realtime=no"]  # fmt: skip
        (self.folder / "native").unlink(missing_ok=True)
        server = {k: v for k, v in self.environment.items() if k not in ("PULSE_SERVER", "PULSE_CLIENTCONFIG")}
        self._process = subprocess.Popen(command, env=server, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while subprocess.run(["pactl", "info"], env=self.environment, capture_output=True, check=False).returncode:
            if time.monotonic() > deadline or self._process.poll() is not None:
                self.stop()
                pytest.skip("PulseAudio does not start here")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(5)
            self._process = None

    @contextlib.contextmanager
    def recording(self, path: Path) -> Iterator[None]:
        """Record what the sink plays as raw float32 stereo."""
        command = ["parec", "-d", "testsink.monitor", "--format=float32le", "--rate=48000", "--channels=2",
                   "--latency-msec=20", "--raw"]  # fmt: skip
        with path.open("wb") as out:
            recorder = subprocess.Popen(command, env=self.environment, stdout=out)
            time.sleep(0.5)
            try:
                yield
            finally:
                time.sleep(0.7)
                recorder.terminate()
                recorder.wait(5)
