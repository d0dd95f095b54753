"""History is a list of values with a place in it, bounded in bytes."""

from __future__ import annotations

from functools import partial

from unbraid.core.document import codec, edits, patches
from unbraid.core.document.history import Entry, History
from unbraid.core.document.state import EMPTY, Project


def history(count: int, *, notes: int = 1) -> History:
    """A beginning and `count` steps that change the notes."""
    made = History(codec.to_json(EMPTY), [Entry(1, "New", 0.0, [], lambda: EMPTY)], 0)
    for number in range(count):
        add(made, Project(notes=f"{number} " + "x" * notes))
    return made


def add(made: History, value: Project) -> None:
    patch = patches.diff(codec.to_json(made.current.value), codec.to_json(value))
    made.add(Entry(made.next_number, value.notes[:5], 0.0, patch, lambda: value))


def test_a_new_step_forgets_what_was_undone() -> None:
    made = history(3)
    made.index = 1
    assert made.can_undo
    assert made.can_redo
    add(made, Project(notes="other"))
    assert [step.title for step in made.steps()] == ["New", "0 x", "other"]
    assert [step.is_current for step in made.steps()] == [False, False, True]
    assert not made.can_redo


def test_numbers_name_steps() -> None:
    made = history(3)
    assert [made.find(step.number) for step in made.steps()] == [0, 1, 2, 3]
    assert made.find(99) is None


def test_the_oldest_go_when_there_is_too_much_and_the_rest_fits_together() -> None:
    made = history(40, notes=500)
    made.trim(10_000)
    assert sum(entry.size for entry in made.entries[1:]) <= 10_000
    assert 5 < len(made.entries) < 40
    assert made.current.value.notes.startswith("39")
    document = made.base
    assert codec.from_json(document)[0] == made.entries[0].value
    for entry in made.entries[1:]:
        document = patches.apply(document, entry.patch)
        assert codec.from_json(document)[0] == entry.value


def test_the_current_step_is_never_forgotten() -> None:
    made = history(3, notes=1000)
    made.index = 1
    made.trim(0)
    assert made.current.value.notes.startswith("0")
    assert made.can_redo


def test_values_are_read_when_they_are_asked_for() -> None:
    asked: list[int] = []

    def read() -> Project:
        asked.append(1)
        return EMPTY

    entry = Entry(1, "x", 0.0, [], read)
    assert asked == []
    assert entry.value is entry.value
    assert asked == [1]


def test_a_drag_changes_the_last_step() -> None:
    made = history(1)
    before = made.current.size
    value = partial(edits.set_notes, notes="long " * 100)(made.current.value)
    made.current.change(value, [["set", ["notes"], value.notes]], 5.0)
    assert made.current.value is value
    assert made.current.size > before
