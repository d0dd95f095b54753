"""The spectrogram itself: a cached picture, and thin layers over it that never need it made again."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QAccessibleEvent,
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from unbraid.app.spectrogram import gestures, overlays
from unbraid.app.spectrogram.analysis import Analyst, Grid
from unbraid.app.spectrogram.composer import Composer, level_db
from unbraid.app.spectrogram.cursor import Cursor
from unbraid.app.spectrogram.geometry import Geometry, panels
from unbraid.app.spectrogram.readout import ReadOut
from unbraid.app.spectrogram.scene import Scene
from unbraid.app.spectrogram.signals import shown
from unbraid.app.spectrogram.wheel import wheel_zoom
from unbraid.app.translation import tr
from unbraid.core.dsp.compiled import Engine

REFRESH_MS = 40
"""How often the picture grows while it is being analysed."""
CLOSE_CALL_PX = 3
"""A line's surroundings that are painted again when it moves."""


class SpectrogramCanvas(QWidget):
    """Shows a scene and turns gestures into seeking, selecting, zooming.

    Mouse: click seeks; drag selects time and frequency; Shift extends; Ctrl-drag moves the selection; its edges and
    corners are handles; middle button, or H held, pans. Wheel: zooms time around the pointer (so does Ctrl+wheel);
    Shift+wheel and sideways scroll; Alt+wheel zooms frequency; a pinch zooms time. Keys: arrows move a cursor by a
    pixel (Shift: by 32), Enter begins and ends a selection there, Home and End go to the ends, Page Up and Down turn
    pages, + and - zoom time (with Shift or Alt: frequency), Space is left to the transport, Esc clears.
    """

    seek_requested = Signal(float)
    readout_changed = Signal(object)
    """A `ReadOut`, None when the pointer has left."""
    menu_requested = Signal(QPoint, object)
    """Where on the screen, and the `ReadOut` there."""
    progress_changed = Signal(float)

    HINT: ClassVar = QSize(640, 320)

    def __init__(self, scene: Scene, analyst: Analyst, parent: QWidget | None = None):
        super().__init__(parent)
        self.scene, self.analyst = scene, analyst
        self.composer = Composer()
        self.cursor_ = Cursor(self)
        self.tool: gestures.Tool = gestures.SelectTool(self)
        """What a plain drag does; drawing tools take this place."""
        self.hover: QPointF | None = None
        self.is_hand = False
        self._gesture: gestures.Gesture | None = None
        self._image = QImage()
        self._seen_progress = -1.0
        self._wanted: object = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(tr("Spectrogram"))
        self.setMinimumSize(80, 60)
        self._timer = QTimer(self, interval=REFRESH_MS)
        self._timer.timeout.connect(self._refresh)
        self._follow_scene()

    def _follow_scene(self) -> None:
        scene = self.scene
        scene.sources_changed.connect(self._want)
        scene.display_changed.connect(self._want)
        scene.viewport_changed.connect(self._viewport_moved)
        scene.playhead_changed.connect(self._playhead_moved)
        for signal in (scene.selection_changed, scene.loop_changed, scene.markers_changed, scene.colours_changed):
            signal.connect(self._repaint_all)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Room for a picture."""
        return self.HINT

    @property
    def geometry_(self) -> Geometry:
        """Where what lies at the moment."""
        width, height = max(1, self.width()), max(1, self.height())
        stacked = self.scene.display.what == "stacked"
        rows = tuple(panels(len(self.composer.shown), stacked, height))
        return Geometry(self.scene.viewport, self.scene.scale, width, height, rows, self.devicePixelRatioF())

    def _want(self, *_: object) -> None:
        """Ask for the pictures that the display needs."""
        scene, display = self.scene, self.scene.display
        wanted = shown(scene.layers, display, difference_title=tr("Difference"))
        if wanted:
            grid = Grid.of(display.window, display.hop, scene.layers[0].audio.frames)
            pictures = self.analyst.want_pictures([w.signal for w in wanted], grid, scene.viewport.start_s)
        else:
            pictures = []
        self.composer.show(wanted, pictures)
        self._seen_progress = -1.0
        self._timer.start()
        self.update()

    def _viewport_moved(self, _: object) -> None:
        self.analyst.focus(self.scene.viewport.start_s)
        self.update()

    def _repaint_all(self, *_: object) -> None:
        self.update()

    def _refresh(self) -> None:
        """Draw what was analysed since the last time."""
        busy = self.analyst.is_busy
        progress = self.progress
        if progress != self._seen_progress or not busy:
            self._seen_progress = progress
            self.progress_changed.emit(progress)
            self.update()
        if not busy:
            self._timer.stop()

    @property
    def progress(self) -> float:
        """How much of the pictures is analysed, 0 to 1."""
        pictures = self.composer.pictures
        return sum(p.done for p in pictures) / len(pictures) if pictures else 1.0

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """The cached picture where needed, then the layers over it."""
        geometry = self.geometry_
        self._compose(geometry)
        painter = QPainter(self)
        density = geometry.density
        for rect in event.region():  # type: ignore[attr-defined]
            source = QRectF(rect.x() * density, rect.y() * density, rect.width() * density, rect.height() * density)
            painter.drawImage(QRectF(rect), self._image, source)
        overlays.paint(painter, self, geometry)
        painter.end()

    def _compose(self, geometry: Geometry) -> None:
        composer, scene = self.composer, self.scene
        composer.background = int(scene.colours.background[1:], 16) | 0xFF000000
        engine: Engine = "auto" if self.analyst.is_prepared else "scipy"
        change = composer.compose(geometry, scene.display, engine, afresh=scene.display.waveform)
        if change is None:
            return
        height, width = composer.pixels.shape
        self._image = QImage(composer.pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        overlays.paint_into_picture(self._image, self, geometry, change)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Another size is another picture."""
        super().resizeEvent(event)
        self.update()

    def _playhead_moved(self, before: float | None, now: float | None) -> None:
        geometry = self.geometry_
        for time_s in (before, now):
            if time_s is not None:
                x = round(geometry.x(time_s))
                self.update(QRect(x - CLOSE_CALL_PX, 0, 2 * CLOSE_CALL_PX + 1, self.height()))

    # the pointer

    def readout_at(self, point: QPointF) -> ReadOut:
        """What lies at a point."""
        geometry = self.geometry_
        code, number = self.composer.code_at(point.x(), point.y(), geometry)
        title = self.composer.shown[number].title if number < len(self.composer.shown) else ""
        return ReadOut(geometry.time_s(point.x()), geometry.freq_hz(point.y()), level_db(code), title)

    def _set_hover(self, point: QPointF | None) -> None:
        for place in (self.hover, point):
            if place is not None:
                self.update(QRect(round(place.x()) - 1, 0, 3, self.height()))
                self.update(QRect(0, round(place.y()) - 1, self.width(), 3))
        self.hover = point
        self.readout_changed.emit(None if point is None or not self.scene.layers else self.readout_at(point))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begin a gesture."""
        if self._gesture is not None or not self.scene.layers:
            return
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (left and self.is_hand):
            self._gesture = gestures.Pan(self, event.position())
        elif left:
            self._gesture = self.tool.press(event.position(), event.modifiers())
        self._show_pointer(event.position(), event.modifiers())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Go on with the gesture, or show what is under the pointer."""
        if self._gesture is not None:
            self._gesture.drag(event.position())
        self._set_hover(event.position())
        self._show_pointer(event.position(), event.modifiers())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """End the gesture."""
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.release(event.position())
        self._show_pointer(event.position(), event.modifiers())

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """No pointer, no cross."""
        self._set_hover(None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """The window knows what applies here."""
        if self.scene.layers:
            self.menu_requested.emit(event.globalPos(), self.readout_at(QPointF(event.pos())))

    def _show_pointer(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if isinstance(self._gesture, gestures.Pan):
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self.is_hand:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self._gesture is None:
            self.setCursor(self.tool.pointer(point, modifiers))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zoom or scroll; see the class."""
        if self.scene.layers:
            geometry = self.geometry_
            at = event.position()
            self.scene.set_viewport(
                wheel_zoom(event, self.scene.viewport, geometry.time_s(at.x()), geometry.height_at(at.y()), geometry)
            )
            self._set_hover(at)
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Pinches of trackpads arrive here."""
        is_pinch = isinstance(event, QNativeGestureEvent)
        if is_pinch and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:  # type: ignore[attr-defined]
            at = self.geometry_.time_s(event.position().x())  # type: ignore[attr-defined]
            self.scene.set_viewport(self.scene.viewport.zoomed(max(0.2, 1 + event.value()), at))  # type: ignore[attr-defined]
            event.accept()  # or Qt offers it to the parents too
            return True
        return super().event(event)

    # the keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Keys of the canvas; others go on to the window."""
        if event.key() == Qt.Key.Key_H and not event.modifiers():
            self._set_hand(True)
        elif event.key() == Qt.Key.Key_Escape:
            self._escape()
        elif not (self.scene.layers and self.cursor_.key(event)):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """The hand lasts as long as H is held."""
        if event.key() == Qt.Key.Key_H and not event.isAutoRepeat():
            self._set_hand(False)
        else:
            super().keyReleaseEvent(event)

    def _set_hand(self, on: bool) -> None:
        self.is_hand = on
        self.setCursor(Qt.CursorShape.OpenHandCursor if on else Qt.CursorShape.CrossCursor)

    def _escape(self) -> None:
        """Abandon the gesture, or clear the selection."""
        if self._gesture is not None:
            self._gesture.cancel()
            self._gesture = None
        else:
            self.scene.set_selection(None)

    def tell(self, text: str) -> None:
        """Let screen readers speak what the keyboard cursor is at."""
        self.setAccessibleDescription(text)
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))
