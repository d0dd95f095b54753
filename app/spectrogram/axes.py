"""What stands beside the canvas: frequency at its left, colours and their levels at its right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QWheelEvent

from unbraid.app.selection import Selection
from unbraid.app.spectrogram.canvas import SpectrogramCanvas
from unbraid.app.spectrogram.colours import colormap, light_curve, light_table, pixels
from unbraid.app.spectrogram.display import RANGES_DB, TOPS_DB
from unbraid.app.spectrogram.geometry import Panel
from unbraid.app.spectrogram.gestures import CLICK_PX
from unbraid.app.spectrogram.overlays import colour, level
from unbraid.app.spectrogram.rulers import Ruler
from unbraid.app.spectrogram.ticks import frequency_ticks, level_ticks
from unbraid.app.spectrogram.wheel import STEPS, wheel_zoom
from unbraid.app.translation import tr
from unbraid.core.dsp import gather
from unbraid.core.dsp.pyramid import code_db

AXIS_WIDTH = 52
BAR_WIDTH = 52
LABEL_GAP_PX = 20.0
"""Room from one label of an upright axis to the next."""
LEVEL_GAP_PX = 40.0


class FrequencyAxis(Ruler):
    """Frequency at the left. A drag selects a band, the wheel zooms frequency, a double click shows all of it."""

    def __init__(self, canvas: SpectrogramCanvas):
        super().__init__(canvas)
        self.setFixedWidth(AXIS_WIDTH)
        self.setAccessibleName(tr("Frequency axis"))
        self.setToolTip(tr("Drag to select a band, turn the wheel to zoom, double-click to show all frequencies."))
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self._begin: QPointF | None = None

    def key(self) -> tuple[object, ...]:
        """Frequencies, panels, the selected band."""
        scene, geometry = self.scene, self.canvas.geometry_
        band = scene.selection.band(geometry.scale.high_hz) if scene.selection and scene.selection.is_band else None
        return (scene.viewport.low, scene.viewport.high, bool(scene.layers), band, geometry.scale, geometry.panels)

    def draw(self, painter: QPainter) -> None:
        """Marks and frequencies of each panel, and the selected band."""
        geometry, scene = self.canvas.geometry_, self.scene
        for panel in geometry.panels if scene.layers else ():
            painter.setClipRect(QRectF(0, panel.top, self.width(), panel.height))
            if scene.selection is not None and scene.selection.is_band:
                a, b = (geometry.y(hz, panel) for hz in scene.selection.band(geometry.scale.high_hz)[::-1])
                painter.fillRect(QRectF(0, a, self.width(), max(1.0, b - a)), colour(scene.colours.accent, 60))
            self._ticks(painter, panel)

    def _ticks(self, painter: QPainter, panel: Panel) -> None:
        geometry, view = self.canvas.geometry_, self.scene.viewport
        low, high = (float(hz) for hz in geometry.scale.to_hz([view.low, view.high]))
        unit = "" if geometry.scale.name == "note" else tr("Hz")
        strong, faint, right = self.ink("text"), self.ink("faint"), self.width()
        painter.setPen(strong)
        first = panel.top + (16 if unit else 0)
        for tick in frequency_ticks(geometry.scale, low, high, panel.height, LABEL_GAP_PX):
            y = round(geometry.y(tick.value, panel))
            level(painter, strong if tick.label else faint, y, right - (6 if tick.label else 3), right)
            top = min(max(y - 8, first), panel.top + panel.height - 16)
            if tick.label and abs(top + 8 - y) <= 8:
                box = QRectF(0, top, right - 9, 16)
                painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, tick.label)
        box = QRectF(0, panel.top, right - 9, 16)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, unit)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begin a band."""
        if event.button() == Qt.MouseButton.LeftButton and self.scene.layers:
            self._begin = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """The band reaches from where it began to here; the selected time stays."""
        if self._begin is None or (event.position() - self._begin).manhattanLength() < CLICK_PX:
            return
        geometry = self.canvas.geometry_
        panel = geometry.panel_at(self._begin.y())
        low, high = sorted(geometry.freq_hz(p.y(), panel) for p in (self._begin, event.position()))
        old = self.scene.selection or Selection()
        self.scene.set_selection(Selection(old.start_s, old.end_s, low, high))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A click without a drag lets go of the band."""
        if self._begin is not None and (event.position() - self._begin).manhattanLength() < CLICK_PX:
            old = self.scene.selection
            if old is not None and old.is_band:
                self.scene.set_selection(Selection(old.start_s, old.end_s))
        self._begin = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """All frequencies."""
        self.scene.set_viewport(self.scene.viewport.with_heights(0.0, 1.0))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zooms frequency around the pointer."""
        geometry = self.canvas.geometry_
        if self.scene.layers:
            height = geometry.height_at(event.position().y())
            time_s = self.scene.viewport.start_s
            self.scene.set_viewport(wheel_zoom(event, self.scene.viewport, time_s, height, geometry, frequency=True))
        event.accept()


