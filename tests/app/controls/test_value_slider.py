from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from unbraid.app import translation
from unbraid.app.controls.taper import Even, Fader
from unbraid.app.controls.value_slider import ValueSlider
from unbraid.app.mixer.strip import pan_of, pan_words

pytestmark = pytest.mark.gui
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def shown(qtbot) -> Callable[[ValueSlider], list[float]]:
    """Shows a slider; returns the list into which its values go."""

    def show(slider: ValueSlider) -> list[float]:
        qtbot.addWidget(slider)
        slider.resize(300, 28)
        slider.show()
        told: list[float] = []
        slider.changed.connect(told.append)
        return told

    return show


@pytest.fixture
def fader() -> ValueSlider:
    return ValueSlider("Level", Fader(), unit="dB")


def place(slider: ValueSlider, value: float) -> QPoint:
    """Where on the slider a value lies."""
    inner = slider.slider
    handle = inner._handle().width()
    share = slider._taper.position(value) / 1000
    return QPoint(round(handle / 2 + share * (inner.width() - handle)), inner.height() // 2)


def wheel(slider: ValueSlider, delta: int) -> None:
    middle = QPointF(slider.slider.rect().center())
    event = QWheelEvent(
        middle, slider.slider.mapToGlobal(middle), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(slider.slider, event)


def typed(slider: ValueSlider, text: str) -> None:
    slider.box.setFocus()
    slider.box.selectAll()
    for letter in text:  # QTest's own keys end the process where they are not ASCII
        QApplication.sendEvent(slider.box, QKeyEvent(QEvent.Type.KeyPress, 0, Qt.KeyboardModifier.NoModifier, letter))
    QTest.keyClick(slider.box, Qt.Key.Key_Return)


def test_a_drag_gives_values_all_the_way_and_says_when_the_hand_lets_go(fader: ValueSlider, shown, qtbot) -> None:
    told = shown(fader)
    released: list[bool] = []
    fader.released.connect(lambda: released.append(True))
    QTest.mousePress(fader.slider, LEFT, pos=place(fader, 0.0))
    for db in (-2.0, -6.0, -12.0, -30.0):
        QTest.mouseMove(fader.slider, place(fader, db))
        qtbot.waitUntil(lambda db=db: bool(told) and abs(told[-1] - db) < 1.0)
    assert not released
    QTest.mouseRelease(fader.slider, LEFT, pos=place(fader, -30.0))
    assert released == [True]
    assert told == sorted(told, reverse=True) and fader.value == told[-1]


def test_a_click_beside_the_handle_goes_there(fader: ValueSlider, shown) -> None:
    told = shown(fader)
    QTest.mouseClick(fader.slider, LEFT, pos=place(fader, -12.0))
    assert told == [pytest.approx(-12.0, abs=0.5)]


def test_what_the_document_says_is_shown_and_not_told(fader: ValueSlider, shown) -> None:
    told = shown(fader)
    fader.set_value(-6.0)
    assert fader.slider.value() == Fader().position(-6.0) and fader.box.text() == "−6.0 dB"
    assert fader.value == -6.0 and not told


def test_the_wheel_moves_finely_and_touchpads_turn_it_by_less_than_a_notch(fader: ValueSlider, shown) -> None:
    told = shown(fader)
    wheel(fader, 120)
    assert 0 < told[-1] <= 0.5
    wheel(fader, -120)
    assert told[-1] == pytest.approx(0.0, abs=0.1)
    for _ in range(15):
        wheel(fader, -8)
    assert -0.5 <= told[-1] < 0.0


def test_arrows_pages_and_ends(fader: ValueSlider, shown) -> None:
    told = shown(fader)
    fader.slider.setFocus()
    for key, lowest, highest in (
        (Qt.Key.Key_Right, 0.1, 0.3), (Qt.Key.Key_Left, -0.1, 0.1), (Qt.Key.Key_PageDown, -4.0, -1.0),
        (Qt.Key.Key_End, 12.0, 12.0), (Qt.Key.Key_Home, -math.inf, -math.inf),
    ):  # fmt: skip
        QTest.keyClick(fader.slider, key)
        assert lowest <= told[-1] <= highest, key


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-6", -6.0), ("−3,5 dB", -3.5), ("-3.5dB", -3.5), ("-inf", -math.inf), ("-∞", -math.inf), ("off", -math.inf),
        ("99", 12.0), ("-300", -300.0), ("+2", 2.0),
    ],
)  # fmt: skip
def test_a_level_can_be_typed(fader: ValueSlider, shown, text: str, value: float) -> None:
    told = shown(fader)
    typed(fader, text)
    assert told == [value] and fader.value == value


