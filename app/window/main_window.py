"""The window: it arranges what others show and do, and is on the screen before anything heavy is loaded.

`MainWindow()` has the first screen only; `awaken` adds session, actions, docks and canvas once that has been painted.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QStackedWidget, QWidget

from unbraid.app.notices import Notices
from unbraid.app.translation import tr
from unbraid.app.window.start_page import StartPage

if TYPE_CHECKING:
    from unbraid.app.actions.action_set import ActionSet
    from unbraid.app.encode.page import EncodePage
    from unbraid.app.export.dialog import ExportDialog
    from unbraid.app.history.page import HistoryPage
    from unbraid.app.mixer.panel import MixerPanel
    from unbraid.app.separate.page import SeparatePage
    from unbraid.app.session.session import Session
    from unbraid.app.settings import SettingsStore
    from unbraid.app.window.file_commands import FileCommands
    from unbraid.app.window.help_commands import HelpCommands
    from unbraid.app.window.panels import Panels
    from unbraid.app.window.picture_commands import PictureCommands
    from unbraid.app.window.song_view import SongView
    from unbraid.app.window.stem_commands import StemCommands
    from unbraid.app.window.time_commands import TimeCommands
    from unbraid.core.playback.backend import AudioBackend

logger = logging.getLogger(__name__)

FIRST_SIZE = (1440, 860)
SMALLEST = (960, 600)


class MainWindow(QMainWindow):
    """One window for one document."""

    awake = Signal()
    """Everything is there."""

    session: Session
    action_set: ActionSet
    mixer: MixerPanel
    separate: SeparatePage
    encode: EncodePage
    history: HistoryPage
    song_view: SongView
    panels: Panels
    files: FileCommands
    stems: StemCommands
    times: TimeCommands
    picture: PictureCommands
    help: HelpCommands

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.is_awake = False
        self.export_dialog: ExportDialog | None = None
        self._waiting: list[Path] = []
        self.setWindowTitle(tr("Unbraid"))
        self.setMinimumSize(*SMALLEST)
        self.resize(*FIRST_SIZE)
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.start = StartPage(self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.start)
        self.setCentralWidget(self.stack)
        self.notices = Notices(self, bottom=28)

    # -- building ----------------------------------------------------------------------------------------------------

    def awaken(self, settings: SettingsStore, *, backend: AudioBackend | None = None) -> None:
        """Load and connect everything; files that were dropped meanwhile are opened."""
        from unbraid.app.window.assembly import assemble

        assemble(self, settings, backend)
        self.is_awake = True
        self.show_entries()
        self.show_title()
        self.awake.emit()
        waiting, self._waiting = self._waiting, []
        self.open(waiting)

    def open(self, paths: Sequence[Path]) -> None:
        """Open files, now or as soon as the window is awake."""
        if self.is_awake:
            self.files.open(paths)
        else:
            self._waiting += paths

    # -- showing -----------------------------------------------------------------------------------------------------

    def show_entries(self) -> None:
        """Bring the list of projects on the first screen up to date."""
        if not self.session.has_song:
            self.start.show_entries(self.files.entries())

    def show_document(self) -> None:
        """The first screen, or the song."""
        has_song = self.session.has_song
        self.stack.setCurrentWidget(self.song_view if has_song else self.start)
        self.panels.show_for(has_song)
        if not has_song:
            self.show_entries()
        self.show_title()

    def refresh_actions(self, *_: object) -> None:
        """Enable and check what the state allows, and tell it in the title, when the event loop is reached again."""
        self.action_set.refresh_soon()

    def notice(self, kind: str, text: str) -> None:
        """A notice that blocks nothing."""
        {"warning": self.notices.warning, "error": self.notices.error}.get(kind, self.notices.info)(text)

    def show_export(self) -> None:
        """The export dialog, for the song as the mixer has it."""
        from unbraid.app.window.exporting import show_export

        show_export(self)

    def show_title(self) -> None:
        """The title never lies: `*` while a step is not on the disk, and whether the project has a place of its own."""
        document = self.session.document
        if document is None:
            self.setWindowTitle(tr("Unbraid"))
            return
        state = tr("draft") if document.is_draft else ""
        if document.problem:
            state = tr("not written: {problem}", problem=document.problem)
        name = document.state.song.name if document.state.song is not None else document.name
        self.setWindowTitle(f"{name}{'[*]'}{f' ({state})' if state else ''} - {tr('Unbraid')}")
        self.setWindowModified(not document.is_written)

    # -- events ------------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Files may be dropped anywhere."""
        if event.mimeData().hasUrls() and any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Open what was dropped."""
        self.open([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])
        event.acceptProposedAction()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """In a narrow window the inspector gives its room to the canvas."""
        super().resizeEvent(event)
        if self.is_awake:
            self.panels.fit(event.size().width())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Full screen and back changes what is checked."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange and self.is_awake:
            self.action_set.refresh_soon()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Everything is kept already; work that runs is ended, nothing is asked but for what the disk refused."""
        if not self.is_awake:
            return
        document = self.session.document
        if document is not None and document.problem and not self._gives_up(document.problem):
            event.ignore()
            return
        self.panels.remember()
        self.song_view.close_down()
        self.session.close()
        self.is_awake = False
        for dock in self.findChildren(QDockWidget):
            dock.hide()
        for widget in QApplication.topLevelWidgets():
            if widget is not self and (widget.parent() is self or widget.isWindow()):
                with contextlib.suppress(RuntimeError):
                    widget.close()
        event.accept()

    def _gives_up(self, problem: str) -> bool:
        from PySide6.QtWidgets import QMessageBox

        answer = QMessageBox.warning(
            self, tr("Not everything is written"),
            tr("{problem}\n\nSave the project elsewhere (File, Save as), or quit and lose the last steps?",
               problem=problem),
            QMessageBox.StandardButton.Cancel | QMessageBox.StandardButton.Discard,
            QMessageBox.StandardButton.Cancel,
        )  # fmt: skip
        return answer == QMessageBox.StandardButton.Discard


def new_dock(window: QMainWindow, name: str, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
    """A panel that can be moved, floated and hidden."""
    dock = QDockWidget(title, window)
    dock.setObjectName(name)
    dock.setWidget(widget)
    dock.setAllowedAreas(Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea)
    window.addDockWidget(area, dock)
    dock.hide()
    return dock


def restore(window: QMainWindow, geometry: str, state: str) -> bool:
    """The window and its docks as they were; False when there is nothing to restore."""
    if geometry:
        window.restoreGeometry(QByteArray.fromBase64(geometry.encode()))
    return bool(state) and window.restoreState(QByteArray.fromBase64(state.encode()))


def remembered(window: QMainWindow) -> dict[str, str]:
    """What `restore` needs."""
    return {
        "window_geometry": bytes(window.saveGeometry().toBase64().data()).decode(),
        "window_state": bytes(window.saveState().toBase64().data()).decode(),
    }
