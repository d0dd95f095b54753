"""A level meter from -60 dB to full scale: a bar for each channel with its peak held, a thin bar for the loudness of
the last 400 ms below, a lamp that stays when it clips.
"""

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
GRID_DB = (-48.0, -36.0, -24.0, -12.0)
"""Fine lines in the track, so that meters one below the other can be compared."""
PEAKS, LOUDNESS = 9, 3
"""Heights in px of the channels' bars together, and of the bar below."""
HEIGHT = PEAKS + 1 + LOUDNESS


class Meter(QWidget):
    """Shows levels that are given to it; `cleared` when the user clicks the clip lamp away."""

    cleared = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Level of {name}", name=name))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._shown: list[float] = [FLOOR_DB, FLOOR_DB]
        self._held: list[tuple[float, float]] = [(FLOOR_DB, 0.0)] * 2
        self._loudness = float("-inf")
        self._clips = 0
        self.hold_s = 1.5
        self._then = time.monotonic()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As wide as there is room."""
        return QSize(120, HEIGHT)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Still readable."""
        return QSize(60, HEIGHT)

    def show_levels(self, peaks_db: Sequence[float], clips: int | None = None, *, lufs: float = float("-inf")) -> None:
        """New peaks in dBFS for each channel, and the loudness; bars fall slowly, so that the eye can follow.

        clips: None for no news.
        """
        now = time.monotonic()
        fall = FALL_DB_PER_S * (now - self._then)
        self._then = now
        peaks_db = peaks_db or (FLOOR_DB,) * len(self._shown)
        count = len(peaks_db)
        shown = (self._shown + [FLOOR_DB] * count)[:count]
        held = (self._held + [(FLOOR_DB, 0.0)] * count)[:count]
        self._shown = [max(peak, old - fall, FLOOR_DB) for peak, old in zip(peaks_db, shown, strict=True)]
        self._held = [
            (level, now) if level >= kept else (level, since) if now - since > self.hold_s else (kept, since)
            for level, (kept, since) in zip(self._shown, held, strict=True)
        ]
        self._loudness = lufs
        self._clips = self._clips if clips is None else clips
        worst = max((level for level, _ in self._held), default=FLOOR_DB)
        self.setToolTip(self._words(worst))
        self.update()

    @property
    def is_still(self) -> bool:
        """Whether nothing moves any more."""
        return all(level <= FLOOR_DB and kept <= FLOOR_DB
                   for level, (kept, _) in zip(self._shown, self._held, strict=True))  # fmt: skip

    @property
    def clips(self) -> int:
        """Full-scale samples since the lamp was cleared."""
        return self._clips

    def forget_clips(self) -> None:
        """Put the lamp out."""
        self._clips = 0
        self.setToolTip(self._words(max(level for level, _ in self._held)))
        self.update()

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
        """Bars, held peaks, loudness, lamp."""
        look = theme.theme()
        painter = QPainter(self)
        width = self.width() - LAMP - 2
        each = (PEAKS - (len(self._shown) - 1)) / len(self._shown)
        for row, (level, (kept, _)) in enumerate(zip(self._shown, self._held, strict=True)):
            bar = QRectF(0, row * (each + 1), width, each)
            self._paint_bar(painter, bar, level)
            if kept > FLOOR_DB:
                painter.fillRect(QRectF(self._x(min(kept, 0.0), width) - 1, bar.top(), 2, each), QColor(look.text))
        below = QRectF(0, PEAKS + 1, width, LOUDNESS)
        painter.fillRect(below, QColor(look.track))
        if self._loudness > FLOOR_DB:
            below.setWidth(self._x(min(self._loudness, 0.0), width))
            painter.fillRect(below, QColor(look.muted))
        painter.fillRect(QRectF(width + 2, 0, LAMP, HEIGHT), QColor(look.meter_hot if self._clips else look.track))

    def _paint_bar(self, painter: QPainter, bar: QRectF, level: float) -> None:
        look = theme.theme()
        painter.fillRect(bar, QColor(look.track))
        for db in GRID_DB:
            painter.fillRect(QRectF(self._x(db, bar.width()), bar.top(), 1, bar.height()), QColor(look.card))
        for low, high, colour in (
            (FLOOR_DB, WARM_DB, look.meter),
            (WARM_DB, HOT_DB, look.meter_warm),
            (HOT_DB, 0.0, look.meter_hot),
        ):
            if level > low:
                left, right = self._x(low, bar.width()), self._x(min(level, high), bar.width())
                painter.fillRect(QRectF(left, bar.top(), right - left, bar.height()), QColor(colour))

    @staticmethod
    def _x(level_db: float, width: float) -> float:
        return width * (level_db - FLOOR_DB) / -FLOOR_DB
