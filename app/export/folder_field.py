"""The folder that files go to: typed, chosen, or dropped there."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

from unbraid.app.theme.tokens import CONTROL
from unbraid.app.translation import tr


class FolderField(QWidget):
    """A line for a folder and a button that opens the desktop's dialog."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = _Line(self)
        self.line.setAccessibleName(tr("Folder"))
        self.line.setToolTip(tr("Where the files go. A folder can be dropped here."))
        self.button = QPushButton(tr("Choose …"), self)
        self.button.setAutoDefault(False)
        self.button.setAccessibleName(tr("Choose the folder"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.button)
        self.line.textChanged.connect(lambda _: self.changed.emit())
        self.button.clicked.connect(lambda: self.choose())
        self.setFocusProxy(self.line)
        self.setMinimumHeight(CONTROL)

    @property
    def folder(self) -> Path:
        """The folder; the user's own where the line is empty."""
        text = self.line.text().strip()
        return Path(text).expanduser() if text else Path.home()

    def set_folder(self, folder: Path) -> None:
        """Show a folder."""
        self.line.setText(str(folder))

    def choose(self) -> bool:
        """Ask for a folder; whether one was chosen."""
        given = QFileDialog.getExistingDirectory(self, tr("Folder for the files"), str(self.folder))
        if given:
            self.line.setText(given)
        return bool(given)


class _Line(QLineEdit):
    """Takes a folder, or the folder of a file, that is dropped on it."""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Paths are welcome."""
        if dropped(event.mimeData()) is not None:
            event.acceptProposedAction()
        else:
            super().dragEnterEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """The path takes the place of the text."""
        folder = dropped(event.mimeData())
        if folder is not None:
            self.setText(str(folder))
            event.acceptProposedAction()
        else:
            super().dropEvent(event)


def dropped(data: QMimeData) -> Path | None:
    """The folder that was dropped, or that of the file that was."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    if not paths:
        return None
    return paths[0] if paths[0].is_dir() else paths[0].parent
