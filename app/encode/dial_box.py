"""The dial: a rate, a quality, or stems whose solo is exact; tied to the marker on the curve."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from unbraid.app import theme
from unbraid.app.controls.taper import STEPS, Even
from unbraid.app.controls.value_slider import ValueSlider
from unbraid.app.encode.axes import HIGH_KBPS, LOW_KBPS
from unbraid.app.encode.words import summary
from unbraid.app.session.encoding import Encoding
from unbraid.app.session.encoding_dial import USUAL_DB, USUAL_KBPS, Mode
from unbraid.app.session.encoding_streams import rate_text
from unbraid.app.translation import mark, number, tr, tr_known

MODES: tuple[tuple[Mode, str], ...] = (
    ("rate", mark("This rate")), ("quality", mark("This quality")), ("exact", mark("An exact solo")),
)  # fmt: skip


@dataclass(frozen=True)
class Ratio:
    """Equal ways for equal factors."""

    low: float
    high: float

    def position(self, value: float) -> int:
        """Where the handle stands."""
        inside = min(max(value, self.low), self.high)
        return round(STEPS * math.log(inside / self.low) / math.log(self.high / self.low))

    def value(self, position: int) -> float:
        """The value, with three digits."""
        return float(f"{self.low * (self.high / self.low) ** (position / STEPS):.3g}")


class DialBox(QWidget):
    """Says what is asked for, and what that gives."""

    def __init__(self, encoding: Encoding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._encoding, self._dial = encoding, encoding.dial
        self._names: tuple[str, ...] = ()
        self.mode = QComboBox()
        self.mode.setAccessibleName(tr("What the dial sets"))
        for mode, title in MODES:
            self.mode.addItem(tr_known(title), mode)
        self.mode.activated.connect(lambda _: self._dial.choose_mode(self.mode.currentData()))
        self.rate = ValueSlider(
            tr("Rate of all stems together"), Ratio(LOW_KBPS, HIGH_KBPS), unit="kbit/s", reset=USUAL_KBPS, decimals=2,
            box=92, words=lambda kbps: tr("{rate} kbit/s", rate=rate_text(kbps)),
        )  # fmt: skip
        self.rate.box.setSingleStep(1.0)
        self.rate.box.lineEdit().setTextMargins(0, 0, 4, 0)
        self.quality = ValueSlider(
            tr("SDR that the stems reach on average"), Even(0.0, 60.0), unit="dB", reset=USUAL_DB, box=72
        )
        self.exact = QComboBox()
        self.exact.setAccessibleName(tr("Stem whose solo is exact"))
        self.exact.activated.connect(lambda _: self._dial.set_exact(self.exact.currentData()))
        self.rate.changed.connect(self._dial.set_rate)
        self.quality.changed.connect(self._dial.set_quality)
        self.summary = QLabel("")
        self.summary.setWordWrap(True)
        self.basis = QLabel("")
        self.basis.setWordWrap(True)
        self.basis.setProperty("kind", "readout")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for widget in (self.mode, self.rate, self.quality, self.exact, self.summary, self.basis):
            column.addWidget(widget)
        self._dial.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        mode = self._dial.mode
        self.mode.setCurrentIndex(self.mode.findData(mode))
        for key, widget in (("rate", self.rate), ("quality", self.quality), ("exact", self.exact)):
            widget.setVisible(key == mode)
        self.rate.set_value(self._dial.rate_kbps)
        self.quality.set_value(self._dial.quality_db)
        self._show_exact()
        point = self._dial.expected()
        if point is None:
            self.summary.setText("")
            self.basis.setText("")
            return
        self.summary.setText(summary(point, self._encoding.duration_s))
        self.basis.setText(self._basis_words(point.rate_kbps))

    def _show_exact(self) -> None:
        """The stems one by one, and together those that are exact now."""
        chosen, names = self._dial.exact, self._encoding.names
        self.exact.clear()
        for name in names:
            self.exact.addItem(theme.stem_title(name), (name,))
        if len(chosen) > 1:
            self.exact.addItem(", ".join(theme.stem_title(name) for name in chosen), chosen)
        self.exact.setCurrentIndex(names.index(chosen[0]) if len(chosen) == 1 else self.exact.count() - 1)

    def _basis_words(self, kbps: float) -> str:
        made = self._encoding.streams.made()
        if made is not None:
            return "\n".join([tr("As measured in the stream that was made."), *made.notes])
        last = self._encoding.points[-1].rate_kbps
        if self._dial.mode == "exact":
            return tr("An estimate, rather too high; it is known when it has been made.")
        if kbps > last * 1.001:
            return tr("Beyond the last point of the curve ({rate} kbit/s): an estimate.", rate=rate_text(last))
        return tr("Read off the curve; it is known when it has been made.")


def db_text(db: float) -> str:
    """A quality without its unit; a dash for none."""
    return number(db) if math.isfinite(db) else "–"
