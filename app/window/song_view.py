"""The middle of the window: the picture of the song, tied to document, transport and selection."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QInputDialog, QLineEdit, QMenu, QVBoxLayout, QWidget

from unbraid.app import theme
from unbraid.app.session.session import Session
from unbraid.app.spectrogram.colours import CanvasColours
from unbraid.app.spectrogram.display import DisplayOptions, Layer
from unbraid.app.spectrogram.readout import ReadOut
from unbraid.app.spectrogram.view import STEP, SpectrogramView
from unbraid.app.theme.tokens import Theme
from unbraid.app.translation import tr
from unbraid.core.document import edits
from unbraid.core.document.sounding import sounding
from unbraid.core.document.state import Marker, Project, Span

MIX = ""
"""Id of the layer that is the song itself."""


class SongView(QWidget):
    """Observes the session; gestures on the picture become seeks, selections and edits."""

    readout_changed = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.view = SpectrogramView(self)
        self._length = -1.0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)
        session.changed.connect(self._follow)
        session.selection_changed.connect(self.view.set_selection)
        session.playing.moved.connect(self.view.set_playhead)
        self.view.seek_requested.connect(session.playing.seek)
        self.view.scrub_requested.connect(session.playing.scrub)
        self.view.scrub_finished.connect(session.playing.end_scrub)
        self.view.selection_changed.connect(session.select)
        self.view.loop_changed.connect(self._loop_drawn)
        self.view.readout_changed.connect(self._read)
        self.view.marker_moved.connect(self._move_marker)
        self.view.marker_activated.connect(self._rename_marker)
        self.view.marker_menu_requested.connect(self._marker_menu)
        theme.changed.connect(self._relook)
        self._relook(theme.theme())

    # -- following ---------------------------------------------------------------------------------------------------

    def _follow(self, old: Project, new: Project) -> None:
        document = self._session.document
        if document is None or new.song is None or not document.media.has(new.song.media):
            if old.song is not None and new.song is None:
                self.view.set_sources([])
            return
        shape = [(stem.id, stem.name, stem.colour, stem.media) for stem in new.stems]
        before = [(stem.id, stem.name, stem.colour, stem.media) for stem in old.stems]
        if old.song != new.song or shape != before or old is new:
            mix = Layer(MIX, tr("The mix"), theme.stem_colour("mix"), theme.stem_letter("mix"),
                        document.media.audio(new.song.media))  # fmt: skip
            stems = [
                Layer(
                    stem.id, theme.stem_title(stem.name), stem.colour or theme.stem_colour(stem.name),
                    theme.stem_letter(stem.name), document.media.audio(stem.media),
                )
                for stem in sounding(new, document.media)
            ]  # fmt: skip
            self.view.set_sources([mix, *stems])
        if old.song != new.song:
            self.view.fit()
        self.view.set_markers(new.markers)
        self.view.set_loop(new.loop)

    def _loop_drawn(self, span: Span | None) -> None:
        if span != self._session.state.loop:
            self._session.set_loop(span)

    # -- markers -----------------------------------------------------------------------------------------------------

    def _move_marker(self, marker: Marker, time_s: float) -> None:
        title = tr("Move {name}", name=marker.name)
        self._session.edit(title, lambda project: edits.move_marker(project, marker, time_s))

    def _rename_marker(self, marker: Marker) -> None:
        echo = QLineEdit.EchoMode.Normal
        name, sure = QInputDialog.getText(self, tr("Rename the marker"), tr("Name"), echo, marker.name)
        if sure and name.strip() and name.strip() != marker.name:
            title = tr("Rename {old} to {new}", old=marker.name, new=name.strip())
            self._session.edit(title, lambda project: edits.rename_marker(project, marker, name.strip()))

    def _remove_marker(self, marker: Marker) -> None:
        self._session.edit(tr("Remove a marker"), lambda project: edits.remove_marker(project, marker))

    def _marker_menu(self, place: QPoint, marker: Marker) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Rename the marker")).triggered.connect(lambda: self._rename_marker(marker))
        menu.addAction(tr("Remove the marker")).triggered.connect(lambda: self._remove_marker(marker))
        menu.popup(place)

    def _read(self, readout: ReadOut | None) -> None:
        self.readout_changed.emit("" if readout is None else readout.text)

    def _relook(self, look: Theme) -> None:
        self.view.set_colours(CanvasColours.of(look))

    # -- what the table of actions asks for --------------------------------------------------------------------------

    def set_options(self, options: DisplayOptions) -> None:
        """What is shown, and how."""
        self.view.set_display(options)

    def set_follow(self, on: bool) -> None:
        """Whether the picture moves along."""
        self.view.set_follows(on)

    def set_tool(self, tool: Literal["select", "hand"]) -> None:
        """What a plain drag does."""
        self.view.canvas.is_hand = tool == "hand"

    def zoom_in(self) -> None:
        """Closer in time."""
        self.view.zoom_in()

    def zoom_out(self) -> None:
        """Farther away in time."""
        self.view.zoom_out()

    def zoom_frequency(self, closer: bool) -> None:
        """Closer in frequency, or farther away."""
        self.view.zoom_frequency(STEP if closer else 1 / STEP)

    def fit(self) -> None:
        """The whole song."""
        self.view.fit()

    def zoom_to_selection(self) -> None:
        """The selection fills the view."""
        self.view.zoom_to_selection()

    def diagnostics(self) -> str:
        """How far the pictures are, for a report."""
        return tr("{percent} % analysed", percent=round(100 * self.view.canvas.progress))

    def close_down(self) -> None:
        """End the background work."""
        self.view.close_analysis()
