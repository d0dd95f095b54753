"""How the curve is drawn: grid, a line for each stem with its shape and its letter, the mean, and the dial."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from unbraid.app import theme
from unbraid.app.encode.axes import BOTTOM, LEFT, TOP, Axes
from unbraid.app.theme.tokens import SMALL, contrast
from unbraid.app.translation import tr
from unbraid.core.informed.dial import CurvePoint

CHIP = 14.0
DOT = 3.5
LEAST_CONTRAST = 3.0
_CORNERS = {1: (4, 45.0), 2: (3, -90.0), 3: (4, 0.0), 4: (3, 90.0), 5: (5, -90.0), 6: (6, 0.0)}
"""Corners of the shapes after the circle, and where the first one lies, in degrees."""


@dataclass(frozen=True)
class Line:
    """A stem on the plot. place: among the stems; it decides the shape."""

    name: str
    colour: str
    place: int

    @property
    def letter(self) -> str:
        """The sign that goes with the colour."""
        return theme.stem_letter(self.name)


def readable(colour: str, ground: str, ink: str) -> str:
    """The colour, moved towards the ink until a line in it can be seen on the ground."""
    mixed = colour
    for step in range(1, 11):
        if contrast(mixed, ground) >= LEAST_CONTRAST:
            break
        parts = [(int(colour[i : i + 2], 16), int(ink[i : i + 2], 16)) for i in (1, 3, 5)]
        mixed = "#" + "".join(f"{round(a + (b - a) * step / 10):02x}" for a, b in parts)
    return mixed


def draw_grid(painter: QPainter, axes: Axes) -> None:
    """Lines, numbers, and what they count."""
    look = theme.theme()
    painter.setFont(theme.font(SMALL))
    metrics = QFontMetricsF(painter.font())
    ink, faint = QColor(look.canvas_text), QColor(look.canvas_grid)
    quiet = QColor(faint)
    quiet.setAlpha(110)
    for tick in axes.rate_ticks(metrics.horizontalAdvance("100")):
        x = round(axes.x(tick.value)) + 0.5
        painter.setPen(faint if tick.label else quiet)
        painter.drawLine(QPointF(x, TOP), QPointF(x, axes.bottom))
        if tick.label:
            painter.setPen(ink)
            box = QRectF(x - 24, axes.bottom + 3, 48, 14)
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, tick.label)
    for tick in axes.level_ticks():
        y = round(axes.y(tick.value)) + 0.5
        painter.setPen(faint)
        painter.drawLine(QPointF(LEFT, y), QPointF(axes.end, y))
        painter.setPen(ink)
        box = QRectF(0, y - 8, LEFT - 6, 16)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, tick.label)
    painter.setPen(ink)
    painter.drawText(QPointF(8, 14), tr("SDR in dB"))
    below = QRectF(LEFT, axes.height - BOTTOM + 17, axes.end - LEFT, 15)
    painter.drawText(below, Qt.AlignmentFlag.AlignRight, tr("kbit/s, all stems together"))


def draw_lines(painter: QPainter, axes: Axes, lines: Sequence[Line], points: Sequence[CurvePoint]) -> None:
    """The mean below, the stems above it, and their letters at the ends."""
    look = theme.theme()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    mean = QColor(look.canvas_text)
    _line(painter, axes, [(point.rate_kbps, point.mean_db) for point in points], QPen(mean, 3.0))
    ends: list[tuple[float, float, Line | None]] = []
    for line in lines:
        places = [(point.rate_kbps, point.sdr_db[line.place]) for point in points]
        heard = [(kbps, db) for kbps, db in places if math.isfinite(db)]
        colour = QColor(readable(line.colour, look.canvas, look.text))
        _line(painter, axes, heard, QPen(colour, 1.5))
        for kbps, db in heard:
            draw_shape(painter, QPointF(axes.x(kbps), axes.y(db)), line)
        if heard:
            ends.append((axes.x(heard[-1][0]), axes.y(heard[-1][1]), line))
    if points and math.isfinite(points[-1].mean_db):
        ends.append((axes.x(points[-1].rate_kbps), axes.y(points[-1].mean_db), None))
    _letters(painter, axes, ends)


def draw_shape(painter: QPainter, at: QPointF, line: Line, size: float = DOT) -> None:
    """The stem's sign: a colour and a shape."""
    look = theme.theme()
    painter.setPen(QPen(QColor(look.canvas), 1.0))
    painter.setBrush(QColor(readable(line.colour, look.canvas, look.text)))
    kind = line.place % (len(_CORNERS) + 1)
    if not kind:
        painter.drawEllipse(at, size, size)
        return
    corners, first = _CORNERS[kind]
    angles = [math.radians(first + 360.0 * k / corners) for k in range(corners)]
    reach = size * 1.25
    painter.drawPolygon(QPolygonF([at + QPointF(reach * math.cos(a), reach * math.sin(a)) for a in angles]))


