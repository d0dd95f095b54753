from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from unbraid.app.actions.action_set import ActionSet
from unbraid.app.actions.palette import Palette

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


@pytest.fixture
def palette(actions: ActionSet, window: QMainWindow, qtbot: QtBot) -> Palette:
    window.show()
    made = Palette(actions, window)
    qtbot.addWidget(made)
    return made


def test_it_offers_everything(palette: Palette) -> None:
    palette.open()
    ids = palette.shown_ids()
    assert "hidden" not in ids
    assert "recent:A_&_b.wav" in ids
    assert {"open", "quit", "undo", "play", "zoom_in", "solo"} <= set(ids)


def test_type_and_return(palette: Palette, commands: Any) -> None:
    palette.open()
    QTest.keyClicks(palette.field, "zoom")
    assert palette.shown_ids()[0] == "zoom_in"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert commands.ran == ["zoom_in"]
    assert palette.isHidden()


def test_arrows_choose(palette: Palette, commands: Any) -> None:
    palette.open()
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    wanted = palette.shown_ids()[1]
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.recent == [wanted]


def test_what_was_used_last_comes_first(palette: Palette, qtbot: QtBot) -> None:
    for id in ("solo", "open"):
        palette.open()
        palette.list.setCurrentRow(palette.shown_ids().index(id))
        with qtbot.waitSignal(palette.recent_changed):
            QTest.keyClick(palette.field, Qt.Key.Key_Return)
    palette.open()
    assert palette.shown_ids()[:2] == ["open", "solo"]


def test_what_cannot_be_done_stands_last_and_does_nothing(palette: Palette, commands: Any) -> None:
    commands.has_song = False
    palette.open()
    assert palette.shown_ids()[-1] == "play"
    QTest.keyClicks(palette.field, "play")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert commands.ran == []


def test_nothing_found_is_said(palette: Palette) -> None:
    palette.open()
    QTest.keyClicks(palette.field, "qqqq")
    assert palette.shown_ids() == []
    assert palette.nothing.isVisible()
    QTest.keyClick(palette.field, Qt.Key.Key_Return)


def test_menus_are_searched_too(palette: Palette) -> None:
    palette.open()
    QTest.keyClicks(palette.field, "file quit")
    assert palette.shown_ids() == ["quit"]


def test_a_line_is_spoken_with_its_key(palette: Palette) -> None:
    palette.open()
    item = palette.list.item(palette.shown_ids().index("zoom_in"))
    assert item.data(Qt.ItemDataRole.AccessibleTextRole) == "Zoom in, View › Zoom, Ctrl+=, Ctrl++"
