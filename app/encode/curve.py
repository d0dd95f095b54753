"""The rate-quality curve as a picture that is read with the pointer or the keys, and turned by its dial."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from unbraid.app import theme
from unbraid.app.encode import drawing
from unbraid.app.encode.axes import LEFT, TOP, Axes
from unbraid.app.encode.drawing import Line
from unbraid.app.session import rate_quality
from unbraid.app.session.encoding_streams import rate_text
from unbraid.app.theme.tokens import SMALL
from unbraid.app.translation import tr
from unbraid.core.informed.dial import CurvePoint

RIGHT = 26.0
FINE, COARSE = 1.02, 2.0
"""Factors of the rate for a fine and a coarse step."""
HEIGHT = 232

_KEYS = {
    Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -3, Qt.Key.Key_End: 3,
    Qt.Key.Key_PageDown: -2, Qt.Key.Key_PageUp: 2,
}  # fmt: skip
"""What a key does: one point, a doubling, or all the way; down or up."""


class CurveView(QWidget):
    """Shows points, keeps none of the truth: who turns the dial hears of it by `turned`."""

    turned = Signal(float)
    """The dial goes to that rate, in kbit/s."""
    hovered = Signal(object)
    """The rate under the pointer, None when it has gone."""
    activated = Signal()
    """Return, or a double click: hear what is there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[Line, ...] = ()
        self._points: tuple[CurvePoint, ...] = ()
        self._made: tuple[CurvePoint, ...] = ()
        self._words = ""
        self.dial_kbps: float | None = None
        self.hover_kbps: float | None = None
        self.setMinimumHeight(HEIGHT)
        self.setMinimumWidth(220)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(tr("Quality of each stem over the rate"))
        self.setToolTip(
            tr("Click or drag to turn the dial; left and right go from point to point, with Shift finely; Return plays")
        )
        theme.changed.connect(self._relook)

    def _relook(self, *_: object) -> None:
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As wide as there is room."""
        return QSize(300, HEIGHT)

    # -- what it shows -----------------------------------------------------------------------------------------------

    def show_curve(self, names: Sequence[str], colours: Sequence[str], points: Sequence[CurvePoint]) -> None:
        """The points there are, in order; names and colours of the stems in theirs."""
        self._lines = tuple(
            Line(name, colour, place) for place, (name, colour) in enumerate(zip(names, colours, strict=True))
        )
        self._points = tuple(points)
        self.update()

    def show_words(self, words: str) -> None:
        """What is said where there is no point yet."""
        self._words = words
        self.update()

    def show_made(self, made: Sequence[CurvePoint]) -> None:
        """Points that were made and can be heard at once."""
        self._made = tuple(made)
        self.update()

    def show_dial(self, kbps: float | None) -> None:
        """Where the dial stands."""
        if kbps != self.dial_kbps:
            self.dial_kbps = kbps
            self.update()

    def say(self, words: str) -> None:
        """What the dial stands at, for those who do not see it; spoken while the keys turn it."""
        self.setAccessibleDescription(words)
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
            if self.hasFocus():
                QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))

    @property
    def axes(self) -> Axes:
        """Where things lie now."""
        return Axes.around(self._points, self.width(), self.height(), RIGHT)

    # -- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """All of it: a few hundred strokes."""
        painter = QPainter(self)
        axes, look = self.axes, theme.theme()
        painter.fillRect(self.rect(), QColor(look.canvas))
        drawing.draw_grid(painter, axes)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._points:
            drawing.draw_lines(painter, axes, self._lines, self._points)
            self._draw_uprights(painter, axes)
        elif self._words:
            painter.setPen(QColor(look.canvas_text))
            painter.setFont(theme.font(SMALL))
            box = QRectF(LEFT + 8, TOP, axes.end - LEFT - 16, axes.bottom - TOP)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._words)
        if self.hasFocus():
            painter.setPen(QPen(QColor(look.accent), 2.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        painter.end()

    def _draw_uprights(self, painter: QPainter, axes: Axes) -> None:
        for made in self._made:
            if math.isfinite(made.mean_db):
                drawing.draw_ring(painter, axes, made)
        if self.dial_kbps is not None:
            label = tr("{rate} kbit/s", rate=rate_text(self.dial_kbps))
            drawing.draw_upright(painter, axes, self.dial_kbps, label, is_dial=True)
            drawing.draw_crossings(painter, axes, self._lines, rate_quality.at_rate(self._points, self.dial_kbps))
        if self.hover_kbps is not None:
            drawing.draw_upright(painter, axes, self.hover_kbps, "", is_dial=False)
            drawing.draw_crossings(painter, axes, self._lines, rate_quality.at_rate(self._points, self.hover_kbps))

    # -- hands -------------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Its keys are its own while it has the focus, also those that mean something to the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_ours(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """From point to point, finely, by doubling, or to the ends."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.activated.emit()
        elif _is_ours(event) and self._points and self.dial_kbps is not None:
            is_fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._turn(self._next(_KEYS[Qt.Key(event.key())], self.dial_kbps, is_fine=is_fine))
        else:
            super().keyPressEvent(event)

    def _next(self, step: int, now: float, *, is_fine: bool) -> float:
        rates = [point.rate_kbps for point in self._points]
        if abs(step) == 3:
            return rates[0] if step < 0 else rates[-1]
        if abs(step) == 2 or is_fine:
            factor = FINE if is_fine else COARSE
            return now * factor if step > 0 else now / factor
        if step > 0:
            return next((rate for rate in rates if rate > now * 1.004), max(now, rates[-1]))
        return next((rate for rate in reversed(rates) if rate < now / 1.004), min(now, rates[0]))

    def _turn(self, kbps: float) -> None:
        axes = self.axes
        self.turned.emit(min(max(kbps, axes.low_kbps), axes.high_kbps))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """The dial goes there."""
        if event.button() == Qt.MouseButton.LeftButton and self._points:
            self._turn(self.axes.kbps(event.position().x()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Hear it."""
        if event.button() == Qt.MouseButton.LeftButton and self._points:
            self.activated.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """With the button down the dial follows; without, the values under the pointer are told."""
        if not self._points:
            return
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._hover(None)
            self._turn(self.axes.kbps(event.position().x()))
        else:
            self._hover(event.position())

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Nothing is pointed at any more."""
        self._hover(None)

    def _hover(self, at: QPointF | None) -> None:
        axes = self.axes
        inside = at is not None and LEFT <= at.x() <= axes.end and TOP <= at.y() <= axes.bottom
        kbps = axes.kbps(at.x()) if at is not None and inside else None
        if kbps != self.hover_kbps:
            self.hover_kbps = kbps
            self.hovered.emit(kbps)
            self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Turns the dial finely while it has the focus; otherwise the page scrolls."""
        if not self.hasFocus() or self.dial_kbps is None or not self._points:
            event.ignore()
            return
        self._turn(self.dial_kbps * FINE ** (2 * event.angleDelta().y() / 120))
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """The ring."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """No ring."""
        super().focusOutEvent(event)
        self.update()


def _is_ours(event: QKeyEvent) -> bool:
    plain = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
    return event.key() in _KEYS and plain == Qt.KeyboardModifier.NoModifier
