"""A large button with a title and a line about it: a way to begin, a task, a choice."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from unbraid.app import theme

NARROWEST = 120


class Tile(QPushButton):
    """As high as its texts need, however many lines they take."""

    def __init__(self, title: str, about: str = "", icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        self.setAccessibleDescription(about)
        self.setProperty("role", "tile")
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Minimum)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(12)
        if icon:
            row.addWidget(_Sign(icon, self))
        column = QVBoxLayout()
        column.setSpacing(2)
        row.addLayout(column, 1)
        self.title = QLabel(title, self)
        self.about = QLabel(about, self)
        self.title.setProperty("kind", "tile")
        self.about.setProperty("kind", "readout")
        self.about.setVisible(bool(about))
        for label in (self.title, self.about):
            label.setWordWrap(True)
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            column.addWidget(label)

    def tell(self, about: str) -> None:
        """Another line under the title; none when it is empty."""
        self.about.setText(about)
        self.about.setVisible(bool(about))
        self.updateGeometry()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Room for both texts."""
        return QSize(NARROWEST, self.heightForWidth(max(self.width(), NARROWEST)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Nothing is cut off."""
        return self.sizeHint()

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """The narrower, the higher."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """As its layout says."""
        layout = self.layout()
        return 0 if layout is None else layout.totalHeightForWidth(width)


class _Sign(QLabel):
    """An icon in a label, filled in when icons are there."""

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(18, 18)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme.set_icon(self, name)

    def setIcon(self, icon: object) -> None:  # noqa: N802
        """What `theme.set_icon` calls."""
        self.setPixmap(icon.pixmap(18, 18))  # type: ignore[attr-defined]
