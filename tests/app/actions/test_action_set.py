from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow, QToolBar, QWidget
from pytestqt.qtbot import QtBot

from unbraid.app.actions.action import Action
from unbraid.app.actions.action_set import ActionSet, set_mnemonics
from unbraid.core.errors import ParameterError

pytestmark = pytest.mark.gui


def test_menus_stand_as_in_the_table(actions: ActionSet, window: QMainWindow) -> None:
    titles = [action.text().replace("&", "") for action in window.menuBar().actions()]
    assert titles == ["File", "Edit", "Transport", "View"]
    file = window.menuBar().actions()[0].menu()
    assert [a.text().replace("&", "") for a in file.actions()] == ["Open…", "Open recent", "", "Quit"]
    assert file.actions()[2].isSeparator()
    zoom = window.menuBar().actions()[3].menu().actions()[0].menu()
    assert [a.text().replace("&", "") for a in zoom.actions()] == ["Zoom in"]


def test_every_menu_works_by_letters(actions: ActionSet, window: QMainWindow) -> None:
    bar = [action.text() for action in window.menuBar().actions()]
    letters = [text[text.index("&") + 1].lower() for text in bar]
    assert len(set(letters)) == len(letters)


def test_a_key_runs_its_action(actions: ActionSet, window: QMainWindow, commands: Any, qtbot: QtBot) -> None:
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert commands.ran == ["open", "zoom_in"]


def test_state_is_shown(actions: ActionSet, commands: Any, qtbot: QtBot) -> None:
    assert actions["play"].isCheckable()
    actions["play"].trigger()
    assert commands.is_playing
    assert actions["play"].isChecked()
    commands.has_song = False
    commands.changed.emit()
    qtbot.waitUntil(lambda: not actions["play"].isEnabled())
    assert not actions.run("play")


def test_titles_may_depend_on_the_state(actions: ActionSet, commands: Any) -> None:
    actions.run("open")
    actions.refresh()
    assert actions["undo"].text().replace("&", "") == "Undo 1"
    assert actions["undo"].toolTip() == "Undo 1 (Ctrl+Z)"


def test_tool_tips_name_the_key(actions: ActionSet) -> None:
    assert actions["play"].toolTip() == "Play (Space)\nFrom the playhead on"
    assert actions["open"].toolTip() == "Open (Ctrl+O)"


def test_a_users_mistake_becomes_a_message(actions: ActionSet, qtbot: QtBot) -> None:
    with qtbot.waitSignal(actions.failed) as seen:
        actions["refuse"].trigger()
    assert str(seen.args[0]) == "no"


def test_choices_are_made_when_the_menu_opens(actions: ActionSet, commands: Any) -> None:
    menu = actions["recent"].menu()
    assert menu.actions() == []
    menu.aboutToShow.emit()
    assert [a.text() for a in menu.actions()] == ["A && b.wav"]
    menu.actions()[0].trigger()
    assert commands.ran == ["a"]


def test_other_keys(actions: ActionSet, window: QMainWindow, commands: Any, qtbot: QtBot) -> None:
    actions.set_keymap(actions.keymap.change("open", ["F9"]))
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(window, Qt.Key.Key_F9)
    assert commands.ran == ["open"]
    assert actions["open"].toolTip() == "Open (F9)"


def test_buttons_are_named_and_reached_by_tab(actions: ActionSet, window: QMainWindow) -> None:
    bar = QToolBar()
    window.addToolBar(bar)
    actions.fill_tool_bar(bar, ["open", "", "play", "recent"])
    buttons = [bar.widgetForAction(a) for a in bar.actions()]
    assert [b.accessibleName() for b in (buttons[0], buttons[2])] == ["Open…", "Play"]
    assert all(b.focusPolicy() & Qt.FocusPolicy.TabFocus for b in (buttons[0], buttons[2]))
    assert not buttons[0].icon().isNull()


def test_a_context_menu(actions: ActionSet, window: QMainWindow) -> None:
    menu = actions.context_menu(["open", "", "play"], window)
    assert [a.isSeparator() for a in menu.actions()] == [False, True, False]
    menu.close()


def test_ids_are_unique(window: QWidget) -> None:
    with pytest.raises(ParameterError, match="same id"):
        ActionSet([Action("a", "A"), Action("a", "B")], None, parent=window)


def test_mnemonics_survive_signs() -> None:
    from PySide6.QtGui import QAction

    rows = [QAction("A && b"), QAction("a"), QAction("…"), QAction("Über")]
    set_mnemonics(rows)
    assert [row.text() for row in rows] == ["&A && b", "a", "…", "&Über"]
