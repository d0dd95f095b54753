"""What rulers have in common, and the one of time, below the canvas."""

from __future__ import annotations

import math

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from unbraid.app.selection import Selection
from unbraid.app.spectrogram.canvas import SpectrogramCanvas
from unbraid.app.spectrogram.gestures import CLICK_PX, HANDLE_PX
from unbraid.app.spectrogram.overlays import colour, uprights
from unbraid.app.spectrogram.ticks import time_ticks
from unbraid.app.spectrogram.wheel import wheel_zoom
from unbraid.app.translation import tr
from unbraid.core.document.state import Marker, Span

RULER_HEIGHT = 40
LANE = 12
"""Height of the lane of the loop, at the ruler's top."""
MARKER_PX = 3.0
"""How near its line a marker is taken."""
NAME_PX = 4.0
"""From a marker's line to its name."""


class Ruler(QWidget):
    """What rulers have in common: they follow a canvas."""

    def __init__(self, canvas: SpectrogramCanvas):
        super().__init__(canvas.parentWidget())
        self.canvas, self.scene = canvas, canvas.scene
        self._drawn: tuple[object, ...] = ()
        self._picture = QPixmap()
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        scene = self.scene
        for signal in (scene.viewport_changed, scene.sources_changed, scene.display_changed, scene.selection_changed,
                       scene.loop_changed, scene.markers_changed, scene.colours_changed):  # fmt: skip
            signal.connect(self._changed)

    def _changed(self, *_: object) -> None:
        self.update()

    def face(self, size: int = 11) -> QFont:
        """The font of read-outs."""
        result = QFont(self.font())
        result.setPixelSize(size)
        return result

    def ink(self, name: str) -> QColor:
        """A colour of the theme."""
        return QColor(getattr(self.scene.colours, name))

    def key(self) -> tuple[object, ...]:
        """Everything that `draw` depends on, besides size and colours."""
        raise NotImplementedError

    def draw(self, painter: QPainter) -> None:
        """What stands still while the sound plays."""
        raise NotImplementedError

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """The ruler as it was drawn last, if nothing has changed."""
        density = self.devicePixelRatioF()
        key = (self.size(), density, self.scene.colours, self.font(), *self.key())
        if key != self._drawn:
            self._drawn = key
            self._picture = QPixmap(self.size() * density)
            self._picture.setDevicePixelRatio(density)
            self._picture.fill(self.ink("panel"))
            painter = QPainter(self._picture)
            painter.setFont(self.face())
            self.draw(painter)
            painter.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        self.draw_over(painter)
        painter.end()

    def draw_over(self, painter: QPainter) -> None:
        """What moves."""


