"""The export dialog without a window manager: what is chosen is planned, shown and written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import signals
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QWidget

from unbraid.app.export.dialog import ExportDialog, Exported
from unbraid.app.export.runner import ThreadRunner
from unbraid.app.task_bridge import TaskBridge
from unbraid.core import audio_files, stem_file
from unbraid.core.audio import Audio
from unbraid.core.document.state import Strip
from unbraid.core.errors import AudioFileError, Cancelled
from unbraid.core.export import Export
from unbraid.core.material import Material
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.mixing.part import Part

pytestmark = pytest.mark.gui

NAMES = ("drums", "bass", "other", "vocals")


def song(names: tuple[str, ...] = NAMES, *, level: float = 0.1, strips: dict[str, Strip] | None = None) -> Material:
    stems = {name: signals.noise(seconds=0.3, level=level, seed=k) for k, name in enumerate(names)}
    whole = Audio(sum((a.samples for a in stems.values()), signals.noise(seconds=0.3, level=0.0).samples), 44100)
    parts = tuple(Part(name, audio, (strips or {}).get(name, Strip())) for name, audio in stems.items())
    return Material("Lied", Mixdown(whole, parts), names)


def at_once(function: Callable[..., Any], *args: Any, done: Any, failed: Any, progress: Any) -> Callable[[], None]:
    """Work on the window's own thread."""
    try:
        result = function(*args, progress)
    except (Exception, Cancelled) as error:
        failed(error)
    else:
        done(result)
    return lambda: None


@pytest.fixture
def dialog(qtbot, tmp_path: Path) -> Callable[..., ExportDialog]:
    def make(given: Material | None = None, runner: Any = at_once, **wanted: Any) -> ExportDialog:
        made = ExportDialog(given or song(), runner, Export(tmp_path / "out", **wanted))
        qtbot.addWidget(made)
        made.show()
        return made

    return make


def column(dialog: ExportDialog, number: int) -> list[str]:
    return [dialog.files.item(row, number).text() for row in range(dialog.files.rowCount())]


def choose(combo: QComboBox, value: object) -> None:
    combo.setCurrentIndex(combo.findData(value))


def test_files_are_shown_before_anything_is_computed(dialog, tmp_path: Path) -> None:
    shown = dialog(what="stems")
    assert column(shown, 0) == [f"Lied/Lied - {name}.wav" for name in NAMES]
    assert set(column(shown, 1)) == {"WAV 24 bit"} and set(column(shown, 3)) == {"new"}
    assert "4 files" in shown.summary.text() and "free" in shown.summary.text()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("what", "files"),
    [
        ("remix", ["Lied - remix.wav"]),
        ("karaoke", ["Lied - without vocals.wav"]),
        ("stem_file", ["Lied.stem.mp4"]),
        ("workstation", ["Lied - tracks/01 drums.wav", "Lied - tracks/Lied.dawproject"]),
    ],
)
def test_each_choice_can_be_clicked_and_written(dialog, qtbot, tmp_path: Path, what: str, files: list[str]) -> None:
    shown = dialog(what="stems")
    qtbot.mouseClick(shown.choices.tiles[what], Qt.MouseButton.LeftButton)
    shown.look()
    assert set(files) <= set(column(shown, 0))
    with qtbot.waitSignal(shown.exported) as done:
        shown.go.click()
    result: Exported = done.args[0]
    assert {path.relative_to(tmp_path / "out").as_posix() for path in result.paths} == set(column(shown, 0))
    assert all(path.exists() for path in result.paths)
    assert "written" in shown.words.text() and shown.first.text() == "Show in folder"


def test_formats_and_depths_follow_the_choice(dialog) -> None:
    shown = dialog(what="stems")
    choose(shown.form.format, "mp3")
    shown.look()
    assert set(column(shown, 1)) == {"MP3 320 kbit/s"}
    choose(shown.form.quality, "128")
    shown.look()
    assert set(column(shown, 1)) == {"MP3 128 kbit/s"}
    shown.choices.tiles["stem_file"].click()
    shown.look()
    assert [shown.form.format.itemData(k) for k in range(shown.form.format.count())] == ["m4a", "alac"]
    assert column(shown, 1) == ["Stem AAC 5 × 256 kbit/s"]
    shown.choices.tiles["stems"].click()
    shown.look()
    assert set(column(shown, 1)) == {"MP3 128 kbit/s"}, "what was chosen before is remembered"


