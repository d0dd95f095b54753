from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from unbraid.app.mixer.strip import StripView
from unbraid.core.document.state import Equaliser, Strip

pytestmark = pytest.mark.gui
LEFT = Qt.MouseButton.LeftButton


def a_strip(qtbot, channels: int = 2) -> StripView:
    strip = StripView("s1", "Bass", "#336699", "B", channels=channels)
    qtbot.addWidget(strip)
    strip.resize(260, 300)
    strip.show()
    return strip


@pytest.fixture
def strip(qtbot) -> StripView:
    return a_strip(qtbot)


@pytest.fixture
def told(strip: StripView) -> list[tuple[Strip, str]]:
    told: list[tuple[Strip, str]] = []
    strip.strip_changed.connect(lambda id, value, field: told.append((value, field)))
    return told


def test_buttons_say_what_the_hand_did(strip: StripView, told: list[tuple[Strip, str]]) -> None:
    strip.unfold(True)
    for button, field in ((strip.mute, "mute"), (strip.solo, "solo"), (strip.invert, "invert")):
        QTest.mouseClick(button, LEFT)
        value, which = told[-1]
        assert which == field and getattr(value, field) is True


def test_solo_with_shift_means_alone(strip: StripView, told: list[tuple[Strip, str]]) -> None:
    alone: list[str] = []
    strip.solo_only.connect(alone.append)
    QTest.mouseClick(strip.solo, LEFT, Qt.KeyboardModifier.ShiftModifier)
    assert alone == ["s1"] and not told


def test_a_button_shows_the_document_not_the_click(strip: StripView) -> None:
    """Nobody listens: nothing has changed, and the button must not claim it has."""
    strip.show_strip(Strip(solo=True), heard=True)
    QTest.mouseClick(strip.solo, LEFT, Qt.KeyboardModifier.ShiftModifier)
    assert strip.solo.isChecked()


def test_it_keeps_no_value_of_its_own(strip: StripView, told: list[tuple[Strip, str]]) -> None:
    shown = Strip(-6.0, 0.5, mute=True, equaliser=Equaliser(1.0, -2.0, 3.0))
    strip.show_strip(shown, heard=False)
    assert not told
    strip.bands["mid_db"].box.setValue(4.0)
    assert told == [(Strip(-6.0, 0.5, mute=True, equaliser=Equaliser(1.0, 4.0, 3.0)), "equaliser mid_db")]
    strip.pan.box.setValue(-0.25)
    assert told[-1] == (Strip(-6.0, -0.25, mute=True, equaliser=Equaliser(1.0, -2.0, 3.0)), "pan")


def test_pan_is_for_stereo_alone(qtbot) -> None:
    assert not a_strip(qtbot, channels=1).pan.isEnabled()
    assert not a_strip(qtbot, channels=6).pan.isEnabled()
    assert "1" in a_strip(qtbot, channels=1).pan.toolTip()
    assert a_strip(qtbot).pan.isEnabled()


def test_the_equaliser_unfolds_and_folds(strip: StripView) -> None:
    unfolded: list[bool] = []
    strip.unfolded.connect(lambda id, on: unfolded.append(on))
    low = strip.sizeHint().height()
    QTest.mouseClick(strip.more, LEFT)
    assert strip.details.isVisible() and strip.sizeHint().height() > low
    QTest.mouseClick(strip.more, LEFT)
    assert not strip.details.isVisible() and unfolded == [True, False]


def test_a_click_or_the_focus_chooses_it(strip: StripView, qtbot) -> None:
    chosen: list[str] = []
    strip.chosen.connect(chosen.append)
    strip.activateWindow()
    qtbot.waitUntil(strip.isActiveWindow)
    QTest.mouseClick(strip, LEFT, pos=QPoint(3, 3))
    assert chosen == ["s1"]


def test_names_are_spoken_and_never_the_colour_alone(strip: StripView) -> None:
    assert "Bass" in strip.accessibleName() and strip.badge._letter == "B"
    for button in (strip.mute, strip.solo, strip.more, strip.invert):
        assert "Bass" in button.accessibleName() and button.toolTip()
    for heard in (True, False):
        strip.show_strip(Strip(), heard=heard)
        strip.set_chosen(heard)
        strip.grab()
