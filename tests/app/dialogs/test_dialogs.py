"""Settings, about and diagnostics."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QPlainTextEdit, QSpinBox, QTabWidget
from pytestqt.qtbot import QtBot

from unbraid.app.dialogs.about import About
from unbraid.app.dialogs.diagnostics import Diagnostics
from unbraid.app.dialogs.settings_dialog import SettingRow, SettingsDialog
from unbraid.app.settings import SettingsStore, fields

pytestmark = pytest.mark.gui


@pytest.fixture
def store(tmp_path: Path) -> SettingsStore:
    return SettingsStore(tmp_path / "settings.json")


@pytest.fixture
def dialog(store: SettingsStore, qtbot: QtBot) -> SettingsDialog:
    made = SettingsDialog(store, devices=["USB Audio"])
    qtbot.addWidget(made)
    made.show()
    return made


def row(dialog: SettingsDialog, name: str) -> SettingRow:
    return next(row for row in dialog.rows if row.field.name == name)


def test_every_setting_has_a_row_and_a_name(dialog: SettingsDialog) -> None:
    assert [r.field.name for r in dialog.rows] == [f.name for f in fields() if f.section]
    for one in dialog.rows:
        assert one.control.widget.accessibleName(), one.field.name


def test_choosing_holds_at_once(dialog: SettingsDialog, store: SettingsStore) -> None:
    theme, latency, follow = (row(dialog, name).control.widget for name in ("theme", "latency_ms", "follow_playhead"))
    assert isinstance(theme, QComboBox)
    theme.setCurrentIndex(theme.findData("light"))
    assert isinstance(latency, QSpinBox)
    assert latency.suffix() == " ms"
    latency.setValue(250)
    assert isinstance(follow, QCheckBox)
    follow.click()
    assert (store.current.theme, store.current.latency_ms, store.current.follow_playhead) == ("light", 250, False)
    device = row(dialog, "audio_device").control.widget
    assert isinstance(device, QComboBox)
    device.setCurrentIndex(1)
    assert store.current.audio_device == "USB Audio"


def test_the_way_back(dialog: SettingsDialog, store: SettingsStore) -> None:
    one = row(dialog, "latency_ms")
    assert not one.reset.isVisible()
    store.set(latency_ms=300)
    assert one.reset.isVisible()
    assert one.control.widget.value() == 300  # type: ignore[attr-defined]
    one.reset.click()
    assert store.current.latency_ms == 100
    assert not one.reset.isVisible()


def test_the_dialog_is_searched(dialog: SettingsDialog) -> None:
    dialog.field.setText("colour")
    assert {r.field.name for r in dialog.rows if r.is_shown} == {"theme", "colour_map"}
    dialog.field.setText("viridis")
    assert [r.field.name for r in dialog.rows if r.is_shown] == ["colour_map"]
    dialog.field.setText("qqqq")
    assert dialog.nothing.isVisible()
    dialog.field.clear()
    assert all(r.is_shown for r in dialog.rows)


def test_a_section_is_gone_to(dialog: SettingsDialog) -> None:
    dialog.list.setCurrentRow(3)
    assert dialog.area.verticalScrollBar().value() > 100


def test_a_device_that_is_gone_stays_chosen(store: SettingsStore, qtbot: QtBot) -> None:
    store.set(audio_device="Lost")
    made = SettingsDialog(store, devices=["USB Audio"])
    qtbot.addWidget(made)
    assert row(made, "audio_device").control.widget.currentData() == "Lost"  # type: ignore[attr-defined]
    assert store.current.audio_device == "Lost"


def test_the_wheel_scrolls_the_page_and_changes_nothing(dialog: SettingsDialog, store: SettingsStore) -> None:
    widget = row(dialog, "latency_ms").control.widget
    dialog.field.setFocus()
    none = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, none,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
    assert store.current.latency_ms == 100


def test_folders_are_typed(dialog: SettingsDialog, store: SettingsStore, qtbot: QtBot) -> None:
    line = row(dialog, "open_folder").control.widget.findChild(QLineEdit)
    line.setFocus()
    qtbot.keyClicks(line, "/songs")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert store.current.open_folder == "/songs"
    assert dialog.isVisible()


def test_a_closed_dialog_does_not_listen(dialog: SettingsDialog, store: SettingsStore) -> None:
    dialog.reject()
    assert len(store.changed) == 0


def test_about_names_versions_and_licences(qtbot: QtBot) -> None:
    made = About()
    qtbot.addWidget(made)
    pages = [page.toPlainText() for page in made.findChild(QTabWidget).findChildren(QPlainTextEdit)]
    assert any("Python 3" in page for page in pages)
    assert any("Apache-2.0" in page for page in pages)
    assert any("SIL OPEN FONT LICENSE" in page for page in pages)


def test_diagnostics_are_asked_again_and_survive_a_broken_source(qtbot: QtBot) -> None:
    counts = iter(range(100))

    def broken() -> dict[str, object]:
        raise OSError("gone")

    made = Diagnostics({"Sound": lambda: {"drop-outs": next(counts)}, "Disk": broken})
    qtbot.addWidget(made)
    head = made.tree.topLevelItem(0)
    before = head.child(0).text(1)
    made.read()
    assert made.tree.topLevelItemCount() == 2
    assert head.childCount() == 1
    assert head.child(0).text(1) != before
    assert made.tree.topLevelItem(1).child(0).text(1) == "OSError: gone"
    made.copy()
    assert QGuiApplication.clipboard().text().startswith("Sound\n  drop-outs: ")
    made.reject()
    assert not made._timer.isActive()
