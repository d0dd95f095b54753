"""A slider with its value beside it: drag, wheel, arrows, typing; a double click goes back to where it was made."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QMouseEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSlider, QStyle, QStyleOptionSlider, QWidget

from unbraid.app.controls.taper import STEPS, Taper
from unbraid.app.translation import number, tr

LOWEST_NUMBER = -999.0
"""What a number box holds for minus infinity."""
LOWEST_STEP = -60.0
"""Decibels below which a step of a fader's box leads to silence."""


class ValueSlider(QWidget):
    """A value of a taper. `changed` carries the value and whether the hand is still on it."""

    changed = Signal(float)
    released = Signal()

    def __init__(
        self, name: str, taper: Taper, *, unit: str = "", reset: float = 0.0, decimals: int = 1,
        words: Callable[[float], str] | None = None, read: Callable[[str], float | None] | None = None,
        box: int = 72, parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        """words: how the value is written, where that is no number; read: and read again, None for what is none."""
        super().__init__(parent)
        self._taper, self._reset, self._value = taper, reset, reset
        self.slider = _Slider(self)
        self.box = _Box(taper, unit, decimals, words, read, self)
        self.box.setFixedWidth(box)
        self.set_name(name)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.box)
        self.slider.moved.connect(lambda position: self._moved(taper.value(position)))
        self.slider.reset.connect(lambda: self._moved(self._reset))
        self.slider.sliderReleased.connect(self.released.emit)
        self.box.typed.connect(self._moved)
        self.setFocusProxy(self.slider)
        self.set_value(reset)

    def set_name(self, name: str) -> None:
        """What it sets, for the tooltip and for screen readers."""
        self.slider.setAccessibleName(name)
        self.box.setAccessibleName(tr("{name}, as a number", name=name))
        self.setToolTip(tr("{name}: drag, wheel, arrows, or type; double click resets", name=name))

    @property
    def value(self) -> float:
        """The value it shows."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show a value without telling anyone."""
        self._value = value
        if not self.slider.isSliderDown():
            self.slider.show_position(self._taper.position(value))
        self.box.show_value(value)
        self.slider.setAccessibleDescription(self.box.text())

    def _moved(self, value: float) -> None:
        if value != self._value:
            self.set_value(value)
            self.changed.emit(value)


class _Slider(QSlider):
    """A slider that goes where one clicks, answers the wheel only finely, and resets on a double click."""

    moved = Signal(int)
    reset = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, STEPS)
        self.setSingleStep(5)
        self.setPageStep(50)
        self.setMinimumWidth(60)
        self._quiet, self._turned = False, 0.0
        self.valueChanged.connect(lambda position: None if self._quiet else self.moved.emit(position))

    def show_position(self, position: int) -> None:
        self._quiet = True
        self.setValue(position)
        self._quiet = False

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.reset.emit()
            event.accept()
            return
        if event.button() == Qt.MouseButton.LeftButton and not self._handle().contains(event.position().toPoint()):
            self.setValue(self._position_at(event.position().x()))
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.reset.emit()
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Touchpads turn by small amounts: what is less than a position waits for more."""
        self._turned += (event.angleDelta().y() or event.angleDelta().x()) / 120 * self.singleStep()
        whole = int(self._turned)
        self._turned -= whole
        self.setValue(self.value() + whole)
        event.accept()

    def _handle(self) -> QRect:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        return self.style().subControlRect(
            QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, self
        )

    def _position_at(self, x: float) -> int:
        handle = self._handle().width()
        return QStyle.sliderValueFromPosition(0, STEPS, round(x - handle / 2), max(1, self.width() - handle))


class _Box(QDoubleSpinBox):
    """The value as a number with its unit; understands `-inf`, a comma for a point, and words."""

    typed = Signal(float)

    def __init__(
        self, taper: Taper, unit: str, decimals: int, words: Callable[[float], str] | None,
        read: Callable[[str], float | None] | None, parent: QWidget,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._unit, self._words, self._read, self._quiet = unit, words, read, False
        self._is_open = math.isinf(taper.low)
        """Whether there is silence below the lowest number."""
        low = LOWEST_NUMBER if self._is_open else taper.low
        self.setRange(low, taper.high)
        self.setDecimals(decimals)
        self.setSingleStep(0.5 if unit == "dB" else (taper.high - low) / 100)
        self.setKeyboardTracking(False)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFrame(False)
        self.setProperty("role", "readout")
        self.valueChanged.connect(self._told)
        self.lineEdit().installEventFilter(self)

    def show_value(self, value: float) -> None:
        self._quiet = True
        self.setValue(LOWEST_NUMBER if value == -math.inf else value)
        self._quiet = False

    def textFromValue(self, value: float) -> str:  # noqa: N802
        if self._words is not None:
            return self._words(value)
        shown = -math.inf if value <= LOWEST_NUMBER else value
        return f"{number(shown, self.decimals())} {self._unit}".rstrip()

    def valueFromText(self, text: str) -> float:  # noqa: N802
        return self._parsed(text)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        return (QValidator.State.Acceptable, text, position)

    def stepBy(self, steps: int) -> None:  # noqa: N802
        """Between silence and the lowest number of a fader there is a single step."""
        if not self._is_open:
            super().stepBy(steps)
        elif self.value() <= LOWEST_NUMBER:
            self.setValue(LOWEST_STEP if steps > 0 else LOWEST_NUMBER)
        else:
            target = self.value() + steps * self.singleStep()
            self.setValue(target if target >= LOWEST_STEP else LOWEST_NUMBER)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.FocusIn:
            self.selectAll()
        return super().eventFilter(watched, event)

    def _parsed(self, text: str) -> float:
        plain = text.replace("−", "-").replace(",", ".").lower().strip()
        if self._read is not None and (told := self._read(plain)) is not None:
            return told
        for ending in (self._unit.lower(), "db", "%"):
            plain = plain.removesuffix(ending).strip() if ending else plain
        if self._is_open and plain in ("-inf", "-∞", "inf", "off", "-"):
            return LOWEST_NUMBER
        try:
            value = float(plain)
        except ValueError:
            return self.value()
        return self.value() if math.isnan(value) else min(max(value, self.minimum()), self.maximum())

    def _told(self, value: float) -> None:
        if not self._quiet:
            self.typed.emit(-math.inf if value <= LOWEST_NUMBER else value)
