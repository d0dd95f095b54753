"""The canvas as a user meets it: by real events, and by the pixels that come out."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QAccessible, QImage, QNativeGestureEvent, QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from unbraid.app.selection import Selection
from unbraid.app.spectrogram.analysis import Grid
from unbraid.app.spectrogram.viewport import Viewport
from unbraid.core.dsp import gather

pytestmark = pytest.mark.gui

SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


def pixels(widget) -> np.ndarray:
    """What a widget looks like, (H, W, 4) blue, green, red, alpha."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4).copy()


def brightness(widget) -> np.ndarray:
    """Sum of red, green, blue, (H, W)."""
    return pixels(widget)[..., :3].astype(int).sum(axis=2)


def test_tones_lie_where_they_sound(view) -> None:
    canvas = view.canvas
    light = brightness(canvas).mean(axis=1)
    geometry = canvas.geometry_
    for hz in (1000, 250):
        y = round(geometry.y(hz, geometry.panels[0]))
        assert light[y - 3 : y + 4].max() > 400
    assert light[round(geometry.y(3000, geometry.panels[0]))] < 60


@pytest.fixture(scope="module")
def click_in_silence():
    """20 minutes of silence with a single click."""
    samples = np.zeros(20 * 60 * 8000, np.float32)
    samples[5_000_000] = 1.0
    return samples


def test_a_click_in_twenty_minutes_of_silence_is_seen_at_every_zoom_and_offset(make_view, a_layer, click_in_silence):
    at_s = 5_000_000 / 8000
    view = make_view([a_layer("mix", click_in_silence)], (700, 220), window=1024, range_db=60, top_db=-50)
    canvas = view.canvas
    rng = np.random.default_rng(0)
    seen = []
    for span in np.geomspace(0.3, 1200, 24):
        for part in (0.02, *rng.uniform(0.05, 0.95, 3)):
            whole = Viewport.whole(1200)
            view.set_viewport(whole.with_times(at_s - part * span, at_s + (1 - part) * span))
            light = brightness(canvas)
            x = canvas.geometry_.x(at_s)
            near = light[20:-20, max(0, round(x) - 3) : round(x) + 4]
            seen.append(near.max(axis=1).min())
            if span > 60:
                others = np.delete(light, range(max(0, round(x) - 3), round(x) + 4), axis=1)
                assert others[20:-20, 3:-3].max() < 30
    assert min(seen) > 500 and np.ptp(seen) < 60  # bright everywhere, and equally so: nothing flickers


def test_zooming_in_small_steps_changes_the_brightness_of_a_click_never(make_view, a_layer) -> None:
    samples = np.zeros(8000 * 60, np.float32)
    samples[123_456] = 1.0
    view = make_view([a_layer("mix", samples)], (700, 220), window=512, range_db=60, top_db=-45)
    at = 123_456 / 8000
    for factor in 1.07 ** np.arange(60):
        view.set_viewport(Viewport.whole(60).zoomed(factor, at))
        x = round(view.canvas.geometry_.x(at))
        assert brightness(view.canvas)[20:-20, x - 2 : x + 3].max(axis=1).min() > 400


def test_a_click_seeks_and_selects_nothing(view, hands, qtbot) -> None:
    with qtbot.waitSignal(view.seek_requested) as seek:
        hands(view.canvas).click(view.canvas.width() / 2, 50)
    assert seek.args[0] == pytest.approx(2.0, abs=0.02) and view.selection is None


