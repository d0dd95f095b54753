"""Every step there was; a click goes back to it, and forth again."""

from __future__ import annotations

from itertools import takewhile

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from unbraid.app.session.session import Session
from unbraid.app.translation import tr

NUMBER = Qt.ItemDataRole.UserRole


class HistoryPage(QWidget):
    """The list of steps."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: list[tuple[int, str]] = []
        words = QLabel(tr("Every step is kept at once and survives closing. Click one to go back to it."))
        words.setWordWrap(True)
        words.setProperty("kind", "muted")
        self.list = QListWidget(self)
        self.list.setAccessibleName(tr("Steps"))
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(words)
        column.addWidget(self.list, 1)
        session.history_changed.connect(self._show)
        self.list.itemActivated.connect(self._go)
        self.list.itemClicked.connect(self._go)
        self._show()

    def _show(self) -> None:
        """Only what differs is touched: histories are long, and this happens while an item is being clicked."""
        document = self._session.document
        steps = () if document is None else document.steps()
        wanted = [(step.number, step.title or tr("Beginning")) for step in steps]
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(self._shown, wanted, strict=False)))
        while self.list.count() > same:
            self.list.takeItem(self.list.count() - 1)
        for number, title in wanted[same:]:
            item = QListWidgetItem(title)
            item.setData(NUMBER, number)
            self.list.addItem(item)
        self._shown = wanted
        for row, step in enumerate(steps):
            if step.is_current:
                self.list.setCurrentRow(row)
                self.list.scrollToItem(self.list.item(row))

    def _go(self, item: QListWidgetItem) -> None:
        document = self._session.document
        if document is not None:
            self._session.guarded(lambda: document.go_to(item.data(NUMBER)))
