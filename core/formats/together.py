"""Several files encoded at once: threads for encoders that release the interpreter, one progress, one end for all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from unbraid.core.cpu import cores
from unbraid.core.errors import Cancelled
from unbraid.core.progress import Progress

A = TypeVar("A")
B = TypeVar("B")


class _Shared:
    """One progress for several works. The first exception, whoever raised it, ends all of them at their next report."""

    def __init__(self, progress: Progress, works: int) -> None:
        self._progress, self._done = progress, [0.0] * works
        self._lock = threading.Lock()
        self.cause: BaseException | None = None

    def part(self, k: int) -> Progress:
        """The progress of work `k`."""

        def report(fraction: float, message: str) -> None:
            with self._lock:
                if self.cause is not None:
                    raise Cancelled
                self._done[k] = fraction
                self._progress(sum(self._done) / len(self._done), message)

        return report

    def stop(self, cause: BaseException) -> None:
        """Remember why all of it ends; the first reason counts."""
        if self.cause is None:
            self.cause = cause


def work_together(work: Callable[[A, Progress], B], items: Sequence[A], progress: Progress) -> list[B]:
    """Results of `work(item, progress)` in order, as many at once as there are processors.

    The first exception (also `Cancelled` from `progress`, or Ctrl-C) stops the others within a block and is raised when
    all have ended, so that nobody writes any more when the caller cleans up.
    """
    shared = _Shared(progress, len(items))

    def one(k: int) -> B:
        try:
            return work(items[k], shared.part(k))
        except BaseException as cause:
            shared.stop(cause)
            raise

    with ThreadPoolExecutor(max(1, min(len(items), cores()))) as pool:
        futures = [pool.submit(one, k) for k in range(len(items))]
        try:
            return [future.result() for future in futures]
        except BaseException as cause:
            shared.stop(cause)
            for future in futures:
                future.cancel()
            assert shared.cause is not None
            raise shared.cause from None
