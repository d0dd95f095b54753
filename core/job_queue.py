"""Jobs one after the other beside whatever the user does: states, progress, time left, cancelling in under a second.

A job is a function of a `Desk`; through it, it runs work in the worker process and tells how far it is. It runs on the
queue's own thread, and `changed` is told there: a window hands it on to its own thread (`app/task_bridge.py`).
"""

from __future__ import annotations

import contextlib
import enum
import itertools
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from unbraid.core.errors import Cancelled, UnbraidError
from unbraid.core.observing import Observers
from unbraid.core.tasks import Worker

logger = logging.getLogger(__name__)

T = TypeVar("T")

SMOOTHING = 0.3
"""Weight of the newest speed in the one that the time left is told from."""
KEPT = 50
"""Ended jobs that stay listed."""


class State(enum.Enum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = (State.DONE, State.FAILED, State.CANCELLED)


@dataclass(eq=False)
class Job:
    """A piece of long work in the queue. error: why it failed, in words for the user. is_quiet: not worth listing."""

    title: str
    work: Callable[[Desk], Any] = field(repr=False)
    number: int = 0
    is_quiet: bool = False
    state: State = State.QUEUED
    fraction: float = 0.0
    message: str = ""
    error: str = ""
    seconds_left: float | None = None
    began_s: float = 0.0
    ended_s: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event, repr=False)
    _last: tuple[float, float] = (0.0, 0.0)
    _speed: float = 0.0

    @property
    def elapsed_s(self) -> float:
        """Seconds it has run."""
        return 0.0 if not self.began_s else (self.ended_s or time.monotonic()) - self.began_s

    def tell(self, fraction: float, message: str) -> None:
        """How far the work is; also where it stops when cancelled."""
        if self.stop.is_set():
            raise Cancelled
        now = time.monotonic()
        then, before = self._last
        if fraction > before and now - then > 0.2:
            speed = (fraction - before) / (now - then)
            self._speed = speed if not self._speed else SMOOTHING * speed + (1 - SMOOTHING) * self._speed
            self._last = (now, fraction)
        self.seconds_left = (1.0 - fraction) / self._speed if self._speed else None
        self.fraction, self.message = fraction, message


class Desk:
    """What a job works with: the worker process, and whom to tell."""

    def __init__(self, worker: Worker, job: Job, told: Callable[[Job], None]) -> None:
        self._worker, self._job, self._told = worker, job, told

    def progress(self, fraction: float, message: str) -> None:
        """Tell how far the job is; raises Cancelled when it is stopped."""
        self._job.tell(fraction, message)
        self._told(self._job)

    @property
    def is_stopped(self) -> bool:
        """Whether the job is being stopped."""
        return self._job.stop.is_set()

    def run(self, function: Callable[..., T], *args: object, part: tuple[float, float] = (0.0, 1.0)) -> T:
        """The result of `function(*args, progress=...)` in the worker process; `part` of the job's progress is its."""
        start, stop = part

        def progress(fraction: float, message: str) -> None:
            self.progress(start + (stop - start) * fraction, message)

        return self._worker.run(function, *args, progress=progress, stop=self._job.stop)


class JobQueue:
    """Runs jobs in the order they came, one at a time, in a worker process that is started with the first."""

    def __init__(self, name: str = "jobs") -> None:
        self.changed: Observers[Job] = Observers()
        self._name = name
        self._numbers = itertools.count(1)
        self._jobs: list[Job] = []
        self._condition = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def submit(self, title: str, work: Callable[[Desk], Any], *, quiet: bool = False) -> Job:
        """Put `work` at the end of the queue; it hands its result on by itself."""
        job = Job(title, work, next(self._numbers), quiet)
        with self._condition:
            if self._closing:
                raise RuntimeError("the queue is closed")
            self._jobs.append(job)
            self._forget_old()
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name=f"unbraid-{self._name}", daemon=True)
                self._thread.start()
            self._condition.notify_all()
        self.changed.emit(job)
        return job

    def jobs(self) -> tuple[Job, ...]:
        """All jobs that are listed, oldest first."""
        with self._condition:
            return tuple(self._jobs)

    def cancel(self, job: Job) -> None:
        """Stop a job, or never begin it; its process is ended when it does not listen."""
        job.stop.set()
        with self._condition:
            waiting = job.state is State.QUEUED
            if waiting:
                job.state = State.CANCELLED
                self._condition.notify_all()
        if waiting:
            self.changed.emit(job)

    def cancel_all(self) -> None:
        """Stop everything that is not ended."""
        for job in self.jobs():
            if job.state not in ENDED:
                self.cancel(job)

    def forget(self, job: Job) -> None:
        """Take an ended job off the list."""
        with self._condition:
            if job in self._jobs and job.state in ENDED:
                self._jobs.remove(job)
        self.changed.emit(job)

    @property
    def is_busy(self) -> bool:
        """Whether anything runs or waits."""
        return any(job.state not in ENDED for job in self.jobs())

    def wait(self, timeout_s: float) -> bool:
        """Until nothing runs or waits any more; whether that came in time."""
        with self._condition:
            return self._condition.wait_for(lambda: all(job.state in ENDED for job in self._jobs), timeout_s)

    def close(self, timeout_s: float = 2.0) -> None:
        """Stop everything and end the worker process."""
        self.cancel_all()
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _serve(self) -> None:
        with contextlib.ExitStack() as stack:
            worker: Worker | None = None
            while (job := self._next()) is not None:
                self.changed.emit(job)
                try:
                    worker = worker or stack.enter_context(Worker())
                    job.work(Desk(worker, job, self.changed.emit))
                except BaseException as error:
                    self._end(job, error)
                else:
                    self._end(job, None)

    def _next(self) -> Job | None:
        with self._condition:
            while True:
                if self._closing:
                    return None
                for job in self._jobs:
                    if job.state is State.QUEUED:
                        job.state, job.began_s = State.RUNNING, time.monotonic()
                        job._last = (job.began_s, 0.0)
                        return job
                self._condition.wait()

    def _end(self, job: Job, error: BaseException | None) -> None:
        """Done, failed with words for the user, or stopped: what goes wrong while it is being stopped is nobody's."""
        if error is None:
            ended, job.fraction = State.DONE, 1.0
        elif isinstance(error, Cancelled) or job.stop.is_set():
            ended = State.CANCELLED
        else:
            ended, job.error = State.FAILED, _words(job, error)
        job.ended_s, job.seconds_left = time.monotonic(), None
        with self._condition:
            job.state = ended
            self._condition.notify_all()
        self.changed.emit(job)

    def _forget_old(self) -> None:
        ended = [job for job in self._jobs if job.state in ENDED]
        for job in ended[: max(0, len(ended) - KEPT)]:
            self._jobs.remove(job)


def _words(job: Job, error: BaseException) -> str:
    """Why a job failed, for the user; what is a bug of ours goes into the log with all that is known."""
    if isinstance(error, UnbraidError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        logger.warning("job %s: %s", job.title, error)
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    logger.error("job %s", job.title, exc_info=error)
    return f"{type(error).__name__}: {error}"