class TimeRuler(Ruler):
    """Time below the canvas. Its upper lane holds the loop: drag there to set it, its ends to change it, all of it to
    move it; with Shift a drag sets another one.

    Below: click seeks, drag selects time, Shift extends; the playhead's head can be dragged to scrub. Markers can be
    dragged by their lines and by their names; a click on one goes there.
    """

    seek_requested = Signal(float)
    scrub_requested = Signal(float)
    scrub_finished = Signal()
    marker_moved = Signal(object, float)
    """A `Marker` as it was, and where it was dropped, in seconds."""
    marker_activated = Signal(object)
    """A double click on a `Marker`: it is to be renamed."""
    marker_menu_requested = Signal(QPoint, object)
    """A right click on a `Marker`, and where on the screen."""

    def __init__(self, canvas: SpectrogramCanvas):
        super().__init__(canvas)
        self.setFixedHeight(RULER_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Time ruler"))
        self.setToolTip(
            "\n".join(
                [
                    tr("Click to seek, drag to select time. Drag in the upper lane to set the loop."),
                    tr("Drag the loop or a marker to move it, double-click a marker to rename it."),
                ]
            )
        )
        self.scene.playhead_changed.connect(self._playhead_moved)
        self._begin: QPointF | None = None
        self._mode = ""
        self._fixed_s = 0.0
        self._held: Marker | Span | None = None
        """The marker or the loop that is dragged, as it was."""
        self._markers_before: tuple[Marker, ...] = ()
        self._dropped_s: float | None = None

    def key(self) -> tuple[object, ...]:
        """Time, selection, loop, markers."""
        scene = self.scene
        selection = scene.selection.times(scene.duration_s) if scene.selection and scene.selection.is_time else None
        return (scene.viewport.start_s, scene.viewport.end_s, bool(scene.layers), selection, scene.loop, scene.markers)

    def draw(self, painter: QPainter) -> None:
        """Marks and times, selection, loop, markers."""
        painter.fillRect(QRectF(0, 0, self.width(), LANE), self.ink("background"))
        if self.scene.layers:
            self._selection(painter)
            self._ticks(painter)
            self._loop(painter)
            self._markers(painter)

    def draw_over(self, painter: QPainter) -> None:
        """The playhead's head."""
        if self.scene.playhead_s is None or not self.scene.layers:
            return
        x = round(self.canvas.geometry_.x(self.scene.playhead_s)) + 0.5
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.ink("strong_text"))
        painter.drawPolygon(QPolygonF([QPointF(x, LANE), QPointF(x + 6, LANE + 8), QPointF(x - 6, LANE + 8)]))

    def _playhead_moved(self, before: float | None, now: float | None) -> None:
        for time_s in (before, now):
            if time_s is not None:
                self.update(round(self.canvas.geometry_.x(time_s)) - 8, LANE - 2, 17, 14)

    def _ticks(self, painter: QPainter) -> None:
        geometry, view = self.canvas.geometry_, self.scene.viewport
        metrics = QFontMetricsF(painter.font())
        room = metrics.horizontalAdvance("00:00.000") + 28
        strong, faint = self.ink("text"), self.ink("faint")
        per_px, left_px = geometry.s_per_px, geometry.origin / geometry.density
        ticks = [
            (round(tick.value / per_px - left_px), tick.label)
            for tick in time_ticks(view.start_s, view.end_s, self.width(), room)
        ]
        uprights(painter, faint, [x for x, label in ticks if not label], LANE + 1, LANE + 5)
        uprights(painter, strong, [x for x, label in ticks if label], LANE + 1, LANE + 9)
        painter.setPen(strong)
        for x, label in ticks:
            if label:
                width = metrics.horizontalAdvance(label)
                left = min(max(x - width / 2, 2.0), self.width() - width - 2)
                painter.drawText(QPointF(left, RULER_HEIGHT - 6), label)

    def _selection(self, painter: QPainter) -> None:
        selection, geometry = self.scene.selection, self.canvas.geometry_
        if selection is not None and selection.is_time:
            a, b = (geometry.x(t) for t in selection.times(self.scene.duration_s))
            shape = QRectF(a, LANE, max(1.0, b - a), RULER_HEIGHT - LANE)
            painter.fillRect(shape, colour(self.scene.colours.accent, 60))

    def _loop(self, painter: QPainter) -> None:
        loop, geometry = self.scene.loop, self.canvas.geometry_
        if loop is None:
            return
        a, b = geometry.x(loop.start_s), geometry.x(loop.end_s)
        painter.fillRect(QRectF(a, 2, max(2.0, b - a), LANE - 4), colour(self.scene.colours.loop, 150))
        for x in (a, b):
            painter.fillRect(QRectF(x - 1.5, 0, 3, LANE), self.ink("loop"))

    def _markers(self, painter: QPainter) -> None:
        geometry = self.canvas.geometry_
        for marker in self.scene.markers:
            x = geometry.x(marker.time_s)
            if 0 <= x <= self.width():
                painter.setPen(self.ink("loop"))
                painter.drawLine(QPointF(x, 0), QPointF(x, RULER_HEIGHT))
                painter.drawText(QPointF(x + NAME_PX, LANE - 2), marker.name)

    def marker_at(self, point: QPointF) -> Marker | None:
        """The marker whose line, or name in the lane, lies here; the last drawn if there are several."""
        geometry, found = self.canvas.geometry_, None
        metrics = QFontMetricsF(self.face())
        for marker in self.scene.markers:
            away = point.x() - geometry.x(marker.time_s)
            reach = NAME_PX + metrics.horizontalAdvance(marker.name) if point.y() < LANE else MARKER_PX
            if -MARKER_PX <= away <= max(reach, MARKER_PX):
                found = marker
        return found

    def mode_at(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> str:
        """What a drag from here does: scrub, marker, loop, loop start, loop end, loop move, start, end, select."""
        if point.y() < LANE:
            return self._lane_mode(point, modifiers)
        geometry, scene = self.canvas.geometry_, self.scene
        head = geometry.x(scene.playhead_s) if scene.playhead_s is not None else -math.inf
        if point.y() < LANE + 10 and abs(point.x() - head) <= HANDLE_PX:
            return "scrub"
        selection = scene.selection
        if selection is not None and selection.is_time:
            start, end = selection.times(scene.duration_s)
            if abs(point.x() - geometry.x(start)) <= HANDLE_PX:
                return "start"
            if abs(point.x() - geometry.x(end)) <= HANDLE_PX:
                return "end"
            if modifiers & Qt.KeyboardModifier.ShiftModifier:
                near_start = abs(point.x() - geometry.x(start)) < abs(point.x() - geometry.x(end))
                return "start" if near_start else "end"
        return "marker" if self.marker_at(point) else "select"

    def _lane_mode(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> str:
        """The same in the loop's lane."""
        loop, geometry = self.scene.loop, self.canvas.geometry_
        a, b = (geometry.x(loop.start_s), geometry.x(loop.end_s)) if loop is not None else (math.inf, -math.inf)
        if abs(point.x() - a) <= HANDLE_PX:
            return "loop start"
        if abs(point.x() - b) <= HANDLE_PX:
            return "loop end"
        if self.marker_at(point):
            return "marker"
        return "loop move" if a < point.x() < b and not modifiers & Qt.KeyboardModifier.ShiftModifier else "loop"

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begin what lies under the pointer."""
        if event.button() != Qt.MouseButton.LeftButton or not self.scene.layers:
            return
        self._begin = event.position()
        self._mode = self.mode_at(event.position(), event.modifiers())
        self._fixed_s = self._fixed(event.position())
        self._held = self.marker_at(event.position()) if self._mode == "marker" else self.scene.loop
        self._markers_before, self._dropped_s = self.scene.markers, None
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if self._mode == "scrub" or (shifted and self._mode in ("start", "end")):
            self._drag(event.position())

    def _fixed(self, point: QPointF) -> float:
        """The end that stays."""
        scene = self.scene
        if self._mode in ("loop start", "loop end") and scene.loop is not None:
            return scene.loop.end_s if self._mode == "loop start" else scene.loop.start_s
        if self._mode in ("start", "end") and scene.selection is not None:
            start, end = scene.selection.times(scene.duration_s)
            return end if self._mode == "start" else start
        return self.canvas.geometry_.time_s(point.x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Go on, or say what could begin here."""
        if self._begin is None:
            mode = self.mode_at(event.position(), event.modifiers())
            shapes = {"loop": Qt.CursorShape.ArrowCursor, "select": Qt.CursorShape.ArrowCursor,
                      "loop move": Qt.CursorShape.OpenHandCursor}  # fmt: skip
            self.setCursor(shapes.get(mode, Qt.CursorShape.SizeHorCursor))
        elif self._mode == "scrub" or (event.position() - self._begin).manhattanLength() >= CLICK_PX:
            self._drag(event.position())

    def _drag(self, point: QPointF) -> None:
        now_s = self.canvas.geometry_.time_s(point.x())
        if self._mode == "scrub":
            self.scrub_requested.emit(now_s)
            return
        if self._mode in ("marker", "loop move"):
            self._shift(now_s)
            return
        a, b = sorted((self._fixed_s, now_s))
        if self._mode.startswith("loop"):
            self.scene.set_loop(Span(a, b) if b > a else None)
            return
        old = self.scene.selection or Selection()
        keep_band = self._mode != "select"
        self.scene.set_selection(Selection(a, b, old.low_hz if keep_band else None, old.high_hz if keep_band else None))

    def _shift(self, now_s: float) -> None:
        """The marker or the loop that is held goes with the pointer; a marker is shown there until it is dropped."""
        held, length = self._held, self.scene.duration_s
        if isinstance(held, Marker):
            self._preview(held, min(max(held.time_s + now_s - self._fixed_s, 0.0), length))
        elif isinstance(held, Span):
            by = min(max(now_s - self._fixed_s, -held.start_s), length - held.end_s)
            self.scene.set_loop(Span(held.start_s + by, held.end_s + by))

    def _preview(self, held: Marker, time_s: float) -> None:
        """Show the held marker there."""
        self._dropped_s = time_s
        moved = Marker(time_s, held.name)
        self.scene.set_markers([moved if marker is held else marker for marker in self._markers_before])

    def _drop(self, held: Marker) -> None:
        """Say where the marker is to go; whoever keeps the markers shows it there. Without a drag: go there."""
        self.scene.set_markers(self._markers_before)
        if self._dropped_s is None:
            self.seek_requested.emit(held.time_s)
        else:
            self.marker_moved.emit(held, self._dropped_s)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A click that was no drag seeks, on a marker to its moment."""
        begin, self._begin = self._begin, None
        if begin is None:
            return
        is_click = (event.position() - begin).manhattanLength() < CLICK_PX
        if self._mode == "scrub":
            self.scrub_finished.emit()
        elif self._mode == "marker" and isinstance(self._held, Marker):
            self._drop(self._held)
        elif is_click and self._mode == "select":
            self.seek_requested.emit(self.canvas.geometry_.time_s(begin.x()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A marker is to be renamed; elsewhere in the loop's lane: no loop."""
        marker = self.marker_at(event.position())
        if marker is not None:
            self.marker_activated.emit(marker)
        elif event.position().y() < LANE:
            self.scene.set_loop(None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """The window knows what can be done with a marker."""
        marker = self.marker_at(QPointF(event.pos()))
        if marker is None:
            event.ignore()
        else:
            self.marker_menu_requested.emit(event.globalPos(), marker)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zooms and scrolls time."""
        geometry = self.canvas.geometry_
        if self.scene.layers:
            time_s = geometry.time_s(event.position().x())
            self.scene.set_viewport(wheel_zoom(event, self.scene.viewport, time_s, 0.5, geometry))
        event.accept()
