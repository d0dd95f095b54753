"""The one dialog for a failure of ours: what it means for the user's work, and a report to hand on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from unbraid.app.dialogs.buttons import push
from unbraid.app.theme import set_property
from unbraid.app.translation import tr
from unbraid.core import atomic
from unbraid.core.errors import UnbraidError


class CrashDialog(QDialog):
    """Shows a report; copying and saving it change nothing else."""

    def __init__(self, report: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.report = report
        self.setWindowTitle(tr("Something went wrong"))
        self.resize(640, 480)
        title = QLabel(tr("That was a fault of this program."))
        set_property(title, kind="title")
        says = QLabel(
            tr(
                "Your project is as it was before; you can go on, save and undo. "
                "The report below names no files, songs or people: hand it on so that the fault can be mended."
            )
        )
        says.setWordWrap(True)
        text = QPlainTextEdit(report)
        text.setReadOnly(True)
        text.setAccessibleName(tr("Report"))
        text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.said = QLabel()
        set_property(self.said, kind="muted")
        buttons = QDialogButtonBox()
        go_on = buttons.addButton(tr("Go on"), QDialogButtonBox.ButtonRole.AcceptRole)
        go_on.setDefault(True)
        for name, run in ((tr("Copy report"), self.copy), (tr("Save report…"), self.ask_and_save)):
            buttons.addButton(push(name, run), QDialogButtonBox.ButtonRole.ActionRole)
        buttons.accepted.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(8)
        for widget in (title, says, text, self.said, buttons):
            layout.addWidget(widget)
        go_on.setFocus()

    def copy(self) -> None:
        """Put the report on the clipboard."""
        QGuiApplication.clipboard().setText(self.report)
        self.said.setText(tr("The report is on the clipboard."))

    def ask_and_save(self) -> None:
        """Ask where the report goes."""
        name, _ = QFileDialog.getSaveFileName(self, tr("Save report"), "unbraid-report.txt")
        if name:
            self.save(Path(name))

    def save(self, path: Path) -> None:
        """Write the report; says so, or why not."""
        try:
            atomic.write_text(path, self.report, overwrite=True)
        except UnbraidError as problem:
            self.said.setText(str(problem))
        else:
            self.said.setText(tr("The report is saved."))
