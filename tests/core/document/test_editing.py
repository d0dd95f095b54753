"""Steps, drags and groups: what undo takes back, what observers are told, what the journal hears."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from documents import gestures, project

from unbraid.core.document import codec, editing, edits, journal
from unbraid.core.document.document import Document
from unbraid.core.document.state import Project
from unbraid.core.errors import ParameterError, ProjectFileError


@pytest.fixture
def document(tmp_path: Path) -> Iterator[Document]:
    made = project(tmp_path / "My Song")
    yield made
    made.close()


def gain(gain_db: float, stem: str = "vocals") -> partial[Project]:
    return partial(edits.set_gain, stem=stem, gain_db=gain_db)


def kinds(document: Document) -> list[str]:
    return [record["kind"] for record in journal.read(document.folder / journal.NAME)[0]]


def test_a_step_is_undone_and_done_again(document: Document) -> None:
    before = document.state
    document.do("Gain", gain(-3.0))
    after = document.state
    assert document.undo_title == "Gain"
    document.undo()
    assert document.state is before
    assert document.redo_title == "Gain"
    document.redo()
    assert document.state is after
    assert not document.can_redo
    assert document.redo_title == ""
    document.redo()


def test_observers_are_told_old_and_new(document: Document) -> None:
    told: list[tuple[Project, Project]] = []
    steps: list[int] = []
    document.changed.connect(lambda old, new: told.append((old, new)))
    document.history_changed.connect(lambda: steps.append(len(document.steps())))
    before = document.state
    document.do("Gain", gain(-3.0))
    document.undo()
    after = told[0][1]
    assert told == [(before, after), (after, before)]
    assert steps == [3, 3]


def test_an_edit_that_changes_nothing_is_no_step(document: Document) -> None:
    told: list[object] = []
    document.changed.connect(lambda old, new: told.append(new))
    document.do("Gain", gain(0.0))
    document.do("Nothing", lambda p: p)
    with document.group("Nothing"):
        document.do("Gain", gain(-1.0))
        document.do("Gain", gain(0.0))
    assert len(document.steps()) == 2
    assert len(told) == 2


def test_an_edit_that_fails_changes_nothing(document: Document) -> None:
    before = document.state
    with pytest.raises(ParameterError):
        document.do("Gain", gain(100.0))
    assert document.state is before
    assert len(document.steps()) == 2


class TestDrag:
    def test_it_is_one_step(self, document: Document) -> None:
        before = document.state
        for part in range(10):
            document.do("Gain", gain(-part - 1.0), merge="gain")
        assert [step.title for step in document.steps()] == ["New project", "Separate", "Gain"]
        assert document.state.stem("vocals").strip.gain_db == -10.0
        document.undo()
        assert document.state is before
        document.redo()
        assert document.state.stem("vocals").strip.gain_db == -10.0

    def test_another_key_an_end_or_a_rest_make_another(
        self, document: Document, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document.do("Gain", gain(-1.0), merge="a")
        document.do("Gain", gain(-2.0), merge="b")
        document.do("Gain", gain(-3.0), merge="b")
        document.end_merge()
        document.do("Gain", gain(-4.0), merge="b")
        monkeypatch.setattr(editing, "QUIET_S", 0.0)
        document.do("Gain", gain(-5.0), merge="b")
        document.do("Gain", gain(-6.0))
        assert len(document.steps()) == 7

    def test_the_journal_hears_of_it_at_its_end_and_now_and_then(
        self, document: Document, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for part in range(20):
            document.do("Gain", gain(-part - 1.0), merge="a")
        assert kinds(document) == ["base", "step", "step"]
        assert not document.is_written
        document.end_merge()
        assert kinds(document) == ["base", "step", "step", "amend"]
        assert document.is_written
        monkeypatch.setattr(editing, "AMEND_S", 0.0)
        for part in range(5):
            document.do("Gain", gain(-part - 0.5), merge="c")
        assert kinds(document)[4:] == ["step", "amend", "amend", "amend", "amend"]

    def test_time_ends_it(self, document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
        document.do("Gain", gain(-1.0), merge="a")
        document.do("Gain", gain(-2.0), merge="a")
        document.tick()
        assert not document.is_written
        monkeypatch.setattr(editing, "AMEND_S", 0.0)
        document.tick()
        assert document.is_written
        document.do("Gain", gain(-3.0), merge="a")
        assert len(document.steps()) == 3
        monkeypatch.setattr(editing, "QUIET_S", 0.0)
        document.tick()
        monkeypatch.undo()
        document.do("Gain", gain(-4.0), merge="a")
        assert len(document.steps()) == 4

    def test_undo_in_the_middle_of_it_takes_all_of_it(self, document: Document) -> None:
        before = document.state
        document.do("Gain", gain(-1.0), merge="a")
        document.do("Gain", gain(-2.0), merge="a")
        document.undo()
        assert document.state is before
        document.do("Gain", gain(-3.0), merge="a")
        assert [step.title for step in document.steps()] == ["New project", "Separate", "Gain"]


class TestGroup:
    def test_it_is_one_step(self, document: Document) -> None:
        before = document.state
        told: list[Project] = []
        document.changed.connect(lambda old, new: told.append(new))
        with document.group("Both"):
            document.do("Gain", gain(-1.0))
            with document.group("Inner"):
                document.do("Gain", gain(-2.0, "drums"), merge="x")
        assert len(told) == 2
        assert document.undo_title == "Both"
        document.undo()
        assert document.state is before

    @pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt])
    def test_an_exception_restores_the_start(self, document: Document, stop: type[BaseException]) -> None:
        before = document.state
        seen: list[Project] = []
        document.changed.connect(lambda old, new: seen.append(new))
        with pytest.raises(stop), document.group("Both"):
            document.do("Gain", gain(-1.0))
            raise stop
        assert document.state is before
        assert seen[-1] is before
        assert len(document.steps()) == 2
        document.do("Gain", gain(-1.0))
        assert len(document.steps()) == 3

    def test_a_drag_before_it_is_a_step_of_its_own(self, document: Document) -> None:
        document.do("Gain", gain(-1.0), merge="a")
        document.do("Gain", gain(-2.0), merge="a")
        with document.group("Both"):
            document.do("Gain", gain(-3.0))
        document.undo()
        assert document.state.stem("vocals").strip.gain_db == -2.0


def test_any_step_can_be_gone_to(document: Document) -> None:
    for part in range(5):
        document.do("Gain", gain(-part - 1.0))
    numbers = [step.number for step in document.steps()]
    states = {}
    for number in random.Random(1).sample(numbers, len(numbers)):
        document.go_to(number)
        states[number] = document.state
        assert [step.is_current for step in document.steps()] == [n == number for n in numbers]
    document.go_to(numbers[0])
    for number in numbers:
        document.go_to(number)
        assert document.state is states[number]
    with pytest.raises(ProjectFileError, match="no step 99"):
        document.go_to(99)


@pytest.mark.parametrize("seed", range(3))
def test_a_random_walk_leads_back_to_the_start_and_survives_reopening(tmp_path: Path, seed: int) -> None:
    document = project(tmp_path / "Song")
    start = document.state
    for done in gestures(document, seed):
        if done == 150:
            break
    end, steps = document.state, document.steps()
    document.close()
    document = Document.open(tmp_path / "Song")
    assert document.state == end
    assert document.steps() == steps
    for step in random.Random(seed).sample(steps, 20):
        document.go_to(step.number)
    while document.can_undo:
        document.undo()
    document.redo()
    assert document.state == start
    assert codec.to_json(document.state) == codec.to_json(start)
    document.close()


def test_a_step_too_large_to_remember_what_was_before(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unbraid.core.document.history.LIMIT_BYTES", 1000)
    for part in range(5):
        document.do("Notes", partial(edits.set_notes, notes=f"{part}" * 5000), merge="notes")
    document.end_merge()
    assert not document.can_undo
    state = document.state
    document.close()
    document = Document.open(document.folder)
    assert document.state == state
    document.close()
