"""Makes the handbook's pictures of the window: `python docs/pictures/make_window_pictures.py [NAME ...]`.

It opens the real application without a screen, does with the demo song what the chapter tells, and writes
`docs/pictures/window/*.png`. Nothing is drawn for the picture: what depends on the machine or on chance (times, free
space, folders, what meters show at a moment) is held, so that two runs give the same files. With names only those
pictures are written. It also writes the table of keys into docs/window.md, made from the table of actions.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import sys
import tempfile
import threading
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest import mock

HERE = Path(__file__).parent
FOLDER = HERE / "window"
CHAPTER = HERE.parent / "window.md"
SIZE = (1280, 760)
COLOURS = 256
MARKS = ("<!-- keys: written by docs/pictures/make_window_pictures.py -->", "<!-- end of keys -->")
FIXED = {"QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": "1", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


@contextmanager
def workplace() -> Iterator[Path]:
    """Folders of our own for settings and drafts, and a place for exports that looks the same everywhere."""
    music = Path(tempfile.gettempdir()) / "Music"
    made = not music.exists()
    music.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("UNBRAID_DATA", "UNBRAID_CONFIG"):
            os.environ[name] = str(Path(folder) / name.lower())
        os.environ.update(FIXED)
        try:
            yield music
        finally:
            if made:
                shutil.rmtree(music, ignore_errors=True)


class Stage:
    """A window of the application, driven by hand."""

    def __init__(self, music: Path, **settings: object) -> None:
        from unbraid.app import gui
        from unbraid.app.settings import SettingsStore
        from unbraid.core.playback.backend import NullBackend

        store = SettingsStore()
        wanted = {"theme": "dark", "language": "en", "motion": "reduced", "export_folder": str(music)}
        store.set(**{**wanted, **settings})
        random.seed(1)
        self.app = gui.application()
        self.app.setCursorFlashTime(0)
        self.window = gui.open_window([], settings=store, backend=NullBackend())
        self.window.resize(*SIZE)
        self.until(lambda: self.window.is_awake)
        self.window.resize(*SIZE)
        self.wait(0.3)

    def wait(self, seconds: float) -> None:
        """Let the application work."""
        self.until(lambda: False, seconds, needed=False)

    def until(self, claim: Callable[[], object], seconds: float = 300.0, *, needed: bool = True) -> None:
        """Let it work until something is so."""
        from PySide6.QtCore import QEvent

        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.app.processEvents()
            self.app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            if claim():
                return
            time.sleep(0.01)
        if needed:
            raise TimeoutError("the window did not get there")

    def settle(self) -> None:
        """Wait until everything is computed and painted."""
        view = self.window.song_view.view
        if self.window.session.has_song:
            self.until(lambda: view.canvas.progress >= 1.0)
            self.until(lambda: self.window.session.playing.remix_lufs is not None)
        self.wait(0.6)

    def quiet(self) -> None:
        """Send the notices away."""
        from unbraid.app.notices import NoticeCard

        for notice in self.window.findChildren(NoticeCard):
            notice.dismiss()
        self.wait(0.2)

    def open_demo(self, *, stems: bool) -> None:
        """The song that ships with the application."""
        self.window.files.open_demo(stems)
        self.until(lambda: self.window.session.has_song)
        self.until(lambda: not stems or len(self.window.session.state.stems) == 4)
        self.settle()

    def hear(self, time_s: float) -> None:
        """Show the meters and the playhead as they are at a moment of the song."""
        window = self.window
        window.session.playing.seek(time_s)
        self.wait(0.3)
        mixdown = window.session.playing.mixdown
        for strip in window.mixer.strips():
            strip.show_levels(*_levels(_alone(mixdown, strip.id), time_s))
        window.mixer.master.show_levels(*_levels(mixdown, time_s))

    def save(self, name: str, dialog: object = None, *, over: bool = False) -> None:
        """Write a picture: of the window, of a dialog, or of a dialog over the window."""
        from PySide6.QtGui import QPainter

        if dialog is None or over:
            self.wait(0.1)
            shot = self.window.grab()
            if over:
                painter = QPainter(shot)
                painter.drawPixmap(dialog.pos() - self.window.pos(), dialog.grab())
                painter.end()
        else:
            shot = dialog.grab()
        _write(shot, FOLDER / f"{name}.png")

    def close(self) -> None:
        """Leave nothing behind."""
        self.window.close()
        self.wait(0.2)
        self.window.deleteLater()
        self.wait(0.2)


def _alone(mixdown: object, id: str) -> object:
    """A stem, or the residual, as the mixer makes it sound: nothing where it is muted."""

    def other(strip: object, its_id: str) -> object:
        return replace(strip, mute=strip.mute or its_id != id)

    parts = tuple(replace(part, strip=other(part.strip, part.id)) for part in mixdown.parts)
    return replace(mixdown, parts=parts, residual=other(mixdown.residual, "residual"))


def _levels(sound: object, time_s: float) -> tuple[list[float], float, int]:
    """Peaks of the last tenth of a second for each channel, momentary loudness, clipped samples."""
    import numpy as np

    from unbraid.core.loudness import LoudnessMeter

    rate = sound.rate
    stop = round(time_s * rate)
    block = sound.block(stop - round(0.6 * rate), round(0.6 * rate))
    meter = LoudnessMeter(rate, block.shape[1], true_peak=False)
    meter.add(block)
    peaks = np.abs(block[-rate // 10 :]).max(axis=0)
    return [float(20 * np.log10(max(peak, 1e-9))) for peak in peaks], meter.momentary(), 0


def _write(shot: object, path: Path) -> None:
    """A PNG with a palette: a quarter of the size, no difference to the eye."""
    from PIL import Image
    from PySide6.QtGui import QImage

    image = shot.toImage().convertToFormat(QImage.Format.Format_RGB888)
    raw = bytes(image.constBits())
    picture = Image.frombytes("RGB", (image.width(), image.height()), raw, "raw", "RGB", image.bytesPerLine())
    path.parent.mkdir(exist_ok=True)
    few = picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


# -- the pictures -----------------------------------------------------------------------------------------------------


def start_and_karaoke(music: Path) -> None:
    """Nothing open; a song; a task that runs; its stems."""
    stage = Stage(music)
    window = stage.window
    stage.save("start")
    stage.open_demo(stems=False)
    stage.save("song")
    window.panels.docks["inspector"].hide()
    held = threading.Event()
    window.session.submit("Karaoke", lambda desk: (desk.progress(0.42, "vocals and accompaniment"), held.wait(30.0)))
    stage.until(lambda: window.statusBar().bar.value() > 0)
    stage.save("running")
    held.set()
    stage.until(lambda: not window.session.queue.is_busy)
    window.separate.reach_by_id("karaoke")
    stage.until(lambda: len(window.session.state.stems) > 0)
    stage.until(lambda: not window.session.queue.is_busy)
    stage.settle()
    stage.quiet()
    stage.hear(9.2)
    stage.save("karaoke")
    window.action_set.run("export")
    stage.wait(2.0)
    stage.save("export", window.export_dialog)
    window.export_dialog.close()
    stage.close()


def remix(music: Path) -> None:
    """Four stems: faders, picture, selection, separating, auditions, history, dialogs."""
    from unbraid.app.selection import Selection
    from unbraid.core.document import edits
    from unbraid.core.document.state import Equaliser, Span

    stage = Stage(music)
    window = stage.window
    session = window.session
    stage.open_demo(stems=True)
    ids = {stem.name: stem.id for stem in session.state.stems}
    window.panels.docks["inspector"].hide()
    session.edit("Level of vocals", partial(_set, edits.set_gain, ids["vocals"], 2.5))
    session.edit("Pan of other", partial(_set, edits.set_pan, ids["other"], -0.3))
    session.edit("Equaliser of drums", partial(_set, edits.set_equaliser, ids["drums"], Equaliser(2.0, 0.0, -3.0)))
    session.edit("Mute bass", partial(_set, edits.set_mute, ids["bass"], True))
    window.mixer.strip(ids["drums"]).unfold(True)
    window.mixer.choose(ids["drums"])
    stage.settle()
    stage.hear(9.2)
    stage.save("remix")
    window.mixer.strip(ids["drums"]).unfold(False)

    views = dict(window.picture.shown())
    window.picture.show(views["vocals"])
    session.select(Selection(8.7, 13.2, 4500.0, 13000.0))
    session.set_loop(Span(8.7, 17.6))
    stage.settle()
    stage.hear(11.0)
    stage.save("selection")
    session.select(None)
    session.set_loop(None)

    window.panels.show_page("picture")
    window.picture.show(views["Stems in their colours"])
    stage.settle()
    stage.save("picture")
    window.picture.show(views["The mix"])

    window.panels.show_page("separate")
    window.separate.more.setChecked(True)
    stage.until(lambda: window.separate.method.count() > 0)
    window.separate.method.setCurrentIndex(window.separate.method.findData("repet_sim"))
    stage.settle()
    stage.save("method")
    window.separate.more.setChecked(False)

    window.separate.audition.open.setChecked(True)
    stage.until(lambda: window.separate.audition.begin.isEnabled())
    session.playing.seek(8.0)
    window.separate.audition.begin.click()
    stage.until(lambda: session.auditioning.results and not session.queue.is_busy)
    session.auditioning.choose_target("vocals")
    window.separate.audition.blind.setChecked(True)
    stage.settle()
    stage.quiet()
    area = window.separate.audition.parentWidget().parentWidget().parentWidget()
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    stage.hear(11.0)
    stage.save("audition")

    window.panels.show_page("history")
    stage.hear(11.0)
    stage.save("history")

    for name, action, kind in (
        ("palette", "palette", "Palette"),
        ("keys", "shortcut_sheet", "ShortcutSheet"),
        ("settings", "settings", "SettingsDialog"),
    ):
        window.action_set.run(action)
        stage.wait(0.5)
        dialog = next(w for w in stage.app.topLevelWidgets() if type(w).__name__ == kind and w.isVisible())
        if name == "palette":
            dialog.field.setText("zoom")
            stage.wait(0.3)
        stage.save(name, dialog, over=name == "palette")
        dialog.close()
    stage.close()


def light(music: Path) -> None:
    """The light theme."""
    stage = Stage(music, theme="light")
    stage.open_demo(stems=True)
    stage.window.panels.docks["inspector"].hide()
    stage.hear(9.2)
    stage.save("light")
    stage.close()


def german(music: Path) -> None:
    """Another language."""
    stage = Stage(music, language="de")
    stage.open_demo(stems=True)
    stage.window.panels.show_page("separate")
    stage.hear(9.2)
    stage.save("german")
    stage.close()


def encode(music: Path) -> None:
    """The curve of the demo song's stems, and the file for the public."""
    stage = Stage(music)
    stage.open_demo(stems=True)
    stage.window.panels.show_page("encode")
    encoding = stage.window.session.encoding
    stage.window.encode.compute()
    stage.until(lambda: encoding.is_usable, 900.0)
    stage.quiet()
    stage.hear(9.2)
    stage.save("encode")
    stage.close()


