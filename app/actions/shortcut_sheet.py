"""All keys and what the mouse does, on one page: grouped as the menus are, searched by typing, copied as text."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from unbraid.app.actions.action_set import ActionSet
from unbraid.app.actions.gestures import GESTURES, Gesture
from unbraid.app.actions.search import score
from unbraid.app.dialogs.buttons import close_row, push
from unbraid.app.theme import font
from unbraid.app.theme.tokens import TEXT
from unbraid.app.translation import tr, tr_known

Row = tuple[str, str, str]
"""Group, what it does, key or gesture."""


def rows(actions: ActionSet, gestures: Sequence[Gesture] = GESTURES) -> list[Row]:
    """What the sheet lists: every action that has a key, then what the mouse does."""
    by_key = [
        (actions.path(row.id) or tr("Elsewhere"), tr_known(row.title).rstrip(" …"), ", ".join(actions.keys(row.id)))
        for row in actions.table
        if actions.keys(row.id)
    ]
    order = list(dict.fromkeys(group for group, _, _ in by_key))
    by_key.sort(key=lambda row: order.index(row[0]))
    by_hand = [
        (tr("Mouse: {place}", place=tr_known(one.place)), tr_known(one.meaning), tr_known(one.hand)) for one in gestures
    ]
    return by_key + by_hand


def as_text(lines: Sequence[Row]) -> str:
    """The sheet as plain text, to be printed or kept."""
    width = max((len(what) for _, what, _ in lines), default=0) + 2
    text: list[str] = []
    group = None
    for where, what, keys in lines:
        if where != group:
            text += ["", where]
            group = where
        text.append(f"  {what:<{width}}{keys}")
    return "\n".join(text).strip() + "\n"


class ShortcutSheet(QDialog):
    """The sheet as a window that may stay open."""

    def __init__(
        self, actions: ActionSet, parent: QWidget | None = None, gestures: Sequence[Gesture] = GESTURES
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keys and mouse"))
        self.resize(560, 640)
        self._rows = rows(actions, gestures)
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("Search"))
        self.field.setAccessibleName(tr("Search for a command or a key"))
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._show)
        self.tree = QTreeWidget()
        self.tree.ensurePolished()
        self.tree.setAccessibleName(tr("Keys and mouse"))
        self.tree.setHeaderLabels([tr("Command"), tr("Keys")])
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(12)
        self.tree.setSelectionMode(QTreeWidget.SelectionMode.SingleSelection)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setStretchLastSection(False)
        buttons = close_row(self, push(tr("Copy as text"), self.copy))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        for widget in (self.field, self.tree, buttons):
            layout.addWidget(widget)
        self._show("")
        self.field.setFocus()

    def text(self) -> str:
        """Everything as plain text."""
        return as_text(self._rows)

    def copy(self) -> None:
        """Put the text on the clipboard."""
        QGuiApplication.clipboard().setText(self.text())

    def shown(self) -> list[Row]:
        """What is listed now."""
        wanted = self.field.text()
        return [row for row in self._rows if score(wanted, " ".join(row)) > 0]

    def _show(self, _wanted: str) -> None:
        self.tree.clear()
        groups: dict[str, QTreeWidgetItem] = {}
        for group, what, keys in self.shown():
            if group not in groups:
                head = QTreeWidgetItem(self.tree, [group])
                head.setFont(0, font(TEXT, font().weight().DemiBold))
                head.setFlags(Qt.ItemFlag.ItemIsEnabled)
                head.setFirstColumnSpanned(True)
                groups[group] = head
            QTreeWidgetItem(groups[group], [what, keys])
        self.tree.expandAll()
