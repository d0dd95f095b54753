"""Stems that come with a song: side-information inside or beside its file, on the faders while it is being decoded.

The files of the stems are promised to the media pool, silent at first: what is not decoded yet is heard in the song.
The block that is listened to comes first.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from unbraid.app.translation import tr
from unbraid.core.document import edits
from unbraid.core.document.document import Document
from unbraid.core.document.state import Project, Recipe, Stem
from unbraid.core.errors import BitstreamError, Cancelled
from unbraid.core.job_queue import Desk
from unbraid.core.workshop import own_folder

if TYPE_CHECKING:
    from unbraid.app.session.session import Session
    from unbraid.core.informed.listening import Begun

METHOD = "decode"
"""In place of a separator's name: how such stems were made."""
WANT_MS = 400
"""How often the decoder is told where the song is heard."""


@dataclass(frozen=True)
class Arrival:
    """A song with stems to come. folder: where they are being written, ours to remove."""

    begun: Begun
    folder: Path


class Arriving(QObject):
    """Finds stems that come with songs, and brings them."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._folder: Path | None = None
        self._wanted_s = -1.0
        self._timer = QTimer(self, interval=WANT_MS)
        self._timer.timeout.connect(self._tell_wanted)
        session.replaced.connect(self._timer.stop)

    # -- on the queue's thread ---------------------------------------------------------------------------------------

    def look(self, song: Path, decoded: Path, side: Path | None, desk: Desk) -> Arrival | None:
        """Stems that come with the file `song`, which was decoded to a mapped file; None when there are none.

        Side-information that cannot be used is told and left alone. side: a file of it that the user gave.
        """
        from unbraid.core.informed import listening

        place = listening.place_of(song, side) if side else desk.run(listening.holds, song)
        if place is None and not desk.run(listening.in_samples, decoded):
            return None
        folder = own_folder()
        try:
            return Arrival(desk.run(listening.begin, decoded, place, folder), folder)
        except BitstreamError as problem:
            shutil.rmtree(folder, ignore_errors=True)
            self._session.bridge.soon(self._session.noticed.emit, "warning", str(problem))
            return None
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

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

    # -- on the window's thread --------------------------------------------------------------------------------------

    def start(self, document: Document, arrival: Arrival) -> None:
        """Decode all stems; the document is shown by now."""
        for note in arrival.begun.notes:
            self._session.noticed.emit("info", note)
        self._folder, self._wanted_s = arrival.folder, -1.0
        self._timer.start()
        title = tr("Stems of {name}", name=document.name)
        self._session.submit(title, partial(self._fill, document, arrival), opening=True)

    def _fill(self, document: Document, arrival: Arrival, desk: Desk) -> None:
        from unbraid.core.informed import listening

        try:
            song = document.state.song
            assert song is not None
            begun = replace(arrival.begun, mix=document.media.path(song.media))
            lost = desk.run(listening.fill, begun, arrival.folder, True)
            with self._session.media_lock:
                if self._session.document is not document:
                    raise Cancelled
                kept = {
                    stem.media: document.media.fulfil(stem.media)
                    for stem in document.state.stems
                    if document.media.awaits([stem.media])
                }
            self._session.bridge.soon(self._complete, document, kept, lost)
        finally:
            shutil.rmtree(arrival.folder, ignore_errors=True)

    def _complete(self, document: Document, kept: dict[str, str], lost: tuple[str, ...]) -> None:
        self._timer.stop()
        if self._session.document is not document:
            return
        for note in lost:
            self._session.noticed.emit("warning", note)
        current = next((step for step in document.steps() if step.is_current), None)
        edit = partial(_with_media, kept=kept)
        if current is None or (not document.can_redo and not document.revise(current.number, current.title, edit)):
            document.do(tr("Stems are complete"), edit)

    def _tell_wanted(self) -> None:
        """Where the song is heard, so that it comes next."""
        from unbraid.core.informed import listening

        song, place_s = self._session.state.song, self._session.playing.position_s
        if self._folder is not None and song is not None and abs(place_s - self._wanted_s) > 1.0:
            self._wanted_s = place_s
            if self._folder.is_dir():
                listening.want(self._folder, round(place_s * song.rate))


def _with_media(project: Project, *, kept: dict[str, str]) -> Project:
    """The project with the ids of complete sound in the place of promised ones."""
    stems = tuple(replace(stem, media=kept.get(stem.media, stem.media)) for stem in project.stems)
    return edits.set_stems(project, stems)
