"""The curve as a picture: where things lie, what the pointer reads, what the keys do."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from unbraid.app import theme
from unbraid.app.encode.axes import LEFT, TOP, Axes
from unbraid.app.encode.curve import CurveView
from unbraid.app.encode.drawing import readable
from unbraid.app.theme.tokens import DARK, LIGHT, contrast
from unbraid.core.informed.dial import CurvePoint

pytestmark = pytest.mark.gui
LEFT_BUTTON = Qt.MouseButton.LeftButton
POINTS = tuple(
    CurvePoint(rate, 1.0, None, (2.0 + 8.0 * k, 1.0 + 6.0 * k), (0.4 * rate, 0.4 * rate))
    for k, rate in enumerate((1.0, 4.0, 16.0, 64.0, 256.0))
)


@pytest.fixture
def view(qtbot) -> CurveView:
    view = CurveView()
    qtbot.addWidget(view)
    view.resize(320, 232)
    view.show_curve(("drums", "vocals"), ("#009E73", "#56B4E9"), POINTS)
    view.show_dial(16.0)
    view.turned.connect(view.show_dial)
    view.show()
    view.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    return view


def test_axes_show_all_points_and_places_can_be_read_back() -> None:
    axes = Axes.around(POINTS, 320, 232, 26)
    assert (axes.low_kbps, axes.high_kbps, axes.low_db, axes.high_db) == (0.5, 1000.0, 0.0, 35.0)
    for rate in (0.5, 3.0, 250.0, 1000.0):
        assert axes.kbps(axes.x(rate)) == pytest.approx(rate)
    assert axes.x(0.5) == LEFT and axes.x(1e9) == axes.end and axes.y(35.0) == TOP
    wide = Axes.around([CurvePoint(0.2, 0.2, None, (-7.0, math.nan), (0.1, 0.1)), *POINTS], 320, 232, 26)
    assert (wide.low_kbps, wide.low_db) == (0.2, -10.0)


@pytest.mark.parametrize("width", [240, 320, 900])
def test_rates_have_round_numbers_with_room_between(width: int) -> None:
    ticks = Axes.around(POINTS, width, 232, 26).rate_ticks(22.0)
    labels = [tick.label for tick in ticks if tick.label]
    assert {"1", "10", "100", "1000"} <= set(labels) and labels == sorted(labels, key=float)
    axes = Axes.around(POINTS, width, 232, 26)
    places = [axes.x(tick.value) for tick in ticks if tick.label]
    assert all(b - a >= 34 for a, b in pairwise(places))


@pytest.mark.parametrize("look", [DARK, LIGHT])
def test_lines_can_be_seen_on_the_ground(look: theme.Theme) -> None:
    for colour in ("#0072B2", "#F0E442", "#882255", "#117733", "#56B4E9"):
        assert contrast(readable(colour, look.canvas, look.text), look.canvas) >= 3.0


def test_stems_are_drawn_in_their_colours_and_the_mean_without(view: CurveView) -> None:
    image, axes = view.grab().toImage(), view.axes
    for stem, colour in enumerate(("#009E73", "#56B4E9")):
        at = QPoint(round(axes.x(64.0)), round(axes.y(POINTS[3].sdr_db[stem])))
        assert image.pixelColor(at * image.devicePixelRatio()).name() == colour.lower()
    empty = CurveView()
    empty.resize(320, 232)
    empty.show_words("It comes here.")
    assert empty.grab().toImage() != image


def test_left_and_right_go_along_the_points(view: CurveView) -> None:
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.dial_kbps == 64.0
    QTest.keyClick(view, Qt.Key.Key_Left)
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert view.dial_kbps == 4.0
    QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert view.dial_kbps == pytest.approx(4.08)
    QTest.keyClick(view, Qt.Key.Key_PageUp)
    assert view.dial_kbps == pytest.approx(8.16)
    for key, rate in ((Qt.Key.Key_End, 256.0), (Qt.Key.Key_Home, 1.0)):
        QTest.keyClick(view, key)
        assert view.dial_kbps == rate
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert view.dial_kbps == 1.0


def test_its_keys_are_not_the_windows_while_it_has_the_focus(view: CurveView) -> None:
    for key, ours in ((Qt.Key.Key_Home, True), (Qt.Key.Key_Left, True), (Qt.Key.Key_M, False)):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier)
        event.ignore()
        QApplication.sendEvent(view, event)
        assert event.isAccepted() == ours


def test_return_and_a_double_click_play(view: CurveView, qtbot) -> None:
    with qtbot.waitSignal(view.activated):
        QTest.keyClick(view, Qt.Key.Key_Return)
    with qtbot.waitSignal(view.activated):
        QTest.mouseDClick(view, LEFT_BUTTON, pos=QPoint(150, 100))


def test_the_marker_is_dragged(view: CurveView) -> None:
    axes = view.axes
    QTest.mousePress(view, LEFT_BUTTON, pos=QPoint(round(axes.x(4.0)), 100))
    assert view.dial_kbps == pytest.approx(4.0, rel=0.03)
    drag(view, QPoint(round(axes.x(100.0)), 60), Qt.MouseButton.LeftButton)
    assert view.dial_kbps == pytest.approx(100.0, rel=0.03)
    drag(view, QPoint(5000, 60), Qt.MouseButton.LeftButton)
    assert view.dial_kbps == pytest.approx(1000.0)
    QTest.mouseRelease(view, LEFT_BUTTON, pos=QPoint(200, 60))


def test_the_pointer_reads_the_curve(view: CurveView) -> None:
    told: list[float | None] = []
    view.hovered.connect(told.append)
    drag(view, QPoint(round(view.axes.x(10.0)), 100), Qt.MouseButton.NoButton)
    assert told[-1] == pytest.approx(10.0, rel=0.03)
    before = view.grab().toImage()
    drag(view, QPoint(3, 100), Qt.MouseButton.NoButton)
    assert told[-1] is None and view.grab().toImage() != before


def test_without_points_nothing_can_be_turned(qtbot) -> None:
    view = CurveView()
    qtbot.addWidget(view)
    view.turned.connect(lambda _: pytest.fail("there is nothing to turn to"))
    view.show()
    QTest.mouseClick(view, LEFT_BUTTON, pos=QPoint(100, 100))
    QTest.keyClick(view, Qt.Key.Key_Right)
    drag(view, QPoint(100, 90), Qt.MouseButton.NoButton)


def drag(view: CurveView, to: QPoint, buttons: Qt.MouseButton) -> None:
    """Move the pointer there with these buttons down."""
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QMouseEvent

    at = QPointF(to)
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, view.mapToGlobal(at), Qt.MouseButton.NoButton, buttons,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(view, event)
