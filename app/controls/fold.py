"""A button that unfolds what lies below it: its arrow points to the right while that is hidden, down while it shows."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget

from unbraid.app import theme


class Fold(QToolButton):
    """`toggled` says when; with a text it is a line of its own, without one a small arrow."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setCheckable(True)
        self.setProperty("role", "fold")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if text:
            self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggled.connect(self._turn)
        self._turn(False)

    def _turn(self, on: bool) -> None:
        theme.set_icon(self, "expand" if on else "right")
