"""Layers over the picture: lines of the grid and the waveform go into it, the others are drawn with each frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from unbraid.app.spectrogram.composer import Change
from unbraid.app.spectrogram.geometry import Geometry, Panel
from unbraid.app.spectrogram.gestures import selection_rects
from unbraid.app.spectrogram.scales import Scale
from unbraid.app.spectrogram.ticks import frequency_ticks, octaves
from unbraid.app.spectrogram.waves import columns
from unbraid.app.translation import tr

if TYPE_CHECKING:
    from unbraid.app.spectrogram.canvas import SpectrogramCanvas

HANDLE = 7.0
"""Side of a handle in px."""
GRID_ALPHA = 26
LABEL_PX = 26.0


def colour(name: str, alpha: int = 255) -> QColor:
    """A colour of the theme, more or less transparent."""
    result = QColor(name)
    result.setAlpha(alpha)
    return result


def upright(painter: QPainter, ink: QColor, x: float, top: float, bottom: float) -> None:
    """A sharp upright line of a pixel; filling is many times faster than drawing lines with a transparent pen."""
    painter.fillRect(math.floor(x), math.floor(top), 1, math.ceil(bottom) - math.floor(top), ink)


def uprights(painter: QPainter, ink: QColor, xs: Sequence[int], top: int, bottom: int) -> None:
    """Many sharp upright lines of a pixel in one call."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    painter.drawRects([QRect(x, top, 1, bottom - top) for x in xs])


def level(painter: QPainter, ink: QColor, y: float, left: float, right: float) -> None:
    """A sharp level line of a pixel."""
    painter.fillRect(math.floor(left), math.floor(y), math.ceil(right) - math.floor(left), 1, ink)


def frame(painter: QPainter, ink: QColor, rect: QRectF, width: float = 1.0) -> None:
    """A frame inside the edges of a rectangle."""
    x, y, w, h = rect.x(), rect.y(), rect.width(), rect.height()
    for side in ((x, y, w, width), (x, y + h - width, w, width)):
        painter.fillRect(QRectF(*side), ink)
    for side in ((x, y + width, width, h - 2 * width), (x + w - width, y + width, width, h - 2 * width)):
        painter.fillRect(QRectF(*side), ink)


def dashed(painter: QPainter, ink: QColor, x: float, bottom: float, dash: int = 4) -> None:
    """An upright line of dashes from the top to `bottom`."""
    for top in range(0, math.ceil(bottom), 2 * dash):
        painter.fillRect(QRectF(math.floor(x), top, 1, dash), ink)


def paint_into_picture(image: QImage, canvas: SpectrogramCanvas, geometry: Geometry, change: Change) -> None:
    """What moves with the picture and is made with it, into the columns that were made anew."""
    scene = canvas.scene
    painter = QPainter(image)
    painter.setClipRect(QRect(change.first, 0, change.stop - change.first, image.height()))
    painter.scale(geometry.density, geometry.density)
    if not scene.layers:
        painter.fillRect(QRectF(0, 0, geometry.width, geometry.height), QColor(scene.colours.background))
    elif scene.display.grid:
        _grid(painter, canvas, geometry)
    if scene.layers and scene.display.waveform:
        _waveform(painter, canvas, geometry)
    painter.end()


def _grid(painter: QPainter, canvas: SpectrogramCanvas, geometry: Geometry) -> None:
    ink, view = colour(canvas.scene.colours.over, GRID_ALPHA), geometry.viewport
    for y in _grid_heights(geometry.scale, view.low, view.high, geometry.panels):
        level(painter, ink, y, 0, geometry.width)


@lru_cache(maxsize=4)
def _grid_heights(scale: Scale, low: float, high: float, panels: tuple[Panel, ...]) -> list[int]:
    """Where the grid's lines are, for the heights of a scale from low to high in each panel."""
    low_hz, high_hz = (float(hz) for hz in scale.to_hz([low, high]))
    heights = []
    for panel in panels:
        if scale.name == "note":
            lines = octaves(low_hz, high_hz)
        else:
            ticks = frequency_ticks(scale, low_hz, high_hz, panel.height, LABEL_PX)
            lines = [tick.value for tick in ticks if tick.label]
        parts = (scale.to_height(lines) - low) / (high - low)
        heights += [round(panel.top + panel.height * (1 - part)) for part in parts]
    return heights