def test_a_drag_selects_time_and_frequency(view, hands) -> None:
    canvas = view.canvas
    sought = []
    view.seek_requested.connect(sought.append)
    w, h = canvas.width(), canvas.height()
    hands(canvas).drag((w * 0.75, h * 0.5), (w * 0.25, h * 0.25))
    selection = view.selection
    assert (selection.start_s, selection.end_s) == pytest.approx((1, 3), abs=0.02)
    assert (selection.low_hz, selection.high_hz) == pytest.approx((2000, 3000), abs=40)
    assert not sought
    light = brightness(canvas)
    assert light[round(h * 0.3), w // 2] > light[round(h * 0.3), w // 8] + 30


def test_handles_move_edges_and_corners(view, hands) -> None:
    canvas = view.canvas
    view.set_selection(Selection(1, 2, 1000, 2000))
    geometry = canvas.geometry_
    panel = geometry.panels[0]
    x, y = geometry.x, lambda hz: geometry.y(hz, panel)
    hands(canvas).drag((x(2), y(1500)), (x(3), y(1500)))
    assert view.selection.end_s == pytest.approx(3, abs=0.02) and view.selection.low_hz == 1000
    hands(canvas).drag((x(1), y(1000)), (x(0.5), y(500)))
    assert view.selection.start_s == pytest.approx(0.5, abs=0.02)
    assert view.selection.low_hz == pytest.approx(500, abs=30)
    hands(canvas).drag((x(0.5), y(1500)), (x(3.5), y(1500)))  # past the other edge
    assert (view.selection.start_s, view.selection.end_s) == pytest.approx((3, 3.5), abs=0.02)


def test_shift_extends_and_control_moves(view, hands) -> None:
    canvas = view.canvas
    view.set_selection(Selection(1, 2, 1000, 2000))
    geometry = canvas.geometry_
    panel = geometry.panels[0]
    hands(canvas).click(geometry.x(3), geometry.y(2500, panel), modifiers=SHIFT)
    assert (view.selection.start_s, view.selection.end_s) == pytest.approx((1, 3), abs=0.02)
    assert (view.selection.low_hz, view.selection.high_hz) == pytest.approx((1000, 2500), abs=30)
    middle = (geometry.x(2), geometry.y(1700, panel))
    hands(canvas).drag(middle, (geometry.x(5), middle[1]), modifiers=CTRL)
    assert (view.selection.start_s, view.selection.end_s) == pytest.approx((2, 4), abs=0.02)
    assert view.selection.high_hz == pytest.approx(2500, abs=30)


def test_escape_abandons_a_drag_and_clears(view, hands) -> None:
    canvas = view.canvas
    before = Selection(1, 2, 1000, 2000)
    view.set_selection(before)
    hands(canvas).drag((30, 30), (90, 60), release=False)
    assert view.selection != before
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert view.selection == before
    hands(canvas).release(90, 60)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert view.selection is None


def test_the_wheel_zooms_around_the_pointer(view, hands) -> None:
    canvas = view.canvas
    x, y = canvas.width() * 0.25, canvas.height() * 0.25
    hands(canvas).wheel(x, y, (0, 4))
    assert view.viewport.span_s == pytest.approx(4 / 1.25**4)
    assert canvas.geometry_.time_s(x) == pytest.approx(1, abs=0.02)
    hands(canvas).wheel(x, y, (0, -1), modifiers=CTRL)
    assert view.viewport.span_s == pytest.approx(4 / 1.25**3)
    start = view.viewport.start_s
    hands(canvas).wheel(x, y, (0, -2), modifiers=SHIFT)
    assert view.viewport.start_s == pytest.approx(start + 0.2 * view.viewport.span_s)
    hands(canvas).wheel(x, y, (1, 0))
    assert view.viewport.start_s == pytest.approx(start + 0.1 * view.viewport.span_s)
    for notches in ((0, 2), (2, 0)):  # of Alt, which some systems turn sideways
        before = view.viewport
        hz = canvas.geometry_.freq_hz(y)
        hands(canvas).wheel(x, y, notches, modifiers=ALT)
        assert view.viewport.high - view.viewport.low == pytest.approx((before.high - before.low) / 1.25**2)
        assert canvas.geometry_.freq_hz(y) == pytest.approx(hz, rel=0.01) and view.viewport.start_s == before.start_s


def test_a_trackpad_scrolls_sideways_and_zooms_smoothly(view, hands) -> None:
    canvas = view.canvas
    view.set_viewport(view.viewport.with_times(1, 3))
    hands(canvas).wheel(100, 50, (0, 0), pixels=(-canvas.width() // 4, 3))
    assert view.viewport.start_s == pytest.approx(1.5, abs=0.01) and view.viewport.span_s == 2
    hands(canvas).wheel(100, 50, (0, 0), pixels=(0, 60))
    assert view.viewport.span_s == pytest.approx(2 / 1.25)


def test_a_pinch_zooms_around_the_fingers(view) -> None:
    canvas = view.canvas
    at = QPointF(canvas.width() * 0.25, 50)

    def pinch(amount: float) -> bool:
        place = QPointF(canvas.mapToGlobal(at.toPoint()))
        event = QNativeGestureEvent(
            Qt.NativeGestureType.ZoomNativeGesture, QPointingDevice.primaryPointingDevice(), 2, at, at, place, amount,
            QPointF(),
        )  # fmt: skip
        return QApplication.sendEvent(canvas, event)

    assert pinch(0.25)
    assert view.viewport.span_s == pytest.approx(4 / 1.25)
    assert canvas.geometry_.time_s(at.x()) == pytest.approx(1, abs=0.02)
    assert pinch(-0.2)
    assert view.viewport.span_s == pytest.approx(4)
    assert pinch(-5.0) and view.viewport.is_whole  # a wild device


def test_screen_readers_find_what_the_cursor_is_at(view) -> None:
    canvas = view.canvas
    before = QAccessible.queryAccessibleInterface(canvas).text(QAccessible.Text.Description)
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    face = QAccessible.queryAccessibleInterface(canvas)
    said = face.text(QAccessible.Text.Description)
    assert face.text(QAccessible.Text.Name) == "Spectrogram" and said != before
    readout = canvas.readout_at(canvas.cursor_.point())
    assert said == readout.spoken and "Hz" in said and "dB" in said
    QTest.keyClick(canvas, Qt.Key.Key_Up, SHIFT)
    assert face.text(QAccessible.Text.Description) != said


@pytest.mark.parametrize("what", ["mix", "overlaid", "stacked"])
@pytest.mark.parametrize("span", [0.4, 3.0, 11.0])
def test_panning_shows_the_same_as_drawing_anew(make_view, a_song, what: str, span: float) -> None:
    view = make_view(a_song(12.0), what=what, grid=True)
    per_px = span / view.canvas.width()
    composer, start = view.canvas.composer, 0.25
    view.set_viewport(view.viewport.with_times(start, start + span))
    view.canvas.grab()
    for by in (1, 40, -7, 300, -333, 599, 1):
        start += by * per_px
        view.set_viewport(view.viewport.with_times(start, start + span))
        panned, codes = pixels(view.canvas), [c.copy() for c in composer._codes]
        composer._codes_of = composer._made = None
        view.canvas.update()
        np.testing.assert_array_equal(pixels(view.canvas), panned)
        assert all((old == new).all() for old, new in zip(codes, composer._codes, strict=True))


def test_panning_makes_only_what_comes_into_view(make_view, a_song, monkeypatch) -> None:
    view = make_view(a_song(12.0))
    view.set_viewport(view.viewport.with_times(1, 3))
    view.canvas.grab()
    made = []
    sample = gather.sample
    monkeypatch.setattr(gather, "sample", lambda *a, **k: (made.append(k["out"].shape[1]), sample(*a, **k)))
    view.set_viewport(view.viewport.scrolled(10 * 2 / view.canvas.width()))
    view.canvas.grab()
    assert set(made) == {10}


def test_the_hand_and_the_middle_button_pan(view, hands) -> None:
    canvas = view.canvas
    view.set_viewport(view.viewport.with_times(1, 3).with_heights(0.25, 0.75))
    w, h = canvas.width(), canvas.height()
    hands(canvas).drag((w / 2, h / 2), (w / 4, h / 2), button=Qt.MouseButton.MiddleButton)
    assert view.viewport.start_s == pytest.approx(1.5, abs=0.01) and view.selection is None
    QTest.keyPress(canvas, Qt.Key.Key_H)
    hands(canvas).drag((w / 4, h / 2), (w / 2, h * 0.75))
    QTest.keyRelease(canvas, Qt.Key.Key_H)
    assert view.viewport.start_s == pytest.approx(1.0, abs=0.01)
    assert view.viewport.low == pytest.approx(0.375, abs=0.01) and view.selection is None


def test_the_readout_follows_the_pointer(view, hands) -> None:
    canvas = view.canvas
    seen = []
    view.readout_changed.connect(seen.append)
    geometry = canvas.geometry_
    for pixel in (-1, 1, 0):
        hands(canvas).move(geometry.x(2), geometry.y(1000, geometry.panels[0]) + pixel)
    assert seen[-1].time_s == pytest.approx(2, abs=0.02) and seen[-1].freq_hz == pytest.approx(1000, abs=20)
    assert max(r.level_db for r in seen) == pytest.approx(-6, abs=1.5) and seen[-1].title == "Mix"
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    assert seen[-1] is None


def test_the_keyboard_reaches_everything(view) -> None:
    canvas = view.canvas
    seen = []
    view.readout_changed.connect(seen.append)
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    start = seen[-1]
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    QTest.keyClick(canvas, Qt.Key.Key_Up, SHIFT)
    assert seen[-1].time_s == pytest.approx(start.time_s + canvas.geometry_.s_per_px, abs=0.005)
    assert seen[-1].freq_hz > start.freq_hz
    assert canvas.accessibleDescription() == seen[-1].spoken
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    QTest.keyClick(canvas, Qt.Key.Key_Down, SHIFT)
    QTest.keyClick(canvas, Qt.Key.Key_End)
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert view.selection.end_s == 4 and view.selection.start_s == pytest.approx(start.time_s, abs=0.02)
    assert view.selection.high_hz > view.selection.low_hz
    QTest.keyClicks(canvas, "++")
    assert view.viewport.span_s == pytest.approx(4 / 1.5**2)
    QTest.keyClick(canvas, Qt.Key.Key_Home)
    assert view.viewport.start_s == 0
    QTest.keyClick(canvas, Qt.Key.Key_PageDown)
    assert view.viewport.start_s == pytest.approx(0.9 * 4 / 1.5**2)


def test_the_playhead_moves_over_the_same_picture(view) -> None:
    made = []
    compose = view.canvas.composer._make
    view.canvas.composer._make = lambda *a: (made.append(1), compose(*a))
    view.set_playhead(1.0)
    before = brightness(view.canvas)
    view.set_playhead(2.0)
    after = brightness(view.canvas)
    x = round(view.canvas.geometry_.x(2.0))
    assert not made
    assert (after[1:-1, x] > 600).all() and (before[:, x] < 760).any()
    lines = [k + d for d in (-1, 0, 1) for k in (x, round(view.canvas.geometry_.x(1)))]
    same = np.delete(np.arange(after.shape[1]), lines)
    np.testing.assert_array_equal(after[:, same], before[:, same])


def test_pages_turn_with_the_playhead_unless_one_looks_elsewhere(view) -> None:
    view.set_viewport(view.viewport.with_times(0, 1))
    view.set_playhead(0.9)
    view.set_playhead(1.05)
    assert view.viewport.start_s == pytest.approx(1.0, abs=0.01)
    view.set_viewport(view.viewport.with_times(3, 4))
    view.set_playhead(1.2)
    assert view.viewport.start_s == 3
    view.set_viewport(view.viewport.with_times(1, 2))
    view.set_follows(False)
    view.set_playhead(1.9)
    view.set_playhead(2.1)
    assert view.viewport.start_s == 1


def test_another_window_keeps_the_old_picture_until_the_new_one_is_there(make_view, a_song) -> None:
    view = make_view(a_song(20.0))
    before = brightness(view.canvas)
    view.analyst.close()  # nothing will be analysed any more
    view.set_display(replace(view.display, window=1024))
    grid = view.canvas.composer.pictures[0].grid
    assert grid == Grid(1024, 256) and view.canvas.progress == 0
    during = brightness(view.canvas)
    middle = slice(20, 100)
    assert np.abs(during[middle, :100] - before[middle, :100]).max() < 60


@pytest.mark.parametrize("what", ["mix", "stem", "difference", "stacked", "overlaid"])
@pytest.mark.parametrize("scale", ["linear", "log", "mel", "note"])
def test_everything_there_is_can_be_shown(make_view, a_song, what: str, scale: str) -> None:
    view = make_view(a_song(1.0), what=what, scale=scale, stem="high", waveform=True, grid=True)
    light = brightness(view)
    assert np.ptp(light) > 300
    panels = view.canvas.geometry_.panels
    assert len(panels) == (2 if what == "stacked" else 1)
    readout = view.canvas.readout_at(QPointF(50, 50))
    assert readout.text


def test_stems_over_each_other_keep_their_colours(make_view, a_song) -> None:
    view = make_view(a_song(), what="overlaid")
    picture, geometry = pixels(view.canvas).astype(int), view.canvas.geometry_
    rows = {hz: round(geometry.y(hz, geometry.panels[0])) for hz in (1000, 250)}
    blue, _, red, _ = picture[rows[1000], 400]
    assert blue > red + 20  # the stem "high" is sky blue
    blue, _, red, _ = picture[rows[250], 400]
    assert red > blue + 20  # the stem "low" is vermilion


def test_nothing_open_is_an_empty_picture(make_view, hands) -> None:
    view = make_view([])
    hands(view.canvas).click(50, 50)
    hands(view.canvas).wheel(50, 50)
    QTest.keyClick(view.canvas, Qt.Key.Key_Right)
    view.set_playhead(1.0)
    view.zoom_in()
    view.fit()
    assert np.ptp(brightness(view.canvas)) == 0 and view.selection is None


@pytest.mark.parametrize("level", [0.0, 1e-6, 1e3])
@pytest.mark.parametrize("samples", [1, 5, 8000])
def test_any_loudness_and_length(make_view, a_layer, level: float, samples: int) -> None:
    rng = np.random.default_rng(0)
    view = make_view([a_layer("mix", level * rng.standard_normal((samples, 6)))], what="mix", waveform=True)
    view.set_viewport(view.viewport.zoomed(1e6, 0.0))
    assert brightness(view).shape == (300, 600)
