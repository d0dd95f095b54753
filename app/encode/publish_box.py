"""The file for the public: side-information beside the song, inside a copy of it, or in its samples."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QMessageBox, QPushButton, QVBoxLayout, QWidget

from unbraid.app import theme
from unbraid.app.export.folder_field import FolderField
from unbraid.app.session.encoding import Encoding
from unbraid.app.session.encoding_studio import Published
from unbraid.app.session.session import Session
from unbraid.app.theme.look import resource_folder
from unbraid.app.translation import mark, tr, tr_known
from unbraid.core import naming
from unbraid.core.job_queue import ENDED, Job, State

WAYS = (
    ("embedded", mark("A copy of the song"), mark(
        "A copy of the song's file with the side-information in its metadata: every player plays it as before. "
        "It is lost when the file is converted."
    )),
    ("sidecar", mark("A file beside the song"), mark(
        "A small file of its own. Whoever has the song puts it into the same folder, or opens both together."
    )),
    ("samples", mark("In the samples"), mark(
        "A copy whose lowest bits carry the side-information, where the music hides them. It survives any lossless "
        "copy or conversion (16 or 24 bit), but no MP3 and no change of level."
    )),
)  # fmt: skip
EMBEDDABLE = (".wav", ".flac", ".ogg", ".mp3", ".m4a")
LOSSLESS = (".wav", ".flac")
SIDECAR = ".unb"


class PublishBox(QWidget):
    """Chooses how and where, asks before anything is replaced, and says what to do with the file."""

    def __init__(self, session: Session, encoding: Encoding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._encoding = session, encoding
        self._offered = ""
        self._job: Job | None = None
        self.way = QComboBox()
        self.way.setAccessibleName(tr("Where the side-information goes"))
        for key, title, _ in WAYS:
            self.way.addItem(tr_known(title), key)
        self.format = QComboBox()
        self.format.setAccessibleName(tr("Format"))
        self.name = QLineEdit()
        self.name.setAccessibleName(tr("File name"))
        self.folder = FolderField()
        self.about, self.state = QLabel(""), QLabel("")
        for label, kind in ((self.about, "readout"), (self.state, "readout")):
            label.setWordWrap(True)
            label.setProperty("kind", kind)
        self.state.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.save = QPushButton(tr("Save side-information"))
        self.save.clicked.connect(lambda: self.publish())
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(8)
        self._form.setVerticalSpacing(8)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.addRow(tr("Into"), self.way)
        self._form.addRow(self.about)
        self._form.addRow(tr("Format"), self.format)
        self._form.addRow(tr("Name"), self.name)
        self._form.addRow(tr("Folder"), self.folder)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._form)
        column.addWidget(self.save)
        column.addWidget(self.state)
        self.way.currentIndexChanged.connect(lambda _: self._offer())
        self.format.activated.connect(lambda _: self._offer_name())
        encoding.changed.connect(self._show)
        encoding.dropped.connect(self._forget)
        session.jobs_changed.connect(self._watch)
        encoding.streams.published.connect(self._tell)
        session.changed.connect(lambda old, new: self._offer() if old.song != new.song else None)
        self._offer()

    # -- what is offered ---------------------------------------------------------------------------------------------

    def _show(self) -> None:
        usable = self._encoding.is_usable
        self.save.setEnabled(usable)
        theme.set_property(self.save, role="primary" if usable and not self._encoding.out_of_date() else "")

    def _offer(self) -> None:
        """What there is for this way, and where it would go."""
        way = str(self.way.currentData())
        self.about.setText(next(tr_known(about) for key, _, about in WAYS if key == way))
        song = self._encoding.streams.carrier()
        suffix = song.suffix.lower() if song is not None else ""
        if way == "embedded":
            suffixes: tuple[str, ...] = (suffix if suffix in EMBEDDABLE else ".wav",)
        else:
            suffixes = LOSSLESS if way == "samples" else (SIDECAR,)
        self.format.clear()
        for each in suffixes:
            self.format.addItem(each.lstrip(".").upper(), each)
        self.format.setCurrentIndex(max(0, self.format.findData(suffix)))
        self._form.setRowVisible(self.format, len(suffixes) > 1)
        if not self.folder.line.text():
            self.folder.set_folder(_usual_folder(self._session, song))
        self._offer_name()
        self._show()

    def _offer_name(self) -> None:
        """A name for the file, unless the user has written one."""
        song = self._session.state.song
        title = naming.safe(song.name) if song is not None else ""
        suffix = str(self.format.currentData() or "")
        typed = self.name.text().strip()
        if typed and typed != self._offered:
            self.name.setText(str(Path(typed).with_suffix(suffix)))
            return
        self._offered = (title if suffix == SIDECAR else tr("{song} (stems)", song=title)) + suffix if title else ""
        self.name.setText(self._offered)

    # -- what is done ------------------------------------------------------------------------------------------------

    def target(self) -> Path:
        """The file that would be written; its ending is that of the format."""
        name, suffix = self.name.text().strip() or self._offered, str(self.format.currentData())
        return self.folder.folder / (name if name.lower().endswith(suffix) else name + suffix)

    def publish(self) -> None:
        """Write it; what is there already is replaced only when the user says so."""
        target = self.target()
        overwrite = target.exists()
        if overwrite and not self._may_replace(target):
            return
        self._job = self._encoding.streams.publish(target, str(self.way.currentData()), overwrite=overwrite)
        if self._job is not None:
            self._say(tr("It is being written; the work is listed below."))
            self._watch()

    def _watch(self) -> None:
        """Work that came to nothing leaves its reason, or no word."""
        job = self._job
        if job is None or job.state not in ENDED:
            return
        self._job = None
        if job.state is State.FAILED:
            self._say(tr("It could not be saved: {reason}", reason=job.error), kind="error")
        elif job.state is State.CANCELLED:
            self._say("")

    def _forget(self) -> None:
        self._job = None
        self._say("")

    def _say(self, words: str, kind: str = "readout") -> None:
        theme.set_property(self.state, kind=kind)
        self.state.setText(words)
        self.state.setVisible(bool(words))

    def _may_replace(self, target: Path) -> bool:
        answer = QMessageBox.question(
            self, tr("Replace the file?"), tr("{file} is there already. Replace it?", file=target),
            QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No, QMessageBox.StandardButton.No,
        )  # fmt: skip
        return answer == QMessageBox.StandardButton.Yes

    def _tell(self, written: Published) -> None:
        words = [tr("Saved: {path}", path="\n".join(str(path) for path in written.paths))]
        words += [tr("Open this file in Unbraid: the faders are there."), *written.notes]
        self._say("\n".join(words))
        self._session.settings.set(export_folder=str(written.paths[0].parent))


def _usual_folder(session: Session, song: Path | None) -> Path:
    """Where it was exported to last, beside the song, or among the music."""
    kept = session.settings.current.export_folder
    if kept:
        return Path(kept)
    if song is not None and os.access(song.parent, os.W_OK) and not song.is_relative_to(resource_folder("demo")):
        return song.parent
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation) or Path.home())
