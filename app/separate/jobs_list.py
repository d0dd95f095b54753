"""The queue: each piece of work with its state, its progress, the time left, and a way to stop it."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from unbraid.app.session.session import Session
from unbraid.app.times import clock, left
from unbraid.app.translation import mark, tr, tr_known
from unbraid.core.job_queue import ENDED, Job, State

STATES = {
    State.QUEUED: mark("waiting"),
    State.RUNNING: mark("running"),
    State.DONE: mark("done"),
    State.FAILED: mark("failed"),
    State.CANCELLED: mark("cancelled"),
}
SHOWN = 6


class JobsList(QWidget):
    """The last jobs, newest first."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._rows: dict[Job, _Row] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._empty = QLabel(tr("Nothing is running."))
        self._empty.setProperty("kind", "muted")
        self._column.addWidget(self._empty)
        session.jobs_changed.connect(self._show)

    def _show(self) -> None:
        jobs = self._session.jobs()[-SHOWN:]
        for job in [job for job in self._rows if job not in jobs]:
            row = self._rows.pop(job)
            self._column.removeWidget(row)
            row.deleteLater()
        for job in jobs:
            if job not in self._rows:
                self._rows[job] = _Row(self._session, job)
                self._column.insertWidget(1, self._rows[job])
            self._rows[job].refresh()
        self._empty.setVisible(not jobs)


class _Row(QFrame):
    def __init__(self, session: Session, job: Job) -> None:
        super().__init__()
        self._session, self._job = session, job
        self.setProperty("surface", "card")
        self.title = QLabel(job.title)
        self.state = QLabel("")
        self.state.setProperty("kind", "readout")
        self.state.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress of {task}", task=job.title))
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.setProperty("role", "flat")
        self.cancel.setAccessibleName(tr("Cancel {task}", task=job.title))
        self.cancel.clicked.connect(lambda: session.cancel(job))
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 8)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.bar)
        column.addWidget(self.state)

    def refresh(self) -> None:
        job = self._job
        running = job.state not in ENDED
        self.bar.setVisible(job.state is State.RUNNING)
        self.bar.setValue(round(1000 * job.fraction))
        self.cancel.setVisible(running)
        words = tr_known(STATES[job.state])
        if job.state is State.RUNNING:
            time = left(job.seconds_left)
            words = f"{job.message}" + (tr(", {time} left", time=time) if time else "")
        elif job.state is State.DONE:
            words = tr("done in {time}", time=clock(job.elapsed_s, 1))
        elif job.state is State.FAILED:
            words = job.error
        self.state.setText(words)
