"""Which keys run which action: the table's defaults with the user's changes over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from PySide6.QtGui import QKeySequence

from unbraid.app.actions.action import Action
from unbraid.core.errors import ParameterError

PORTABLE = QKeySequence.SequenceFormat.PortableText
NATIVE = QKeySequence.SequenceFormat.NativeText


def normal(keys: str) -> str:
    """The one way of writing a key sequence: `ctrl+shift+z` -> `Ctrl+Shift+Z`; empty for what is none."""
    return QKeySequence.fromString(keys, PORTABLE).toString(PORTABLE)


def shown(keys: str) -> str:
    """A key sequence as this platform writes it."""
    return QKeySequence.fromString(keys, PORTABLE).toString(NATIVE)


@dataclass(frozen=True)
class Keymap:
    """Keys by action id. changes: what the user gave instead of the defaults; an empty tuple takes all keys away."""

    defaults: Mapping[str, tuple[str, ...]]
    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, table: Sequence[Action], changes: Mapping[str, Sequence[str]] | None = None) -> Keymap:
        """The table's keys and the changes; changes of actions that are no more are kept, but do nothing."""
        kept = {id: tuple(filter(None, map(normal, keys))) for id, keys in (changes or {}).items()}
        return cls({action.id: tuple(map(normal, action.shortcuts)) for action in table}, kept)

    def keys(self, id: str) -> tuple[str, ...]:
        """The keys of an action, the one to be shown first."""
        return tuple(self.changes.get(id, self.defaults.get(id, ())))

    def is_changed(self, id: str) -> bool:
        """Whether the user gave it other keys than the table."""
        return id in self.changes and self.changes[id] != self.defaults.get(id, ())

    def users_of(self, keys: str, besides: str = "") -> tuple[str, ...]:
        """Ids of the actions that `keys`, or its beginning or continuation, would run."""
        wanted = QKeySequence.fromString(keys, PORTABLE)
        return tuple(
            id for id in self.defaults if id != besides and any(_collide(wanted, other) for other in self.keys(id))
        )

    def conflicts(self) -> dict[str, tuple[str, ...]]:
        """Keys that more than one action claims, with the actions."""
        claims: dict[str, list[str]] = {}
        for id in self.defaults:
            for keys in self.keys(id):
                claims.setdefault(keys, []).append(id)
        return {keys: tuple(ids) for keys, ids in claims.items() if len(ids) > 1}

    def change(self, id: str, keys: Sequence[str]) -> Keymap:
        """With other keys for an action; equal to the defaults means no change. ParameterError for what is no key."""
        given = tuple(dict.fromkeys(normal(k) for k in keys))
        if id not in self.defaults:
            raise ParameterError(f"there is no action {id!r}; choose one of the table")
        if "" in given:
            raise ParameterError(f"{', '.join(keys)!r} is no key sequence; give one such as 'Ctrl+Shift+E'")
        changes = {other: value for other, value in self.changes.items() if other != id}
        if given != self.defaults[id]:
            changes[id] = given
        return replace(self, changes=changes)

    def take(self, id: str, keys: str) -> Keymap:
        """With `keys` added for an action and taken away from all others."""
        keymap = self
        for other in self.users_of(keys, besides=id):
            wanted = QKeySequence.fromString(keys, PORTABLE)
            keymap = keymap.change(other, [k for k in keymap.keys(other) if not _collide(wanted, k)])
        return keymap.change(id, (*keymap.keys(id), keys))

    def reset(self, id: str) -> Keymap:
        """With the defaults of one action."""
        return replace(self, changes={other: keys for other, keys in self.changes.items() if other != id})


def _collide(wanted: QKeySequence, other: str) -> bool:
    sequence = QKeySequence.fromString(other, PORTABLE)
    no = QKeySequence.SequenceMatch.NoMatch
    return sequence.matches(wanted) != no or wanted.matches(sequence) != no
