"""A level meter: a bar for each channel from -60 dBFS to full scale, the peak held, a lamp that stays when it clips."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from unbraid.app import theme
from unbraid.app.translation import number, tr

FLOOR_DB = -60.0
FALL_DB_PER_S = 24.0
WARM_DB, HOT_DB = -12.0, -6.0
"""Where the bar changes its colour, as in other editors."""
LAMP = 8


class Meter(QWidget):
    """Shows levels that are given to it; `cleared` when the user clicks the clip lamp away."""

    cleared = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Level of {name}", name=name))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._shown: list[float] = [FLOOR_DB, FLOOR_DB]
        self._held: list[tuple[float, float]] = [(FLOOR_DB, 0.0)] * 2
        self._clips = 0
        self.hold_s = 1.5
        self._then = time.monotonic()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As wide as there is room."""
        return QSize(120, 10)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Still readable."""
        return QSize(60, 10)

    def show_levels(self, peaks_db: Sequence[float], clips: int = 0) -> None:
        """New peaks in dBFS for each channel; bars fall slowly, so that the eye can follow."""
        now = time.monotonic()
        fall = FALL_DB_PER_S * (now - self._then)
        self._then = now
        peaks_db = peaks_db or (FLOOR_DB,) * len(self._shown)
        count = len(peaks_db)
        shown = (self._shown + [FLOOR_DB] * count)[:count]
        held = (self._held + [(FLOOR_DB, 0.0)] * count)[:count]
        self._shown = [max(peak, old - fall, FLOOR_DB) for peak, old in zip(peaks_db, shown, strict=True)]
        self._held = [
            (level, now) if level >= kept or now - since > self.hold_s else (kept, since)
            for level, (kept, since) in zip(self._shown, held, strict=True)
        ]
        self._clips = clips
        worst = max((level for level, _ in self._held), default=FLOOR_DB)
        self.setToolTip(self._words(worst))
        self.update()

    @property
    def is_still(self) -> bool:
        """Whether nothing moves any more."""
        return all(level <= FLOOR_DB for level in self._shown)

    @property
    def clips(self) -> int:
        """Full-scale samples since the lamp was cleared."""
        return self._clips

    def _words(self, peak_db: float) -> str:
        peak = tr("peak {level} dBFS", level=number(peak_db if peak_db > FLOOR_DB else float("-inf")))
        if not self._clips:
            return peak
        return tr("{peak}; {count} samples at full scale, click to clear", peak=peak, count=self._clips)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A click puts the lamp out."""
        if event.button() == Qt.MouseButton.LeftButton and self._clips:
            self.cleared.emit()
            event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Bars, held peaks, lamp."""
        look = theme.theme()
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        width, height = self.width() - LAMP - 2, self.height()
        each = (height - (len(self._shown) - 1)) / len(self._shown)
        for row, (level, (kept, _)) in enumerate(zip(self._shown, self._held, strict=True)):
            top = row * (each + 1)
            painter.fillRect(QRectF(0, top, width, each), QColor(look.track))
            for low, high, colour in (
                (FLOOR_DB, WARM_DB, look.good),
                (WARM_DB, HOT_DB, look.warning),
                (HOT_DB, 0.0, look.error),
            ):
                if level > low:
                    left, right = self._x(low, width), self._x(min(level, high), width)
                    painter.fillRect(QRectF(left, top, right - left, each), QColor(colour))
            if kept > FLOOR_DB:
                painter.fillRect(QRectF(self._x(min(kept, 0.0), width) - 1, top, 2, each), QColor(look.text))
        painter.fillRect(QRectF(width + 2, 0, LAMP, height), QColor(look.error if self._clips else look.track))

    @staticmethod
    def _x(level_db: float, width: float) -> float:
        return width * (level_db - FLOOR_DB) / -FLOOR_DB
