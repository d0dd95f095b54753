"""The export dialog for the song that is open: what it is given, and what is said when it is done."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths

from unbraid.app import theme
from unbraid.app.export.dialog import ExportDialog, Exported
from unbraid.app.export.runner import ThreadRunner
from unbraid.app.translation import trn
from unbraid.core import material
from unbraid.core.export import Export, What
from unbraid.core.material import Material

if TYPE_CHECKING:
    from unbraid.app.window.main_window import MainWindow

HEARD_DB = -90.0
"""A residual below this peak is no stem."""


def show_export(window: MainWindow) -> None:
    """One dialog for a window; it follows the mixer while it is open (`follow`)."""
    session = window.session
    document = session.document
    if document is None or not session.has_song:
        return
    given = _material(window)
    dialog = window.export_dialog
    if dialog is not None and dialog.is_busy:
        dialog.raise_()
        return
    if dialog is not None:
        dialog.close()
        dialog.deleteLater()
    what: What = "karaoke" if _is_karaoke(window) else "stems"
    initial = Export(_folder(window), what=what if given.names else "remix", left_out=_silenced(window))
    dialog = ExportDialog(given, ThreadRunner(session.bridge), initial, window)
    dialog.exported.connect(lambda exported: _done(window, exported))
    window.export_dialog = dialog
    dialog.show()


def follow(window: MainWindow) -> None:
    """Bring an open dialog up to date with the mixer; one whose song is gone is closed."""
    dialog = window.export_dialog
    if dialog is None or not dialog.isVisible() or dialog.is_busy:
        return
    if window.session.has_song:
        dialog.set_material(_material(window))
    else:
        dialog.close()


def _material(window: MainWindow) -> Material:
    session = window.session
    assert session.document is not None
    level = session.playing.residual_db
    leaves = level is not None and level > HEARD_DB
    return material.of_project(
        session.document.state, session.document.media, leaves_residual=leaves, colour=theme.stem_colour
    )


def _silenced(window: MainWindow) -> tuple[str, ...]:
    """Stems whose faders are at their end."""
    state = window.session.state
    return tuple(stem.name for stem in state.stems if stem.strip.gain_db == float("-inf") or stem.strip.mute)


def _is_karaoke(window: MainWindow) -> bool:
    silenced = _silenced(window)
    return bool(silenced) and len(silenced) < len(window.session.state.stems)


def _folder(window: MainWindow) -> Path:
    """Where it was exported to last, beside the song, or among the music."""
    kept = window.session.settings.current.export_folder
    if kept:
        return Path(kept)
    song = window.session.state.song
    beside = Path(song.source).parent if song is not None and song.source else None
    ours = Path(str(resources.files("unbraid.resources")))
    if beside is not None and os.access(beside, os.W_OK) and not beside.is_relative_to(ours):
        return beside
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation) or Path.home())


def _done(window: MainWindow, exported: Exported) -> None:
    window.session.settings.set(export_folder=str(exported.folder))
    window.notice("info", trn("{n} file exported", "{n} files exported", len(exported.paths)))
