"""The bar below: what is being computed, what is under the pointer, the null test, the sound output."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QStatusBar, QWidget

from unbraid.app.session.session import Session
from unbraid.app.times import left
from unbraid.app.translation import number, tr, trn
from unbraid.core.job_queue import ENDED, Job


class StatusLine(QStatusBar):
    """Shows; the only things to press are cancel and the sound output."""

    jobs_wanted = Signal()
    output_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._job: Job | None = None
        self.setSizeGripEnabled(False)
        self.work = QWidget()
        line = QHBoxLayout(self.work)
        line.setContentsMargins(8, 0, 0, 0)
        line.setSpacing(8)
        self.what = QPushButton("")
        self.what.setProperty("role", "link")
        self.what.setToolTip(tr("All work that runs and waits"))
        self.what.clicked.connect(self.jobs_wanted.emit)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(120)
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.setProperty("role", "flat")
        self.cancel.clicked.connect(self._cancel)
        for widget in (self.what, self.bar, self.cancel):
            line.addWidget(widget)
        self.work.hide()
        self.addWidget(self.work)
        self.readout = QLabel("")
        self.readout.setProperty("kind", "readout")
        self.readout.setAccessibleName(tr("Under the cursor"))
        self.addWidget(self.readout, 1)
        self.null = QLabel("")
        self.null.setProperty("kind", "readout")
        self.null.setToolTip(
            tr("Null test: how far the stems and the residual, as they are exported, are from the song when added up")
        )
        self.output = QPushButton("")
        self.output.setProperty("role", "link")
        self.output.clicked.connect(self.output_wanted.emit)
        self.addPermanentWidget(self.null)
        self.addPermanentWidget(self.output)
        session.jobs_changed.connect(self._show_work)
        session.playing.measured.connect(self._show_null)
        session.playing.state_changed.connect(self.show_output)
        session.replaced.connect(self._show_null)

    def show_readout(self, text: str) -> None:
        """What is under the pointer or the canvas cursor."""
        self.readout.setText(text)

    def show_output(self) -> None:
        """The sound device, drop-outs since it was opened, and its trouble."""
        playing = self._session.playing
        name, drop_outs, problem = playing.output()
        words = trn("{n} drop-out", "{n} drop-outs", drop_outs)
        self.output.setText(tr("out: {device}", device=name) + (f", {words}" if not problem else ""))
        self.output.setToolTip(problem or tr("Choose the sound output, see how it is doing"))

    def _show_work(self) -> None:
        active = [job for job in self._session.jobs() if job.state not in ENDED]
        self._job = active[0] if active else None
        self.work.setVisible(bool(active))
        if self._job is None:
            return
        job = self._job
        waiting = len(active) - 1
        text = f"{job.title}  {round(100 * job.fraction)} %"
        if job.seconds_left is not None:
            text += tr(", {time} left", time=left(job.seconds_left))
        if waiting:
            text += trn(", {n} more waits", ", {n} more wait", waiting)
        self.what.setText(text)
        self.bar.setValue(round(1000 * job.fraction))
        self.bar.setAccessibleName(job.title)
        self.what.setAccessibleDescription(job.message)

    def _cancel(self) -> None:
        if self._job is not None:
            self._session.cancel(self._job)

    def _show_null(self) -> None:
        level = self._session.playing.null_db
        self.null.setText("" if level is None else tr("sum − mix {level} dBFS", level=number(level, 0)))
