"""The editor and the sheet of keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication, QKeySequence
from pytestqt.qtbot import QtBot

from unbraid.app.actions.action_set import ActionSet
from unbraid.app.actions.keymap import Keymap
from unbraid.app.actions.shortcut_editor import ShortcutEditor
from unbraid.app.actions.shortcut_sheet import ShortcutSheet
from unbraid.app.settings import SettingsStore

pytestmark = pytest.mark.gui


@pytest.fixture
def store(tmp_path: Path) -> SettingsStore:
    return SettingsStore(tmp_path / "settings.json")


@pytest.fixture
def editor(actions: ActionSet, store: SettingsStore, qtbot: QtBot) -> ShortcutEditor:
    made = ShortcutEditor(actions, store)
    qtbot.addWidget(made)
    return made


def test_new_keys_hold_at_once_and_are_kept(editor: ShortcutEditor, actions: ActionSet, store: SettingsStore) -> None:
    editor.choose("solo")
    editor.capture.setKeySequence(QKeySequence("F7"))
    assert "free" in editor.message.text()
    editor.add()
    assert actions.keymap.keys("solo") == ("S", "F7")
    again = SettingsStore(store.path)
    assert Keymap.of(actions.table, again.current.keys).keys("solo") == ("S", "F7")


def test_a_conflict_is_said_and_solved(editor: ShortcutEditor, actions: ActionSet) -> None:
    editor.choose("solo")
    editor.capture.setKeySequence(QKeySequence("Ctrl+O"))
    assert editor.message.text() == "Ctrl+O belongs to “Open”. Adding it takes it away there."
    editor.add()
    assert actions.keymap.keys("open") == ()
    assert actions.keymap.conflicts() == {}


def test_back_to_the_defaults(editor: ShortcutEditor, actions: ActionSet, store: SettingsStore) -> None:
    editor.choose("solo")
    editor.capture.setKeySequence(QKeySequence("Ctrl+O"))
    editor.add()
    editor.choose("open")
    editor.reset()
    assert actions.keymap.keys("open") == ("Ctrl+O",)
    assert actions.keymap.keys("solo") == ("S",)
    editor.choose("play")
    editor.clear_keys()
    assert actions.keymap.keys("play") == ()
    editor.reset_all()
    assert store.current.keys == {}


def test_the_editor_is_searched(editor: ShortcutEditor) -> None:
    editor.field.setText("space")
    shown = [item.text(0) for item in editor._items() if not item.isHidden()]
    assert shown == ["Transport › Play"]
    assert editor.chosen == "play"
    editor.field.setText("qqqqq")


def test_the_sheet_lists_keys_and_gestures(actions: ActionSet, qtbot: QtBot) -> None:
    sheet = ShortcutSheet(actions)
    qtbot.addWidget(sheet)
    text = sheet.text()
    assert "File\n  Open " in text
    assert "Ctrl+=, Ctrl++" in text
    assert "Mouse: Spectrogram" in text
    sheet.field.setText("quit")
    assert [row[1] for row in sheet.shown()] == ["Quit"]
    sheet.copy()
    assert QGuiApplication.clipboard().text() == text
