"""The row of buttons at the end of a dialog that has nothing to confirm: Close, and what else can be done."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton


def push(title: str, run: Callable[[], object]) -> QPushButton:
    """A button that Return in a field does not press."""
    button = QPushButton(title)
    button.setAutoDefault(False)
    button.clicked.connect(lambda: run())
    return button


def close_row(
    dialog: QDialog, *others: QPushButton, role: QDialogButtonBox.ButtonRole = QDialogButtonBox.ButtonRole.ActionRole
) -> QDialogButtonBox:
    """Close on the right and `others` where their role belongs; Return in a field presses none of them."""
    row = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    row.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
    for button in others:
        row.addButton(button, role)
    row.rejected.connect(dialog.reject)
    return row