def _waveform(painter: QPainter, canvas: SpectrogramCanvas, geometry: Geometry) -> None:
    """The waveform of what is shown, light and transparent, in the middle of its panel."""
    density, ink = geometry.density, canvas.scene.colours.wave
    count = round(geometry.width * density)
    xs = (np.arange(count) / density).tolist()
    for panel in geometry.panels:
        for number in panel.shown[:1]:
            wave = canvas.analyst.waveform(canvas.composer.shown[number].signal)
            low, high = columns(wave, geometry.origin, geometry.s_per_px / density, count)
            middle, half = panel.top + panel.height / 2, panel.height * 0.45
            upper = map(QPointF, xs, (middle - half * high).tolist())
            lower = map(QPointF, xs[::-1], (middle - half * low[::-1]).tolist())
            painter.setPen(QPen(colour(ink, 120), 0))
            painter.setBrush(colour(ink, 70))
            painter.drawPolygon(QPolygonF([*upper, *lower]))


def paint(painter: QPainter, canvas: SpectrogramCanvas, geometry: Geometry) -> None:
    """Everything that can change without the picture."""
    scene = canvas.scene
    if not scene.layers:
        return
    _missing(painter, canvas, geometry)
    _loop(painter, canvas, geometry)
    _selection(painter, canvas, geometry)
    _markers(painter, canvas, geometry)
    _titles(painter, canvas, geometry)
    _cross(painter, canvas)
    _playhead(painter, canvas, geometry)
    if canvas.hasFocus():
        frame(painter, colour(scene.colours.over_accent), QRectF(0, 0, geometry.width, geometry.height))


