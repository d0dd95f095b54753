"""The button that computes the curve, how far that is, and whether what is shown still holds."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from unbraid.app import theme
from unbraid.app.session.encoding import Encoding
from unbraid.app.times import left
from unbraid.app.translation import tr, trn
from unbraid.core.job_queue import Job, State


class WorkBox(QWidget):
    """Begins, shows and stops."""

    def __init__(self, encoding: Encoding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._encoding = encoding
        self.compute = QPushButton(tr("Compute the curve"))
        self.compute.setToolTip(tr("Encodes the stems at several rates; the curve is drawn as it goes"))
        self.compute.clicked.connect(lambda: encoding.compute())
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.setAccessibleName(tr("Cancel the curve"))
        self.cancel.clicked.connect(encoding.cancel)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress of the curve"))
        self.status = _label("readout")
        self.out_of_date = _label("warning")
        self.notes = _label("readout")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.compute, 1)
        row.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        for widget in (self.bar, self.status, self.out_of_date, self.notes):
            column.addWidget(widget)
        encoding.changed.connect(self._show)
        encoding.progressed.connect(self._progress)
        self._show()

    def _show(self) -> None:
        encoding = self._encoding
        running, changes = encoding.is_running, encoding.out_of_date()
        self.compute.setVisible(not running)
        self.compute.setEnabled(bool(encoding.wanted))
        self.compute.setText(tr("Compute it again") if encoding.points else tr("Compute the curve"))
        theme.set_property(self.compute, role="" if encoding.points and not changes else "primary")
        self.cancel.setVisible(running)
        self.bar.setVisible(running)
        _put(self.out_of_date, tr("Out of date: {changes}.", changes=", ".join(changes)) if changes else "")
        _put(self.notes, "\n".join(encoding.facts.notes) if encoding.facts is not None else "")
        self._progress()

    def _progress(self) -> None:
        job = self._encoding.job
        if job is not None:
            self.bar.setValue(round(1000 * job.fraction))
        theme.set_property(self.status, kind="error" if job is not None and job.state is State.FAILED else "readout")
        _put(self.status, "" if job is None else state_words(job, len(self._encoding.points)))


def state_words(job: Job, points: int) -> str:
    """Where the curve stands."""
    so_far = trn("{n} point so far", "{n} points so far", points)
    if job.state is State.QUEUED:
        return tr("It waits until other work is done.")
    if job.state is State.RUNNING:
        time = left(job.seconds_left)
        words = f"{job.message}, {so_far}" if points and job.message else job.message or so_far
        return words + (tr(", {time} left", time=time) if time else "")
    if job.state is State.FAILED:
        return tr("It could not be computed: {reason}", reason=job.error)
    if job.state is State.CANCELLED:
        return tr("Cancelled; {points}.", points=so_far) if points else tr("Cancelled.")
    return ""


def _label(kind: str) -> QLabel:
    label = QLabel("")
    label.setWordWrap(True)
    label.setProperty("kind", kind)
    label.hide()
    return label


def _put(label: QLabel, text: str) -> None:
    label.setText(text)
    label.setVisible(bool(text))
