"""A column that scrolls up and down, and is never narrower than what it holds: nothing is cut off in any language."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QScrollArea, QWidget


class Column(QScrollArea):
    """Holds one widget. It is no stop for Tab: what has the focus is scrolled into sight."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As wide as its content with the bar beside it."""
        inside = self.widget()
        width = 0 if inside is None else inside.minimumSizeHint().width()
        return QSize(width + self.verticalScrollBar().sizeHint().width() + 4, super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """What it holds needs another width."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)
