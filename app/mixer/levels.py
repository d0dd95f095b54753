"""A meter with its loudness in figures: the row of a strip and of the output."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from unbraid.app.mixer.meter import Meter
from unbraid.app.translation import number

FIGURES_PX = 72
SILENT_LUFS = -70.0
"""Below this, nothing is said."""


class LevelRow(QWidget):
    """What comes out of something."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.meter = Meter(name)
        self.loudness = QLabel("")
        self.loudness.setProperty("kind", "readout")
        self.loudness.setFixedWidth(FIGURES_PX)
        self.loudness.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.meter, 1)
        row.addWidget(self.loudness)

    def show_levels(self, peaks_db: Sequence[float], lufs: float, clips: int | None) -> None:
        """As `Meter.show_levels`; the momentary loudness in LUFS also as a number."""
        self.meter.show_levels(peaks_db, clips, lufs=lufs)
        self.loudness.setText("" if lufs < SILENT_LUFS else f"{number(lufs, 0)} LUFS")
