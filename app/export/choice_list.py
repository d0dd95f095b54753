"""The five things that can be exported, as tiles of which one is chosen."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QVBoxLayout, QWidget

from unbraid.app.controls.tile import Tile
from unbraid.app.translation import mark, tr_known
from unbraid.core.export import What

CHOICES: tuple[tuple[What, str, str], ...] = (
    ("remix", mark("Remix"), mark("One file, as it sounds now")),
    ("stems", mark("Stems"), mark("A file for each stem")),
    ("karaoke", mark("Karaoke"), mark("The song without some stems")),
    ("stem_file", mark("Stem file"), mark("The mix with four stems inside")),
    ("workstation", mark("Workstation"), mark("Tracks and a project to open them")),
)


WIDTH = 224


class Choice(Tile):
    """A tile of which one is chosen."""

    def __init__(self, title: str, about: str, parent: QWidget | None = None) -> None:
        super().__init__(title, about, parent=parent)
        self.setCheckable(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Up and down belong to the list."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()
        else:
            super().keyPressEvent(event)


class ChoiceList(QWidget):
    """The tiles; arrow keys go from one to the next."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self.tiles: dict[What, Choice] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for what, title, about in CHOICES:
            tile = Choice(tr_known(title), tr_known(about), self)
            self.tiles[what] = tile
            self._group.addButton(tile)
            layout.addWidget(tile)
        layout.addStretch(1)
        self.setFixedWidth(WIDTH)
        self._group.buttonClicked.connect(lambda _: self.changed.emit())

    @property
    def what(self) -> What:
        """What is chosen."""
        return next(what for what, tile in self.tiles.items() if tile.isChecked())

    def choose(self, what: What) -> None:
        """Choose without telling."""
        self.tiles[what].setChecked(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Up and down."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        order = list(self.tiles)
        tile = self.tiles[order[(order.index(self.what) + step) % len(order)]]
        tile.setChecked(True)
        tile.setFocus(Qt.FocusReason.TabFocusReason)
        self.changed.emit()
