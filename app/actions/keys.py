"""Space belongs to the transport whatever has the focus, except where text is typed; Return presses what Space did."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

_RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def types_text(widget: QObject | None) -> bool:
    """Whether a space typed here is part of a text; number boxes have no use for one."""
    if isinstance(widget, QAbstractSpinBox):
        return False
    if isinstance(widget, QLineEdit):
        return not widget.isReadOnly() and not isinstance(widget.parent(), QAbstractSpinBox)
    if isinstance(widget, QPlainTextEdit | QTextEdit):
        return not widget.isReadOnly()
    return isinstance(widget, QComboBox) and widget.isEditable()


class TransportKeys(QObject):
    """Watches the widget that has the focus, for one window: make it once with `TransportKeys(app, window)`.

    Actions with the key Space then run from number boxes too, and Return or Enter press a button, turn a checkbox or
    open a choice, since Space cannot. Other windows (dialogs) are left as Qt has them.
    """

    def __init__(self, app: QApplication, window: QWidget) -> None:
        super().__init__(window)
        self.window = window
        app.focusChanged.connect(self._follow)
        self._follow(None, app.focusWidget())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 -- Qt's name
        """Look at key presses only."""
        kind = event.type()
        if kind not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress) or not isinstance(event, QKeyEvent):
            return False
        if not isinstance(watched, QWidget):
            return False
        if kind == QEvent.Type.ShortcutOverride:
            return self._spare_space(watched, event)
        return self._press(watched, event)

    def _follow(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None and shiboken6.isValid(old):
            old.removeEventFilter(self)
        if new is not None and new.window() is self.window:
            new.installEventFilter(self)

    def _spare_space(self, widget: QWidget, event: QKeyEvent) -> bool:
        """Number boxes claim every printable key before shortcuts are asked; they do not get this one."""
        in_box = isinstance(widget, QAbstractSpinBox) or isinstance(widget.parent(), QAbstractSpinBox)
        if event.key() != Qt.Key.Key_Space or not in_box:
            return False
        event.ignore()
        return True

    def _press(self, widget: QWidget, event: QKeyEvent) -> bool:
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if event.key() not in _RETURN or not plain:
            return False
        if isinstance(widget, QAbstractButton):
            widget.click()
            return True
        if isinstance(widget, QComboBox) and not widget.isEditable():
            widget.showPopup()
            return True
        return False
