"""The queue: order, progress, cancelling what runs and what waits, failures that stop nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from worker_jobs import add, sleep_forever

from unbraid.core.errors import ParameterError
from unbraid.core.job_queue import Desk, Job, JobQueue, State


@pytest.fixture
def queue() -> Iterator[JobQueue]:
    queue = JobQueue()
    yield queue
    queue.close()
    assert not [t for t in threading.enumerate() if t.name == "unbraid-jobs"]


def test_jobs_run_in_order_and_their_results_come(queue: JobQueue) -> None:
    results: list[int] = []
    jobs = [queue.submit(f"job {k}", lambda desk, k=k: results.append(desk.run(add, k, 1))) for k in range(3)]
    assert queue.wait(20)
    assert results == [1, 2, 3]
    assert [job.state for job in jobs] == [State.DONE] * 3


def test_progress_is_told_with_the_time_left(queue: JobQueue) -> None:
    told: list[tuple[State, float]] = []
    queue.changed.connect(lambda job: told.append((job.state, job.fraction)))

    def work(desk: Desk) -> None:
        for step in range(5):
            desk.progress(step / 5, "step")
            time.sleep(0.25)

    job = queue.submit("slow", work)
    while job.fraction < 0.6:
        time.sleep(0.02)
    assert job.seconds_left is not None and 0.2 < job.seconds_left < 1.5
    assert queue.wait(5)
    assert told[0] == (State.QUEUED, 0.0) and told[-1] == (State.DONE, 1.0)
    assert [fraction for _, fraction in told] == sorted(fraction for _, fraction in told)


def test_work_that_does_not_listen_is_stopped_within_a_second(queue: JobQueue) -> None:
    job = queue.submit("deaf", lambda desk: desk.run(sleep_forever))
    after = queue.submit("after", lambda desk: desk.run(add, 1, 1))
    while job.state is not State.RUNNING:
        time.sleep(0.01)
    time.sleep(0.3)
    asked = time.monotonic()
    queue.cancel(job)
    while job.state is State.RUNNING:
        time.sleep(0.01)
    assert time.monotonic() - asked < 2.0
    assert job.state is State.CANCELLED
    assert queue.wait(20) and after.state is State.DONE


def test_what_waits_is_never_begun_when_cancelled(queue: JobQueue) -> None:
    release, begun = threading.Event(), []
    queue.submit("first", lambda desk: release.wait(5))
    second = queue.submit("second", lambda desk: begun.append(1))
    queue.cancel(second)
    release.set()
    assert queue.wait(5)
    assert second.state is State.CANCELLED and not begun


def test_a_failure_is_told_in_words_and_the_next_job_runs(queue: JobQueue) -> None:
    def refuse(desk: Desk) -> None:
        raise ParameterError("window must be even: 3 was given")

    bad, bug = queue.submit("bad", refuse), queue.submit("bug", lambda desk: 1 / 0)
    good = queue.submit("good", lambda desk: desk.run(add, 1, 2))
    assert queue.wait(20)
    assert (bad.state, bad.error) == (State.FAILED, "window must be even: 3 was given")
    assert bug.state is State.FAILED and "ZeroDivisionError" in bug.error
    assert good.state is State.DONE


def test_closing_ends_everything_quickly() -> None:
    queue = JobQueue()
    job = queue.submit("deaf", lambda desk: desk.run(sleep_forever))
    while job.state is not State.RUNNING:
        time.sleep(0.01)
    asked = time.monotonic()
    queue.close()
    assert time.monotonic() - asked < 2.0
    with pytest.raises(RuntimeError, match="closed"):
        queue.submit("late", lambda desk: None)


def test_ended_jobs_do_not_pile_up(queue: JobQueue) -> None:
    for k in range(70):
        queue.submit(str(k), lambda desk: None)
    assert queue.wait(10)
    queue.submit("last", lambda desk: None)
    assert queue.wait(10)
    jobs: tuple[Job, ...] = queue.jobs()
    assert len(jobs) <= 51 and jobs[-1].title == "last"
