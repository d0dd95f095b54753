"""The strip of a stem: mute, solo, fader and meter at once; pan, equaliser and polarity when it is unfolded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFocusEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from unbraid.app import theme
from unbraid.app.controls.fold import Fold
from unbraid.app.controls.taper import Even, Fader
from unbraid.app.controls.value_slider import ValueSlider
from unbraid.app.mixer.levels import LevelRow
from unbraid.app.translation import tr
from unbraid.core.document.state import EQ_RANGE_DB, Strip


class StripView(QFrame):
    """Shows a strip and says what the hand did to it; it keeps no value of its own."""

    strip_changed = Signal(str, object, str)
    """Stem's id, its new Strip, and which of its fields changed."""
    solo_only = Signal(str)
    released = Signal()
    menu_wanted = Signal(str, QPoint)
    chosen = Signal(str)
    clips_cleared = Signal(str)
    unfolded = Signal(str, bool)

    def __init__(self, id: str, name: str, colour: str, letter: str, *, channels: int, parent: QWidget | None = None):
        super().__init__(parent)
        self.id, self._name, self._strip = id, name, Strip()
        self._shown: tuple[Strip, bool] | None = None
        self.setProperty("surface", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Strip of {name}", name=name))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.badge = Badge(colour, letter, self)
        self.title = QLabel(name, self)
        self.title.setToolTip(name)
        self.title.setMinimumWidth(48)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.title.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.mute = self._button("M", tr("Mute {name} (M)", name=name), "mute")
        self.solo = self._button("S", tr("Solo {name} (S; with Shift: alone)", name=name), "solo")
        self.more = Fold(parent=self)
        self._say(self.more, tr("Pan, equaliser and polarity of {name}", name=name))
        self.fader = ValueSlider(tr("Level of {name}", name=name), Fader(), unit="dB", parent=self)
        self.levels = LevelRow(name, self)
        self.meter = self.levels.meter
        self.details = self._details(channels)
        self.details.setVisible(False)
        self._lay_out()
        self._connect()
        self.show_strip(Strip(), heard=True)

    # -- what it shows -----------------------------------------------------------------------------------------------

    def show_strip(self, strip: Strip, *, heard: bool) -> None:
        """Show the mixer's values; `heard` is False for what a mute or another's solo silences."""
        if (strip, heard) == self._shown:
            return
        self._shown = (strip, heard)
        self._strip = strip
        self.mute.setChecked(strip.mute)
        self.solo.setChecked(strip.solo)
        self.invert.setChecked(strip.invert)
        self.fader.set_value(strip.gain_db)
        self.pan.set_value(strip.pan)
        for band, slider in self.bands.items():
            slider.set_value(getattr(strip.equaliser, band))
        theme.set_property(self.title, kind="" if heard else "muted")
        self.badge.set_heard(heard)

    def show_levels(self, peaks_db: Sequence[float], lufs: float, clips: int | None) -> None:
        """The meters."""
        self.levels.show_levels(peaks_db, lufs, clips)

    def unfold(self, on: bool) -> None:
        """Show or hide pan, equaliser and polarity."""
        self.more.setChecked(on)

    # -- building ----------------------------------------------------------------------------------------------------

    def _button(self, letter: str, words: str, mark: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(letter)
        button.setCheckable(True)
        button.setProperty("mark", mark)
        button.setProperty("role", "raised")
        button.setFixedSize(QSize(26, 24))
        self._say(button, words)
        return button

    @staticmethod
    def _say(widget: QWidget, words: str) -> None:
        widget.setToolTip(words)
        widget.setAccessibleName(words)

    def _details(self, channels: int) -> QWidget:
        details = QWidget(self)
        grid = QGridLayout(details)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        self.pan = ValueSlider(tr("Pan of {name}", name=self._name), Even(-1.0, 1.0, 0.01), decimals=2, words=pan_words,
                               read=pan_of)  # fmt: skip
        self.pan.setEnabled(channels == 2)
        if channels != 2:
            self.pan.setToolTip(tr("pan is for stereo; this song has {count} channel(s)", count=channels))
        rows = [(tr("Pan"), self.pan)]
        self.bands = {}
        for band, title in (("low_db", tr("Low")), ("mid_db", tr("Mid")), ("high_db", tr("High"))):
            slider = ValueSlider(
                tr("{band} of {name}", band=title, name=self._name), Even(-EQ_RANGE_DB, EQ_RANGE_DB), unit="dB"
            )
            slider.slider.setProperty("role", "centred")
            self.bands[band] = slider
            rows.append((title, slider))
        self.pan.slider.setProperty("role", "centred")
        for row, (title, slider) in enumerate(rows):
            label = QLabel(title)
            label.setProperty("kind", "readout")
            label.setBuddy(slider)
            grid.addWidget(label, row, 0)
            grid.addWidget(slider, row, 1)
        self.invert = self._button("Ø", tr("Invert the polarity of {name}", name=self._name), "solo")
        grid.addWidget(self.invert, len(rows), 0)
        note = QLabel(tr("polarity"))
        note.setProperty("kind", "readout")
        grid.addWidget(note, len(rows), 1)
        grid.setColumnStretch(1, 1)
        return details

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.badge)
        head.addSpacing(4)
        head.addWidget(self.title, 1)
        for widget in (self.mute, self.solo, self.more):
            head.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.fader)
        column.addWidget(self.levels)
        column.addWidget(self.details)
        order = [self.mute, self.solo, self.more, self.fader.slider, self.fader.box, self.pan.slider]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def _connect(self) -> None:
        self.mute.clicked.connect(lambda on: self._change("mute", on))
        self.solo.clicked.connect(self._solo)
        self.invert.clicked.connect(lambda on: self._change("invert", on))
        self.more.toggled.connect(self._unfold)
        self.fader.changed.connect(lambda value: self._change("gain_db", value))
        self.pan.changed.connect(lambda value: self._change("pan", value))
        for band, slider in self.bands.items():
            slider.changed.connect(partial(self._tune, band))
        for slider in (self.fader, self.pan, *self.bands.values()):
            slider.released.connect(self.released.emit)
        self.meter.cleared.connect(lambda: self.clips_cleared.emit(self.id))

    # -- what the hand does ------------------------------------------------------------------------------------------

    def _change(self, field: str, value: object) -> None:
        self.strip_changed.emit(self.id, replace(self._strip, **{field: value}), field)  # type: ignore[arg-type]

    def _tune(self, band: str, value: float) -> None:
        equaliser = replace(self._strip.equaliser, **{band: value})
        self.strip_changed.emit(self.id, replace(self._strip, equaliser=equaliser), f"equaliser {band}")

    def _solo(self, on: bool) -> None:
        from PySide6.QtWidgets import QApplication

        if QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.solo_only.emit(self.id)
        else:
            self._change("solo", on)
        self.solo.setChecked(self._strip.solo)  # where that was no change, the click has moved the button alone

    def _unfold(self, on: bool) -> None:
        self.details.setVisible(on)
        self.unfolded.emit(self.id, on)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A click anywhere chooses the strip."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """The focus chooses it too."""
        self.chosen.emit(self.id)
        self.update()
        super().focusInEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """What applies here."""
        self.menu_wanted.emit(self.id, event.globalPos())

    def set_chosen(self, on: bool) -> None:
        """Whether it is the stem that keys and views are about."""
        self.badge.set_chosen(on)


class Badge(QWidget):
    """A stem's colour with its letter: never the colour alone."""

    def __init__(self, colour: str, letter: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour, self._letter, self._heard, self._chosen = colour, letter, True, False
        self.setFixedSize(22, 22)

    def set_look(self, colour: str, letter: str) -> None:
        """Another colour or letter."""
        self._colour, self._letter = colour, letter
        self.update()

    def set_heard(self, heard: bool) -> None:
        """Filled while it is heard, an outline while it is not."""
        self._heard = heard
        self.update()

    def set_chosen(self, chosen: bool) -> None:
        """With a frame while it is chosen."""
        self._chosen = chosen
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """The letter on its colour."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        colour = QColor(self._colour)
        painter.setPen(QColor(theme.theme().text) if self._chosen else Qt.PenStyle.NoPen)
        if self._heard:
            painter.setBrush(colour)
        else:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(colour)
        painter.drawRoundedRect(box, 4, 4)
        painter.setFont(theme.font(11))
        painter.setPen(QColor(theme.ink_on(self._colour)) if self._heard else colour)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._letter)


def pan_words(pan: float) -> str:
    """`C`, `L 30`, `R 100`: how far, in percent."""
    percent = round(100 * pan)
    if percent == 0:
        return "C"
    return f"{'L' if percent < 0 else 'R'} {abs(percent)}"


def pan_of(words: str) -> float | None:
    """What `pan_words` wrote, in any case; percent to the right where no side is named (`-30` is `L 30`)."""
    words = words.strip().lower().removesuffix("%").strip()
    if words in ("c", ""):
        return 0.0 if words else None
    sign = {"l": -1.0, "r": 1.0}.get(words[0])
    try:
        percent = float(words if sign is None else words[1:])
    except ValueError:
        return None
    if math.isnan(percent):
        return None
    return min(max((sign or 1.0) * percent / 100, -1.0), 1.0)
