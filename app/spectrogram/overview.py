"""The whole song as a waveform in the colours of its stems, with a box around what the canvas shows."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from unbraid.app.spectrogram.analysis import Analyst, Waveform
from unbraid.app.spectrogram.canvas import REFRESH_MS
from unbraid.app.spectrogram.gestures import HANDLE_PX
from unbraid.app.spectrogram.overlays import colour, frame, upright
from unbraid.app.spectrogram.scene import Scene
from unbraid.app.spectrogram.signals import Signal as Sound
from unbraid.app.spectrogram.waves import loudness, peaks_of
from unbraid.app.spectrogram.wheel import STEPS, ZOOM
from unbraid.app.translation import tr

HEIGHT = 56


class Overview(QWidget):
    """Drag the box to scroll, its sides to zoom; a click elsewhere takes it there; the wheel zooms."""

    seek_requested = Signal(float)

    def __init__(self, scene: Scene, analyst: Analyst, parent: QWidget | None = None):
        super().__init__(parent)
        self.scene, self.analyst = scene, analyst
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(tr("Overview"))
        self.setToolTip(tr("The whole song. Drag the frame to scroll, its sides to zoom."))
        self._waves: list[Waveform] = []
        self._image = QImage()
        self._drag: tuple[str, float] | None = None
        self._timer = QTimer(self, interval=REFRESH_MS)
        self._timer.timeout.connect(self._refresh)
        scene.sources_changed.connect(self._want)
        scene.viewport_changed.connect(self._changed)
        scene.selection_changed.connect(self._changed)
        scene.loop_changed.connect(self._changed)
        scene.colours_changed.connect(self._forget)
        scene.playhead_changed.connect(self._playhead_moved)

    def sizeHint(self) -> QSize:  # noqa: N802
        """A strip."""
        return QSize(640, HEIGHT)

    def _want(self) -> None:
        self._waves = [self.analyst.waveform(Sound(((layer.audio, 1.0),))) for layer in self.scene.layers]
        self._timer.start()
        self._forget()

    def _refresh(self) -> None:
        if all(wave.done >= 1 for wave in self._waves):
            self._timer.stop()
        self._forget()

    def _forget(self) -> None:
        self._image = QImage()
        self.update()

    def _changed(self, *_: object) -> None:
        self.update()

    def _playhead_moved(self, before: float | None, now: float | None) -> None:
        for time_s in (before, now):
            if time_s is not None:
                self.update(round(self.x_of(time_s)) - 2, 0, 5, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Another width is another picture."""
        super().resizeEvent(event)
        self._forget()

    def x_of(self, time_s: float) -> float:
        """Place of a moment."""
        return time_s / max(self.scene.viewport.duration_s, 1e-9) * self.width()

    def time_at(self, x: float) -> float:
        """Moment at a place."""
        return min(max(x / max(1, self.width()), 0.0), 1.0) * self.scene.viewport.duration_s

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """The waveform, what lies outside of the view darker, the frame, the playhead."""
        painter = QPainter(self)
        if self._image.isNull():
            self._image = self._waveform()
        painter.drawImage(QRectF(self.rect()), self._image)
        scene, view = self.scene, self.scene.viewport
        if scene.layers:
            self._spans(painter)
            a, b = self.x_of(view.start_s), self.x_of(view.end_s)
            ground = colour(scene.colours.panel, 150)
            painter.fillRect(QRectF(0, 0, a, self.height()), ground)
            painter.fillRect(QRectF(b, 0, self.width() - b, self.height()), ground)
            box = QRectF(round(a), 0, max(3, round(b - a)), self.height())
            frame(painter, colour(scene.colours.strong_text, 200), box)
            if scene.playhead_s is not None:
                upright(painter, QColor(scene.colours.strong_text), self.x_of(scene.playhead_s), 0, self.height())
        painter.end()

    def _spans(self, painter: QPainter) -> None:
        scene = self.scene
        if scene.selection is not None and scene.selection.is_time:
            a, b = (self.x_of(t) for t in scene.selection.times(scene.duration_s))
            painter.fillRect(QRectF(a, 0, max(1.0, b - a), self.height()), colour(scene.colours.accent, 60))
        if scene.loop is not None:
            a, b = self.x_of(scene.loop.start_s), self.x_of(scene.loop.end_s)
            painter.fillRect(QRectF(a, 0, max(1.0, b - a), 3), QColor(scene.colours.loop))

    def _waveform(self) -> QImage:
        """Columns as high as the mix' peaks, divided among the stems by their power, the strongest innermost."""
        density = self.devicePixelRatioF()
        width, height = max(1, round(self.width() * density)), max(1, round(self.height() * density))
        pixels = np.full((height, width), int(self.scene.colours.background[1:], 16) | 0xFF000000, np.uint32)
        layers = self.scene.layers
        if self._waves and len(self._waves) == len(layers):
            mix, *stems = self._waves
            reach = peaks_of(mix, width) / max(float(peaks_of(mix, width).max()), 1e-9) * (height / 2 - 3 * density)
            inks = [layer.colour for layer in layers[1:]] or [self.scene.colours.text]
            power = np.stack([np.square(loudness(wave, width), dtype=np.float64) for wave in stems or [mix]])
            share = power / np.maximum(power.sum(axis=0), 1e-30)
            order = np.argsort(-power.sum(axis=1))
            bounds = np.cumsum(share[order], axis=0) * reach
            distance = np.abs(np.arange(height) + 0.5 - height / 2)[:, None]
            for place in range(len(order) - 1, -1, -1):
                ink = int(inks[order[place]][1:], 16) | 0xFF000000
                pixels[distance <= np.maximum(bounds[place], 0.5)] = ink
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        return image.copy()

    # the mouse

    def _part(self, x: float) -> str:
        """What lies here: "start" and "end" of the frame, "box" inside, "" elsewhere."""
        view = self.scene.viewport
        a, b = self.x_of(view.start_s), self.x_of(view.end_s)
        if abs(x - a) <= HANDLE_PX and abs(x - a) <= abs(x - b):
            return "start"
        if abs(x - b) <= HANDLE_PX:
            return "end"
        return "box" if a < x < b else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Take hold of the frame, or bring it here."""
        if event.button() != Qt.MouseButton.LeftButton or not self.scene.layers:
            return
        x, view = event.position().x(), self.scene.viewport
        part = self._part(x)
        if not part:
            time_s = self.time_at(x)
            self.scene.set_viewport(view.with_times(time_s - view.span_s / 2, time_s + view.span_s / 2))
            part = "box"
        self._drag = (part, self.time_at(x) - self.scene.viewport.start_s)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Scroll or zoom, or say what could be taken."""
        x, view = event.position().x(), self.scene.viewport
        if self._drag is None:
            shapes = {"start": Qt.CursorShape.SizeHorCursor, "end": Qt.CursorShape.SizeHorCursor}
            self.setCursor(shapes.get(self._part(x), Qt.CursorShape.ArrowCursor))
            return
        part, held_s = self._drag
        time_s = self.time_at(x)
        if part == "box":
            self.scene.set_viewport(view.with_times(time_s - held_s, time_s - held_s + view.span_s))
        elif part == "start" and time_s < view.end_s:
            self.scene.set_viewport(view.with_times(time_s, view.end_s))
        elif part == "end" and time_s > view.start_s:
            self.scene.set_viewport(view.with_times(view.start_s, time_s))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Let go."""
        self._drag = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Play from here."""
        if self.scene.layers:
            self.seek_requested.emit(self.time_at(event.position().x()))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zooms the view around the pointer."""
        notches = event.angleDelta().y() / STEPS
        if self.scene.layers and notches:
            self.scene.set_viewport(self.scene.viewport.zoomed(ZOOM**notches, self.time_at(event.position().x())))
        event.accept()
