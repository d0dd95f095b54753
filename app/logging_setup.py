"""Where the log goes: a ring of the last lines for the window, and a file in the cache folder that does not grow.

`install()` is for the very start and costs nothing; `log_to_file()` comes after the window is on the screen.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from unbraid.core import atomic, folders

LINES = 5000
FILE_BYTES = 1_000_000
FILES = 3
FORMAT = "%(asctime)s %(levelname)-7s %(threadName)s %(name)s: %(message)s"
HARMLESS = ("This plugin does not support",)
"""How messages of Qt begin that mean nothing."""


@dataclass(frozen=True)
class LogLine:
    """A line of the log. number: counts up without gaps."""

    number: int
    level: int
    text: str


class Ring(logging.Handler):
    """The last lines, from any thread."""

    def __init__(self, lines: int = LINES) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter(FORMAT))
        self._lines: deque[LogLine] = deque(maxlen=lines)
        self._guard = threading.Lock()
        self._count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        try:
            text = self.format(record)
        except Exception:
            self.handleError(record)
            return
        with self._guard:
            self._lines.append(LogLine(self._count, record.levelno, text))
            self._count += 1

    def lines(self, since: int = 0) -> list[LogLine]:
        """What was kept from line number `since` on."""
        with self._guard:
            return [line for line in self._lines if line.number >= since]


class _Log:
    ring: Ring | None = None
    file: logging.Handler | None = None
    faults: BinaryIO | None = None


def install(level: int = logging.INFO) -> Ring:
    """Keep what our modules log, and warnings of all others; once is enough. Returns the ring."""
    if _Log.ring is None:
        _Log.ring = Ring()
        logging.getLogger().addHandler(_Log.ring)
        logging.captureWarnings(True)
    logging.getLogger("unbraid").setLevel(level)
    return _Log.ring


def ring() -> Ring:
    """The ring in use."""
    return _Log.ring or install()


def log_to_file(folder: Path | None = None) -> Path:
    """Write the log to `folder` (the cache folder) too, beginning with what the ring holds; returns the file."""
    from logging.handlers import RotatingFileHandler

    path = (folder or folders.cache_folder() / "log") / "unbraid.log"
    if _Log.file is not None:
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=FILE_BYTES, backupCount=FILES - 1, encoding="utf-8")
    except OSError as problem:
        logging.getLogger(__name__).warning("no log file: %s", problem)
        return path
    earlier = ring().lines()
    handler.setFormatter(logging.Formatter(FORMAT))
    if handler.stream is not None:
        handler.stream.writelines(line.text + "\n" for line in earlier)
    _Log.file = handler
    logging.getLogger().addHandler(handler)
    return path


def watch_faults(folder: Path | None = None) -> str:
    """Have the interpreter write down where it was when it is ended by a fault of a C library.

    Returns what the last run wrote: empty unless it ended that way.
    """
    import faulthandler

    path = (folder or folders.cache_folder() / "log") / "fault.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        earlier = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        _Log.faults = atomic.scratch(path, "w+b")
        faulthandler.enable(_Log.faults)
    except OSError as problem:
        logging.getLogger(__name__).warning("faults are not written down: %s", problem)
        return ""
    return earlier.strip()


def uninstall() -> None:
    """Stop keeping anything; for tests and for the end."""
    for handler in (_Log.ring, _Log.file):
        if handler is not None:
            logging.getLogger().removeHandler(handler)
            handler.close()
    if _Log.faults is not None:
        import faulthandler

        faulthandler.disable()
        _Log.faults.close()
    _Log.ring = _Log.file = _Log.faults = None
    logging.captureWarnings(False)


def qt_level(name: str) -> int:
    """The level of a Qt message type's name."""
    levels = {
        "QtDebugMsg": logging.DEBUG,
        "QtInfoMsg": logging.INFO,
        "QtWarningMsg": logging.WARNING,
        "QtCriticalMsg": logging.ERROR,
        "QtFatalMsg": logging.CRITICAL,
    }
    return levels.get(name, logging.WARNING)
