"""Editing a value with undo, redo, drags and groups, each step told to the storage as it happens."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator

from unbraid.core.document import codec, patches
from unbraid.core.document.history import Entry, History, Step
from unbraid.core.document.state import Project
from unbraid.core.document.storage import Storage
from unbraid.core.errors import ProjectFileError
from unbraid.core.observing import Observers

logger = logging.getLogger(__name__)

QUIET_S = 2.0
"""A drag that rests for so long is over: what follows under the same key is another step."""

AMEND_S = 1.0
"""While something is dragged, the journal hears of it at most so often."""

Edit = Callable[[Project], Project]


class Editing:
    """A value with its history; only the main thread edits.

    changed(old, new): there is another value. history_changed(): steps were added, undone, forgotten.
    """

    def __init__(self, history: History, storage: Storage) -> None:
        self.changed: Observers[Project, Project] = Observers()
        self.history_changed: Observers[()] = Observers()
        self._history, self._storage = history, storage
        self._value = history.current.value
        self._merge, self._merged_at, self._amended_at = "", 0.0, 0.0
        self._is_ahead = self._is_grouping = False

    @property
    def state(self) -> Project:
        """The value now."""
        return self._value

    def do(self, title: str, edit: Edit, *, merge: str = "") -> None:
        """Apply an edit as a step called `title`; an edit that changes nothing makes none.

        merge: steps in a row with the same key become one, until another key, `end_merge`, or two seconds without one.
        """
        old, new = self._value, edit(self._value)
        if new == old:
            return
        now = time.monotonic()
        if self._is_grouping:
            self._value = new
        elif merge and merge == self._merge and now - self._merged_at < QUIET_S:
            self._value, self._merged_at, self._is_ahead = new, now, True
            if now - self._amended_at >= AMEND_S:
                self._amend()
        else:
            self.end_merge()
            self._add(title, new)
            self._merge, self._merged_at, self._amended_at = merge, now, now
        self.changed.emit(old, new)

    def revise(self, number: int, title: str, edit: Edit) -> bool:
        """Put another value and title in the place of the current step, if that has this number; else do nothing.

        For a result that takes the place of its draft: both are one step.
        """
        if self._is_grouping or self._history.current.number != number or not self._history.index:
            return False
        self.end_merge()
        old, self._value = self._value, edit(self._value)
        self._history.current.title = title
        self._amend()
        logger.info("%s", title)
        self.changed.emit(old, self._value)
        self.history_changed.emit()
        return True

    def end_merge(self) -> None:
        """A drag is over: what comes next is another step."""
        self._merge = ""
        if self._is_ahead:
            self._amend()

    @contextlib.contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Edits inside become one step; when an exception escapes, everything is as it was before.

        A group inside another one belongs to it.
        """
        if self._is_grouping:
            yield
            return
        self.end_merge()
        start, self._is_grouping = self._value, True
        try:
            yield
        except BaseException:
            new, self._value, self._is_grouping = self._value, start, False
            if new != start:
                self.changed.emit(new, start)
            raise
        self._is_grouping = False
        if self._value != start:
            self._add(title, self._value)

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to do again."""
        return self._history.can_redo

    @property
    def undo_title(self) -> str:
        """The step that `undo` would take back; empty for none."""
        return self._history.current.title if self.can_undo else ""

    @property
    def redo_title(self) -> str:
        """The step that `redo` would do; empty for none."""
        return self._history.entries[self._history.index + 1].title if self.can_redo else ""

    def undo(self) -> None:
        """One step back; at the beginning nothing happens."""
        if self.can_undo:
            self._go(self._history.index - 1)

    def redo(self) -> None:
        """One step forward again; at the end nothing happens."""
        if self.can_redo:
            self._go(self._history.index + 1)

    def go_to(self, number: int) -> None:
        """To any step of the history; one that is not there (any more) is a ProjectFileError."""
        place = self._history.find(number)
        if place is None:
            raise ProjectFileError(f"there is no step {number} in the history any more; choose one of the list")
        if place != self._history.index:
            self._go(place)

    def steps(self) -> tuple[Step, ...]:
        """The history for a list, oldest first; its first entry is where it begins."""
        return self._history.steps()

    def _tick_edits(self) -> None:
        """End drags that rest, and let the journal know of those that go on."""
        now = time.monotonic()
        if self._merge and now - self._merged_at >= QUIET_S:
            self.end_merge()
        elif self._is_ahead and now - self._amended_at >= AMEND_S:
            self._amend()

    def _add(self, title: str, value: Project) -> None:
        """A step more, journalled."""
        patch = self._storage.patch_to(value)
        entry = Entry(self._history.next_number, title, round(time.time(), 3), patch, lambda: value)
        self._value = value
        self._history.add(entry)
        self._storage.record("step", entry, patch, self._history)
        logger.info("%s", title)
        self.history_changed.emit()

    def _amend(self) -> None:
        """Journal how far the current step has gone."""
        self._is_ahead, self._amended_at = False, time.monotonic()
        entry, place = self._history.current, self._history.index
        patch = self._storage.patch_to(self._value)
        if place:
            whole = patches.diff(codec.to_json(self._history.entries[place - 1].value), self._storage.json)
        else:  # the step was so large that nothing before it is remembered
            whole, self._history.base = [], self._storage.json
        self._history.change_current(self._value, whole, round(time.time(), 3))
        self._storage.record("amend", entry, patch, self._history)

    def _go(self, place: int) -> None:
        assert not self._is_grouping, "undo inside of a group"
        self.end_merge()
        old, self._history.index = self._value, place
        self._value = self._history.current.value
        self._storage.record("go", self._history.current, self._storage.patch_to(self._value), self._history)
        self.changed.emit(old, self._value)
        self.history_changed.emit()
