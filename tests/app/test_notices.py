from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow, QPushButton
from pytestqt.qtbot import QtBot

from unbraid.app import notices as module
from unbraid.app.notices import Button, Notices

pytestmark = pytest.mark.gui


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    made = QMainWindow()
    made.resize(900, 600)
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    return made


@pytest.fixture
def notices(window: QMainWindow) -> Notices:
    return Notices(window, bottom=20)


def test_cards_stand_above_each_other_in_the_corner(notices: Notices, window: QMainWindow) -> None:
    first, second = notices.info("first"), notices.error("second, " * 30)
    assert second.geometry().bottom() == window.height() - 20 - module.MARGIN - 1
    assert first.geometry().bottom() == second.geometry().top() - module.GAP - 1
    assert first.geometry().right() == second.geometry().right() < window.width()
    window.resize(1000, 700)
    assert second.geometry().bottom() == 700 - 20 - module.MARGIN - 1


def test_all_of_a_long_text_is_seen(notices: Notices) -> None:
    card = notices.error("words " * 80)
    label = card._label
    assert label.height() >= label.heightForWidth(label.width())


def test_information_goes_by_itself(notices: Notices, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    card = notices.info("saved")
    card._timer.setInterval(1)
    notices.error("stays")
    card._timer.start()
    qtbot.waitUntil(lambda: [c.text for c in notices.cards] == ["stays"])


def test_a_button_acts_and_closes(notices: Notices, qtbot: QtBot) -> None:
    done: list[str] = []
    card = notices.warning("lost", Button("Again", lambda: done.append("again")))
    assert not card._timer.isActive()
    button = card.findChild(QPushButton)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert done == ["again"]
    assert notices.cards == []


def test_equal_notices_are_counted(notices: Notices) -> None:
    for _ in range(3):
        card = notices.error("the same")
    assert len(notices.cards) == 1
    assert card._label.text() == "the same (×3)"


def test_a_key_replaces(notices: Notices) -> None:
    notices.warning("50 %", key="disk")
    notices.error("full", key="disk")
    assert [(c.level, c.text) for c in notices.cards] == [("error", "full")]
    notices.close("disk")
    assert notices.cards == []


def test_by_keyboard(notices: Notices, window: QMainWindow, qtbot: QtBot) -> None:
    field = QPushButton("before")
    window.setCentralWidget(field)
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    assert not notices.focus_newest()
    notices.error("one")
    card = notices.error("two")
    assert field.hasFocus()
    assert notices.focus_newest()
    assert card.isAncestorOf(window.focusWidget())
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert [c.text for c in notices.cards] == ["one"]
    assert field.hasFocus()


def test_the_text_is_copied(notices: Notices) -> None:
    notices.error("a / b").copy()
    assert QGuiApplication.clipboard().text() == "a / b"


def test_a_screen_reader_says_it(notices: Notices) -> None:
    assert notices.error("no room").accessibleName() == "Error: no room"


def test_html_is_text(notices: Notices) -> None:
    assert notices.error("<b>x</b>")._label.textFormat() == Qt.TextFormat.PlainText


def test_many(notices: Notices) -> None:
    for i in range(12):
        notices.warning(f"number {i}")
    assert sum(card.isVisible() for card in notices.cards) == module.MOST
    notices.clear()
    assert notices.cards == []


def test_a_very_long_text_is_cut_but_copied_whole(notices: Notices, window: QMainWindow) -> None:
    text = "\n".join(f"line {i}" for i in range(100))
    card = notices.error(text)
    assert card.geometry().top() > window.height() / 2
    assert card._label.text().endswith("line 5 …")
    assert card._label.toolTip() == text
    card.copy()
    assert QGuiApplication.clipboard().text() == text
    assert len(module.shortened("x" * 1000)) < 450
