"""The control of one setting, made from its field: shows a value, tells when the user chose another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QToolButton,
    QWidget,
)

from unbraid.app.settings import Field
from unbraid.app.theme import pad, set_icon
from unbraid.app.translation import tr, tr_known

WIDTH = 240


class Control:
    """A widget for a field. take: called with what the user chose. show: puts a value there without telling."""

    def __init__(self, widget: QWidget, show: Callable[[Any], object]) -> None:
        self.widget = widget
        self._show = show

    def show(self, value: object) -> None:
        """Show a value."""
        blocked = [self.widget, *self.widget.findChildren(QWidget)]
        before = [one.blockSignals(True) for one in blocked]
        self._show(value)
        for one, was in zip(blocked, before, strict=True):
            one.blockSignals(was)


def control(field: Field, take: Callable[[object], None], devices: Sequence[str] = ()) -> Control:
    """The control for a field."""
    made = _MAKERS[field.kind](field, take, devices)
    made.widget.setAccessibleName(tr_known(field.title))
    made.widget.setAccessibleDescription(tr_known(field.help) if field.help else "")
    return made


def _bool(field: Field, take: Callable[[object], None], devices: Sequence[str]) -> Control:
    box = QCheckBox()
    box.toggled.connect(take)
    return Control(box, lambda value: box.setChecked(bool(value)))


def _int(field: Field, take: Callable[[object], None], devices: Sequence[str]) -> Control:
    box = QSpinBox()
    box.setRange(int(field.low), int(field.high))
    box.setSingleStep(int(field.step))
    return _spin(box, field, take)


def _float(field: Field, take: Callable[[object], None], devices: Sequence[str]) -> Control:
    box = QDoubleSpinBox()
    box.setRange(field.low, field.high)
    box.setSingleStep(field.step)
    box.setDecimals(1)
    return _spin(box, field, take)


def _spin(box: QSpinBox | QDoubleSpinBox, field: Field, take: Callable[[object], None]) -> Control:
    if field.unit:
        box.setSuffix(f" {tr_known(field.unit)}")
    box.setFixedWidth(WIDTH // 2)
    box.setKeyboardTracking(False)
    pad(box)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.installEventFilter(_calm_wheel(box))
    box.valueChanged.connect(take)
    return Control(box, box.setValue)


def _choice(field: Field, take: Callable[[object], None], devices: Sequence[str]) -> Control:
    box = QComboBox()
    for value, title in field.choices.items():
        unit = f" {tr_known(field.unit)}" if field.unit else ""
        box.addItem(tr_known(title) + unit, value)
    return _combo(box, take)


def _device(field: Field, take: Callable[[object], None], devices: Sequence[str]) -> Control:
    box = QComboBox()
    box.addItem(tr("As the desktop"), "")
    for name in devices:
        box.addItem(name, name)
    return _combo(box, take)


def _combo(box: QComboBox, take: Callable[[object], None]) -> Control:
    box.setFixedWidth(WIDTH)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.installEventFilter(_calm_wheel(box))
    box.currentIndexChanged.connect(lambda index: take(box.itemData(index)))

    def show(value: object) -> None:
        if box.findData(value) < 0:
            box.addItem(str(value), value)  # a device that is not there now
        box.setCurrentIndex(box.findData(value))

    return Control(box, show)


def _text(field: Field, take: Callable[[object], None], devices: Sequence[str]) -> Control:
    line = QLineEdit()
    line.setFixedWidth(WIDTH)
    line.editingFinished.connect(lambda: take(line.text()))
    return Control(line, line.setText)


def _folder(field: Field, take: Callable[[object], None], devices: Sequence[str]) -> Control:
    whole = QWidget()
    line = QLineEdit()
    line.setAccessibleName(tr_known(field.title))
    line.setPlaceholderText(tr("Not chosen"))
    line.editingFinished.connect(lambda: take(line.text()))
    button = QToolButton()
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setToolTip(tr("Choose a folder"))
    button.setAccessibleName(tr("Choose a folder"))
    set_icon(button, "open")
    layout = QHBoxLayout(whole)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    layout.addWidget(line)
    layout.addWidget(button)
    whole.setFixedWidth(WIDTH)

    def browse() -> None:
        chosen = QFileDialog.getExistingDirectory(whole, tr_known(field.title), line.text() or str(Path.home()))
        if chosen:
            line.setText(chosen)
            take(chosen)

    button.clicked.connect(browse)
    return Control(whole, line.setText)


class _Calm(QObject):
    """The wheel scrolls the page, unless the control has the focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 -- Qt's name
        """Leave the wheel to whoever lies below."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def _calm_wheel(widget: QWidget) -> QObject:
    return _Calm(widget)


_MAKERS: dict[str, Callable[[Field, Callable[[object], None], Sequence[str]], Control]] = {
    "bool": _bool,
    "int": _int,
    "float": _float,
    "choice": _choice,
    "text": _text,
    "folder": _folder,
    "device": _device,
}
