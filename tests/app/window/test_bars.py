"""The bar on top and the lines on top of the docks say what is going on, and lead to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from unbraid.app.window import exporting
from unbraid.app.window.dock_title import DockTitle
from unbraid.app.window.shown_box import ShownBox

pytestmark = pytest.mark.gui


def test_what_the_picture_shows_is_said_and_changed_in_two_places(window) -> None:
    above = window.panels.transport.findChild(ShownBox)
    beside = window.panels.pages.findChild(ShownBox)
    assert [above.itemText(i) for i in range(above.count())][:4] == ["The mix", "bass", "drums", "vocals"]
    above.setCurrentIndex(3)
    above.activated.emit(3)
    assert window.picture.options.what == "stem"
    assert above.currentText() == beside.currentText() == "vocals"
    window.action_set.run("previous_shown")
    assert above.currentText() == beside.currentText() == "drums"


def test_the_box_gives_way_in_a_narrow_window(window, qtbot) -> None:
    above = window.panels.transport.findChild(ShownBox)
    window.resize(1280, 720)
    qtbot.waitUntil(above.isVisible)
    window.resize(960, 600)
    qtbot.waitUntil(lambda: not above.isVisible())


def test_the_button_shows_what_a_press_does(window, qtbot) -> None:
    bar = window.panels.transport
    assert bar._sign in ("", "play")
    window.action_set.run("play")
    qtbot.waitUntil(lambda: bar._sign == "pause")
    window.action_set.run("play")
    qtbot.waitUntil(lambda: bar._sign == "play")


def test_a_dock_is_floated_and_hidden_by_its_title(window, qtbot) -> None:
    dock = window.panels.docks["mixer"]
    title = dock.titleBarWidget()
    assert isinstance(title, DockTitle)
    assert "Mixer" in title.float.accessibleName() and "Mixer" in title.hide_button.toolTip()
    QTest.mouseClick(title.float, Qt.MouseButton.LeftButton)
    assert dock.isFloating()
    QTest.mouseClick(title.float, Qt.MouseButton.LeftButton)
    assert not dock.isFloating()
    QTest.mouseClick(title.hide_button, Qt.MouseButton.LeftButton)
    assert dock.isHidden()


def test_the_demo_is_not_exported_into_the_application(driver) -> None:
    window = driver.open()
    window.files.open_demo(False)
    driver.until(lambda: window.session.has_song)
    assert Path(window.session.state.song.source).is_file()
    assert not exporting._folder(window).is_relative_to(Path(window.session.state.song.source).parent)
    assert window.session.state.song.name == "demo"
