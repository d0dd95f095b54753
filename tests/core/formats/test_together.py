"""Works that run at once share one progress and one end."""

from __future__ import annotations

import threading
import time

import pytest

from unbraid.core.errors import AudioFileError, Cancelled
from unbraid.core.formats.together import work_together
from unbraid.core.progress import Progress


def test_results_come_in_order_and_progress_rises() -> None:
    heard: list[float] = []

    def work(item: int, progress: Progress) -> int:
        for step in range(5):
            progress(step / 4, "")
            time.sleep(0.001 * item)
        return item * item

    assert work_together(work, [3, 2, 1, 0], lambda f, m: heard.append(f)) == [9, 4, 1, 0]
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


@pytest.mark.parametrize("cause", [AudioFileError("full"), KeyboardInterrupt(), Cancelled()])
def test_the_first_exception_stops_all_and_is_the_one_that_is_raised(cause: BaseException) -> None:
    running = threading.Semaphore(0)

    def work(item: int, progress: Progress) -> None:
        if item == 1:
            running.acquire(timeout=1)
            raise cause
        for _ in range(1000):
            progress(0.5, "")
            running.release()
            time.sleep(0.001)

    with pytest.raises(type(cause)) as told:
        work_together(work, [0, 1], lambda f, m: None)
    assert told.value is cause
    assert threading.active_count() < 10


def test_a_cancel_from_the_progress_stops_all() -> None:
    def stop(fraction: float, message: str) -> None:
        raise Cancelled

    def work(item: int, progress: Progress) -> None:
        while True:
            progress(0.1, "")

    with pytest.raises(Cancelled):
        work_together(work, [0, 1, 2], stop)
