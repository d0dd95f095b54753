"""The canvas by keyboard: a cursor that moves by pixels and says what it is at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent

from unbraid.app.selection import Selection
from unbraid.app.translation import tr

if TYPE_CHECKING:
    from unbraid.app.spectrogram.canvas import SpectrogramCanvas

LARGE_STEP = 32
ZOOM = 1.5
PAGE = 0.9
"""Part of the view that a page is."""

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class Cursor:
    """A moment and a place on the frequency scale; None until a key has brought it up."""

    def __init__(self, canvas: SpectrogramCanvas):
        self.canvas = canvas
        self.place: tuple[float, float] | None = None
        """Seconds, and height on the frequency scale."""
        self.anchor: tuple[float, float] | None = None
        """Where a selection was begun."""

    def key(self, event: QKeyEvent) -> bool:
        """Do what a key means; False when it means nothing here."""
        key, modifiers = Qt.Key(event.key()), event.modifiers()
        large = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        if modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier):
            return False
        if key in _ARROWS:
            self._step(*_ARROWS[key], LARGE_STEP if large else 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._go(0.0 if key == Qt.Key.Key_Home else self.canvas.scene.duration_s)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            view, pages = self.canvas.scene.viewport, PAGE if key == Qt.Key.Key_PageDown else -PAGE
            self.canvas.scene.set_viewport(view.scrolled(pages * view.span_s))
        elif event.text() in ("+", "-"):
            self._zoom(ZOOM if event.text() == "+" else 1 / ZOOM, modifiers)
        else:
            return False
        return True

    def point(self) -> QPointF:
        """Where it stands in the canvas; brought up in the middle of what is shown."""
        canvas = self.canvas
        geometry, view = canvas.geometry_, canvas.scene.viewport
        if self.place is None:
            self.place = ((view.start_s + view.end_s) / 2, (view.low + view.high) / 2)
        time_s, height = self.place
        return QPointF(geometry.x(time_s), geometry.y_of_height(height, geometry.panels[0]))

    def hide(self) -> None:
        """Gone until the next key."""
        self.place = self.anchor = None
        self.canvas.update()

    def _step(self, right: int, down: int, pixels: int) -> None:
        """A pixel or several; the view follows."""
        canvas = self.canvas
        if self.place is None:
            self.point()
        else:
            view, geometry = canvas.scene.viewport, canvas.geometry_
            time_s = min(max(self.place[0] + right * pixels * geometry.s_per_px, 0.0), view.duration_s)
            per_px = (view.high - view.low) / geometry.panels[0].height
            height = min(max(self.place[1] - down * pixels * per_px, 0.0), 1.0)
            self.place = (time_s, height)
        self._follow()
        self._stretch()
        self._tell()

    def _go(self, time_s: float) -> None:
        self.point()
        assert self.place is not None
        self.place = (time_s, self.place[1])
        self._follow()
        self._stretch()
        self._tell()

    def _follow(self) -> None:
        """Keep the cursor in view."""
        scene = self.canvas.scene
        assert self.place is not None
        (time_s, height), view = self.place, scene.viewport
        if not view.start_s <= time_s <= view.end_s:
            view = view.with_times(time_s - view.span_s / 2, time_s + view.span_s / 2)
        if not view.low <= height <= view.high:
            half = (view.high - view.low) / 2
            view = view.with_heights(height - half, height + half)
        scene.set_viewport(view)

    def _enter(self) -> None:
        """Begin a selection here, or end the one that was begun."""
        self.point()
        if self.anchor is None:
            self.anchor = self.place
            self._tell(tr("Selection begins"))
        else:
            self._stretch()
            self.anchor = None
            self._tell(tr("Selection ends"))

    def _stretch(self) -> None:
        """The selection reaches from where it was begun to here."""
        if self.anchor is None or self.place is None:
            return
        scale = self.canvas.scene.scale
        times = sorted((self.anchor[0], self.place[0]))
        hz = sorted(float(scale.to_hz(height)) for height in (self.anchor[1], self.place[1]))
        self.canvas.scene.set_selection(Selection(times[0], times[1], hz[0], hz[1]))

    def _zoom(self, factor: float, modifiers: Qt.KeyboardModifier) -> None:
        scene = self.canvas.scene
        view = scene.viewport
        time_s, height = self.place or ((view.start_s + view.end_s) / 2, (view.low + view.high) / 2)
        if modifiers & Qt.KeyboardModifier.AltModifier:
            scene.set_viewport(view.zoomed_heights(factor, height))
        else:
            scene.set_viewport(view.zoomed(factor, time_s))

    def _tell(self, before: str = "") -> None:
        """Show and speak what is here."""
        canvas = self.canvas
        canvas.update()
        readout = canvas.readout_at(self.point())
        canvas.readout_changed.emit(readout)
        canvas.tell(f"{before}, {readout.spoken}" if before else readout.spoken)
