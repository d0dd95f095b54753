"""What the table of actions can do with files: open, keep, send, relink, export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog

from unbraid.app.actions.action import Choice
from unbraid.app.translation import tr
from unbraid.app.window.start_page import Entry
from unbraid.core import naming
from unbraid.core.document import drafts, recent
from unbraid.core.formats.sniff import SUFFIXES_READ

if TYPE_CHECKING:
    from unbraid.app.window.main_window import MainWindow

LISTED = 8


class FileCommands:
    """Dialogs for files, and what follows."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._session = window.session

    # -- opening -----------------------------------------------------------------------------------------------------

    def ask_open(self) -> None:
        """Choose a song, several files of one song, or a project."""
        patterns = " ".join(f"*{suffix}" for suffix in (*sorted(SUFFIXES_READ), ".unbraid", ".zip"))
        chosen, _ = QFileDialog.getOpenFileNames(
            self._window, tr("Open"), self._folder(),
            f"{tr('Songs, videos and projects')} ({patterns});;{tr('All files')} (*)",
        )  # fmt: skip
        self.open([Path(name) for name in chosen])

    def ask_folder(self) -> None:
        """Choose a folder: a song with its stems, or a project."""
        chosen = QFileDialog.getExistingDirectory(self._window, tr("Open folder"), self._folder())
        if chosen:
            self.open([Path(chosen)])

    def open(self, paths: Sequence[Path]) -> None:
        """Open what was chosen or dropped."""
        if paths:
            self._session.settings.set(open_folder=str(paths[0].parent))
            self._session.opening.open(paths)

    def open_demo(self, with_stems: bool) -> None:
        """The song that ships with the application."""
        from unbraid.app.theme.look import resource_folder

        folder = resource_folder("demo")
        self._session.opening.open([folder] if with_stems else [folder / "mix.flac"])

    def entries(self) -> list[Entry]:
        """Projects and drafts to go on with, the latest first."""
        return entries()

    def recent_choices(self) -> Sequence[Choice]:
        """For the menu."""
        if not (found := entries()):
            return (Choice(tr("Nothing yet"), lambda: None, enabled=False),)
        return [Choice(e.name, partial(self.open_project, e.folder), tip=str(e.folder)) for e in found]

    def open_project(self, folder: Path) -> None:
        """A project of the list; one that is gone leaves it."""
        if not folder.is_dir():
            recent.forget(folder)
            self._session.noticed.emit("warning", tr("{folder} is not there any more", folder=folder))
            self._window.show_entries()
            return
        self._session.guarded(lambda: self._session.opening.open_project(folder))

    def discard(self, folder: Path) -> None:
        """Throw a draft away."""
        self._session.guarded(lambda: drafts.discard(folder))
        self._window.show_entries()

    def close_song(self) -> None:
        """Back to the first screen; everything is kept."""
        self._session.close_document()
        self._window.show_entries()

    # -- keeping -----------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Write the project now; a draft is asked where it should live."""
        document = self._session.document
        if document is None:
            return
        if document.is_draft:
            self.ask_save_as()
        elif self._session.guarded(document.save) and not document.problem:
            self._session.noticed.emit("info", tr("All steps are kept in {folder}.", folder=document.folder))

    def ask_save_as(self) -> None:
        """Choose a new folder for the project."""
        document = self._session.document
        if document is None:
            return
        begin = Path(self._session.settings.current.project_folder or self._music()) / document.name
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, tr("Keep the project in a new folder"), str(begin), tr("Project folder") + " (*)"
        )
        if chosen:
            folder = Path(chosen)
            self._session.settings.set(project_folder=str(folder.parent))
            self._session.save_as(folder.with_name(naming.safe(folder.name)))

    def ask_archive(self) -> None:
        """Choose a file for the archive."""
        document = self._session.document
        if document is None:
            return
        begin = Path(self._folder()) / f"{document.name}.unbraid.zip"
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, tr("Save an archive"), str(begin), f"{tr('Archive of a project')} (*.zip)"
        )
        if chosen:
            pack = document.packing(Path(chosen), overwrite=True)
            self._session.submit(tr("Saving the archive"), lambda desk: self._pack(pack, chosen), opening=True)

    def _pack(self, pack: Callable[[], None], file: str) -> None:
        """On the queue's thread."""
        pack()
        told = tr("The archive is in {file}.", file=file)
        self._session.bridge.soon(self._session.noticed.emit, "info", told)

    def ask_stem(self) -> None:
        """Choose a file that becomes a stem of the song."""
        patterns = " ".join(f"*{suffix}" for suffix in sorted(SUFFIXES_READ))
        chosen, _ = QFileDialog.getOpenFileNames(
            self._window, tr("Add stems from files"), self._folder(), f"{tr('Sound files')} ({patterns})"
        )
        for name in chosen:
            self._session.opening.add_stem(Path(name))

    def ask_relink(self) -> None:
        """Choose where missing sound lies now."""
        document = self._session.document
        if document is None:
            return
        chosen = QFileDialog.getExistingDirectory(self._window, tr("Where the missing sound is"), self._folder())
        if not chosen:
            return
        found: list[str] = []
        if self._session.guarded(lambda: found.extend(document.relink(Path(chosen)))):
            left = len(document.missing())
            words = tr("{found} found, {left} still missing.", found=len(found), left=left)
            self._session.noticed.emit("info" if not left else "warning", words)

    def show_export(self) -> None:
        """The export dialog."""
        self._window.show_export()

    def _folder(self) -> str:
        return self._session.settings.current.open_folder or self._music()

    @staticmethod
    def _music() -> str:
        return QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation) or str(Path.home())


def entries() -> list[Entry]:
    """Drafts and recent projects, the latest first."""
    import time

    def day(moment: float) -> str:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))

    found = [
        (draft.modified, Entry(draft.folder, draft.name, tr("draft, {time}", time=day(draft.modified)), is_draft=True))
        for draft in drafts.drafts()
    ]
    found += [(one.time, Entry(Path(one.folder), one.name, day(one.time))) for one in recent.recent() if one.is_there]
    return [entry for _, entry in sorted(found, key=lambda pair: -pair[0])[:LISTED]]
