"""What happens when something of ours breaks: it is logged, said once, and the document stays as it was.

A user's mistake (UnbraidError) that nobody caught becomes a notice; anything else a dialog with a report in which no
private name stands.
"""

from __future__ import annotations

import logging
import platform
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler, qVersion
from PySide6.QtWidgets import QWidget

from unbraid.app.logging_setup import HARMLESS, qt_level, ring
from unbraid.app.privacy import private
from unbraid.core.errors import Cancelled, UnbraidError

logger = logging.getLogger(__name__)

LAST_LINES = 60
SAME = 3
"""How often the same failure is logged in full."""


class CrashHandler(QObject):
    """Stands behind every uncaught exception, in every thread, once `install` was called.

    problem: a text for a notice. crashed: the report; the handler shows it in a dialog of `window` itself.
    names: gives texts that a report must not hold (the song's name). details: gives lines worth knowing (devices).
    """

    problem = Signal(str)
    crashed = Signal(str)
    _arrived = Signal(object)

    def __init__(
        self,
        window: QWidget | None = None,
        names: Callable[[], Iterable[str]] = tuple,
        details: Callable[[], dict[str, str]] = dict,
    ) -> None:
        super().__init__(window)
        self.window = window
        self.names = names
        self.details = details
        self.dialog: QWidget | None = None
        self.count: Counter[str] = Counter()
        self._arrived.connect(self._show)

    def install(self) -> None:
        """Take uncaught exceptions and Qt's messages."""
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self.take
        threading.excepthook = lambda args: self.take(args.exc_type, args.exc_value, args.exc_traceback)
        qInstallMessageHandler(qt_message)

    def uninstall(self) -> None:
        """Leave things as they were."""
        sys.excepthook, threading.excepthook = self._before
        qInstallMessageHandler(None)

    def take(self, kind: type[BaseException], error: BaseException | None, where: TracebackType | None) -> None:
        """Judge an exception that nobody caught; any thread."""
        error = error or kind()
        if isinstance(error, KeyboardInterrupt | SystemExit):
            sys.__excepthook__(kind, error, where)
        elif isinstance(error, Cancelled):
            logger.info("work was stopped")
        elif isinstance(error, UnbraidError):
            logger.info("not caught where it happened: %s", error)
            self.problem.emit(str(error))
        else:
            self._broke(kind, error, where)

    def _broke(self, kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        text = "".join(traceback.format_exception(kind, error, where))
        self.count[text] += 1
        if self.count[text] <= SAME:
            logger.critical("uncaught exception\n%s", text)
        self._arrived.emit(text)

    def report(self, failure: str) -> str:
        """Everything that helps to mend `failure` (a traceback), and nothing private."""
        times = sum(self.count.values())
        parts = [
            "Unbraid report",
            "\n".join(f"{name}: {value}" for name, value in (*versions().items(), *self._details().items())),
            f"What happened ({times} so far):\n{failure.strip()}",
            "Last lines of the log:\n" + "\n".join(line.text for line in ring().lines()[-LAST_LINES:]),
        ]
        return private("\n\n".join(parts), self._names()) + "\n"

    def _details(self) -> dict[str, str]:
        try:
            return {name: str(value) for name, value in self.details().items()}
        except Exception as problem:  # a report must come whatever is broken
            return {"details": f"not available ({type(problem).__name__})"}

    def _names(self) -> tuple[str, ...]:
        try:
            return tuple(self.names())
        except Exception:
            return ()

    def _show(self, failure: str) -> None:
        """In the main thread: one dialog, however much breaks while it is open."""
        report = self.report(failure)
        self.crashed.emit(report)
        if self.dialog is not None:
            return
        from unbraid.app.dialogs.crash_dialog import CrashDialog

        self.dialog = dialog = CrashDialog(report, self.window)
        dialog.finished.connect(self._closed)
        dialog.open()

    def _closed(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
        self.dialog = None


def versions() -> dict[str, str]:
    """What runs here, by name."""
    from importlib.metadata import PackageNotFoundError, version

    names = ("unbraid", "PySide6-Essentials", "numpy", "scipy", "numba", "soundfile", "sounddevice", "soxr", "av")
    found = {"Python": platform.python_version(), "Qt": qVersion(), "System": platform.platform()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "-"
    return found


def qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    """Qt's own messages go to the log."""
    harmless = message.startswith(HARMLESS)
    level = logging.DEBUG if harmless else qt_level(kind.name)
    logging.getLogger("unbraid.qt").log(level, "%s", message)
