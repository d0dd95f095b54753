"""A real window on a song of three seconds, played to nobody; what it leaves behind fails the test."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from unbraid.app import gui
from unbraid.app.settings import SettingsStore
from unbraid.app.window.main_window import MainWindow
from unbraid.core import audio_files
from unbraid.core.audio import Audio
from unbraid.core.playback.backend import NullBackend

RATE = 22050
SECONDS = 3.0
STEMS = ("bass", "drums", "vocals")


def stems(rate: int = RATE, seconds: float = SECONDS) -> dict[str, Audio]:
    """Three sounds that differ: a low tone, clicks, a gliding tone."""
    time_s = np.arange(round(rate * seconds)) / rate
    bass = 0.3 * np.sin(2 * np.pi * 80 * time_s)
    drums = np.zeros_like(time_s)
    drums[:: rate // 4] = 0.5
    vocals = 0.2 * np.sin(2 * np.pi * (440 * time_s + 30 * time_s**2))
    waves = {"bass": bass, "drums": drums, "vocals": vocals}
    return {name: Audio.of(np.stack([wave, 0.8 * wave], axis=1), rate) for name, wave in waves.items()}


@pytest.fixture(scope="session")
def song_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a song and its stems."""
    folder = tmp_path_factory.mktemp("songs") / "Short song"
    made = stems()
    mix = Audio.of(np.sum([stem.samples for stem in made.values()], axis=0), RATE)
    audio_files.write_set(
        {folder / f"{name}.wav": audio for name, audio in {"mix": mix, **made}.items()},
        audio_files.WriteOptions(bits="32f"),
    )
    return folder


class Driver:
    """Opens windows and waits for them."""

    def __init__(self, qtbot) -> None:
        self.qtbot = qtbot
        self.windows: list[MainWindow] = []

    def open(self, *paths: Path, song: bool = True) -> MainWindow:
        """A window, awake, with the song of `paths` if any."""
        window = gui.open_window(list(paths), settings=SettingsStore(), backend=NullBackend())
        window.resize(1440, 860)
        self.windows.append(window)
        self.until(lambda: window.is_awake)
        if paths and song:
            self.until(lambda: window.session.has_song)
        return window

    def until(self, claim: Callable[[], object], timeout_s: float = 20.0) -> None:
        """Wait for it."""
        self.qtbot.waitUntil(claim, timeout=round(1000 * timeout_s))

    def close(self, window: MainWindow) -> float:
        """Close as the user does; returns the seconds that took."""
        begun = time.monotonic()
        window.close()
        took_s = time.monotonic() - begun
        self.windows.remove(window)
        self.qtbot.wait(10)
        window.deleteLater()
        self.qtbot.wait(10)
        return took_s


@pytest.fixture
def driver(qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Driver]:
    """Opens windows in folders of their own, and looks that they leave nothing behind."""
    for name in ("UNBRAID_DATA", "UNBRAID_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    threads, children = set(threading.enumerate()), set(psutil.Process().children(recursive=True))
    driver = Driver(qtbot)
    yield driver
    for window in list(driver.windows):
        driver.close(window)

    def left() -> list[object]:
        running = [t for t in threading.enumerate() if t not in threads and t.is_alive()]
        spawned = [c for c in psutil.Process().children(recursive=True) if c not in children and c.is_running()]
        return [*running, *(c for c in spawned if "resource_tracker" not in " ".join(_command(c)))]

    end = time.monotonic() + 3.0
    while left() and time.monotonic() < end:
        qtbot.wait(20)
    assert not left()


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.fixture
def window(driver: Driver, song_folder: Path) -> MainWindow:
    """A window with a song and three stems."""
    window = driver.open(song_folder)
    driver.until(lambda: len(window.session.state.stems) == 3)
    return window
