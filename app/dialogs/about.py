"""What this program is, which versions run, and whose work is in it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QPlainTextEdit,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from unbraid.app.crash import versions
from unbraid.app.dialogs.buttons import close_row, push
from unbraid.app.theme import set_property
from unbraid.app.theme.look import resource_folder
from unbraid.app.translation import tr

LICENCES = (
    ("Unbraid", "Apache-2.0"),
    ("Qt for Python", "LGPL-3.0"),
    ("Inter (The Inter Project Authors)", "OFL-1.1"),
    ("Phosphor Icons, QtAwesome", "MIT"),
    ("NumPy, SciPy, Numba", "BSD-3-Clause, BSD-2-Clause"),
    ("libsndfile, soundfile", "LGPL-2.1, BSD-3-Clause"),
    ("FFmpeg, PyAV", "LGPL-2.1, BSD-3-Clause"),
    ("libsoxr, soxr", "LGPL-2.1"),
    ("PortAudio, sounddevice", "MIT"),
    ("matplotlib, Rich, Typer, platformdirs, threadpoolctl", "PSF, MIT, MIT, MIT, BSD-3-Clause"),
)


class About(QDialog):
    """Name and purpose, then versions and licences to be read and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("About Unbraid"))
        self.resize(520, 460)
        self._versions = versions()
        name = QLabel("Unbraid")
        set_property(name, kind="time")
        number = QLabel(tr("Version {version}", version=self._versions["unbraid"]))
        set_property(number, kind="muted")
        number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        says = QLabel(tr("Takes music apart and puts it back together."))
        says.setWordWrap(True)
        tabs = QTabWidget()
        tabs.setDocumentMode(True)
        tabs.addTab(_page(self.versions_text(), tr("Versions")), tr("Versions"))
        tabs.addTab(_page(licences_text(), tr("Licences")), tr("Licences"))
        tabs.addTab(_page(_font_licence(), tr("Font")), tr("Font"))
        buttons = close_row(self, push(tr("Copy versions"), self.copy))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(8)
        for widget in (name, number, says, tabs, buttons):
            layout.addWidget(widget)

    def copy(self) -> None:
        """Put the versions on the clipboard."""
        QGuiApplication.clipboard().setText(self.versions_text())

    def versions_text(self) -> str:
        """Names and versions, a line each."""
        return "\n".join(f"{name} {version}" for name, version in self._versions.items())


def licences_text() -> str:
    """Whose work is in it, and under which licence."""
    return "\n".join(f"{name}: {licence}" for name, licence in LICENCES)


def _font_licence() -> str:
    try:
        return (resource_folder("fonts") / "OFL.txt").read_text(encoding="utf-8")
    except OSError:
        return "SIL Open Font License 1.1"


def _page(text: str, name: str) -> QPlainTextEdit:
    page = QPlainTextEdit(text)
    page.setReadOnly(True)
    page.setAccessibleName(name)
    page.setTabChangesFocus(True)
    return page
