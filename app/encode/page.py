"""Side-information for the public: stems, the curve, the dial, listening, layers and the file, one under the other."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from unbraid.app.controls.column import Column
from unbraid.app.encode.costs import CostsTable
from unbraid.app.encode.curve import CurveView
from unbraid.app.encode.dial_box import DialBox
from unbraid.app.encode.layers_box import LayersBox
from unbraid.app.encode.listen_box import ListenBox
from unbraid.app.encode.publish_box import PublishBox
from unbraid.app.encode.stems_box import StemsBox
from unbraid.app.encode.words import reading
from unbraid.app.encode.work_box import WorkBox
from unbraid.app.separate.jobs_list import JobsList
from unbraid.app.session import rate_quality
from unbraid.app.session.encoding import Encoding
from unbraid.app.session.session import Session
from unbraid.app.translation import tr


class EncodePage(QWidget):
    """Observes the encoding of a session."""

    wanted = Signal()
    """It is to be seen."""

    def __init__(self, session: Session, parent: QWidget | None = None, *, encoding: Encoding | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._encoding = encoding or session.encoding
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(8, 8, 8, 8)
        self._column.setSpacing(8)
        self._area = Column(self)
        self._area.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._area)
        self._build()
        self._encoding.changed.connect(self._show)
        self._encoding.point_added.connect(self._show_curve)
        self._encoding.dial.changed.connect(self._show_dial)
        self._encoding.streams.changed.connect(self._show_dial)
        session.changed.connect(lambda *_: self._show())
        self._show()
        self._show_curve()

    # -- building ----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        encoding = self._encoding
        self.about = _label(
            tr("A few kilobytes beside your song give every listener its stems: choose how good they are."), "muted"
        )
        self.empty = _label("", "")
        self.stems, self.work = StemsBox(encoding), WorkBox(encoding)
        self.curve = CurveView()
        self.reading = _label("", "readout")
        self.reading.setMinimumHeight(
            2 * self.reading.fontMetrics().lineSpacing()
        )  # it comes and wraps while one looks
        self.reading.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.dial, self.costs = DialBox(encoding), CostsTable(encoding)
        self.listen, self.layers = ListenBox(encoding), LayersBox(encoding)
        self.publish = PublishBox(self._session, encoding)
        self.jobs = JobsList(self._session)
        self._column.addWidget(self.about)
        self._column.addWidget(self.empty)
        self._with_stems: list[QWidget] = [self._heading(tr("Stems")), self.stems, self.work]
        self._with_curve: list[QWidget] = [
            self._heading(tr("Quality over rate")), self.curve, self.reading, self.dial,
            self._heading(tr("What each stem costs")), self.costs,
            self._heading(tr("Listen")), self.listen, self.layers,
            self._heading(tr("For the public")), self.publish,
        ]  # fmt: skip
        for widget in (*self._with_stems, *self._with_curve):
            self._column.addWidget(widget)
        self._column.addWidget(self._heading(tr("Work")))
        self._column.addWidget(self.jobs)
        self._column.addStretch(1)
        self.curve.turned.connect(encoding.dial.turn_to)
        self.curve.hovered.connect(self._show_reading)
        self.curve.activated.connect(self.listen.toggle)

    def _heading(self, text: str) -> QLabel:
        return _label(text, "heading")

    # -- what is done ------------------------------------------------------------------------------------------------

    def compute(self) -> None:
        """Compute the curve, and show it."""
        self.wanted.emit()
        self._encoding.compute()

    def show_publish(self) -> None:
        """Go to where the file for the public is saved."""
        self.wanted.emit()
        self._area.ensureWidgetVisible(self.publish)
        self.publish.save.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # -- what it shows -----------------------------------------------------------------------------------------------

    def _show(self) -> None:
        encoding = self._encoding
        self.empty.setText(self._empty_words())
        self.empty.setVisible(bool(self.empty.text()))
        for widget in self._with_stems:
            widget.setVisible(bool(encoding.choices))
        for widget in self._with_curve:
            widget.setVisible(bool(encoding.choices or encoding.points) and encoding.job is not None)
        self.curve.show_words(tr("The curve is drawn here, point by point.") if encoding.is_running else "")

    def _empty_words(self) -> str:
        if not self._session.has_song:
            return tr("Open a mix together with its stems: drop them into the window in one go.")
        if not self._encoding.choices:
            return tr(
                "This song has no stems. Open the mix together with its stems: drop them in one go. "
                "Stems that were separated here can be encoded too."
            )
        return ""

    def _show_curve(self) -> None:
        encoding = self._encoding
        self.curve.show_curve(encoding.names, encoding.colours, encoding.points)
        self._show_dial()

    def _show_dial(self) -> None:
        encoding = self._encoding
        point = encoding.dial.expected()
        self.curve.show_dial(None if point is None else point.rate_kbps)
        self.curve.show_made([made.reached for made in encoding.streams.points])
        if point is not None:
            self.curve.say(reading(point, encoding.names))
        self._show_reading(self.curve.hover_kbps)

    def _show_reading(self, kbps: float | None) -> None:
        """What is under the pointer."""
        points = self._encoding.points
        if not points:
            self.reading.setText("")
        elif kbps is None:
            self.reading.setText(
                tr("6 dB more halve the error of a stem. Point to read the curve, drag to turn the dial.")
            )
        else:
            self.reading.setText(reading(rate_quality.at_rate(points, kbps), self._encoding.names))


def _label(text: str, kind: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("kind", kind)
    return label
