"""The files that would be written: names, formats, sizes, and which would be replaced."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from unbraid.app.theme import theme
from unbraid.app.translation import mark, number, tr, tr_known
from unbraid.core.atomic import size_text
from unbraid.core.export import Plan

HEADS = (mark("File"), mark("Format"), mark("Size at most"), mark("On the disk"))


class FilesTable(QTableWidget):
    """A plan as a table, to be read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(HEADS), parent)
        self.setHorizontalHeaderLabels([tr_known(head) for head in HEADS])
        self.setAccessibleName(tr("Files that will be written"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)

    def show_plan(self, plan: Plan | None) -> None:
        """Show the files of a plan."""
        files = () if plan is None else plan.files
        self.setRowCount(len(files))
        for row, file in enumerate(files):
            assert plan is not None
            folder = plan.export.folder
            shown = file.path.relative_to(folder) if file.path.is_relative_to(folder) else file.path
            state = _state(file.replaces, plan)
            texts = (str(shown), file.form, shown_size(file.bytes), state)
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(str(file.path) if column == 0 else text)
                if column == 2:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if column == 3 and file.replaces:
                    item.setForeground(QColor(theme().warning))
                self.setItem(row, column, item)


def shown_size(size: int) -> str:
    """A number of bytes as the language writes it."""
    value, _, unit = size_text(size).partition(" ")
    return f"{number(float(value), 1 if '.' in value else 0)} {unit}"


def _state(replaces: bool, plan: Plan) -> str:
    if not replaces:
        return tr("new")
    return tr("will be replaced") if plan.export.existing == "replace" else tr("is there already")
