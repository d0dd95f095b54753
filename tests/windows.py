"""Real windows on a song of three seconds, played to nobody; for tests/app/conftest.py and for child processes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from unbraid.app import gui
from unbraid.app.session.session import Session
from unbraid.app.settings import SettingsStore
from unbraid.app.window.main_window import MainWindow
from unbraid.core import audio_files, mapped_wav
from unbraid.core.audio import Audio
from unbraid.core.document import drafts, edits
from unbraid.core.document.document import Document
from unbraid.core.document.state import Song, Stem
from unbraid.core.folders import working_folder
from unbraid.core.playback.backend import AudioBackend, NullBackend

RATE = 22050
SECONDS = 3.0
STEMS = ("bass", "drums", "vocals")


def song_stems(rate: int = RATE, seconds: float = SECONDS) -> dict[str, Audio]:
    """Three sounds that differ: a low tone, clicks, a gliding tone."""
    time_s = np.arange(round(rate * seconds)) / rate
    bass = 0.3 * np.sin(2 * np.pi * 80 * time_s)
    drums = np.zeros_like(time_s)
    drums[:: rate // 4] = 0.5
    vocals = 0.2 * np.sin(2 * np.pi * (440 * time_s + 30 * time_s**2))
    waves = {"bass": bass, "drums": drums, "vocals": vocals}
    return {name: Audio.of(np.stack([wave, 0.8 * wave], axis=1), rate) for name, wave in waves.items()}


def short_song() -> tuple[Audio, dict[str, Audio]]:
    """A song of three seconds and its stems."""
    made = song_stems()
    return Audio.of(np.sum([stem.samples for stem in made.values()], axis=0), RATE), made


def write_song(folder: Path) -> Path:
    """A folder with a song and its stems."""
    mix, made = short_song()
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


def document_of(folder: Path, mix: Audio, stems: Mapping[str, Audio], work: Path, *, source: str = "") -> Document:
    """A new project with a song and stems, as opening makes it; `work` is a folder for files on their way."""
    document = Document.create(folder)

    def adopted(name: str, audio: Audio) -> str:
        path = work / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = mapped_wav.create(path, audio.frames, audio.channels, audio.rate)
        samples[:] = audio.samples
        samples.flush()
        media = document.media.adopt(path)
        path.unlink(missing_ok=True)
        return media

    song = Song(adopted("mix", mix), folder.name, mix.frames, mix.channels, mix.rate, is_float=True, source=source)
    made = tuple(Stem(f"s{k}", name, adopted(name, audio)) for k, (name, audio) in enumerate(stems.items(), 1))
    document.do("Open", lambda project: edits.set_stems(edits.set_song(project, song), made))
    return document


class Bench:
    """A session without a window, on documents that are made at once."""

    def __init__(self, qtbot, folder: Path, backend: AudioBackend | None = None) -> None:
        self.qtbot, self.folder = qtbot, folder
        self.session = Session(SettingsStore(), backend=backend or NullBackend())
        self.notices: list[tuple[str, str]] = []
        self.session.noticed.connect(lambda kind, text: self.notices.append((kind, text)))

    def until(self, claim: Callable[[], object], timeout_s: float = 20.0) -> None:
        """Wait for it."""
        self.qtbot.waitUntil(lambda: bool(claim()), timeout=round(1000 * timeout_s))

    def open(self, mix: Audio | None = None, stems: Mapping[str, Audio] | None = None, name: str = "Song") -> Document:
        """A draft with a song (three stems of three seconds unless told otherwise)."""
        parts = song_stems() if stems is None and mix is None else stems or {}
        if mix is None:
            mix = Audio.of(np.sum([stem.samples.astype(np.float64) for stem in parts.values()], axis=0), RATE)
        document = document_of(drafts.new_draft(name), mix, parts, self.folder / "work")
        self.session.take(document)
        return document

    def audio(self, name: str) -> Audio:
        """The sound of a stem, of the song for ''."""
        state, document = self.session.state, self.session.document
        assert document is not None and state.song is not None
        media = next((stem.media for stem in state.stems if stem.name == name), "") or state.song.media
        return document.media.audio(media)

    def names(self) -> list[str]:
        """Names of the stems."""
        return [stem.name for stem in self.session.state.stems]

    def steps(self) -> list[str]:
        """Titles of the document's steps."""
        document = self.session.document
        return [] if document is None else [step.title for step in document.steps()]

    def close(self) -> None:
        """End the session as a window does."""
        self.session.close()
        self.session.deleteLater()
        self.qtbot.wait(5)


def files_at_work() -> list[str]:
    """Names of what this process has in the working folder, but for logs of workers."""
    own = working_folder().glob(f"{os.getpid()}-*")
    return sorted(path.name for path in own if path.suffix != ".log")
