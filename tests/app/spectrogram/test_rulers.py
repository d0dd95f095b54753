import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication

from unbraid.app.selection import Selection
from unbraid.app.spectrogram.rulers import LANE
from unbraid.core.document.state import Marker, Span

pytestmark = pytest.mark.gui

SHIFT = Qt.KeyboardModifier.ShiftModifier
BELOW = LANE + 20


def test_the_ruler_seeks_and_selects_time(view, hands) -> None:
    ruler, x = view.time_ruler, view.canvas.geometry_.x
    sought = []
    view.seek_requested.connect(sought.append)
    hands(ruler).click(x(1.5), BELOW)
    assert sought == [pytest.approx(1.5, abs=0.02)]
    hands(ruler).drag((x(1), BELOW), (x(2), BELOW))
    assert (view.selection.start_s, view.selection.end_s) == pytest.approx((1, 2), abs=0.02)
    assert not view.selection.is_band and len(sought) == 1
    hands(ruler).drag((x(2), BELOW), (x(3), BELOW))  # its end is a handle
    assert (view.selection.start_s, view.selection.end_s) == pytest.approx((1, 3), abs=0.02)
    hands(ruler).click(x(3.5), BELOW, modifiers=SHIFT)
    assert view.selection.end_s == pytest.approx(3.5, abs=0.02)


def test_the_loop_is_set_changed_and_removed_in_its_lane(view, hands) -> None:
    ruler, x = view.time_ruler, view.canvas.geometry_.x
    loops = []
    view.loop_changed.connect(loops.append)
    hands(ruler).drag((x(1), 5), (x(2), 5))
    assert (loops[-1].start_s, loops[-1].end_s) == pytest.approx((1, 2), abs=0.02)
    hands(ruler).drag((x(2), 5), (x(3), 5))
    assert (loops[-1].start_s, loops[-1].end_s) == pytest.approx((1, 3), abs=0.02)
    assert view.selection is None
    hands(ruler).double_click(x(2), 5)
    assert loops[-1] is None


def test_the_playheads_head_scrubs(view, hands) -> None:
    ruler, x = view.time_ruler, view.canvas.geometry_.x
    view.set_playhead(1.0)
    scrubbed, ended = [], []
    view.scrub_requested.connect(scrubbed.append)
    view.scrub_finished.connect(lambda: ended.append(True))
    hands(ruler).drag((x(1), LANE + 4), (x(2), LANE + 4))
    assert scrubbed[-1] == pytest.approx(2, abs=0.02) and len(scrubbed) > 5 and ended == [True]


def test_the_axis_selects_a_band_and_zooms(view, hands) -> None:
    axis, geometry = view.frequency_axis, view.canvas.geometry_
    view.set_selection(Selection(1, 2))
    panel = geometry.panels[0]
    hands(axis).drag((20, geometry.y(1000, panel)), (20, geometry.y(2000, panel)))
    assert (view.selection.low_hz, view.selection.high_hz) == pytest.approx((1000, 2000), abs=30)
    assert view.selection.start_s == 1
    hands(axis).click(20, 40)
    assert view.selection == Selection(1, 2)
    hands(axis).wheel(20, geometry.y(1000, panel), (0, 3))
    assert view.viewport.high - view.viewport.low == pytest.approx(1 / 1.25**3)
    hands(axis).double_click(20, 40)
    assert (view.viewport.low, view.viewport.high) == (0, 1)


def test_the_colour_bar_sets_levels(view, hands) -> None:
    bar = view.colour_bar
    hands(bar).wheel(20, 60, (0, 2))
    assert view.display.range_db == 76
    hands(bar).drag((20, 60), (20, 60 - bar.height() // 4))
    assert view.display.top_db < -10
    hands(bar).double_click(20, 60)
    assert (view.display.range_db, view.display.top_db) == (80, -10)


def test_rulers_are_drawn_in_every_state(view) -> None:
    plain = view.time_ruler.grab().toImage()
    view.set_loop(Span(1, 2))
    view.set_markers([Marker(0.5, "Verse")])
    view.set_selection(Selection(2, 3, 100, 400))
    view.set_playhead(3.5)
    assert view.time_ruler.grab().toImage() != plain
    for widget in (view.frequency_axis, view.colour_bar, view.overview):
        assert len(np.unique(np.frombuffer(widget.grab().toImage().constBits(), np.uint8))) > 3


def test_markers_are_dragged_renamed_and_visited(view, hands, qtbot) -> None:
    ruler, x = view.time_ruler, view.canvas.geometry_.x
    verse, chorus = Marker(1.0, "Verse"), Marker(2.0, "Chorus")
    view.set_markers([verse, chorus])
    moved, sought = [], []
    view.marker_moved.connect(lambda marker, time_s: moved.append((marker, time_s)))
    view.seek_requested.connect(sought.append)
    hands(ruler).drag((x(1), BELOW), (x(3), BELOW), release=False)
    assert [m.time_s for m in view.scene.markers] == [pytest.approx(3, abs=0.02), 2.0] and not moved
    hands(ruler).release(x(3), BELOW)
    assert moved == [(verse, pytest.approx(3, abs=0.02))] and view.scene.markers == (verse, chorus)
    hands(ruler).drag((x(2) + 10, 5), (x(2) - ruler.width(), 5))  # by its name, beyond the start
    assert moved[1:] == [(chorus, 0.0)] and view.scene.loop is None and view.selection is None and not sought
    hands(ruler).click(x(2) + 2, BELOW)
    assert sought == [2.0]
    with qtbot.waitSignal(view.marker_activated) as activated:
        hands(ruler).double_click(x(1) + 8, 5)
    assert activated.args == [verse]
    place = QPoint(round(x(2)), BELOW)
    with qtbot.waitSignal(view.marker_menu_requested) as menu:
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, ruler.mapToGlobal(place))
        QApplication.sendEvent(ruler, event)
    assert menu.args == [ruler.mapToGlobal(place), chorus]


def test_the_loop_moves_as_a_whole_and_stays_within_the_song(view, hands) -> None:
    ruler, x = view.time_ruler, view.canvas.geometry_.x
    view.set_loop(Span(1, 2))
    hands(ruler).drag((x(1.5), 5), (x(2.25), 5))
    assert (view.scene.loop.start_s, view.scene.loop.end_s) == pytest.approx((1.75, 2.75), abs=0.02)
    hands(ruler).drag((x(2), 5), (x(5), 5))
    assert (view.scene.loop.start_s, view.scene.loop.end_s) == pytest.approx((3, 4))
    hands(ruler).drag((x(3.2), 5), (x(3.6), 5), modifiers=SHIFT)
    assert (view.scene.loop.start_s, view.scene.loop.end_s) == pytest.approx((3.2, 3.6), abs=0.02)
