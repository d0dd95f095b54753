"""Where a document lives on the disk: journal, document file and lock together, and what to do when the disk refuses.

What cannot be written waits in memory and is tried again at the next step and every few seconds; `problem` says why.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from unbraid.core import atomic
from unbraid.core.document import codec, files, journal, patches
from unbraid.core.document.files import Saved
from unbraid.core.document.history import Entry, History
from unbraid.core.document.journal import Journal
from unbraid.core.document.json_text import JsonObject
from unbraid.core.document.lock import Lock
from unbraid.core.document.opening import MOST_CONVERTED, Recovered
from unbraid.core.document.patches import Patch
from unbraid.core.document.state import Project
from unbraid.core.errors import ProjectFileError
from unbraid.core.observing import Observers

logger = logging.getLogger(__name__)

AUTOSAVE_S = 30.0
"""The document file is at most so much older than the journal."""

RETRY_S = 5.0
"""Between two tries of what the disk refused, where no step asks sooner."""


class Storage:
    """The files of one open project, whose history is given to whatever may have to write all of it.

    json: what the journal's last record leaves, and what the next patch starts from.
    """

    def __init__(self, path: Path, lock: Lock, recovered: Recovered) -> None:
        self.path, self.lock, self.version = path, lock, recovered.version
        file = path.parent / journal.NAME
        self.journal = Journal(file, recovered.serial, 0 if recovered.is_stale else _size(file))
        self.json: JsonObject = codec.to_json(recovered.history.current.value)
        self.trouble: Observers[str] = Observers()
        self._saved_serial = recovered.saved_serial
        self._saved_at = self._touched_at = time.monotonic()
        self._tried_at = -RETRY_S
        self._is_stale, self._damaged = recovered.is_stale, recovered.damaged
        self._problems = {"journal": "", "document": ""}
        if not lock.is_held:
            self._note("journal", self._why_no_lock())

    @property
    def problem(self) -> str:
        """Why something is not on the disk, in words; empty when all is well."""
        return self._problems["journal"] or self._problems["document"]

    @property
    def is_written(self) -> bool:
        """Whether every step recorded is on the disk, in the journal or in the document."""
        return not self.journal.pending or self._saved_serial == self.journal.serial

    @property
    def has_news(self) -> bool:
        """Whether the document file is older than the last record, or must be written for another reason."""
        return self._saved_serial != self.journal.serial

    def patch_to(self, value: Project) -> Patch:
        """The patch from the last record to `value`, which the next record must then hold."""
        document = codec.to_json(value)
        patch = patches.diff(self.json, document)
        self.json = document
        return patch

    def record(self, kind: str, entry: Entry, patch: Patch, history: History) -> None:
        """Journal a step, an amendment or a jump; when the disk refuses it waits."""
        self.journal.add(kind, entry.number, entry.time, patch, entry.title)
        self.flush(history)

    def flush(self, history: History) -> bool:
        """Bring the journal to the disk; returns whether it is."""
        self._tried_at = time.monotonic()
        must_rewrite = self._is_stale or not self.journal.is_whole or self.journal.size > self.journal.limit
        write = (lambda: self._rewrite(history)) if must_rewrite else self.journal.flush
        if not self._attempt("journal", write):
            return False
        if must_rewrite or self._problems["document"]:  # no older document competes with the new journal's beginning
            self.save(history, by_itself=True)
        return True

    def save(self, history: History, *, by_itself: bool = False) -> bool:
        """Write the document file when it is older, and the journal before it; returns whether it is as it should."""
        if self.journal.pending or self._is_stale:
            self.flush(history)
        self._saved_at = time.monotonic()
        if not self.has_news:
            return True
        saved = self.saved(history)

        def write() -> None:
            self._put_damaged_aside()
            files.write_document(self.path, saved, by_itself=by_itself)
            self._saved_serial = saved.serial

        return self._attempt("document", write)

    def saved(self, history: History) -> Saved:
        """The document as it is written now."""
        entry = history.current
        return Saved(
            self.version, self.journal.serial, entry.number, entry.title, round(time.time(), 3), self.json
        )  # fmt: skip

    def tick(self, history: History) -> None:
        """What time asks for: another try, the document every half minute, a sign of life."""
        now = time.monotonic()
        if (self.journal.pending or self.problem) and now - self._tried_at >= RETRY_S:
            self.flush(history)
        if self.has_news and now - self._saved_at >= AUTOSAVE_S:
            self.save(history, by_itself=True)
        if now - self._touched_at >= AUTOSAVE_S:
            self._touched_at = now
            self.lock.touch()

    def must_rewrite(self) -> None:
        """The history lost steps at its beginning: the journal is written anew next time."""
        self._is_stale = True

    def _rewrite(self, history: History) -> None:
        self._put_damaged_aside()
        go = self._way_to_current(history)
        self.journal.rewrite(journal.records_of(history, self.journal.serial + 1, self.version, go))
        self._is_stale = False

    def _put_damaged_aside(self) -> None:
        for path in self._damaged:
            files.keep_damaged(path)
        self._damaged = ()

    def _way_to_current(self, history: History) -> Patch:
        """From the last step to the current one; the steps' patches are made anew where they do not fit together."""
        document, current = history.base, history.base
        try:
            for place, entry in enumerate(history.entries):
                document = patches.apply(document, entry.patch) if place else document
                current = document if place == history.index else current
        except ValueError:
            current = {}
        if patches.diff(current, self.json):
            history.make_patches_anew(MOST_CONVERTED)
            document = codec.to_json(history.entries[-1].value)
        return patches.diff(document, self.json)

    def _attempt(self, what: str, write: Callable[[], None]) -> bool:
        try:
            if not self.lock.is_held:
                self.lock = Lock.take(self.path.parent)
            if not self.lock.is_held:
                raise ProjectFileError(self._why_no_lock())
            write()
        except (ProjectFileError, OSError) as problem:
            text = atomic.explain(problem, self.path) if isinstance(problem, OSError) else str(problem)
            self._note(what, text)
            return False
        self._note(what, "")
        return True

    def _note(self, what: str, text: str) -> None:
        before = self.problem
        self._problems[what] = text
        if self.problem != before:
            if self.problem:
                logger.warning("%s", self.problem)
            self.trouble.emit(self.problem)

    def _why_no_lock(self) -> str:
        folder = self.path.parent
        try:
            atomic.check_target(folder, 0, error=ProjectFileError)
        except ProjectFileError as problem:
            return f"{problem}; until then changes are in memory only"
        return (
            f"nothing can be written into {folder}; changes are in memory only; "
            f"save under another name or free some space"
        )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
