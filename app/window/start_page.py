"""The first thing one sees: three ways to begin, the demo, and what one worked on before. Loads nothing heavy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from unbraid.app import theme
from unbraid.app.controls.tile import Tile
from unbraid.app.translation import tr

WIDEST = 640


@dataclass(frozen=True)
class Entry:
    """A project of before. note: when it was last open, or that it is a draft."""

    folder: Path
    name: str
    note: str
    is_draft: bool = False


class StartPage(QWidget):
    """What to do: open a song, a project, the demo, or go on with something."""

    open_wanted = Signal()
    folder_wanted = Signal()
    demo_wanted = Signal(bool)
    """With the true stems or without."""
    chosen = Signal(Path)
    discarded = Signal(Path)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Start"))
        self._inside = QWidget(self)
        self._inside.setMaximumWidth(WIDEST)
        column = QVBoxLayout(self._inside)
        column.setSpacing(8)
        title = QLabel(tr("Take a song apart"))
        title.setFont(theme.font(20))
        words = QLabel(
            tr("Drop a song, a video or a folder of stems anywhere on this window, or begin here. "
               "Your file is never changed.")
        )  # fmt: skip
        words.setWordWrap(True)
        words.setProperty("kind", "muted")
        column.addWidget(title)
        column.addWidget(words)
        column.addSpacing(8)
        column.addLayout(self._ways())
        column.addSpacing(16)
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        column.addLayout(self._list)
        self._status = QLabel("")
        self._status.setProperty("kind", "muted")
        column.addWidget(self._status)
        centre = QHBoxLayout()
        centre.addStretch(1)
        centre.addWidget(self._inside, 100)
        centre.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.addStretch(2)
        outer.addLayout(centre)
        outer.addStretch(3)

    def _ways(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(8)
        self.open_button = self._tile(tr("Open a song …"), tr("Any sound file or video (Ctrl+O)"), "open")
        self.open_button.clicked.connect(self.open_wanted.emit)
        self.folder_button = self._tile(tr("Open a folder …"), tr("A song with its stems, or a project"), "folder")
        self.folder_button.clicked.connect(self.folder_wanted.emit)
        self.demo_button = self._tile(tr("Open the demo song"), tr("22 seconds, free to use"), "song")
        self.demo_button.clicked.connect(lambda: self.demo_wanted.emit(False))
        self.stems_button = self._tile(tr("Open the demo with its stems"), tr("Four faders to play with"), "stems")
        self.stems_button.clicked.connect(lambda: self.demo_wanted.emit(True))
        buttons = (self.open_button, self.folder_button, self.demo_button, self.stems_button)
        for number, button in enumerate(buttons):
            grid.addWidget(button, number // 2, number % 2)
        return grid

    def _tile(self, title: str, words: str, icon: str) -> Tile:
        return Tile(title, words, icon, self)

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """What one worked on before, the latest first."""
        while (item := self._list.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        if not entries:
            return
        heading = QLabel(tr("Go on with"))
        heading.setProperty("kind", "heading")
        self._list.addWidget(heading)
        for entry in entries:
            self._list.addWidget(self._row(entry))

    def _row(self, entry: Entry) -> QWidget:
        row = QFrame(self)
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        button = QPushButton(entry.name, row)
        button.setProperty("role", "link")
        button.setToolTip(str(entry.folder))
        button.setAccessibleDescription(entry.note)
        button.clicked.connect(lambda: self.chosen.emit(entry.folder))
        note = QLabel(entry.note, row)
        note.setProperty("kind", "readout")
        line.addWidget(button)
        line.addStretch(1)
        line.addWidget(note)
        if entry.is_draft:
            discard = QPushButton(tr("Discard"), row)
            discard.setProperty("role", "link")
            discard.setAccessibleName(tr("Discard the draft {name}", name=entry.name))
            discard.clicked.connect(lambda: self.discarded.emit(entry.folder))
            line.addWidget(discard)
        return row

    def show_status(self, text: str) -> None:
        """What is going on: a file being opened."""
        self._status.setText(text)
