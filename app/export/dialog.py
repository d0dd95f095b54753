"""The export dialog: what, how and where, with every file shown beforehand. It blocks nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from unbraid.app.export.choice_list import ChoiceList
from unbraid.app.export.files_table import FilesTable, shown_size
from unbraid.app.export.form import ExportForm
from unbraid.app.export.runner import Runner
from unbraid.app.theme import set_property
from unbraid.app.translation import number, tr, trn
from unbraid.core import clipping, material
from unbraid.core.audio_files import SetReport
from unbraid.core.errors import Cancelled, UnbraidError
from unbraid.core.export import Export, Plan
from unbraid.core.material import Material, Rendered

SETTLE_MS = 150
"""After the last change, before the files are looked at."""
MEASURED_S = 1200.0
"""Longer songs are not measured before they are written."""


@dataclass(frozen=True)
class Exported:
    """What was written, and the choices that led to it."""

    paths: tuple[Path, ...]
    folder: Path
    report: SetReport
    wanted: Export


class ExportDialog(QDialog):
    """Chooses, shows and writes. The sounds of a failed export stay, so that another place needs no computing."""

    exported = Signal(object)
    """An `Exported`: the files are in place."""
    failed = Signal(str)
    """Why nothing was written, in words."""

    def __init__(self, given: Material, runner: Runner, initial: Export, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._material, self._run = given, runner
        self._kept = Rendered()
        self._plan: Plan | None = None
        self._busy = False
        self._stop: Callable[[], None] = _nothing
        self._stop_measuring: Callable[[], None] | None = None
        self._peak: float | None = None
        self._measured = 0
        self._done: Exported | None = None
        self.setModal(False)
        self.resize(920, 680)
        self._make()
        self._build()
        self._timer = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._timer.timeout.connect(self.look)
        self.choices.choose(initial.what if given.names or initial.what == "remix" else "remix")
        self.form.start(initial, given.bits)
        self.set_material(given)
        self.choices.changed.connect(self._chosen)
        self.form.changed.connect(self._changed)

    # -- making ------------------------------------------------------------------------------------------------------

    def _make(self) -> None:
        self.choices, self.form, self.files = ChoiceList(), ExportForm(), FilesTable()
        self.summary = QLabel()
        set_property(self.summary, kind="muted")
        self.trouble = QLabel()
        self.trouble.setWordWrap(True)
        self.trouble.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.trouble.setAccessibleName(tr("Why it cannot be written"))
        self.notice = QFrame()
        set_property(self.notice, notice="info")
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.first, self.second = QPushButton(), QPushButton()
        self.bar = QProgressBar()
        set_property(self.bar, role="text")
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(tr("Progress of the export"))
        self.go = QPushButton(tr("Export"))
        set_property(self.go, role="primary")
        self.go.setDefault(True)
        self.leave = QPushButton(tr("Close"))
        self.leave.setAutoDefault(False)
        self.go.clicked.connect(self.start)
        self.leave.clicked.connect(self._left)

    def _build(self) -> None:
        inside = QHBoxLayout(self.notice)
        inside.setContentsMargins(12, 8, 8, 8)
        inside.setSpacing(8)
        inside.addWidget(self.words, 1)
        for button in (self.first, self.second):
            button.setAutoDefault(False)
            inside.addWidget(button)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.form)
        right.addWidget(self.files, 1)
        right.addWidget(self.summary)
        right.addWidget(self.trouble)
        above = QHBoxLayout()
        above.setSpacing(24)
        above.addWidget(self.choices)
        above.addLayout(right, 1)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.bar, 1)
        below.addStretch(0)
        below.addWidget(self.leave)
        below.addWidget(self.go)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addLayout(above, 1)
        layout.addWidget(self.notice)
        layout.addLayout(below)
        self.notice.hide()
        self.trouble.hide()
        size = self.bar.sizePolicy()
        size.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(size)
        self.bar.hide()

    # -- state -------------------------------------------------------------------------------------------------------

    @property
    def is_busy(self) -> bool:
        """Whether files are being written."""
        return self._busy

    @property
    def plan(self) -> Plan | None:
        """The files that the choices make, None when they cannot be."""
        return self._plan

    def set_material(self, given: Material) -> None:
        """The song or its mixer are others now."""
        self._material = given
        self.setWindowTitle(tr("Export {name}", name=given.name))
        for what, tile in self.choices.tiles.items():
            tile.setEnabled(bool(given.names) or what == "remix")
            if not tile.isEnabled():
                tile.setToolTip(tr("Separate the song first"))
        self._chosen()

    def _chosen(self) -> None:
        """Another thing is to be exported."""
        self.form.show_what(self.choices.what, self._material)
        self._changed()

    def _changed(self) -> None:
        if not self.is_busy:
            self.notice.hide()
            self._timer.start()

    def look(self) -> None:
        """Plan the files of the present choices and show them."""
        self._timer.stop()
        problem = ""
        try:
            self._plan = self._material.plan(self.form.wanted())
            problem = self._plan.problem
        except (UnbraidError, OSError) as error:
            self._plan, problem = None, _words(error)
        self.files.show_plan(self._plan)
        self._tell_trouble(problem)
        self.summary.setText("" if self._plan is None else _summary(self._plan))
        self._update()
        if not problem:
            self._measure()

    def _update(self) -> None:
        """What can be pressed now."""
        can = self._plan is not None and not self._plan.problem
        self.go.setEnabled(can and not self.is_busy)
        self.leave.setText(tr("Stop") if self.is_busy else tr("Close"))
        self.bar.setVisible(self.is_busy)
        self.choices.setEnabled(not self.is_busy)
        self.form.setEnabled(not self.is_busy)

    def _tell_trouble(self, text: str) -> None:
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))
        set_property(self.trouble, kind="error")

    # -- how loud ----------------------------------------------------------------------------------------------------

    def _measure(self) -> None:
        """The loudest sample, beside: it says what the format will do to the sounds."""
        self._abandon_measuring()
        if self.form.holds_any_level:
            self.form.show_level(tr("32 bit float holds any level: nothing is changed."))
            return
        if self._material.song.duration_s > MEASURED_S or self._plan is None:
            self.form.show_level(tr("Levels are measured while writing."))
            return
        self._measured += 1
        turn = self._measured
        self.form.show_level(tr("Measuring levels …") if self._peak is None else self._level(self._peak))
        self._stop_measuring = self._run(
            self._kept.peak, self._material, self._plan.export,
            done=lambda peak: self._know(turn, peak), failed=lambda _: self._know(turn, None),
            progress=lambda fraction, message: None,
        )  # fmt: skip

    def _know(self, turn: int, peak: float | None) -> None:
        if turn == self._measured and not self.form.holds_any_level:
            self._stop_measuring, self._peak = None, peak
            self.form.show_level("" if peak is None else self._level(peak))

    def _abandon_measuring(self) -> None:
        if self._stop_measuring is not None:
            self._stop_measuring()
            self._stop_measuring = None
        self._measured += 1

    def _level(self, peak: float) -> str:
        """The loudest sample in words, and what becomes of it."""
        if peak <= 0.0:
            return tr("The loudest sample: silence.")
        loudest = number(clipping.decibels(peak), 1, sign=True)
        if peak <= 1.0:
            return tr("The loudest sample is at {peak} dBFS: nothing needs to be changed.", peak=loudest)
        policy = self.form.clipping.currentData()
        if policy == "common_gain":
            lowered = number(clipping.decibels(peak), 2)
            return tr("The loudest sample is at {peak} dBFS: all are lowered by {gain} dB.", peak=loudest, gain=lowered)
        return tr("The loudest sample is at {peak} dBFS: what exceeds full scale is changed.", peak=loudest)

    # -- writing -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Write, after asking about files that are there."""
        self.look()
        plan = self._plan
        if plan is None or plan.problem or self.is_busy:
            return
        if plan.replaced and plan.export.existing == "refuse":
            self._ask(len(plan.replaced))
            return
        self._write(plan)

    def _ask(self, count: int) -> None:
        """Which of the two ways it shall go, without a window of its own."""
        self._show_notice(
            "warning", trn("{n} file is there already.", "{n} files are there already.", count),
            (tr("Replace"), lambda: self._start_with("replace")),
            (tr("Add a number"), lambda: self._start_with("number")),
        )  # fmt: skip

    def _start_with(self, existing: str) -> None:
        """Write, once, with another answer to what shall become of files that are there."""
        wanted = replace(self.form.wanted(), existing=existing)  # type: ignore[arg-type]
        try:
            plan = self._material.plan(wanted)
        except (UnbraidError, OSError) as error:
            self._failed(error)
            return
        self._write(plan)

    def _write(self, plan: Plan) -> None:
        self._abandon_measuring()
        self.notice.hide()
        self.bar.setValue(0)
        self.bar.setFormat("")
        self._busy = True
        self._update()
        self._stop = self._run(
            material.export, self._material, plan, self._kept,
            done=lambda result: self._finished(plan, *result), failed=self._failed, progress=self._progress,
        )  # fmt: skip

    def _progress(self, fraction: float, message: str) -> None:
        if self.is_busy:
            self.bar.setValue(round(1000 * fraction))
            self.bar.setFormat(f"{100 * fraction:.0f} %  {message}")

    def _finished(self, plan: Plan, paths: tuple[Path, ...], report: SetReport) -> None:
        self._busy = False
        self._done = Exported(paths, paths[0].parent, report, plan.export)
        self.look()
        text = trn("{n} file written to {folder}", "{n} files written to {folder}", len(paths), folder=paths[0].parent)
        if report.gain_db:
            text += "\n" + tr("All were lowered by {gain} dB.", gain=number(-report.gain_db, 2))
        self._show_notice("info", text, (tr("Show in folder"), self.show_in_folder))
        self.exported.emit(self._done)

    def _failed(self, error: BaseException) -> None:
        self._busy = False
        self._update()
        if isinstance(error, Cancelled):
            self._show_notice("info", tr("Stopped. Nothing was written."))
            return
        text = _words(error)
        self._show_notice("error", text, (tr("Another folder …"), self.try_elsewhere), (tr("Try again"), self.start))
        self.failed.emit(text)
        self.show()

    def try_elsewhere(self) -> None:
        """Ask for another folder and write there what is computed already."""
        if self.form.folder.choose():
            self.start()

    def show_in_folder(self) -> None:
        """Open the folder of the files."""
        if self._done is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._done.folder)))

    def _show_notice(self, kind: str, text: str, *buttons: tuple[str, Callable[[], object]]) -> None:
        """A sentence above the buttons, with what can be done about it."""
        set_property(self.notice, notice=kind)
        self.words.setText(text)
        for button, offered in zip((self.first, self.second), (*buttons, None, None), strict=False):
            button.setVisible(offered is not None)
            if offered is not None:
                button.setText(offered[0])
                _only(button, offered[1])
        self.notice.show()

    # -- leaving -----------------------------------------------------------------------------------------------------

    def _left(self) -> None:
        if self.is_busy:
            self._stop()
        else:
            self.close()

    def done(self, result: int) -> None:
        """Escape, the cross and the button close; writing goes on behind a closed dialog and tells when it is done."""
        self._timer.stop()
        self._abandon_measuring()
        if not self.is_busy:
            self._kept = Rendered()
        super().done(result)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """What is on the disk may have changed."""
        super().showEvent(event)
        if not self.is_busy and self.notice.isHidden():
            self.look()
        self.choices.tiles[self.choices.what].setFocus(Qt.FocusReason.OtherFocusReason)


def _nothing() -> None:
    """There is nothing to stop."""


def _summary(plan: Plan) -> str:
    files = trn("{n} file", "{n} files", len(plan.files))
    size, free = shown_size(plan.bytes), shown_size(plan.free_bytes)
    return tr("{files}, {size} at most; {free} free", files=files, size=size, free=free)


def _words(error: BaseException) -> str:
    """An error for the user."""
    if isinstance(error, OSError):
        return f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")
    return str(error) or type(error).__name__


def _only(button: QPushButton, action: Callable[[], object]) -> None:
    """Make `action` the one thing a button does."""
    button.clicked.disconnect() if button.property("wired") else None
    button.setProperty("wired", True)
    button.clicked.connect(lambda: action())