def _missing(painter: QPainter, canvas: SpectrogramCanvas, geometry: Geometry) -> None:
    """What is not analysed yet, and how far that is."""
    gaps = canvas.composer.missing(geometry)
    if not gaps:
        return
    for a, b in gaps:
        painter.fillRect(QRectF(a, 0, b - a, geometry.height), QColor(255, 255, 255, 10))
    a, b = max(gaps, key=lambda gap: gap[1] - gap[0])
    face = font(canvas)
    painter.setFont(face)
    text = tr("Analysing… {percent} %", percent=int(100 * canvas.progress))
    width = QFontMetricsF(face).horizontalAdvance(text) + 20
    if b - a >= width:
        box = QRectF((a + b - width) / 2, geometry.height / 2 - 13, width, 26)
        _pill(painter, box)
        painter.setPen(QColor("#eceded"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _pill(painter: QPainter, box: QRectF) -> None:
    """A dark ground for text over the picture."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(12, 13, 15, 190))
    painter.drawRoundedRect(box, 4, 4)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def font(canvas: SpectrogramCanvas, size: int = 11) -> QFont:
    """The window's font at the size of read-outs."""
    result = QFont(canvas.font())
    result.setPixelSize(size)
    return result


def _loop(painter: QPainter, canvas: SpectrogramCanvas, geometry: Geometry) -> None:
    loop = canvas.scene.loop
    if loop is None:
        return
    ink = colour(canvas.scene.colours.over_loop, 170)
    for time_s in (loop.start_s, loop.end_s):
        x = round(geometry.x(time_s))
        if 0 <= x <= geometry.width:
            dashed(painter, ink, x, geometry.height)


def _selection(painter: QPainter, canvas: SpectrogramCanvas, geometry: Geometry) -> None:
    """A light veil, a frame that is seen on any ground, and handles at edges and corners."""
    selection = canvas.scene.selection
    if selection is None:
        return
    bounds = QRectF(-20, -20, geometry.width + 40, geometry.height + 40)
    for rect in selection_rects(selection, geometry):
        shape = rect.intersected(bounds)
        if shape.isEmpty() and rect.width() > 0:
            continue
        painter.fillRect(shape, colour(canvas.scene.colours.over, 34))
        edge = QRectF(round(shape.x()), round(shape.y()), round(shape.width()) + 1, round(shape.height()) + 1)
        frame(painter, QColor(0, 0, 0, 150), edge.adjusted(-1, -1, 1, 1), 3)
        frame(painter, colour(canvas.scene.colours.over), edge)
        for spot in handles(rect, selection.is_time, selection.is_band):
            square = QRectF(round(spot.x()) - HANDLE / 2 + 0.5, round(spot.y()) - HANDLE / 2 + 0.5, HANDLE, HANDLE)
            painter.fillRect(square.adjusted(-1, -1, 1, 1), QColor(0, 0, 0, 150))
            painter.fillRect(square, colour(canvas.scene.colours.over))


def handles(rect: QRectF, has_time: bool, has_band: bool) -> list[QPointF]:
    """Places of the handles of a selection."""
    xs, ys = (rect.left(), rect.center().x(), rect.right()), (rect.top(), rect.center().y(), rect.bottom())
    spots = []
    for i, x in enumerate(xs):
        for j, y in enumerate(ys):
            middle = (i == 1) + (j == 1)
            if middle == 2 or (i != 1 and not has_time) or (j != 1 and not has_band):
                continue
            if middle == 1 and min(rect.width(), rect.height()) < 4 * HANDLE and has_time and has_band:
                continue
            spots.append(QPointF(x, y))
    return spots


def _markers(painter: QPainter, canvas: SpectrogramCanvas, geometry: Geometry) -> None:
    for marker in canvas.scene.markers:
        x = round(geometry.x(marker.time_s))
        if 0 <= x <= geometry.width:
            dashed(painter, colour(canvas.scene.colours.over_loop, 150), x, geometry.height, 2)


def _titles(painter: QPainter, canvas: SpectrogramCanvas, geometry: Geometry) -> None:
    """Letters and names of stems: one for each panel, or a legend where they lie over each other."""
    shown = canvas.composer.shown
    if canvas.scene.display.what == "mix" or not shown:
        return
    face = font(canvas)
    face.setWeight(QFont.Weight.DemiBold)
    for panel in geometry.panels:
        labels = tuple((shown[k].title, shown[k].letter, shown[k].colour) for k in panel.shown if k < len(shown))
        legend = _legend(labels, face.toString(), canvas.scene.colours.text, geometry.density)
        painter.drawImage(QPointF(8, panel.top + 8), legend)


@lru_cache(maxsize=64)
def _legend(labels: tuple[tuple[str, str, str], ...], face: str, ink: str, density: float) -> QImage:
    """Titles (text, letter, colour) side by side; made once, as text is slow to draw."""
    font = QFont()
    font.fromString(face)
    metrics = QFontMetricsF(font)
    widths = [metrics.horizontalAdvance(text) + (34 if letter else 12) for text, letter, _ in labels]
    image = QImage(math.ceil((sum(widths) + 6 * len(labels) + 2) * density), math.ceil(22 * density),
                   QImage.Format.Format_ARGB32_Premultiplied)  # fmt: skip
    image.setDevicePixelRatio(density)
    image.fill(0)
    painter = QPainter(image)
    painter.setFont(font)
    x = 0.0
    for label, width in zip(labels, widths, strict=True):
        _title(painter, *label, ink, QRectF(x, 0, width, 20))
        x += width + 6
    painter.end()
    return image


def _title(painter: QPainter, title: str, letter: str, colour: str, plain: str, box: QRectF) -> None:
    """A label on a dark ground."""
    badge = 16.0 if letter else 0.0
    _pill(painter, box)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    if letter:
        ground = QRectF(box.x() + 2, box.y() + 2, badge, 16)
        painter.setBrush(QColor(colour or plain))
        painter.drawRoundedRect(ground, 3, 3)
        painter.setPen(QColor("#101113"))
        painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, letter)
    painter.setPen(QColor("#eceded"))
    left = box.x() + badge + (8 if letter else 6)
    painter.drawText(QRectF(left, box.y(), box.width(), 20), Qt.AlignmentFlag.AlignVCenter, title)


def _cross(painter: QPainter, canvas: SpectrogramCanvas) -> None:
    """Thin lines through the pointer; the keyboard's cursor in the accent."""
    if canvas.hover is not None:
        _cross_at(painter, canvas, canvas.hover, colour(canvas.scene.colours.over, 80))
    if canvas.cursor_.place is not None and canvas.hasFocus():
        _cross_at(painter, canvas, canvas.cursor_.point(), colour(canvas.scene.colours.over_accent, 255))


def _cross_at(painter: QPainter, canvas: SpectrogramCanvas, at: QPointF, ink: QColor) -> None:
    upright(painter, ink, at.x(), 0, canvas.height())
    level(painter, ink, at.y(), 0, canvas.width())


def _playhead(painter: QPainter, canvas: SpectrogramCanvas, geometry: Geometry) -> None:
    """A thin line with dark edges; what it crosses stays visible."""
    if canvas.scene.playhead_s is None:
        return
    x = round(geometry.x(canvas.scene.playhead_s))
    if -2 <= x <= geometry.width + 2:
        for offset in (-1, 1):
            upright(painter, QColor(0, 0, 0, 110), x + offset, 0, geometry.height)
        upright(painter, colour(canvas.scene.colours.over, 230), x, 0, geometry.height)
