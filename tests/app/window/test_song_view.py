"""Gestures on the picture become seeks, selections and steps of the document."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QInputDialog, QMenu

from unbraid.app.selection import Selection
from unbraid.core.document.state import Span

pytestmark = pytest.mark.gui


def test_a_click_seeks_and_a_selection_is_shared(driver, window) -> None:
    view = window.song_view.view
    view.seek_requested.emit(1.25)
    assert window.session.playing.position_s == pytest.approx(1.25)
    view.set_selection(Selection(0.5, 1.0, 200.0, 400.0))
    assert window.session.selection == Selection(0.5, 1.0, 200.0, 400.0)
    window.session.select(None)
    assert view.selection is None


def test_a_loop_that_is_drawn_is_one_step_however_long_the_drag(driver, window) -> None:
    steps = len(window.session.document.steps())
    for end in (1.0, 1.5, 2.0):
        window.song_view.view.set_loop(Span(0.5, end))
    assert window.session.state.loop == Span(0.5, 2.0)
    assert len(window.session.document.steps()) == steps + 1


def test_markers_are_moved_renamed_and_removed(driver, window, monkeypatch: pytest.MonkeyPatch) -> None:
    window.session.playing.seek(1.0)
    window.action_set.run("add_marker")
    view = window.song_view.view
    view.marker_moved.emit(window.session.state.markers[0], 2.0)
    assert window.session.state.markers[0].time_s == 2.0
    monkeypatch.setattr(QInputDialog, "getText", lambda *a, **k: ("bridge", True))
    view.marker_activated.emit(window.session.state.markers[0])
    assert window.session.state.markers[0].name == "bridge"
    view.marker_menu_requested.emit(QPoint(5, 5), window.session.state.markers[0])
    menu = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QMenu) and w.isVisible())
    menu.actions()[-1].trigger()
    menu.close()
    assert window.session.state.markers == ()


def test_the_picture_of_a_stem_that_is_removed_gives_way_to_the_mix(driver, window) -> None:
    stem = window.session.state.stems[0].id
    window.picture.change(what="stem", stem=stem)
    window.mixer.choose(stem)
    window.action_set.run("remove_stem")
    assert window.song_view.view.display.what == "mix"
