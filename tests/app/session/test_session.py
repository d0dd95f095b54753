"""The session: documents that come and go, steps, the selection, jobs; and an end that leaves nothing."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import separators
from windows import Bench, files_at_work

from unbraid.app.selection import Selection
from unbraid.core.document import drafts, edits, recent
from unbraid.core.document.state import EMPTY
from unbraid.core.errors import ParameterError
from unbraid.core.job_queue import State

pytestmark = pytest.mark.gui
DEAF = f"{Path(separators.__file__)}:IgnoresCancel"


def test_documents_come_and_go_and_views_are_told_of_both(bench: Bench) -> None:
    told: list[tuple[object, object]] = []
    bench.session.changed.connect(lambda old, new: told.append((old, new)))
    bench.open()
    first = bench.session.state
    bench.open(name="Second")
    second = bench.session.state
    bench.session.close_document()
    assert told == [(EMPTY, first), (first, EMPTY), (EMPTY, second), (second, EMPTY)]
    assert bench.session.state == EMPTY and not bench.session.has_song


def test_a_draft_is_kept_when_something_was_done_and_not_when_it_was_only_looked_at(bench: Bench) -> None:
    bench.open()
    bench.session.close_document()
    assert drafts.drafts() == []
    for title, edit in (
        ("Gain", lambda p: edits.set_gain(p, "s1", -1.0)), ("Notes", lambda p: edits.set_notes(p, "x")),
        ("Marker", lambda p: edits.add_marker(p, 1.0, "here")), ("Less", lambda p: edits.remove_stem(p, "s1")),
    ):  # fmt: skip
        bench.open(name=title)
        bench.session.edit(title, edit)
        bench.session.close_document()
    assert {draft.name for draft in drafts.drafts()} == {"Gain", "Notes", "Marker", "Less"}


def test_a_value_that_is_not_allowed_is_a_notice(bench: Bench) -> None:
    bench.open()
    before, steps = bench.session.state, bench.steps()
    bench.session.edit("Loud", lambda project: edits.set_gain(project, "s1", 99.0))
    bench.session.edit("Gone", lambda project: edits.set_gain(project, "s9", 0.0))
    assert bench.session.state == before and bench.steps() == steps
    assert [kind for kind, _ in bench.notices] == ["error"] * 2 and "99" in bench.notices[0][1]


def test_without_a_document_nothing_happens(bench: Bench) -> None:
    session = bench.session
    session.edit("Nothing", edits.clear_solo)
    session.undo()
    session.redo()
    session.end_merge()
    session.set_loop(None)
    session.save_as(bench.folder / "nowhere")
    session.close_document()
    assert not bench.notices and not (bench.folder / "nowhere").exists()


def test_a_project_is_remembered_when_it_has_a_place(bench: Bench) -> None:
    bench.open()
    assert recent.recent() == []
    bench.session.save_as(bench.folder / "Kept")
    assert [one.folder for one in recent.recent()] == [str(bench.folder / "Kept")]
    assert "Kept in" in bench.notices[0][1] and drafts.drafts() == []
    bench.notices.clear()
    (bench.folder / "full").mkdir()
    (bench.folder / "full" / "file").touch()
    bench.session.save_as(bench.folder / "full")
    assert bench.notices[0][0] == "error" and bench.session.document.folder == bench.folder / "Kept"
    recent.clear()


def test_the_selection_is_told_when_it_changes_and_goes_with_the_song(bench: Bench) -> None:
    told: list[object] = []
    bench.session.selection_changed.connect(told.append)
    bench.open()
    for selection in (Selection(0.5, 1.0), Selection(0.5, 1.0), None, Selection(0.2, 0.3)):
        bench.session.select(selection)
    bench.session.close_document()
    assert told == [Selection(0.5, 1.0), None, Selection(0.2, 0.3), None]


def test_a_job_that_fails_is_told_once_whatever_it_raises(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(desk: object) -> None:
        raise ParameterError("window must be even")

    def bug(desk: object) -> None:
        raise ValueError("oops")

    jobs = [bench.session.submit("Refused", refuse), bench.session.submit("Bug", bug, opening=True)]
    bench.until(lambda: all(job.state is State.FAILED for job in jobs))
    bench.until(lambda: len(bench.notices) == 2)
    bench.session.jobs_changed.emit()
    bench.qtbot.wait(5)
    assert {text for _, text in bench.notices} == {"Refused: window must be even", "Bug: ValueError: oops"}
    assert set(jobs) <= set(bench.session.jobs())
    caplog.clear()


def test_a_worker_that_cannot_be_started_fails_the_job_and_not_the_queue(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unbraid.core import job_queue

    queue = job_queue.JobQueue()
    real = job_queue.Worker
    tries: list[int] = []

    def refuses_once() -> object:
        tries.append(1)
        if len(tries) == 1:
            raise OSError(28, "No space left on device", "/cache/work")
        return real()

    monkeypatch.setattr(job_queue, "Worker", refuses_once)
    first, second = queue.submit("first", lambda desk: None), queue.submit("second", lambda desk: None)
    assert queue.wait(10)
    assert (first.state, second.state) == (State.FAILED, State.DONE) and "No space left" in first.error
    queue.close()


def test_closing_in_the_midst_of_everything_is_quick_and_leaves_nothing(clean: None, qtbot, tmp_path: Path) -> None:
    before = set(threading.enumerate())
    bench = Bench(qtbot, tmp_path)
    bench.open()
    deaf = bench.session.separating.use(DEAF, "Deaf", {})
    bench.session.separating.use(DEAF, "Waiting", {})
    bench.session.opening.prepare()
    bench.session.playing.play()
    bench.session.edit("Level", lambda project: edits.set_gain(project, "s1", -3.0))
    bench.session.playing._measure()
    bench.until(lambda: deaf.state is State.RUNNING and bench.session.playing.position_s > 0.05)
    begun = time.monotonic()
    bench.close()
    assert time.monotonic() - begun < 2.5
    assert files_at_work() == [] or bench.until(lambda: files_at_work() == []) is None
    bench.until(lambda: set(threading.enumerate()) <= before, 5)


def test_a_session_that_was_never_used_closes(clean: None, qtbot, tmp_path: Path) -> None:
    Bench(qtbot, tmp_path).close()
