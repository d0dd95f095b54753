"""The one place where work meets the window: what other threads tell is done on the window's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal


class TaskBridge(QObject):
    """Hands calls over to the thread it was made on. Once closed, late calls are dropped."""

    _called = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open = True
        self._called.connect(self._do, Qt.ConnectionType.QueuedConnection)

    def soon(self, function: Callable[..., object], *args: object) -> None:
        """Call `function(*args)` on the window's thread, as soon as it is free; from any thread."""
        if self._open:
            self._called.emit(partial(function, *args))

    def close(self) -> None:
        """Drop what still comes."""
        self._open = False

    def _do(self, call: Callable[[], object]) -> None:
        if self._open:
            call()
