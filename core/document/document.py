"""The open document: a value, edits that make another one, and a project folder that knows each step as it happens.

Only the main thread edits. Views connect to `changed` and redraw what differs.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from unbraid.core import atomic
from unbraid.core.document import codec, drafts, files, media, migrations, opening
from unbraid.core.document.editing import Editing
from unbraid.core.document.history import Entry, History
from unbraid.core.document.json_text import compact
from unbraid.core.document.lock import Lock
from unbraid.core.document.media import MediaPool
from unbraid.core.document.opening import Recovered
from unbraid.core.document.state import EMPTY, Project
from unbraid.core.document.storage import Storage
from unbraid.core.errors import ProjectFileError

HISTORY_MEDIA_BYTES = 8 << 30
"""What old steps may hold in the media pool beside what the document needs; the oldest steps go first, on closing."""


class Document(Editing):
    """An open project. Made by `create`, `open` or `open_archive`; `close` it.

    trouble(text): the disk refused something (see `problem`), or "" when all of it is written after all.
    warnings: what opening found damaged or missing, sentences for the user.
    """

    def __init__(self, path: Path, lock: Lock, recovered: Recovered) -> None:
        super().__init__(recovered.history, Storage(path, lock, recovered))
        self.trouble = self._storage.trouble
        self.media = MediaPool(path.parent / media.FOLDER)
        self.warnings = (*recovered.warnings, *self._missing_words())
        self._keeps_all_media = recovered.is_guess
        self._is_open = True

    @classmethod
    def create(cls, folder: Path, project: Project = EMPTY) -> Document:
        """A new project in `folder`, which must not exist or be empty; ProjectFileError when it cannot be written."""
        folder = Path(folder).absolute()
        is_ours = not folder.exists()
        _make_folder(folder)
        try:
            return cls._begun(files.document_path(folder), Lock.take(folder), _beginning(project))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            if not is_ours:
                folder.mkdir(exist_ok=True)
            raise

    @classmethod
    def _begun(cls, path: Path, lock: Lock, recovered: Recovered) -> Document:
        """A project whose first files must reach the disk."""
        try:
            document = cls(path, lock, recovered)
            document.save()
            if document.problem:
                raise ProjectFileError(document.problem)
        except BaseException:
            lock.release()
            raise
        return document

    @classmethod
    def open(cls, folder_or_file: Path) -> Document:
        """The project in a folder, with whatever of it is intact; `warnings` tell what is not.

        ProjectFileError when it is none, when a newer major version wrote it (it is then not touched), when it is open
        elsewhere, and when nothing of it can be read.
        """
        path = files.locate(Path(folder_or_file))
        with contextlib.suppress(ValueError):
            files.read_document(path)  # a newer version must not even see a lock
        lock = Lock.take(path.parent)
        try:
            if lock.is_held:
                files.sweep(path.parent)
            return cls(path, lock, opening.recover(path))
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open_archive(cls, path: Path, folder: Path) -> Document:
        """Unpack an archive into a new project folder and open it."""
        from unbraid.core.document import archive

        warnings = archive.unpack(Path(path), Path(folder))
        document = cls.open(folder)
        document.warnings = (*warnings, *document.warnings)
        return document

    @property
    def path(self) -> Path:
        """The document file."""
        return self._storage.path

    @property
    def folder(self) -> Path:
        """The project folder."""
        return self.path.parent

    @property
    def name(self) -> str:
        """What the project is called."""
        return self.path.stem

    @property
    def is_draft(self) -> bool:
        """Whether the project has no place of the user's own choice yet."""
        return drafts.is_draft(self.folder)

    @property
    def problem(self) -> str:
        """Why something is not on the disk; it is in memory and tried again. Empty when all is well."""
        return self._storage.problem

    @property
    def is_written(self) -> bool:
        """Whether every step is safe on the disk; a drag is once it has rested."""
        return self._storage.is_written and not self._is_ahead

    def tick(self) -> None:
        """What time asks for: ends drags that rest, tries again what the disk refused, writes the document every 30 s.

        The window's timer calls it, about every second.
        """
        if self._is_open and not self._is_grouping:
            self._tick_edits()
            self._storage.tick(self._history)

    def save(self) -> None:
        """Write the document file now; when the disk refuses, `problem` says why and it is tried again."""
        self.end_merge()
        self._storage.save(self._history)

    def save_as(self, folder: Path) -> None:
        """Copy the project with its history into a new folder and go on there; a draft it came from is discarded.

        ProjectFileError when that fails: nothing is left there, and the project goes on where it is.
        """
        self.end_merge()
        folder = Path(folder).absolute()
        pool = MediaPool(folder / media.FOLDER)
        needed = [id for id in sorted(self._all_media()) if self.media.holds(id) and self.media.has(id)]
        if not _share_a_disk(folder, self.media.folder):
            atomic.check_target(folder, self.media.size(needed), error=ProjectFileError)
        _make_folder(folder)
        try:
            for id in needed:
                pool.add_copy(self.media.path(id))
            recovered = Recovered(self._history, 0, self._storage.version, -1, is_stale=True)
            copy = Document._begun(files.document_path(folder), Lock.take(folder), recovered)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        left, was_draft = self._storage, self.is_draft
        copy.media.take_promises(self.media)
        self._storage, self.media = copy._storage, copy.media
        self._storage.trouble = self.trouble
        if left.problem:
            self.trouble.emit("")
        else:
            left.save(self._history)
        left.lock.release()
        if was_draft:
            drafts.discard(left.path.parent)

    def archive(self, path: Path, *, overwrite: bool = False) -> None:
        """Write the document as it is now, with its media and without its history, into one file for sending."""
        self.packing(path, overwrite=overwrite)()

    def packing(self, path: Path, *, overwrite: bool = False) -> Callable[[], None]:
        """What `archive` does, for another thread: the document is taken as it is now."""
        from unbraid.core.document import archive

        self.end_merge()
        if self.media.awaits(self.state.media()):
            raise ProjectFileError("stems of this project are still being decoded; send it when they are complete")
        saved = dataclasses.replace(self._storage.saved(self._history), serial=0, step=1)
        data, needed = files.encode_document(saved), sorted(self.state.media())
        return partial(archive.pack, Path(path), self.path.name, data, self.media, needed, overwrite=overwrite)

    def missing(self) -> tuple[str, ...]:
        """Ids of media that the document needs and that are not there, or cut off."""
        return self.media.missing(sorted(self.state.media()))

    def relink(self, path: Path) -> tuple[str, ...]:
        """Look for missing media in a file or a folder, by their content; returns the ids that were found.

        Views are told with `changed`, the value being the same.
        """
        found = self.media.relink(Path(path), self.missing())
        if found:
            self.changed.emit(self.state, self.state)
        return found

    def close(self) -> bool:
        """Write what is not written, sweep media that no step needs, release the lock; returns whether all is on disk.

        Where it returns False something is lost that only was in memory: look at `problem` before closing.
        """
        if not self._is_open:
            return True
        self.end_merge()
        self._is_open = False
        if self._bound_media():
            self._storage.flush(self._history)
        if self._storage.has_news:
            self.save()
        is_safe = self.is_written
        if not self._storage.problem and self._storage.lock.is_held and not self._keeps_all_media:
            self.media.sweep(self._all_media() | files.media_of_generations(self.path))
        self.media.close()
        self._storage.lock.release()
        return is_safe

    def _all_media(self) -> set[str]:
        """What any step of the history needs: read from its text, which is quick, and rather keeps too much."""
        texts = [compact(self._history.base), *(compact(entry.patch) for entry in self._history.entries)]
        return {*self.state.media(), *(id for text in texts for id in codec.MEDIA_ID.findall(text))}

    def _bound_media(self) -> bool:
        """Forget the oldest steps while what only they need takes too much room; returns whether any went."""
        count = len(self._history.entries)
        while self._history.can_undo:
            held = self._all_media() - self.state.media()
            if self.media.size(held) <= HISTORY_MEDIA_BYTES:
                break
            for _ in range(max(1, self._history.index // 4)):
                self._history.forget_oldest()
            self._storage.must_rewrite()
        return len(self._history.entries) < count

    def _missing_words(self) -> tuple[str, ...]:
        missing = self.missing()
        if not missing:
            return ()
        names = [stem.name for stem in self.state.stems if stem.media in missing]
        if self.state.song is not None and self.state.song.media in missing:
            names.insert(0, self.state.song.name)
        return (
            f"the sound of {', '.join(names) or 'the cover picture'} is missing; everything else is here; "
            f"show where a copy of it lies (Relink media)",
        )


def _beginning(project: Project) -> Recovered:
    """A history of one value."""
    entry = Entry(1, "New project", round(time.time(), 3), [], lambda: project)
    return Recovered(History(codec.to_json(project), [entry], 0), 0, migrations.VERSION, -1, is_stale=True)


def _share_a_disk(one: Path, other: Path) -> bool:
    """Whether files need not be copied from one folder to the other."""
    first, second = atomic.nearest_folder(one), atomic.nearest_folder(other)
    return first.stat().st_dev == second.stat().st_dev


def _make_folder(folder: Path) -> None:
    """A new folder, or one that is empty."""
    atomic.check_target(folder, 0, error=ProjectFileError)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ProjectFileError(f"{folder} exists and is not empty; choose another name")
        (folder / media.FOLDER).mkdir()
    except OSError as problem:
        raise ProjectFileError(atomic.explain(problem, folder)) from problem