def _line(painter: QPainter, axes: Axes, places: Sequence[tuple[float, float]], pen: QPen) -> None:
    path = QPainterPath()
    drawn = False
    for kbps, db in places:
        if math.isfinite(db):
            at = QPointF(axes.x(kbps), axes.y(db))
            path.lineTo(at) if drawn else path.moveTo(at)
            drawn = True
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)


def _letters(painter: QPainter, axes: Axes, ends: Sequence[tuple[float, float, Line | None]]) -> None:
    """Letters at the ends of the lines, moved apart where they would lie on each other; None is the mean."""
    look = theme.theme()
    painter.setFont(theme.font(10))
    lowest = TOP - CHIP / 2
    room = axes.bottom - (CHIP + 1) * (len(ends) - 1)
    for place, (x, y, line) in enumerate(sorted(ends, key=lambda end: end[1])):
        top = max(lowest, min(y - CHIP / 2, room + (CHIP + 1) * place - CHIP / 2))
        lowest = top + CHIP + 1
        box = QRectF(x + 7, top, CHIP, CHIP)
        ground = look.canvas_text if line is None else line.colour
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(QColor(theme.ink_on(ground)))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "Ø" if line is None else line.letter)


def draw_upright(painter: QPainter, axes: Axes, kbps: float, label: str, *, is_dial: bool) -> None:
    """The dial, a line with a grip and its rate above; or the pointer's, thin and without a grip."""
    look = theme.theme()
    x = axes.x(kbps)
    colour = QColor(look.accent if is_dial else look.canvas_text)
    pen = QPen(colour, 2.0 if is_dial else 1.0)
    if not is_dial:
        pen.setStyle(Qt.PenStyle.DashLine)
    painter.setPen(pen)
    painter.drawLine(QPointF(x, TOP), QPointF(x, axes.bottom))
    if not is_dial:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    grip = [QPointF(x, axes.bottom - 9), QPointF(x + 7, axes.bottom + 2), QPointF(x - 7, axes.bottom + 2)]
    painter.drawPolygon(QPolygonF(grip))
    painter.setFont(theme.font(SMALL))
    width = QFontMetricsF(painter.font()).horizontalAdvance(label) + 12
    box = QRectF(min(max(x - width / 2, LEFT + 30), axes.width - width - 2), 2, width, 17)
    painter.drawRoundedRect(box, 3, 3)
    painter.setPen(QColor(look.on_accent))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label)


def draw_crossings(painter: QPainter, axes: Axes, lines: Sequence[Line], point: CurvePoint) -> None:
    """The stems' signs, larger, where an upright crosses their lines."""
    for line in lines:
        if math.isfinite(point.sdr_db[line.place]):
            draw_shape(painter, QPointF(axes.x(point.rate_kbps), axes.y(point.sdr_db[line.place])), line, DOT + 1.5)


def draw_ring(painter: QPainter, axes: Axes, point: CurvePoint) -> None:
    """A point that was made and can be heard."""
    look = theme.theme()
    at = QPointF(axes.x(point.rate_kbps), axes.y(point.mean_db))
    painter.setPen(QPen(QColor(look.accent), 2.0))
    painter.setBrush(QColor(look.canvas))
    painter.drawEllipse(at, 5.0, 5.0)
