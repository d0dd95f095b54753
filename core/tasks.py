"""Long work in a process of its own: one that crashes, hangs or eats all memory is reported, and we live on.

A `Worker` is spawned once, kept warm, and replaced when it dies. Work is a module-level function whose arguments
and result are small values; arrays cross through mapped files (core/mapped_wav.py), and only `progress` comes back
meanwhile. The other side is core/worker_process.py. A process gives stability, not a sandbox: a plugin can do what
its user can do.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from unbraid.core import cpu, errors
from unbraid.core.errors import Cancelled, PluginError, UnbraidError
from unbraid.core.folders import working_folder
from unbraid.core.progress import Progress, silent_progress
from unbraid.core.worker_process import serve

logger = logging.getLogger(__name__)

T = TypeVar("T")

GRACE_S = 0.5
"""How long work may take to notice that it is cancelled before its process is ended."""

POLL_S = 0.05
LOG_TAIL = 600


class Worker:
    """Runs functions in another process, one at a time.

    memory_bytes: what that process may allocate (Linux; elsewhere unlimited), default four fifths of the machine.
    """

    def __init__(self, *, memory_bytes: int | None = None) -> None:
        self._memory_bytes = memory_bytes or machine_memory_bytes() * 4 // 5
        self._process: Any = None
        self._connection: Connection | None = None
        descriptor, log = tempfile.mkstemp(prefix=f"{os.getpid()}-worker-", suffix=".log", dir=working_folder())
        os.close(descriptor)
        self._log = Path(log)
        self._busy = threading.Lock()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(
        self,
        function: Callable[..., T],
        *args: object,
        progress: Progress = silent_progress,
        stop: threading.Event | None = None,
    ) -> T:
        """What `function(*args, progress=...)` returns over there.

        Raises what it raised when that is one of our errors, PluginError when it crashed, and Cancelled (or whatever
        `progress` raised) within a second when it is stopped: by `stop`, by `progress`, or by Ctrl-C.
        """
        with self._busy:
            connection = self._started()
            try:
                connection.send((function, args))
                result: T = self._follow(connection, progress, stop or threading.Event())
                return result
            except (EOFError, BrokenPipeError, ConnectionResetError):
                raise PluginError(self._epitaph(function)) from None
            except UnbraidError:
                raise
            except BaseException:
                self._stop_work(connection)
                raise

    def _follow(self, connection: Connection, progress: Progress, stop: threading.Event) -> Any:
        while True:
            if stop.is_set():
                raise Cancelled
            if not connection.poll(POLL_S):
                continue
            kind, *content = connection.recv()
            if kind == "progress":
                progress(*content)
            elif kind == "result":
                return content[0]
            elif kind == "cancelled":
                raise Cancelled
            else:
                _raise_from_worker(*content)

    def _stop_work(self, connection: Connection) -> None:
        """Ask, wait a moment, then end the process; the next `run` starts a new one."""
        deadline = time.monotonic() + GRACE_S
        with contextlib.suppress(OSError, EOFError):
            connection.send("cancel")
            while (left := deadline - time.monotonic()) > 0:
                if connection.poll(left) and connection.recv()[0] != "progress":
                    return
        self._end()

    def _started(self) -> Connection:
        if self._connection is None or self._process is None or not self._process.is_alive():
            self._end()
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            process = context.Process(
                target=serve, args=(theirs, str(self._log), self._memory_bytes), daemon=True, name="unbraid-worker"
            )
            with _environment(cpu.ENVIRONMENT):
                process.start()
            self._process = process
            theirs.close()
            self._connection = ours
        return self._connection

    def _epitaph(self, function: Callable[..., object]) -> str:
        process = self._process
        if process is not None:
            process.join(1.0)
        code = None if process is None else process.exitcode
        self._end()
        tail = self._log.read_text(errors="replace")[-LOG_TAIL:].strip() if self._log.exists() else ""
        logger.error("worker ended in %s with %s: %s", function.__name__, code, tail)
        return f"the work ended its process ({_cause(code)}); the song and all other results are unharmed"

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._process is not None and self._process.is_alive():
            self._process.kill()
        if self._process is not None:
            self._process.join(5.0)
        self._process = self._connection = None

    def close(self) -> None:
        """End the process."""
        self._end()
        self._log.unlink(missing_ok=True)


def machine_memory_bytes() -> int:
    """Memory of this machine; 8 GiB where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8 << 30


def _cause(code: int | None) -> str:
    if code is None:
        return "cause unknown"
    if code >= 0:
        return f"exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
    hint = ", most likely ended by the system because memory ran out" if name == "SIGKILL" else ""
    return f"signal {name}{hint}"


def _raise_from_worker(kind: str, message: str, details: str) -> None:
    if details:
        logger.error("in the worker:\n%s", details)
    known = getattr(errors, kind, None)
    raise (known if isinstance(known, type) and issubclass(known, UnbraidError) else PluginError)(message)


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Environment variables that a process started inside inherits; what the user has set stays."""
    added = [name for name in values if name not in os.environ]
    os.environ.update({name: values[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
