"""The one place where work meets the window: what other threads tell is done on the window's own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal


class TaskBridge(QObject):
    """Hands calls over to the thread it was made on. Once closed, late calls are dropped."""

    _called = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open, self._lock = True, threading.Lock()
        self._called.connect(self._do, Qt.ConnectionType.QueuedConnection)

    def soon(self, function: Callable[..., object], *args: object) -> None:
        """Call `function(*args)` on the window's thread, as soon as it is free; from any thread."""
        with self._lock:
            if self._open:
                self._called.emit(partial(function, *args))

    def flush(self) -> None:
        """Do now what has been handed over so far; on the window's thread."""
        QCoreApplication.sendPostedEvents(self, QEvent.Type.MetaCall.value)

    def close(self) -> None:
        """Drop what still comes. Afterwards no thread is in here any more, so that it may be deleted."""
        with self._lock:
            self._open = False

    def _do(self, call: Callable[[], object]) -> None:
        if self._open:
            call()
