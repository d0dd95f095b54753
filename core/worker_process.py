"""The other side of core/tasks.py: the main loop of the worker process."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from unbraid.core.errors import Cancelled, UnbraidError
from unbraid.core.progress import Progress

REPORT_EVERY_S = 0.03


def serve(connection: Connection, log: str, memory_bytes: int) -> None:
    """Run what comes through `connection`, until its other end closes; print into the file `log`."""
    _prepare_process(log, memory_bytes)
    inbox: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
    cancelled = threading.Event()
    threading.Thread(target=_listen, args=(connection, inbox, cancelled), daemon=True).start()
    report = _reporter(connection, cancelled)
    while True:
        function, args = inbox.get()
        connection.send(_outcome(function, args, report))


def _listen(connection: Connection, inbox: queue.SimpleQueue[tuple[Any, ...]], cancelled: threading.Event) -> None:
    """Receive work and cancellations; when the other end is gone, so are we, whatever we are doing."""
    while True:
        try:
            message = connection.recv()
        except (EOFError, OSError):
            os._exit(0)
        if message == "cancel":
            cancelled.set()
        else:
            cancelled.clear()
            inbox.put(message)


def _prepare_process(log: str, memory_bytes: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    sys.stdout.flush()
    os.dup2(descriptor, 1)  # libraries print; standard output belongs to the application
    os.dup2(descriptor, 2)
    if hasattr(os, "nice"):
        os.nice(5)  # sound and window go first
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _reporter(connection: Connection, cancelled: threading.Event) -> Progress:
    last_s = 0.0
    one_at_a_time = threading.Lock()

    def progress(fraction: float, message: str) -> None:
        nonlocal last_s
        if cancelled.is_set():
            raise Cancelled
        now_s = time.monotonic()
        with one_at_a_time:
            if now_s - last_s > REPORT_EVERY_S or fraction >= 1.0:  # may be called in somebody's innermost loop
                last_s = now_s
                connection.send(("progress", float(fraction), str(message)))

    return progress


def _outcome(function: Callable[..., object], args: tuple[object, ...], progress: Progress) -> tuple[object, ...]:
    try:
        return ("result", function(*args, progress=progress))
    except Cancelled:
        return ("cancelled",)
    except UnbraidError as error:
        return ("error", type(error).__name__, str(error), "")
    except MemoryError:
        message = "the work needed more memory than it may have; choose a shorter passage or another method"
        return ("error", "PluginError", message, traceback.format_exc())
    except Exception as error:
        return ("error", "PluginError", f"the work failed: {type(error).__name__}: {error}", traceback.format_exc())
