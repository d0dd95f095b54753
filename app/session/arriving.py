"""Stems that come with a song: side-information inside or beside its file, on the faders while it is being decoded.

The files of the stems are promised to the media pool, silent at first: what is not decoded yet is in the residual.
The block that is listened to comes first.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from unbraid.app.translation import tr
from unbraid.core.document import edits
from unbraid.core.document.document import Document
from unbraid.core.document.state import Project, Recipe, Stem
from unbraid.core.errors import UnbraidError
from unbraid.core.job_queue import ENDED, Desk, Job
from unbraid.core.workshop import own_folder

if TYPE_CHECKING:
    from unbraid.app.session.session import Session
    from unbraid.core.informed.listening import Begun

METHOD = "decode"
"""In place of a separator's name: how such stems were made."""
WANT_MS = 400
"""How often the decoder is told where the song is heard."""
FAR_S = 1.0
"""Moves of the playhead that it is told of."""


@dataclass(frozen=True)
class Arrival:
    """A song with stems to come. folder: where they are being written, ours to remove."""

    begun: Begun
    folder: Path

    def drop(self) -> None:
        """Nobody needs what is in the folder any more."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True, eq=False)
class Coming:
    """Stems that a document shows already. step: the number of the one that opened the song. rate: of the song."""

    document: Document
    arrival: Arrival
    media: tuple[str, ...]
    step: int
    rate: int


class Arriving(QObject):
    """Finds stems that come with songs, and brings them."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._coming: Coming | None = None
        self._job: Job | None = None
        self._wanted_s = -1.0
        self._timer = QTimer(self, interval=WANT_MS)
        self._timer.timeout.connect(self._tell_wanted)
        session.replaced.connect(self._leave)
        session.jobs_changed.connect(self._look_at_job)

    # -- on the queue's thread ---------------------------------------------------------------------------------------

    def look(self, song: Path, decoded: Path, side: Path | None, desk: Desk) -> Arrival | None:
        """Stems that come with the file `song`, which was decoded to a mapped file; None when there are none.

        Side-information that cannot be used is told and left alone. side: a file of it that the user gave.
        """
        try:
            return _begun(song, decoded, side, desk)
        except UnbraidError as problem:
            self._session.bridge.soon(self._session.noticed.emit, "warning", str(problem))
            return None

    def stems(self, document: Document, arrival: Arrival) -> tuple[Stem, ...]:
        """The stems as they are promised to the document."""
        begun = arrival.begun
        return tuple(
            Stem(
                f"s{number}", told.name, document.media.promise(path), colour=told.colour,
                recipe=Recipe(METHOD, begun.title or tr("Side-information")),
            )
            for number, (told, path) in enumerate(zip(begun.stems, begun.paths, strict=True), 1)
        )  # fmt: skip

    def _fill(self, coming: Coming, mix: Path, desk: Desk) -> None:
        from unbraid.core.informed import listening

        lost: tuple[str, ...] | None = None
        try:
            lost = desk.run(listening.fill, replace(coming.arrival.begun, mix=mix), coming.arrival.folder, True)
        finally:
            self._keep(coming, lost)

    def _keep(self, coming: Coming, lost: tuple[str, ...] | None) -> None:
        """The stems into the document's pool, as far as they have come; nothing where it is not open any more."""
        kept: dict[str, str] = {}
        try:
            with self._session.media_lock:
                if self._session.document is coming.document and coming is self._coming:
                    for media in coming.media:
                        kept[media] = coming.document.media.fulfil(media)
        finally:
            self._session.bridge.soon(self._complete, coming, kept, lost)
            coming.arrival.drop()

    # -- on the window's thread --------------------------------------------------------------------------------------

    def start(self, document: Document, arrival: Arrival) -> None:
        """Decode all stems; the document is shown by now."""
        song, step = document.state.song, next(step for step in document.steps() if step.is_current)
        assert song is not None
        for note in arrival.begun.notes:
            self._session.noticed.emit("info", note)
        media = tuple(stem.media for stem in document.state.stems)
        self._coming, self._wanted_s = Coming(document, arrival, media, step.number, song.rate), -1.0
        mix = _at_hand(document.media.path(song.media), arrival.folder)
        self._job = self._session.submit(
            tr("Stems of {name}", name=document.name), partial(self._fill, self._coming, mix)
        )
        self._timer.start()

    def _complete(self, coming: Coming, kept: Mapping[str, str], lost: tuple[str, ...] | None) -> None:
        """All has come that will. lost: what was damaged, in words; None when it was stopped."""
        document = coming.document
        if self._session.document is not document or coming is not self._coming:
            return
        self._coming, self._job = None, None
        self._timer.stop()
        for note in lost or ():
            self._session.noticed.emit("warning", note)
        title = tr("Stems are complete")
        if lost is None:
            title = tr("Stems are not complete")
            self._session.noticed.emit(
                "warning",
                tr("Not all of the stems was decoded: the residual has what is missing. Open the song again for all."),
            )
        edit = partial(_with_media, coming=coming.media, kept=kept)
        opening = next((step.title for step in document.steps() if step.number == coming.step), title)
        if lost is None or document.can_redo or not document.revise(coming.step, opening, edit):
            document.do(title, edit)
        if lost is not None:
            self._session.finished.emit(tr("Stems of {name}", name=document.name))

    def leave(self) -> None:
        """The document is about to be closed: what has come of its stems is kept in it."""
        coming, job = self._coming, self._job
        if coming is None:
            return
        kept = {}
        for media in coming.media:
            with contextlib.suppress(UnbraidError, OSError, KeyError):
                kept[media] = coming.document.media.fulfil(media)
        if job is not None:
            self._session.cancel(job)
        self._complete(coming, kept, None)

    def _look_at_job(self) -> None:
        """A job that was stopped before it began has brought nothing: the stems stay silent."""
        if self._coming is not None and self._job is not None and self._job.state in ENDED and not self._job.began_s:
            self._job = None
            self._keep(self._coming, None)

    def _leave(self) -> None:
        """Another song is open, or none."""
        self._timer.stop()
        if self._coming is not None:
            self._coming.arrival.drop()
        self._coming, self._job = None, None

    def _tell_wanted(self) -> None:
        """Where the song is heard, so that it comes next."""
        from unbraid.core.informed import listening

        place_s = self._session.playing.position_s
        if self._coming is not None and abs(place_s - self._wanted_s) > FAR_S:
            self._wanted_s = place_s
            with contextlib.suppress(UnbraidError, OSError):  # the folder goes when all is there
                listening.want(self._coming.arrival.folder, round(place_s * self._coming.rate))


def _begun(song: Path, decoded: Path, side: Path | None, desk: Desk) -> Arrival | None:
    from unbraid.core.informed import listening

    place = listening.place_of(song, side) if side else desk.run(listening.holds, song)
    if place is None and not desk.run(listening.in_samples, decoded):
        return None
    folder = own_folder()
    try:
        return Arrival(desk.run(listening.begin, decoded, place, folder), folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _with_media(project: Project, *, coming: Collection[str], kept: Mapping[str, str]) -> Project:
    """The project with the ids of kept sound in the place of promised ones, without stems that could not be kept."""
    stems = tuple(
        replace(stem, media=kept.get(stem.media, stem.media))
        for stem in project.stems
        if stem.media in kept or stem.media not in coming
    )
    return edits.set_stems(project, stems)


def _at_hand(song: Path, folder: Path) -> Path:
    """A name for the song that stays when its project moves; the song's own where there cannot be another."""
    try:
        os.link(song, folder / "song.wav")
    except OSError:
        return song
    return folder / "song.wav"
