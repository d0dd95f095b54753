"""Undo is remembering: the values a document had, in a list with a place in it, bounded in bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from unbraid.core.document import codec, patches
from unbraid.core.document.json_text import JsonObject, compact
from unbraid.core.document.patches import Patch
from unbraid.core.document.state import Project

LIMIT_BYTES = 8 << 20
"""What all steps together may take in the journal: about forty thousand moves of a fader."""


@dataclass(frozen=True)
class Step:
    """What a list of the history shows. time: seconds since 1970."""

    number: int
    title: str
    time: float
    is_current: bool


@dataclass(eq=False)
class Entry:
    """A value the document had, and how it differs from the one before.

    read: makes the value when it is first asked for; entries of a journal are many, and few are ever looked at.
    """

    number: int
    title: str
    time: float
    patch: Patch
    read: Callable[[], Project]

    @cached_property
    def value(self) -> Project:
        """The document at that step."""
        return self.read()

    @cached_property
    def size(self) -> int:
        """Bytes it takes."""
        return len(self.title) + len(compact(self.patch)) + 100

    def change(self, value: Project, patch: Patch, time: float) -> None:
        """Put another value in its place: a drag goes on."""
        self.__dict__.pop("size", None)
        self.__dict__["value"] = value
        self.patch, self.time = patch, time


class History:
    """Entries in the order of time; the first one is the oldest that can be gone back to, `base` is its JSON."""

    def __init__(self, base: JsonObject, entries: list[Entry], index: int) -> None:
        self.base, self.entries, self.index = base, entries, index
        self._bytes = sum(entry.size for entry in entries[1:])

    @property
    def current(self) -> Entry:
        """The entry that is shown."""
        return self.entries[self.index]

    @property
    def can_undo(self) -> bool:
        """Whether there is an older value."""
        return self.index > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a value that was undone."""
        return self.index + 1 < len(self.entries)

    @property
    def next_number(self) -> int:
        """Numbers are never used twice."""
        return self.entries[-1].number + 1

    def add(self, entry: Entry) -> None:
        """A new step after the current one; what was undone is forgotten, and so are the oldest beyond the limit."""
        self._bytes += entry.size - sum(undone.size for undone in self.entries[self.index + 1 :])
        del self.entries[self.index + 1 :]
        self.entries.append(entry)
        self.index += 1
        self.trim()

    def change_current(self, value: Project, patch: Patch, time: float) -> None:
        """Another value for the current step: a drag goes on."""
        before = self.current.size
        self.current.change(value, patch, time)
        self._bytes += self.current.size - before if self.index else 0

    def trim(self, limit: int | None = None) -> None:
        """Forget the oldest steps until the rest fits into `LIMIT_BYTES`, but never the current one."""
        while self._bytes > (LIMIT_BYTES if limit is None else limit) and self.index > 0:
            self.forget_oldest()

    def forget_oldest(self) -> None:
        """The second value becomes the first."""
        self.base = patches.apply(self.base, self.entries[1].patch)
        self._bytes -= self.entries[1].size
        del self.entries[0]
        self.index -= 1

    def make_patches_anew(self, most: int) -> None:
        """Every patch from the values themselves, for the newest `most` steps up to the current one."""
        first = max(0, self.index - most)
        del self.entries[:first]
        self.index -= first
        before = self.base = codec.to_json(self.entries[0].value)
        for entry in self.entries[1:]:
            document = codec.to_json(entry.value)
            entry.change(entry.value, patches.diff(before, document), entry.time)
            before = document
        self._bytes = sum(entry.size for entry in self.entries[1:])

    def find(self, number: int) -> int | None:
        """Where the step of that number lies."""
        return next((place for place, entry in enumerate(self.entries) if entry.number == number), None)

    def steps(self) -> tuple[Step, ...]:
        """All steps for a list, oldest first."""
        return tuple(Step(e.number, e.title, e.time, place == self.index) for place, e in enumerate(self.entries))
