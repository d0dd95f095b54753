"""Every step there was; a click goes back to it, and forth again."""

from __future__ import annotations

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
        self.list.clear()
        document = self._session.document
        for step in () if document is None else document.steps():
            item = QListWidgetItem(step.title or tr("Beginning"))
            item.setData(NUMBER, step.number)
            self.list.addItem(item)
            if step.is_current:
                self.list.setCurrentItem(item)
        if (current := self.list.currentItem()) is not None:
            self.list.scrollToItem(current)

    def _go(self, item: QListWidgetItem) -> None:
        document = self._session.document
        if document is not None:
            self._session.guarded(lambda: document.go_to(item.data(NUMBER)))
