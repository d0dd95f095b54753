"""Work beside the window: a function on a thread of its own, its result and its progress back on the window's."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol

from unbraid.app.task_bridge import TaskBridge
from unbraid.core.errors import Cancelled

logger = logging.getLogger(__name__)


class Runner(Protocol):
    """Runs `function(*args, progress)` elsewhere and returns what stops it."""

    def __call__(
        self,
        function: Callable[..., Any],
        *args: Any,
        done: Callable[[Any], object],
        failed: Callable[[BaseException], object],
        progress: Callable[[float, str], object],
    ) -> Callable[[], None]:
        """`done` with the result or `failed` (also with `Cancelled`), and `progress`, come on the window's thread."""


class ThreadRunner:
    """A thread for each work, so that exporting waits for nothing else."""

    def __init__(self, bridge: TaskBridge) -> None:
        self._bridge = bridge

    def __call__(
        self,
        function: Callable[..., Any],
        *args: Any,
        done: Callable[[Any], object],
        failed: Callable[[BaseException], object],
        progress: Callable[[float, str], object],
    ) -> Callable[[], None]:
        """Start at once."""
        stop = threading.Event()

        def tell(fraction: float, message: str) -> None:
            if stop.is_set():
                raise Cancelled
            self._bridge.soon(progress, fraction, message)

        def work() -> None:
            try:
                result = function(*args, tell)
            except Cancelled as cancelled:
                self._bridge.soon(failed, cancelled)
            except Exception as error:
                logger.debug("work failed", exc_info=True)
                self._bridge.soon(failed, error)
            else:
                self._bridge.soon(done, result)

        threading.Thread(target=work, name="unbraid-export", daemon=True).start()
        return stop.set
