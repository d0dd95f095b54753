"""How many threads work and on what: coarse tasks of our own, one BLAS thread, OpenMP threads that sleep while waiting.

Spinning OpenMP threads make a shared desktop tens of times slower, and two BLAS threads under two of ours do
the same (docs/architecture.md, "Threads"). Hence: `ENVIRONMENT` is set before a worker process loads numpy or
torch, and `coarse_threads` runs one thread for each channel, source or tile.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

A = TypeVar("A")
B = TypeVar("B")

ENVIRONMENT = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""What a worker process inherits; these are read once, when the libraries load."""


def cores() -> int:
    """Number of processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def coarse_threads(work: Callable[[A], B], items: Iterable[A], *, threads: int | None = None) -> list[B]:
    """Results of `work` over `items` in order, on up to `threads` threads (default: one for each core).

    Meant for tasks of milliseconds that release the GIL. The first exception is raised after all have ended; what had
    not begun by then is left.
    """
    jobs = list(items)
    count = min(len(jobs), threads or cores())
    if count <= 1:
        return [work(job) for job in jobs]
    results: list[B | None] = [None] * len(jobs)
    errors: list[BaseException] = []
    numbers = iter(range(len(jobs)))

    def take() -> None:
        for number in numbers:
            if errors:
                return
            try:
                results[number] = work(jobs[number])
            except BaseException as error:
                errors.append(error)

    _beside(take, count - 1)
    if errors:
        raise errors[0]
    return results  # type: ignore[return-value]


MOST_KEPT = 8
"""Threads that wait for more work."""
KEPT = "unbraid-kept"
"""How the names of threads begin that stay for the next work."""

_thread = threading.local()


@functools.cache
def _kept() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(MOST_KEPT, KEPT, initializer=lambda: setattr(_thread, "is_kept", True))


def _beside(work: Callable[[], None], others: int) -> None:
    """Run `work` here and on other threads, which are kept: a fresh thread makes BLAS allocate its buffers anew.

    A kept thread that needs others itself gets fresh ones, as it might wait for its own kind for ever.
    """
    from concurrent.futures import ThreadPoolExecutor

    if getattr(_thread, "is_kept", False):
        with ThreadPoolExecutor(others) as pool:
            for _ in range(others):
                pool.submit(work)
            work()
        return
    tasks = [_kept().submit(work) for _ in range(others)]
    work()
    for task in tasks:
        if not task.cancel():  # one that has not begun finds nothing to do
            task.result()


def slices(length: int, parts: int) -> list[slice]:
    """At most `parts` contiguous slices of nearly equal size that cover `range(length)`."""
    parts = max(1, min(parts, length))
    edges = [length * k // parts for k in range(parts + 1)]
    return [slice(a, b) for a, b in itertools.pairwise(edges)]


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Matrix products inside run on the calling thread only, whoever imported the library before."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield
