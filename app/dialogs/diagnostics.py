"""How things stand, as a table that grows while one looks: what to read out when something is slow or silent."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from unbraid.app.dialogs.buttons import close_row, push
from unbraid.app.privacy import private
from unbraid.app.theme import font
from unbraid.app.theme.tokens import TEXT
from unbraid.app.translation import tr, tr_known

EVERY_MS = 1000
Source = Callable[[], Mapping[str, object]]


class Diagnostics(QDialog):
    """Lines from `sources` (title -> function that gives names and values), asked anew every second."""

    def __init__(self, sources: Mapping[str, Source], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sources = dict(sources)
        self.setWindowTitle(tr("Diagnostics"))
        self.resize(560, 520)
        self.tree = QTreeWidget()
        self.tree.ensurePolished()
        self.tree.setAccessibleName(tr("Diagnostics"))
        self.tree.setHeaderLabels([tr("What"), tr("Value")])
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(12)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        buttons = close_row(self, push(tr("Copy"), self.copy))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(self.tree)
        layout.addWidget(buttons)
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.read)
        self.finished.connect(self._timer.stop)
        self.read()
        self._timer.start()

    def values(self) -> dict[str, dict[str, str]]:
        """What the sources say now; one that fails says so itself."""
        found = {}
        for title, source in self.sources.items():
            try:
                found[title] = {name: str(value) for name, value in source().items()}
            except Exception as problem:  # a table of troubles must not be one
                found[title] = {tr("not available"): f"{type(problem).__name__}: {problem}"}
        return found

    def text(self) -> str:
        """The table as text, without private names."""
        parts = [
            f"{title}\n" + "\n".join(f"  {name}: {value}" for name, value in lines.items())
            for title, lines in self.values().items()
        ]
        return private("\n\n".join(parts)) + "\n"

    def copy(self) -> None:
        """Put the text on the clipboard."""
        QGuiApplication.clipboard().setText(self.text())

    def read(self) -> None:
        """Ask the sources and show what changed."""
        for title, lines in self.values().items():
            head = self._item(self.tree.invisibleRootItem(), title)
            head.setFont(0, font(TEXT, font().weight().DemiBold))
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            head.setExpanded(True)
            for name, value in lines.items():
                item = self._item(head, name)
                if item.text(1) != value:
                    item.setText(1, value)
                    item.setToolTip(1, value)

    def _item(self, parent: QTreeWidgetItem, name: str) -> QTreeWidgetItem:
        shown = tr_known(name)
        for child in map(parent.child, range(parent.childCount())):
            if child is not None and child.text(0) == shown:
                return child
        return QTreeWidgetItem(parent, [shown])
