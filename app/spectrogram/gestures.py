"""What a press of the mouse begins: seeking, selecting, moving the selection or one of its edges, panning.

A gesture lives from press to release and can be abandoned; a tool says which one begins. Drawing tools are others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QPointF, QRectF, Qt

from unbraid.app.selection import Selection
from unbraid.app.spectrogram.geometry import Geometry

if TYPE_CHECKING:
    from unbraid.app.spectrogram.canvas import SpectrogramCanvas

CLICK_PX = 4.0
"""A drag shorter than that is a click."""
HANDLE_PX = 6.0
"""How near an edge the pointer takes hold of it."""

Edges = frozenset[str]
"""Which edges of a selection move: "start", "end", "low", "high"."""


class Gesture(Protocol):
    """From press to release."""

    def drag(self, point: QPointF) -> None:
        """The pointer has moved."""

    def release(self, point: QPointF) -> None:
        """The button is up."""

    def cancel(self) -> None:
        """As if it had never begun."""


class Tool(Protocol):
    """What the left button does on the canvas."""

    def press(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> Gesture | None:
        """The gesture that begins here."""

    def pointer(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> Qt.CursorShape:
        """The shape that announces it."""


def selection_rects(selection: Selection, geometry: Geometry) -> list[QRectF]:
    """Where a selection lies, in each panel; it may reach beyond the canvas."""
    start, end = selection.times(geometry.viewport.duration_s)
    left, right = geometry.x(start), geometry.x(end)
    low, high = selection.band(geometry.scale.high_hz)
    rects = []
    for panel in geometry.panels:
        top = panel.top if selection.high_hz is None else max(geometry.y(high, panel), panel.top - 1)
        bottom = panel.top + panel.height
        if selection.low_hz is not None:
            bottom = min(geometry.y(low, panel), bottom + 1)
        rects.append(QRectF(left, top, right - left, bottom - top))
    return rects


def edges_at(selection: Selection | None, geometry: Geometry, point: QPointF) -> Edges:
    """The edges of the selection that the pointer can take hold of."""
    if selection is None:
        return frozenset()
    for rect in selection_rects(selection, geometry):
        if rect.adjusted(-HANDLE_PX, -HANDLE_PX, HANDLE_PX, HANDLE_PX).contains(point):
            found = set()
            if selection.start_s is not None and abs(point.x() - rect.left()) <= HANDLE_PX:
                found.add("start")
            elif selection.end_s is not None and abs(point.x() - rect.right()) <= HANDLE_PX:
                found.add("end")
            if selection.high_hz is not None and abs(point.y() - rect.top()) <= HANDLE_PX:
                found.add("high")
            elif selection.low_hz is not None and abs(point.y() - rect.bottom()) <= HANDLE_PX:
                found.add("low")
            if found:
                return frozenset(found)
    return frozenset()


def moved_edges(selection: Selection, edges: Edges, time_s: float, freq_hz: float) -> Selection:
    """The selection with some edges at another place; an edge may pass its opposite."""
    start, end, low, high = selection.start_s, selection.end_s, selection.low_hz, selection.high_hz
    start = time_s if "start" in edges else start
    end = time_s if "end" in edges else end
    low = freq_hz if "low" in edges else low
    high = freq_hz if "high" in edges else high
    if start is not None and end is not None and start > end:
        start, end = end, start
    if low is not None and high is not None and low > high:
        low, high = high, low
    return Selection(start, end, low, high)


def nearest_edges(selection: Selection, geometry: Geometry, point: QPointF) -> Edges:
    """The edges that Shift moves here: the nearer one in time, the nearer one in frequency."""
    found = set()
    rect = min(selection_rects(selection, geometry), key=lambda r: abs(r.center().y() - point.y()))
    if selection.is_time:
        found.add("start" if abs(point.x() - rect.left()) < abs(point.x() - rect.right()) else "end")
    if selection.is_band:
        found.add("high" if abs(point.y() - rect.top()) < abs(point.y() - rect.bottom()) else "low")
    return frozenset(found)


class _OnCanvas:
    """What gestures on the canvas have in common: where they began, and the selection there was."""

    def __init__(self, canvas: SpectrogramCanvas, point: QPointF):
        self.canvas, self.begin = canvas, point
        self.before = canvas.scene.selection
        self.is_drag = False

    def drag(self, point: QPointF) -> None:
        """Ignore the tremble of a click."""
        self.is_drag = self.is_drag or (point - self.begin).manhattanLength() >= CLICK_PX
        if self.is_drag:
            self.move(point)

    def move(self, point: QPointF) -> None:
        """The pointer has really moved."""

    def release(self, point: QPointF) -> None:
        """The button is up."""
        self.drag(point)
        if not self.is_drag:
            self.click()

    def click(self) -> None:
        """The pointer never moved."""

    def cancel(self) -> None:
        """The selection there was."""
        self.canvas.scene.set_selection(self.before)


class Select(_OnCanvas):
    """A drag selects time and frequency, within the panel it began in; a click seeks."""

    def move(self, point: QPointF) -> None:
        """From where it began to here."""
        geometry = self.canvas.geometry_
        panel = geometry.panel_at(self.begin.y())
        times = sorted(geometry.time_s(p.x()) for p in (self.begin, point))
        hz = sorted(geometry.freq_hz(p.y(), panel) for p in (self.begin, point))
        self.canvas.scene.set_selection(Selection(times[0], times[1], hz[0], hz[1]))

    def click(self) -> None:
        """Play from here."""
        self.canvas.seek_requested.emit(self.canvas.geometry_.time_s(self.begin.x()))


class MoveEdges(_OnCanvas):
    """Edges of the selection go where the pointer is. at_once: also without a drag (Shift-click)."""

    def __init__(self, canvas: SpectrogramCanvas, point: QPointF, edges: Edges, *, at_once: bool = False):
        super().__init__(canvas, point)
        self.edges = edges
        self.is_drag = at_once
        if at_once:
            self.move(point)

    def move(self, point: QPointF) -> None:
        """The selection there was, with these edges here."""
        if self.before is not None:
            geometry = self.canvas.geometry_
            panel = geometry.panel_at(self.begin.y())
            time_s, freq_hz = geometry.time_s(point.x()), geometry.freq_hz(point.y(), panel)
            self.canvas.scene.set_selection(moved_edges(self.before, self.edges, time_s, freq_hz))


class MoveSelection(_OnCanvas):
    """The whole selection goes with the pointer, its height on the axis kept."""

    def move(self, point: QPointF) -> None:
        """The selection there was, shifted."""
        if self.before is None:
            return
        geometry, old = self.canvas.geometry_, self.before
        seconds = (point.x() - self.begin.x()) * geometry.s_per_px
        panel = geometry.panel_at(self.begin.y())
        heights = geometry.height_at(point.y(), panel) - geometry.height_at(self.begin.y(), panel)
        start, end = old.times(geometry.viewport.duration_s)
        seconds = min(max(seconds, -start), geometry.viewport.duration_s - end)
        new = old
        if old.is_time:
            new = replace(new, start_s=start + seconds, end_s=end + seconds)
        if old.is_band:
            low, high = geometry.scale.to_height(old.band(geometry.scale.high_hz))
            low, high = max(float(low), 0.0), min(float(high), 1.0)
            heights = min(max(heights, -low), 1 - high)
            hz = geometry.scale.to_hz([low + heights, high + heights])
            new = replace(new, low_hz=float(hz[0]), high_hz=float(hz[1]))
        self.canvas.scene.set_selection(new)


class Pan(_OnCanvas):
    """The picture goes with the pointer, as if held."""

    def __init__(self, canvas: SpectrogramCanvas, point: QPointF):
        super().__init__(canvas, point)
        self.viewport = canvas.scene.viewport

    def move(self, point: QPointF) -> None:
        """Where it was, moved by what the pointer has moved."""
        geometry = self.canvas.geometry_
        view = self.viewport.scrolled((self.begin.x() - point.x()) * geometry.s_per_px)
        part = (point.y() - self.begin.y()) / geometry.panel_at(self.begin.y()).height
        self.canvas.scene.set_viewport(view.scrolled_heights(part * (view.high - view.low)))

    def cancel(self) -> None:
        """Back to where it was."""
        self.canvas.scene.set_viewport(self.viewport)


class SelectTool:
    """The tool there is before anything is drawn."""

    def __init__(self, canvas: SpectrogramCanvas):
        self.canvas = canvas

    def press(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> Gesture | None:
        """Edges first, then Shift, then Ctrl inside the selection, then a new one."""
        scene, geometry = self.canvas.scene, self.canvas.geometry_
        edges = edges_at(scene.selection, geometry, point)
        if edges:
            return MoveEdges(self.canvas, point, edges)
        if scene.selection is not None and modifiers & Qt.KeyboardModifier.ShiftModifier:
            return MoveEdges(self.canvas, point, nearest_edges(scene.selection, geometry, point), at_once=True)
        if self._can_move(point, modifiers):
            return MoveSelection(self.canvas, point)
        return Select(self.canvas, point)

    def pointer(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> Qt.CursorShape:
        """Arrows over edges, a cross elsewhere."""
        edges = edges_at(self.canvas.scene.selection, self.canvas.geometry_, point)
        if edges in (frozenset({"start", "high"}), frozenset({"end", "low"})):
            return Qt.CursorShape.SizeFDiagCursor
        if len(edges) == 2:
            return Qt.CursorShape.SizeBDiagCursor
        if edges:
            sideways = edges & {"start", "end"}
            return Qt.CursorShape.SizeHorCursor if sideways else Qt.CursorShape.SizeVerCursor
        return Qt.CursorShape.SizeAllCursor if self._can_move(point, modifiers) else Qt.CursorShape.CrossCursor

    def _can_move(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        selection = self.canvas.scene.selection
        if selection is None or not modifiers & Qt.KeyboardModifier.ControlModifier:
            return False
        return any(rect.contains(point) for rect in selection_rects(selection, self.canvas.geometry_))
