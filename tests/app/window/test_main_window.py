"""The window from start to end: what one sees first, opening, dropping, title, closing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from unbraid.core.separation.goals import goal

pytestmark = pytest.mark.gui

HEAVY = {
    "numpy", "scipy", "scipy.signal", "numba", "torch", "soundfile", "av", "soxr", "sounddevice", "pyqtgraph",
    "superqt", "qtawesome", "matplotlib", "librosa", "sklearn",
}  # fmt: skip


def test_the_first_paint_loads_nothing_heavy() -> None:
    script = """
import sys
from unbraid.app import gui
from unbraid.app.window.start_page import StartPage
seen, painted = [], []
StartPage.paintEvent = lambda page, event: painted.append(page)
def look(window, store, backend):
    assert painted
    seen.extend(sys.modules); window.hide(); gui.application().quit()
gui._after_first_paint = look
window = gui.open_window()
gui.application().exec()
print("\\n".join(seen))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "PySide6.QtWidgets" in loaded
    assert not loaded & HEAVY


def test_nothing_open_says_what_to_do(driver) -> None:
    window = driver.open()
    assert window.stack.currentWidget() is window.start
    assert window.windowTitle() == "Unbraid"
    assert not window.panels.docks["mixer"].isVisible() and not window.panels.transport.isVisible()
    assert window.action_set["open"].isEnabled() and not window.action_set["play"].isEnabled()


def test_a_folder_that_is_dropped_opens_as_song_with_stems(driver, song_folder: Path) -> None:
    window = driver.open()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(song_folder))])
    place = QPoint(300, 300)
    enter = QDragEnterEvent(
        place, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    drop = QDropEvent(
        QPointF(place), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(window, drop)
    driver.until(lambda: window.session.has_song)
    assert {stem.name for stem in window.session.state.stems} == {"bass", "drums", "vocals"}
    assert window.stack.currentWidget() is window.song_view
    assert len(window.mixer.strips()) == 4
    driver.until(lambda: window.session.playing.null_db is not None)
    assert window.session.playing.null_db < -120


def test_several_files_of_one_song_open_together(driver, song_folder: Path) -> None:
    window = driver.open(*sorted(song_folder.glob("*.wav")))
    assert {stem.name for stem in window.session.state.stems} == {"bass", "drums", "vocals"}


def test_what_cannot_be_opened_is_said_in_words(driver, tmp_path: Path) -> None:
    bad = tmp_path / "song.wav"
    bad.write_bytes(b"this is no sound")
    window = driver.open(bad, song=False)
    told: list[tuple[str, str]] = []
    window.session.noticed.connect(lambda kind, text: told.append((kind, text)))
    driver.until(lambda: bool(told))
    assert told[0][0] == "error" and "song" in told[0][1]
    assert not window.session.has_song


def test_the_title_tells_whether_a_project_has_a_place_of_its_own(driver, window, tmp_path: Path) -> None:
    assert "draft" in window.windowTitle() and "Short song" in window.windowTitle()
    window.session.save_as(tmp_path / "Kept")
    driver.until(lambda: "draft" not in window.windowTitle())
    assert (tmp_path / "Kept" / "Kept.unbraid").exists()
    window.action_set.run("reset_mixer")
    assert not window.isWindowModified()


def test_a_project_opens_again_as_it_was_with_its_steps(driver, window, tmp_path: Path) -> None:
    window.session.save_as(tmp_path / "Kept")
    window.mixer.choose(window.session.state.stems[0].id)
    window.action_set.run("mute")
    state, steps = window.session.state, [step.title for step in window.session.document.steps()]
    driver.close(window)
    again = driver.open(tmp_path / "Kept")
    assert again.session.state == state
    assert [step.title for step in again.session.document.steps()] == steps
    again.action_set.run("undo")
    assert not again.session.state.stems[0].strip.mute


def test_two_windows_on_one_project_are_refused_in_words(driver, window, tmp_path: Path) -> None:
    window.session.save_as(tmp_path / "Kept")
    other = driver.open()
    told: list[str] = []
    other.session.noticed.connect(lambda kind, text: told.append(text))
    other.open([tmp_path / "Kept"])
    driver.until(lambda: bool(told))
    assert "open" in told[0] and not other.session.has_song


def test_a_draft_waits_on_the_first_screen(driver, window) -> None:
    window.mixer.choose(window.session.state.stems[0].id)
    window.action_set.run("mute")
    state = window.session.state
    driver.close(window)
    again = driver.open()
    entries = again.files.entries()
    assert [entry.is_draft for entry in entries] == [True]
    again.files.open_project(entries[0].folder)
    driver.until(lambda: again.session.has_song)
    assert again.session.state == state


def test_opening_a_song_alone_leaves_no_draft_behind(driver, window) -> None:
    driver.close(window)
    assert driver.open().files.entries() == []


def test_quitting_while_working_takes_less_than_a_second(driver, window) -> None:
    window.separate.reach(goal("karaoke"))
    window.action_set.run("play")
    driver.until(lambda: window.session.queue.is_busy and window.session.playing.is_playing)
    time.sleep(0.3)
    assert driver.close(window) < 1.0


@pytest.mark.parametrize("size", [(1280, 720), (960, 600), (1920, 1080)])
def test_the_canvas_keeps_the_room_it_needs(driver, window, size: tuple[int, int]) -> None:
    window.resize(*size)
    driver.qtbot.wait(50)
    assert (window.width(), window.height()) == size
    canvas = window.song_view.view.canvas
    assert canvas.width() > 0.4 * size[0] and canvas.height() > 0.45 * size[1]


def test_everything_that_can_be_operated_has_a_name(driver, window) -> None:
    from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QWidget

    window.panels.show_page("separate")
    window.separate.more.setChecked(True)
    driver.until(lambda: window.separate.method.count() > 0)
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)
    nameless = []
    for widget in window.findChildren(QWidget):
        inside = widget.parent()
        is_part = isinstance(inside, (QAbstractSpinBox, QComboBox)) or widget.objectName().startswith("qt_")
        if not isinstance(widget, kinds) or is_part or not widget.isVisible() or "ScrollBar" in type(widget).__name__:
            continue
        text = widget.text() if isinstance(widget, QAbstractButton) else ""
        if not (widget.accessibleName() or text):
            nameless.append(f"{type(widget).__name__} in {type(inside).__name__} {widget.toolTip()!r}")
    assert not nameless
