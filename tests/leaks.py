"""What a test started and did not end."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import psutil

from unbraid.core.cpu import KEPT

PATIENCE_S = 10.0
"""Threads that load compiled loops end by themselves, on a busy machine late."""


@contextlib.contextmanager
def nothing_left() -> Iterator[None]:
    """No thread and no process that was started inside outlives it, but for threads that are kept on purpose."""
    threads, children = set(threading.enumerate()), set(psutil.Process().children(recursive=True))
    yield

    def left() -> list[object]:
        running = [
            t for t in threading.enumerate() if t not in threads and t.is_alive() and not t.name.startswith(KEPT)
        ]
        spawned = [c for c in psutil.Process().children(recursive=True) if c not in children and c.is_running()]
        return [*running, *(c for c in spawned if "resource_tracker" not in " ".join(_command(c)))]

    end = time.monotonic() + PATIENCE_S
    while left() and time.monotonic() < end:
        time.sleep(0.02)
    assert not left()


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