def test_stems_are_ticked(dialog) -> None:
    shown = dialog(what="stems")
    shown.form.stems.boxes["bass"].click()
    shown.look()
    assert len(column(shown, 0)) == 3
    for name in ("drums", "other", "vocals"):
        shown.form.stems.boxes[name].click()
    shown.look()
    assert "at least one" in shown.trouble.text() and not shown.go.isEnabled()


def test_more_than_four_stems_have_groups(dialog, tmp_path: Path) -> None:
    shown = dialog(song(("drums", "bass", "guitar", "piano", "lead_vocals", "backing_vocals")), what="stem_file")
    choose(shown.form.stems.combos["piano"], "bass")
    shown.look()
    shown.start()
    assert shown.plan.export.groups["bass"] == ("bass", "piano")
    assert stem_file.stem_names(tmp_path / "out/Lied.stem.mp4") == ("drums", "bass", "other", "vocals")


def test_what_is_not_heard_is_not_offered_through_the_mixer(dialog) -> None:
    shown = dialog(song(strips={"bass": Strip(mute=True)}), what="stems")
    assert "bass" in shown.form.stems.boxes
    choose(shown.form.sound, True)
    shown.look()
    assert "bass" not in shown.form.stems.boxes and len(column(shown, 0)) == 3


def test_levels_are_said_with_the_gain_they_need(dialog) -> None:
    loud = dialog(song(level=0.8), what="stems")
    assert "lowered by" in loud.form.level.text()
    choose(loud.form.clipping, "soft")
    loud.look()
    assert "changed" in loud.form.level.text()
    choose(loud.form.quality, "32f")
    loud.look()
    assert "holds any level" in loud.form.level.text() and not loud.form.clipping.isVisible()
    assert "nothing needs" in dialog(what="stems").form.level.text()


def test_files_that_are_there_are_asked_about(dialog, qtbot, tmp_path: Path) -> None:
    shown = dialog(what="remix")
    shown.start()
    first = (tmp_path / "out/Lied - remix.wav").stat().st_mtime_ns
    assert column(shown, 3) == ["is there already"]
    shown.start()
    assert "1 file is there already" in shown.words.text()
    shown.second.click()
    assert (tmp_path / "out/Lied - remix-2.wav").exists()
    assert (tmp_path / "out/Lied - remix.wav").stat().st_mtime_ns == first
    shown.start()
    shown.first.click()
    assert (tmp_path / "out/Lied - remix.wav").stat().st_mtime_ns > first
    choose(shown.form.existing, "number")
    shown.look()
    assert column(shown, 0) == ["Lied - remix-3.wav"]


def test_a_failed_save_says_why_and_goes_elsewhere_without_computing(
    dialog, qtbot, tmp_path: Path, monkeypatch
) -> None:
    shown = dialog(song(strips={"bass": Strip(gain_db=-3.0)}), what="remix")
    monkeypatch.setattr(audio_files, "write_set", lambda *_, **__: raising("the disk is full"))
    with qtbot.waitSignal(shown.failed):
        shown.start()
    assert "the disk is full" in shown.words.text() and shown.first.text() == "Another folder …"
    monkeypatch.undo()
    monkeypatch.setattr(Mixdown, "render", lambda *_, **__: pytest.fail("computed again"))
    monkeypatch.setattr(
        "unbraid.app.export.folder_field.QFileDialog.getExistingDirectory", lambda *_: str(tmp_path / "elsewhere")
    )
    with qtbot.waitSignal(shown.exported):
        shown.first.click()
    assert (tmp_path / "elsewhere/Lied - remix.wav").exists()


def raising(text: str) -> None:
    raise AudioFileError(text)


def test_a_place_that_cannot_be_written_is_said_at_once(dialog, tmp_path: Path) -> None:
    shown = dialog(what="remix")
    (tmp_path / "file").touch()
    shown.form.set_folder(tmp_path / "file")
    shown.look()
    assert "is a file" in shown.trouble.text() and not shown.go.isEnabled()
    shown.form.template.setText("{nonsense}")
    shown.look()
    assert "may hold" in shown.trouble.text() and shown.files.rowCount() == 0


