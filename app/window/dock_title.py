"""The line on top of a dock: its name, a button that floats it, one that hides it. It is dragged as Qt's own is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QToolButton, QWidget

from unbraid.app import theme
from unbraid.app.translation import tr


class DockTitle(QWidget):
    """Lighter than Qt's own, with buttons that are large enough; no stops for Tab, as there are keys for it."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        name = dock.windowTitle()
        label = QLabel(name)
        label.setProperty("kind", "panel")
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 4, 4, 0)
        line.setSpacing(0)
        line.addWidget(label, 1)
        self.float = _button("float", tr("{panel}: a window of its own, or back", panel=name))
        self.float.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self.hide_button = _button("close", tr("Hide {panel}; the menu View brings it back", panel=name))
        self.hide_button.clicked.connect(dock.close)
        line.addWidget(self.float)
        line.addWidget(self.hide_button)


def _button(icon: str, words: str) -> QToolButton:
    button = QToolButton()
    button.setProperty("role", "small")
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.setToolTip(words)
    button.setAccessibleName(words)
    theme.set_icon(button, icon)
    return button
