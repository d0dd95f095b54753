"""One window's work: the document, the selection, what plays and what is being computed. Views observe its signals.

Everything a user can do to a song goes through here or through an edit of the document; no widget knows another.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from weakref import WeakSet

from PySide6.QtCore import QObject, QTimer, Signal

from unbraid.app.selection import Selection
from unbraid.app.session.arriving import METHOD as DECODED
from unbraid.app.session.arriving import Arriving
from unbraid.app.session.auditioning import Auditioning
from unbraid.app.session.encoding import Encoding
from unbraid.app.session.opening import Opening
from unbraid.app.session.playing import Playing
from unbraid.app.session.separating import Separating
from unbraid.app.settings import SettingsStore
from unbraid.app.task_bridge import TaskBridge
from unbraid.app.translation import tr
from unbraid.core.document import drafts, edits, recent
from unbraid.core.document.document import Document
from unbraid.core.document.state import EMPTY, NEUTRAL, Project, Span
from unbraid.core.errors import UnbraidError
from unbraid.core.job_queue import Desk, Job, JobQueue, State
from unbraid.core.playback.backend import AudioBackend

logger = logging.getLogger(__name__)

TICK_MS = 1000


class Session(QObject):
    """The document that is open, if any, and all that happens to it."""

    changed = Signal(object, object)
    """The document's value before and after; either is EMPTY when a document comes or goes."""
    replaced = Signal()
    """Another document is open, or none."""
    history_changed = Signal()
    selection_changed = Signal(object)
    jobs_changed = Signal()
    noticed = Signal(str, str)
    """A kind (info, warning, error) and a sentence for the user."""
    finished = Signal(str)
    """Work that the user waited for is done: its title."""

    def __init__(
        self, settings: SettingsStore, parent: QObject | None = None, *, backend: AudioBackend | None = None
    ) -> None:
        super().__init__(parent)
        self.settings = settings
        self.backend = backend
        """Where sound goes; None for the machine's devices."""
        self.bridge = TaskBridge(self)
        self.document: Document | None = None
        self.selection: Selection | None = None
        self.media_lock = threading.RLock()
        """Held while sound goes into the media pool of `document` and is handed over, and while that is replaced."""
        self.queue = JobQueue()
        self.opening_queue = JobQueue("opening")
        for queue in (self.queue, self.opening_queue):
            queue.changed.connect(partial(self.bridge.soon, self._job_changed))
        self._failed: WeakSet[Job] = WeakSet()
        self.playing = Playing(self)
        self.arriving = Arriving(self)
        self.opening = Opening(self)
        self.separating = Separating(self)
        self.auditioning = Auditioning(self)
        self.encoding = Encoding(self)
        self._ticker = QTimer(self, interval=TICK_MS)
        self._ticker.timeout.connect(self._tick)
        self._ticker.start()

    @property
    def state(self) -> Project:
        """The document's value; EMPTY when none is open."""
        return EMPTY if self.document is None else self.document.state

    @property
    def has_song(self) -> bool:
        """Whether there is something to see and hear."""
        return self.state.song is not None

    # -- the document ------------------------------------------------------------------------------------------------

    def take(self, document: Document) -> None:
        """Show another document; the one that was open is closed, all its steps are kept."""
        self.close_document()
        self.document = document
        document.changed.connect(self._document_changed)
        document.history_changed.connect(self.history_changed.emit)
        document.trouble.connect(self._troubled)
        for warning in document.warnings:
            self.noticed.emit("warning", warning)
        if not document.is_draft:
            recent.remember(document.folder, document.name)
        self.replaced.emit()
        self.changed.emit(EMPTY, document.state)
        self.history_changed.emit()

    def close_document(self) -> None:
        """Close the document; a draft in which nothing but opening a song was done leaves no trace."""
        with self.media_lock:
            if self.document is not None and not _is_untouched(self.document):
                self.arriving.leave()
            document, self.document = self.document, None
        if document is None:
            return
        self.queue.cancel_all()
        self.playing.clear()
        self.select(None)
        before, untouched = document.state, _is_untouched(document)
        with contextlib.suppress(UnbraidError, OSError):
            document.close()
        if document.is_draft and untouched:
            with contextlib.suppress(UnbraidError, OSError):
                drafts.discard(document.folder)
        self.replaced.emit()
        self.changed.emit(before, EMPTY)
        self.history_changed.emit()

    def edit(self, title: str, edit: Callable[[Project], Project], *, merge: str = "") -> None:
        """One undoable step; a value that is not allowed becomes a notice."""
        if self.document is not None:
            document = self.document
            self.guarded(lambda: document.do(title, edit, merge=merge))

    def end_merge(self) -> None:
        """A hand has let go: what comes next is another step."""
        if self.document is not None:
            self.document.end_merge()

    def undo(self) -> None:
        """Take the last step back."""
        if self.document is not None and self.document.can_undo:
            self.document.undo()

    def redo(self) -> None:
        """Do it again."""
        if self.document is not None and self.document.can_redo:
            self.document.redo()

    def save_as(self, folder: Path) -> None:
        """Keep the document in `folder` from now on; a draft becomes a project."""
        with self.media_lock:
            self.bridge.flush()  # stems that are in the media pool become steps, or they would stay behind
            document = self.document
            if document is None:
                return
            is_saved = self.guarded(lambda: document.save_as(folder))
        if is_saved:
            recent.remember(document.folder, document.name)
            self.noticed.emit("info", tr("Kept in {folder}. Every step is saved there from now on.", folder=folder))
            self.history_changed.emit()

    def guarded(self, work: Callable[[], object]) -> bool:
        """Do something that can fail for the user's reasons: the reason becomes a notice. True when it went well."""
        try:
            work()
        except UnbraidError as error:
            self.noticed.emit("error", str(error))
            return False
        except OSError as error:
            self.noticed.emit("error", f"{error.strerror or error}: {error.filename or ''}")
            return False
        return True

    def set_loop(self, span: Span | None) -> None:
        """The loop as it is drawn: one step for a whole drag."""
        title = tr("Loop off") if span is None else tr("Loop")
        self.edit(title, lambda project: edits.set_loop(project, span), merge="loop")

    # -- selection ---------------------------------------------------------------------------------------------------

    def select(self, selection: Selection | None) -> None:
        """What is selected, for all who care: it is what plays, what a method runs on, what a command changes."""
        if selection != self.selection:
            self.selection = selection
            self.selection_changed.emit(selection)

    # -- work --------------------------------------------------------------------------------------------------------

    def submit(self, title: str, work: Callable[[Desk], object], *, opening: bool = False, quiet: bool = False) -> Job:
        """Put long work into a queue; that for opening files does not wait for separations."""
        return (self.opening_queue if opening else self.queue).submit(title, work, quiet=quiet)

    def jobs(self) -> tuple[Job, ...]:
        """All work that is worth listing, oldest first."""
        every = (*self.opening_queue.jobs(), *self.queue.jobs())
        return tuple(sorted((job for job in every if not job.is_quiet), key=lambda job: job.began_s or 1e18))

    def cancel(self, job: Job) -> None:
        """Stop a piece of work."""
        self.queue.cancel(job)
        self.opening_queue.cancel(job)

    def _job_changed(self, job: Job) -> None:
        if job.state is State.FAILED and job not in self._failed:
            self._failed.add(job)
            self.noticed.emit("error", f"{job.title}: {job.error}")
        self.jobs_changed.emit()

    def _document_changed(self, old: Project, new: Project) -> None:
        self.changed.emit(old, new)

    def _troubled(self, text: str) -> None:
        """The disk refused something, or all is written after all."""
        if text:
            self.noticed.emit("error", text)
        self.history_changed.emit()

    def _tick(self) -> None:
        if self.document is not None:
            self.document.tick()

    def close(self) -> None:
        """End everything: no thread and no process stays."""
        self._ticker.stop()
        self.bridge.close()
        self.queue.cancel_all()
        self.opening_queue.cancel_all()
        self.auditioning.clear()
        self.close_document()
        self.playing.close()
        self.queue.close(1.0)
        self.opening_queue.close(1.0)
        self.opening.close()


def _is_untouched(document: Document) -> bool:
    """Whether nothing but opening was done (the first step opens the song); what was recovered counts as touched."""
    state = document.state
    brought = all(stem.recipe is None or stem.recipe.method == DECODED for stem in state.stems)
    as_opened = brought and all(stem.strip == NEUTRAL for stem in state.stems)
    as_opened = as_opened and (state.residual, state.master_db, state.notes) == (NEUTRAL, 0.0, "")
    return as_opened and len(document.steps()) <= 2 and not (state.markers or state.loop or document.warnings)
