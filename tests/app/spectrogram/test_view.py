import gc
import threading
from dataclasses import replace

import pytest

from unbraid.app.selection import Selection

pytestmark = pytest.mark.gui


def test_commands_zoom_and_scroll(view) -> None:
    view.set_playhead(1.0)
    view.zoom_in()
    assert view.viewport.span_s == pytest.approx(4 / 1.5) and view.viewport.start_s < 1 < view.viewport.end_s
    view.zoom_out()
    view.zoom_frequency(2)
    assert view.viewport.high - view.viewport.low == pytest.approx(0.5)
    view.set_selection(Selection(1, 2, 1000, 2000))
    view.zoom_to_selection()
    assert (view.viewport.start_s, view.viewport.end_s) == pytest.approx((1, 2))
    assert (view.viewport.low, view.viewport.high) == pytest.approx((0.25, 0.5))
    view.scroll_pages(1)
    assert view.viewport.start_s == pytest.approx(2)
    view.show_time(0.1)
    assert view.viewport.start_s == 0
    view.fit()
    assert view.viewport.is_whole
    view.select_all()
    assert view.selection == Selection(0, 4)


def test_the_same_song_with_new_stems_stays_where_it_was(view, a_song) -> None:
    view.set_viewport(view.viewport.with_times(1, 2))
    view.set_selection(Selection(1, 2))
    view.set_sources(a_song()[:2])
    assert view.viewport.start_s == 1 and view.selection is not None
    view.set_sources(a_song(2.0))
    assert view.viewport.is_whole and view.viewport.duration_s == 2 and view.selection is None


def test_a_band_stays_in_view_when_the_scale_changes(view) -> None:
    view.set_viewport(view.viewport.with_heights(0.25, 0.5))
    view.set_display(replace(view.display, scale="log"))
    hz = view.scene.scale.to_hz([view.viewport.low, view.viewport.high])
    assert hz.tolist() == pytest.approx([1000, 2000], rel=1e-3)


def test_every_part_has_a_name_for_screen_readers(view) -> None:
    for part in (view.canvas, view.overview, view.time_ruler, view.frequency_axis, view.colour_bar):
        assert part.accessibleName()


def test_nothing_is_left_behind(make_view, a_song) -> None:
    view = make_view(a_song(1.0))
    view.close_analysis()
    gc.collect()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("spectrogram")]
