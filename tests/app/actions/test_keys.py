from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QListWidget,
    QMainWindow,
    QPlainTextEdit,
    QPushButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from unbraid.app.actions.action_set import ActionSet
from unbraid.app.actions.keys import TransportKeys, types_text

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


def focused(window: QMainWindow, widget: QWidget, qtbot: QtBot) -> QWidget:
    room = QWidget()
    QVBoxLayout(room).addWidget(widget)
    window.setCentralWidget(room)
    window.show()
    window.activateWindow()
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)
    return widget


@pytest.fixture
def keys(qapp: QApplication, window: QMainWindow, actions: ActionSet) -> TransportKeys:
    return TransportKeys(qapp, window)


@pytest.mark.parametrize("kind", [QPushButton, QCheckBox, QComboBox, QSpinBox, QSlider, QListWidget])
def test_space_plays_whatever_has_the_focus(
    kind: Any, keys: TransportKeys, window: QMainWindow, commands: Any, qtbot: QtBot
) -> None:
    qtbot.keyClick(focused(window, kind(), qtbot), Qt.Key.Key_Space)
    assert commands.ran == ["play"]


@pytest.mark.parametrize("kind", [QLineEdit, QPlainTextEdit])
def test_space_is_a_space_in_texts(
    kind: Any, keys: TransportKeys, window: QMainWindow, commands: Any, qtbot: QtBot
) -> None:
    widget = focused(window, kind(), qtbot)
    qtbot.keyClicks(widget, "a s")
    assert commands.ran == []
    assert (widget.text() if kind is QLineEdit else widget.toPlainText()) == "a s"  # type: ignore[attr-defined]


def test_return_presses(keys: TransportKeys, window: QMainWindow, commands: Any, qtbot: QtBot) -> None:
    box = QCheckBox()
    qtbot.keyClick(focused(window, box, qtbot), Qt.Key.Key_Return)
    assert box.isChecked()
    choice = QComboBox()
    choice.addItems(["a", "b"])
    qtbot.keyClick(focused(window, choice, qtbot), Qt.Key.Key_Enter)
    assert choice.view().isVisible()
    choice.hidePopup()


def test_other_windows_are_left_alone(keys: TransportKeys, window: QMainWindow, commands: Any, qtbot: QtBot) -> None:
    other = QMainWindow()
    qtbot.addWidget(other)
    box = QCheckBox()
    qtbot.keyClick(focused(other, box, qtbot), Qt.Key.Key_Space)
    assert box.isChecked()
    assert commands.ran == []


def test_what_types_text(qtbot: QtBot) -> None:
    line, number, editable, fixed = QLineEdit(), QSpinBox(), QComboBox(), QComboBox()
    for widget in (line, number, editable, fixed):
        qtbot.addWidget(widget)
    editable.setEditable(True)
    assert [types_text(w) for w in (line, number, number.lineEdit(), editable, fixed, None)] == [
        True, False, False, True, False, False,
    ]  # fmt: skip
    line.setReadOnly(True)
    assert not types_text(line)
