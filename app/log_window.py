"""The log as it grows: by level, searched, copied."""

from __future__ import annotations

import logging

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QColor, QFontDatabase, QGuiApplication, QShowEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from unbraid.app.logging_setup import LINES, LogLine, Ring, ring
from unbraid.app.theme import set_property, theme
from unbraid.app.translation import tr

EVERY_MS = 250


class LogWindow(QWidget):
    """A window of its own; reads the ring while it is shown."""

    def __init__(self, parent: QWidget | None = None, source: Ring | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.source = source or ring()
        self._next = 0
        self.setWindowTitle(tr("Log"))
        self.resize(860, 480)
        self._build()
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.read)

    def read(self) -> None:
        """Add what is new."""
        new = self.source.lines(self._next)
        if not new:
            return
        self._next = new[-1].number + 1
        for line in filter(self._is_wanted, new):
            self._append(line)
        if self.follow.isChecked():
            bar = self.text.verticalScrollBar()
            bar.setValue(bar.maximum())

    def again(self) -> None:
        """Read all from the start, with the level and search of now."""
        self.text.clear()
        self._next = 0
        self.read()

    def copy(self) -> None:
        """Put what is shown on the clipboard."""
        QGuiApplication.clipboard().setText(self.text.toPlainText())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 -- Qt's name
        """Begin to read."""
        self.again()
        self._timer.start()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 -- Qt's name
        """Nobody looks: nothing is read."""
        self._timer.stop()
        super().closeEvent(event)

    def _build(self) -> None:
        self.level = QComboBox()
        self.level.setAccessibleName(tr("Least level"))
        for title, level in (
            (tr("Everything"), logging.DEBUG),
            (tr("Information"), logging.INFO),
            (tr("Warnings"), logging.WARNING),
            (tr("Errors"), logging.ERROR),
        ):
            self.level.addItem(title, level)
        self.level.setCurrentIndex(1)
        self.level.currentIndexChanged.connect(self._choose_level)
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("Search"))
        self.field.setAccessibleName(tr("Search in the log"))
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(lambda _: self.again())
        self.follow = QCheckBox(tr("Follow"))
        self.follow.setChecked(True)
        self.follow.setToolTip(tr("Stay at the newest line"))
        copy = QPushButton(tr("Copy"))
        copy.clicked.connect(self.copy)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName(tr("Log"))
        self.text.setMaximumBlockCount(LINES)
        self.text.setPlaceholderText(tr("Nothing of this kind has been logged yet."))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        set_property(self.text, kind="log")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.level)
        row.addWidget(self.field, 1)
        row.addWidget(self.follow)
        row.addWidget(copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(row)
        layout.addWidget(self.text, 1)
        set_property(self, surface="window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def _choose_level(self) -> None:
        """Our own modules log as much as is looked at; what was not logged before cannot be shown."""
        level = int(self.level.currentData())
        logging.getLogger("unbraid").setLevel(min(level, logging.INFO))
        self.again()

    def _is_wanted(self, line: LogLine) -> bool:
        return line.level >= int(self.level.currentData()) and self.field.text().lower() in line.text.lower()

    def _append(self, line: LogLine) -> None:
        form = QTextCharFormat()
        form.setForeground(QColor(_colour(line.level)))
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(("" if self.text.document().isEmpty() else "\n") + line.text, form)


def _colour(level: int) -> str:
    """Errors and warnings stand out, details step back."""
    now = theme()
    if level >= logging.WARNING:
        return now.error if level >= logging.ERROR else now.warning
    return now.text if level >= logging.INFO else now.muted
