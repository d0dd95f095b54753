"""The box that says what the picture shows, and changes it: in the bar on top and on the picture's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox

from unbraid.app.translation import tr
from unbraid.core.document.state import Project

if TYPE_CHECKING:
    from unbraid.app.window.main_window import MainWindow


class ShownBox(QComboBox):
    """The mix, each stem, stems together, what they leave."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._window = window
        self.setAccessibleName(tr("Show"))
        self.setToolTip(tr("What the picture shows (Ctrl+Up and Ctrl+Down go through it)"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.activated.connect(lambda _: window.picture.show(self.currentData()))
        window.picture.observers.connect(self.refresh)
        window.session.changed.connect(self._follow)
        self.refresh()

    def _follow(self, old: Project, new: Project) -> None:
        if old.stems is not new.stems or old.song is not new.song:
            self.refresh()

    def refresh(self) -> None:
        """What there is to show now, and what is shown."""
        picture = self._window.picture
        self.clear()
        for title, options in picture.shown():
            self.addItem(title, options)
            if picture.is_shown(options):
                self.setCurrentIndex(self.count() - 1)
        self.setEnabled(self._window.session.has_song)
