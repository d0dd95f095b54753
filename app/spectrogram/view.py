"""Overview, frequency axis, canvas, colour bar and time ruler as one widget: what the window puts into its middle."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from unbraid.app.selection import Selection
from unbraid.app.spectrogram.analysis import Analyst
from unbraid.app.spectrogram.axes import ColourBar, FrequencyAxis
from unbraid.app.spectrogram.canvas import SpectrogramCanvas
from unbraid.app.spectrogram.colours import CanvasColours
from unbraid.app.spectrogram.display import DisplayOptions, Layer
from unbraid.app.spectrogram.legend import Legend
from unbraid.app.spectrogram.overview import Overview
from unbraid.app.spectrogram.rulers import TimeRuler
from unbraid.app.spectrogram.scene import Scene
from unbraid.app.spectrogram.viewport import Viewport
from unbraid.core.document.state import Marker, Span

STEP = 1.5
"""Zoom of a command."""


class SpectrogramView(QWidget):
    """The song to be seen. It owns zoom and selection; sound, loop and markers come from the document."""

    seek_requested = Signal(float)
    """Click or double click: seconds."""
    scrub_requested = Signal(float)
    scrub_finished = Signal()
    selection_changed = Signal(object)
    """A `Selection`, or None."""
    loop_changed = Signal(object)
    """A `Span` or None, while the user drags it; after `set_loop` with another value too."""
    display_changed = Signal(object)
    """`DisplayOptions`, changed here (colour bar) or by `set_display`."""
    viewport_changed = Signal(object)
    readout_changed = Signal(object)
    """A `ReadOut` under the pointer or the keyboard's cursor, None when the pointer has left."""
    progress_changed = Signal(float)
    """How much of the pictures is analysed, 0 to 1."""
    menu_requested = Signal(QPoint, object)
    """A right click: where on the screen, and the `ReadOut` there."""
    marker_moved = Signal(object, float)
    """A `Marker` as it was, and where it was dropped, in seconds."""
    marker_activated = Signal(object)
    """A double click on a `Marker`: it is to be renamed."""
    marker_menu_requested = Signal(QPoint, object)
    """A right click on a `Marker`, and where on the screen."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.scene = Scene(self)
        self.analyst = Analyst()
        self.canvas = SpectrogramCanvas(self.scene, self.analyst, self)
        self.overview = Overview(self.scene, self.analyst, self)
        self.legend = Legend(self.scene, self)
        self.time_ruler = TimeRuler(self.canvas)
        self.frequency_axis = FrequencyAxis(self.canvas)
        self.colour_bar = ColourBar(self.canvas)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.setVerticalSpacing(0)
        grid.addWidget(self.legend, 0, 0)
        grid.addWidget(self.overview, 0, 1)
        grid.addWidget(self.frequency_axis, 1, 0)
        grid.addWidget(self.canvas, 1, 1)
        grid.addWidget(self.colour_bar, 1, 2)
        grid.addWidget(self.time_ruler, 2, 1)
        grid.setRowStretch(1, 1)
        grid.setColumnStretch(1, 1)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """The corners."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(self.scene.colours.panel))
        painter.end()

    def _connect(self) -> None:
        for part in (self.canvas, self.time_ruler, self.overview):
            part.seek_requested.connect(self.seek_requested)
        self.time_ruler.scrub_requested.connect(self.scrub_requested)
        self.time_ruler.scrub_finished.connect(self.scrub_finished)
        for name in ("marker_moved", "marker_activated", "marker_menu_requested"):
            getattr(self.time_ruler, name).connect(getattr(self, name))
        self.canvas.readout_changed.connect(self.readout_changed)
        self.canvas.progress_changed.connect(self.progress_changed)
        self.canvas.menu_requested.connect(self.menu_requested)
        self.scene.selection_changed.connect(self.selection_changed)
        self.scene.loop_changed.connect(self.loop_changed)
        self.scene.display_changed.connect(self.display_changed)
        self.scene.viewport_changed.connect(self.viewport_changed)

    # what is shown

    def set_sources(self, layers: Sequence[Layer]) -> None:
        """The mix first, then its stems; pictures of sounds that were there before are kept."""
        self.scene.set_sources(layers)

    @property
    def display(self) -> DisplayOptions:
        """How it looks."""
        return self.scene.display

    def set_display(self, display: DisplayOptions) -> None:
        """How it looks; what must be analysed anew begins at once, what was under way is given up."""
        self.scene.set_display(display)

    def set_colours(self, colours: CanvasColours) -> None:
        """Colours of the theme."""
        self.scene.set_colours(colours)

    def set_playhead(self, time_s: float | None) -> None:
        """Where the sound is; None hides it."""
        self.scene.set_playhead(time_s)

    def set_follows(self, follows: bool) -> None:
        """Whether pages turn with the playhead."""
        self.scene.follows = follows

    def set_loop(self, loop: Span | None) -> None:
        """The stretch that is repeated."""
        self.scene.set_loop(loop)

    def set_markers(self, markers: Sequence[Marker]) -> None:
        """Named moments."""
        self.scene.set_markers(markers)

    # selection

    @property
    def selection(self) -> Selection | None:
        """What is selected."""
        return self.scene.selection

    def set_selection(self, selection: Selection | None) -> None:
        """Select that."""
        self.scene.set_selection(selection)

    def select_all(self) -> None:
        """All of the song, all frequencies."""
        if self.scene.layers:
            self.scene.set_selection(Selection(0.0, self.scene.duration_s))

    # zoom and scroll

    @property
    def viewport(self) -> Viewport:
        """What part is shown."""
        return self.scene.viewport

    def set_viewport(self, viewport: Viewport) -> None:
        """Show that part."""
        self.scene.set_viewport(viewport)

    def zoom_in(self) -> None:
        """Closer in time, around the playhead if it is in view."""
        self._zoom(STEP)

    def zoom_out(self) -> None:
        """Farther away in time."""
        self._zoom(1 / STEP)

    def _zoom(self, factor: float) -> None:
        view, at = self.scene.viewport, self.scene.playhead_s
        if at is None or not view.start_s <= at <= view.end_s:
            at = (view.start_s + view.end_s) / 2
        self.scene.set_viewport(view.zoomed(factor, at))

    def zoom_frequency(self, factor: float) -> None:
        """Closer in frequency (above 1) or farther away, around the middle."""
        view = self.scene.viewport
        self.scene.set_viewport(view.zoomed_heights(factor, (view.low + view.high) / 2))

    def fit(self) -> None:
        """The whole song, all frequencies."""
        self.scene.set_viewport(Viewport.whole(self.scene.duration_s))

    def zoom_to_selection(self) -> None:
        """What is selected fills the view."""
        selection, view, scale = self.scene.selection, self.scene.viewport, self.scene.scale
        if selection is None:
            return
        if selection.is_time:
            view = view.with_times(*selection.times(self.scene.duration_s))
        if selection.is_band:
            low, high = scale.to_height(selection.band(scale.high_hz))
            view = view.with_heights(max(0.0, float(low)), min(1.0, float(high)))
        self.scene.set_viewport(view)

    def scroll_pages(self, pages: float) -> None:
        """Later by a number of views, earlier when below zero."""
        view = self.scene.viewport
        self.scene.set_viewport(view.scrolled(pages * view.span_s))

    def show_time(self, time_s: float) -> None:
        """Bring a moment into view."""
        view = self.scene.viewport
        if not view.start_s <= time_s <= view.end_s:
            self.scene.set_viewport(view.with_times(time_s - view.span_s / 2, time_s + view.span_s / 2))

    def close_analysis(self) -> None:
        """End the background work; call before the window goes."""
        self.analyst.close()