def test_names_are_previewed(dialog) -> None:
    shown = dialog(what="stems")
    shown.form.template.setText("{number}-{stem}.{ext}")
    shown.look()
    assert column(shown, 0)[0] == "01-drums.wav"


def test_a_folder_dropped_on_the_field_is_taken(dialog, tmp_path: Path) -> None:
    shown = dialog(what="remix")
    (tmp_path / "dropped").mkdir()
    (tmp_path / "dropped/x.wav").touch()
    for path in (tmp_path / "dropped", tmp_path / "dropped/x.wav"):
        shown.form.set_folder(tmp_path)
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        shown.form.folder.line.dropEvent(QDropEvent(QPointF(), Qt.DropAction.CopyAction, data, buttons, keys))
        assert shown.form.folder.folder == tmp_path / "dropped"


def test_without_stems_there_is_only_the_remix(dialog) -> None:
    shown = dialog(song(()), what="stems")
    assert shown.choices.what == "remix" and column(shown, 0) == ["Lied - remix.wav"]
    assert not shown.choices.tiles["stems"].isEnabled()


def test_another_mixer_is_taken_over(dialog) -> None:
    shown = dialog(what="stems")
    shown.set_material(replace(song(("drums", "bass")), name="Neu"))
    shown.look()
    assert column(shown, 0) == ["Neu/Neu - drums.wav", "Neu/Neu - bass.wav"]


def test_writing_is_beside_the_window_and_can_be_stopped(dialog, qtbot, tmp_path: Path) -> None:
    bridge = TaskBridge()
    shown = dialog(runner=ThreadRunner(bridge), what="stem_file")
    shown.start()
    assert shown.is_busy and shown.leave.text() == "Stop" and not shown.form.isEnabled()
    shown.leave.click()
    qtbot.waitUntil(lambda: not shown.is_busy)
    assert "Stopped" in shown.words.text() and not list(tmp_path.rglob("*.mp4"))
    with qtbot.waitSignal(shown.exported, timeout=20_000):
        shown.start()
    assert list(tmp_path.rglob("*.mp4"))
    bridge.close()


def test_a_closed_dialog_goes_on_writing(dialog, qtbot, tmp_path: Path) -> None:
    bridge = TaskBridge()
    shown = dialog(runner=ThreadRunner(bridge), what="stems")
    with qtbot.waitSignal(shown.exported, timeout=20_000):
        shown.start()
        shown.reject()
    assert len(list(tmp_path.rglob("*.wav"))) == 4
    bridge.close()


@pytest.mark.parametrize("way", ["close", "reject", "button"])
def test_it_can_be_closed(dialog, qtbot, way: str) -> None:
    shown = dialog()
    if way == "button":
        qtbot.mouseClick(shown.leave, Qt.MouseButton.LeftButton)
    else:
        getattr(shown, way)()
    assert not shown.isVisible()


def test_keys_and_names(dialog, qtbot) -> None:
    shown = dialog(song(("drums", "bass", "guitar", "piano", "vocals")), what="stem_file")
    qtbot.keyClick(shown.choices.tiles["stem_file"], Qt.Key.Key_Down)
    assert shown.choices.what == "workstation"
    for widget in shown.findChildren(QWidget):
        if isinstance(widget, QAbstractButton | QComboBox | QLineEdit) and widget.isVisible():
            assert widget.accessibleName() or getattr(widget, "text", str)(), widget
    order, widget = [], shown.choices.tiles["remix"].nextInFocusChain()
    while widget is not shown.choices.tiles["remix"]:
        order.append(widget)
        widget = widget.nextInFocusChain()
    places = [order.index(w) for w in (shown.form.format, shown.form.folder.line, shown.form.template, shown.go)]
    assert places == sorted(places)


def test_what_is_given_is_ticked_first(dialog) -> None:
    shown = dialog(what="karaoke", left_out=("drums", "bass"))
    assert column(shown, 0) == ["Lied - without drums and bass.wav"]
    shown.choices.tiles["stems"].click()
    shown.look()
    assert len(column(shown, 0)) == 4


def test_each_thing_has_its_usual_sound(dialog) -> None:
    shown = dialog(what="stems")
    assert not shown.plan.export.as_heard, "stems are delivered as they are"
    for what in ("karaoke", "stem_file", "workstation", "remix"):
        shown.choices.tiles[what].click()
        shown.look()
        assert shown.plan.export.as_heard, what
