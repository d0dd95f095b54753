"""What canvas, rulers and overview show together: sounds, viewport, selection, playhead; each follows its changes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from unbraid.app.selection import Selection
from unbraid.app.spectrogram.colours import CanvasColours
from unbraid.app.spectrogram.display import DisplayOptions, Layer
from unbraid.app.spectrogram.scales import Scale, scale_for
from unbraid.app.spectrogram.viewport import Viewport
from unbraid.core.document.state import Marker, Span

DEFAULT_RATE = 44100
FOLLOW_MARGIN = 0.05
"""Part of the view before the playhead after a page was turned."""


class Scene(QObject):
    """The one place where views of a song keep what they share. Zoom and selection are no part of the document."""

    sources_changed = Signal()
    display_changed = Signal(object)
    viewport_changed = Signal(object)
    selection_changed = Signal(object)
    playhead_changed = Signal(object, object)
    """The moment before and the moment now, None where there is none."""
    loop_changed = Signal(object)
    markers_changed = Signal()
    colours_changed = Signal()

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.layers: list[Layer] = []
        self.display = DisplayOptions()
        self.viewport = Viewport.whole(0.0)
        self.selection: Selection | None = None
        self.playhead_s: float | None = None
        self.loop: Span | None = None
        self.markers: tuple[Marker, ...] = ()
        self.colours = CanvasColours()
        self.follows = True

    @property
    def rate(self) -> int:
        """Samples per second of the mix."""
        return self.layers[0].audio.rate if self.layers else DEFAULT_RATE

    @property
    def duration_s(self) -> float:
        """Length of the mix."""
        return self.layers[0].audio.duration_s if self.layers else 0.0

    @property
    def scale(self) -> Scale:
        """The frequency axis."""
        return scale_for(self.display.scale, self.rate)

    def set_sources(self, layers: Sequence[Layer]) -> None:
        """The mix and its stems. Another length shows all of the song; otherwise the view stays."""
        length = self.duration_s
        self.layers = list(layers)
        if self.duration_s != length:
            self.viewport = Viewport.whole(self.duration_s)
            self.viewport_changed.emit(self.viewport)
            self.set_selection(None)
        self.sources_changed.emit()

    def set_display(self, display: DisplayOptions) -> None:
        """How it looks; the same band stays in view when the scale changes."""
        if display == self.display:
            return
        old = self.scale
        self.display = display
        if self.scale != old and (self.viewport.low, self.viewport.high) != (0.0, 1.0):
            low, high = self.scale.to_height(old.to_hz([self.viewport.low, self.viewport.high]))
            self.set_viewport(self.viewport.with_heights(float(low), float(high)))
        self.display_changed.emit(display)

    def set_viewport(self, viewport: Viewport) -> None:
        """What part is shown."""
        if viewport != self.viewport:
            self.viewport = viewport
            self.viewport_changed.emit(viewport)

    def set_selection(self, selection: Selection | None) -> None:
        """What is selected; nothing when it has no limits."""
        if selection is not None and not (selection.is_time or selection.is_band):
            selection = None
        if selection != self.selection:
            self.selection = selection
            self.selection_changed.emit(selection)

    def set_playhead(self, time_s: float | None) -> None:
        """Where the sound is; turns the page when it leaves the view, unless the user looks elsewhere."""
        before = self.playhead_s
        if time_s == before:
            return
        self.playhead_s = time_s
        if self.follows and time_s is not None:
            self._follow(before, time_s)
        self.playhead_changed.emit(before, time_s)

    def _follow(self, before: float | None, now: float) -> None:
        view = self.viewport
        was_seen = before is None or view.start_s <= before <= view.end_s
        if was_seen and not view.start_s <= now <= view.end_s:
            start = now - FOLLOW_MARGIN * view.span_s
            self.set_viewport(view.with_times(start, start + view.span_s))

    def set_loop(self, loop: Span | None) -> None:
        """The stretch that is repeated."""
        if loop != self.loop:
            self.loop = loop
            self.loop_changed.emit(loop)

    def set_markers(self, markers: Sequence[Marker]) -> None:
        """Named moments."""
        if tuple(markers) != self.markers:
            self.markers = tuple(markers)
            self.markers_changed.emit()

    def set_colours(self, colours: CanvasColours) -> None:
        """Colours of everything but the picture."""
        if colours != self.colours:
            self.colours = colours
            self.colours_changed.emit()