def _set(edit: Callable[..., object], id: str, value: object, project: object) -> object:
    return edit(project, id, value)


# -- the table of keys -------------------------------------------------------------------------------------------------


def keys_table() -> str:
    """Markdown: every command that has a key, by menu, in the order of the table of actions."""
    from unbraid.app.actions.commands import TABLE
    from unbraid.app.actions.gestures import GESTURES

    lines = ["| menu | command | keys |", "| --- | --- | --- |"]
    for row in TABLE:
        if row.shortcuts:
            keys = ", ".join(f"`{key}`" for key in row.shortcuts)
            lines.append(f"| {' › '.join(row.path)} | {row.title.rstrip(' …')} | {keys} |")
    lines += ["", "| with the mouse on | | |", "| --- | --- | --- |"]
    lines += [f"| {one.place} | {one.hand} | {one.meaning} |" for one in GESTURES]
    return "\n".join(lines)


def with_keys(text: str) -> str:
    """The chapter with the table of now."""
    begin, end = (re.escape(mark) for mark in MARKS)
    table = f"{MARKS[0]}\n{keys_table()}\n{MARKS[1]}"
    return re.sub(f"{begin}.*?{end}", lambda _: table, text, flags=re.DOTALL)


def main() -> None:
    """All pictures, or those of the scenes named, and the table; `keys` alone is no scene: only the table."""
    CHAPTER.write_text(with_keys(CHAPTER.read_text(encoding="utf-8")), encoding="utf-8")
    usage = namedtuple("usage", "total used free")(2**40, 2**39, 120 * 10**9)
    from unbraid.core import job_queue, speeds

    with workplace() as music, mock.patch.object(shutil, "disk_usage", lambda _: usage):
        held = {"elapsed_s": property(lambda job: 4.0), "seconds_left": property(lambda job: 6.0, lambda job, s: None)}
        with mock.patch.multiple(job_queue.Job, **held), mock.patch.object(speeds, "known", dict):
            for scene in (start_and_karaoke, remix, light, german, encode):
                if not sys.argv[1:] or scene.__name__ in sys.argv[1:]:
                    scene(music)


if __name__ == "__main__":
    main()