class ColourBar(Ruler):
    """Which colour is which level. A drag moves the brightest level, the wheel changes the range."""

    def __init__(self, canvas: SpectrogramCanvas):
        super().__init__(canvas)
        self.setFixedWidth(BAR_WIDTH)
        self.setAccessibleName(tr("Levels"))
        self.setToolTip(
            tr("Levels in dBFS; 0 dB is a full-scale sine. Drag to move the levels, turn the wheel for their range.")
        )
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self._begin: tuple[float, float] | None = None

    def sizeHint(self) -> QSize:  # noqa: N802
        """As wide as it is."""
        return QSize(BAR_WIDTH, 100)

    def key(self) -> tuple[object, ...]:
        """Levels and colours."""
        return (self.scene.display, len(self.scene.layers))

    def draw(self, painter: QPainter) -> None:
        """A strip of colours and their levels."""
        display = self.scene.display
        strip = QRectF(6, 20, 10, self.height() - 26)
        ramp = self._ramp()
        painter.drawImage(strip, QImage(ramp.data, 1, 256, 4, QImage.Format.Format_RGB32))
        low, high = display.top_db - display.range_db, display.top_db
        painter.setPen(self.ink("text"))
        painter.drawText(QPointF(6, 13), tr("dBFS"))
        for tick in level_ticks(low, high, strip.height(), LEVEL_GAP_PX):
            y = strip.bottom() - (tick.value - low) / (high - low) * strip.height()
            box = QRectF(20, min(max(y - 8, strip.top() - 4), strip.bottom() - 12), self.width() - 22, 16)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, tick.label)

    def _ramp(self) -> npt.NDArray[np.uint32]:
        """Colours from top to floor, (256,); where stems lie over each other, those of one without a colour."""
        display = self.scene.display
        if display.what != "overlaid" or len(self.scene.layers) < 2:
            return pixels(colormap(display.colormap))[::-1].copy()
        codes = np.linspace(255, 0, 256).astype(np.uint8)[None, :, None]
        top, floor = float(code_db(np.array(255))), float(code_db(np.array(0)))
        return gather.add_lights(codes, light_table("#b3b7bd", top, top - floor)[None], light_curve(), engine="scipy")

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Take hold of the levels."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._begin = (event.position().y(), self.scene.display.top_db)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """The level that was taken goes with the pointer."""
        if self._begin is not None:
            y, top = self._begin
            per_px = self.scene.display.range_db / max(1, self.height() - 26)
            top = round(min(max(top + (event.position().y() - y) * per_px, TOPS_DB[0]), TOPS_DB[1]))
            self.scene.set_display(replace(self.scene.display, top_db=float(top)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Let go."""
        self._begin = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """As it was made."""
        plain = type(self.scene.display)()
        self.scene.set_display(replace(self.scene.display, top_db=plain.top_db, range_db=plain.range_db))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Two dB a notch."""
        notches = event.angleDelta().y() / STEPS or event.pixelDelta().y() / 40
        range_db = round(min(max(self.scene.display.range_db - 2 * notches, RANGES_DB[0]), RANGES_DB[1]))
        self.scene.set_display(replace(self.scene.display, range_db=float(range_db)))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Nothing is held any more."""
        self._begin = None