@pytest.mark.parametrize("text", ["nan", "loud", "", "--", "6 7"])
def test_what_is_no_number_changes_nothing(fader: ValueSlider, shown, text: str) -> None:
    told = shown(fader)
    fader.set_value(-3.0)
    typed(fader, text or "\b")
    assert not told and fader.value == -3.0 and fader.box.text() == "−3.0 dB"


def test_looking_into_a_box_changes_nothing(fader: ValueSlider, shown) -> None:
    told = shown(fader)
    for value in (-3.4567, -math.inf, 12.0, -59.99):
        fader.set_value(value)
        fader.box.setFocus()
        fader.slider.setFocus()
        QTest.keyClick(fader.box, Qt.Key.Key_Return)
        assert not told and fader.value == value


def test_steps_of_the_box_lead_to_silence_and_out_of_it(fader: ValueSlider, shown) -> None:
    told = shown(fader)
    fader.set_value(-59.7)
    QTest.keyClick(fader.box, Qt.Key.Key_Down)
    QTest.keyClick(fader.box, Qt.Key.Key_Down)
    assert told[-1] == -math.inf and fader.box.text() == "−∞ dB"
    QTest.keyClick(fader.box, Qt.Key.Key_Down)
    QTest.keyClick(fader.box, Qt.Key.Key_Up)
    assert told[-1] == -60.0
    QTest.keyClick(fader.box, Qt.Key.Key_Up)
    assert told[-1] == -59.5


def test_a_double_click_goes_back_to_where_it_was_made(fader: ValueSlider, shown) -> None:
    told = shown(fader)
    fader.set_value(-20.0)
    QTest.mouseDClick(fader.slider, LEFT, pos=place(fader, -20.0))
    assert told == [0.0] and fader.slider.value() == 750
    fader.set_value(-20.0)
    QTest.mouseClick(fader.slider, LEFT, Qt.KeyboardModifier.ControlModifier, place(fader, -20.0))
    assert told == [0.0, 0.0]


def test_pan_is_written_and_read_in_words(shown) -> None:
    pan = ValueSlider("Pan", Even(-1.0, 1.0, 0.01), decimals=2, words=pan_words, read=pan_of)
    told = shown(pan)
    for text, value, words in (
        ("L 30", -0.3, "L 30"), ("r100", 1.0, "R 100"), ("c", 0.0, "C"), ("-45", -0.45, "L 45"), ("12 %", 0.12, "R 12"),
        ("r 900", 1.0, "R 100"),
    ):  # fmt: skip
        typed(pan, text)
        assert told[-1] == pytest.approx(value) and pan.box.text() == words
    count = len(told)
    for text in ("inf", "-", "left", "nan", "l nan"):
        typed(pan, text)
        assert len(told) == count and pan.box.text() == "R 100", text


@pytest.mark.parametrize("percent", range(-100, 101, 7))
def test_the_words_of_a_pan_mean_what_they_say(percent: int) -> None:
    assert pan_of(pan_words(percent / 100)) == pytest.approx(percent / 100)


def test_it_is_spoken_with_name_value_and_unit(fader: ValueSlider, shown) -> None:
    shown(fader)
    fader.set_name("Level of bass")
    fader.set_value(-6.0)
    assert fader.slider.accessibleName() == "Level of bass" and fader.slider.accessibleDescription() == "−6.0 dB"
    assert "Level of bass" in fader.box.accessibleName() and fader.toolTip()


def test_numbers_are_written_and_read_as_the_language_does(fader: ValueSlider, shown) -> None:
    told = shown(fader)
    translation.use_language("de")
    try:
        fader.set_value(-6.5)
        assert fader.box.text() == "−6,5 dB"
        typed(fader, "-3,5")
        assert told == [-3.5]
    finally:
        translation.use_language("en")
