import numpy as np
import pytest
from PySide6.QtCore import Qt

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
