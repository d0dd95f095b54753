"""The desktop application from start to end: painted first, loaded after, nothing left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from unbraid.app import theme, translation
from unbraid.app.settings import SettingsStore
from unbraid.app.theme.look import resource_folder
from unbraid.app.translation import tr
from unbraid.app.window.main_window import MainWindow

if TYPE_CHECKING:
    from unbraid.core.playback.backend import AudioBackend

SIGNALS_EVERY_MS = 250
"""How often Python looks whether Ctrl-C was pressed in the terminal."""
UNSEEN_MS = 1000
"""After this long a window that nobody sees (minimised, on another desktop) wakes up all the same."""


def spare_sources() -> None:
    """Keep PySide from reading, and holding on to, the source of every module that is imported after it.

    It looks whether one of them asks for `__feature__` (other names for Qt's functions); nobody here does. With numba
    and scipy that is a tenth of a second and 27 MB.
    """
    with contextlib.suppress(ImportError, AttributeError):
        from shibokensupport import feature

        feature._mod_uses_pyside = lambda module: True


spare_sources()


def application() -> QApplication:
    """The one QApplication, with fonts; made when there is none."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QGuiApplication.setDesktopFileName("unbraid")
    made = QApplication(sys.argv[:1])
    made.setApplicationName("unbraid")
    made.setApplicationDisplayName("Unbraid")
    made.setQuitOnLastWindowClosed(True)
    return made


def open_window(
    paths: Sequence[Path] = (), *, settings: SettingsStore | None = None, backend: AudioBackend | None = None
) -> MainWindow:
    """A window on the screen; everything heavy is loaded when it has been painted."""
    app = application()
    store = settings or SettingsStore()
    translation.use_language(store.current.language)
    theme.load_fonts()
    theme.apply(app, store.current.theme)
    theme.set_motion(store.current.motion)
    window = MainWindow()
    window.open(paths)
    _FirstPaint(window, lambda: _after_first_paint(window, store, backend))
    window.show()
    return window


class _FirstPaint(QObject):
    """Calls `then` once, when `window` has been painted: a timer alone would fire before the screen asks for paint."""

    def __init__(self, window: MainWindow, then: Callable[[], None]) -> None:
        super().__init__(window)
        self._window = window
        self._then: Callable[[], None] | None = then
        window.installEventFilter(self)
        QTimer.singleShot(UNSEEN_MS, self, self._end)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """What the window contains is painted within this event, so what is due next comes after all of it."""
        if event.type() == QEvent.Type.Paint:
            self._window.removeEventFilter(self)
            QTimer.singleShot(0, self, self._end)
        return False

    def _end(self) -> None:
        then, self._then = self._then, None
        self._window.removeEventFilter(self)
        self.deleteLater()
        if then is not None:
            then()


def _after_first_paint(window: MainWindow, store: SettingsStore, backend: AudioBackend | None) -> None:
    """The window is on the screen: load what it needs to work."""
    app = application()
    translation.install_qt_translations(app)
    window.awaken(store, backend=backend)
    app.setWindowIcon(window_icon())
    for note in store.notes:
        window.notice("warning", note)
    window.session.opening.prepare()
    window.song_view.view.analyst.prepare()


def window_icon() -> QIcon:
    """The application's own sign."""
    return QIcon(str(resource_folder("icons") / "unbraid.svg"))


def run(paths: Sequence[Path] = ()) -> int:
    """Open a window and stay until it is closed; returns the exit code."""
    from unbraid.app import logging_setup
    from unbraid.app.crash import CrashHandler

    os.environ.setdefault("QT_ENABLE_HIGHDPI_SCALING", "1")
    app = application()
    logging_setup.install()
    handler = CrashHandler()
    handler.install()
    window = open_window(paths)
    handler.window = window
    handler.problem.connect(lambda text: window.notice("error", text))
    handler.names = lambda: _private_names(window)
    handler.details = lambda: window.session.playing.player.diagnostics() if window.is_awake else {}
    QTimer.singleShot(1000, lambda: _watch(window))
    with_interrupts(window)
    code = app.exec()
    handler.uninstall()
    return code


def _watch(window: MainWindow) -> None:
    """Write the log to a file from now on, and tell when the last run ended in a fault."""
    from unbraid.app import logging_setup

    logging_setup.log_to_file()
    if logging_setup.watch_faults():
        window.notice("warning", tr("The last time, Unbraid ended unexpectedly. Nothing is lost; the log says more."))


def _private_names(window: MainWindow) -> tuple[str, ...]:
    """What a report must not hold."""
    document = window.session.document if window.is_awake else None
    if document is None:
        return ()
    state = document.state
    song = (state.song.name, Path(state.song.source).stem) if state.song is not None else ()
    return tuple(filter(None, (document.name, *song, *(stem.name for stem in state.stems))))


def with_interrupts(window: MainWindow) -> None:
    """Ctrl-C and a polite kill close the window as its cross does."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: window.close())
    ticker = QTimer(window, interval=SIGNALS_EVERY_MS)
    ticker.timeout.connect(lambda: None)
    ticker.start()
