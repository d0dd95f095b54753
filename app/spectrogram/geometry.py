"""Between points of a widget and moments and frequencies; pixels stand on a grid that begins at the song's start.

So panning moves the picture by whole pixels and each pixel keeps its samples: nothing shimmers.
"""

from __future__ import annotations

from dataclasses import dataclass

from unbraid.app.spectrogram.scales import Scale
from unbraid.app.spectrogram.viewport import Viewport


@dataclass(frozen=True)
class Panel:
    """A picture's place in the canvas: from top, so high, in pixels; shown: numbers of the sounds in it."""

    top: float
    height: float
    shown: tuple[int, ...]


PANEL_GAP = 2.0


def panels(count: int, stacked: bool, height: float) -> list[Panel]:
    """One panel with all sounds, or one below the other."""
    if not stacked or count < 2:
        return [Panel(0.0, height, tuple(range(count)))]
    each = max(1, int((height - PANEL_GAP * (count - 1)) / count))
    return [Panel(k * (each + PANEL_GAP), each, (k,)) for k in range(count)]


@dataclass(frozen=True)
class Geometry:
    """A viewport on a canvas of a size in pixels."""

    viewport: Viewport
    scale: Scale
    width: float
    height: float
    panels: tuple[Panel, ...]
    density: float = 1.0

    @property
    def s_per_px(self) -> float:
        """Seconds in a pixel."""
        return self.viewport.span_s / max(self.width, 1.0)

    @property
    def origin(self) -> int:
        """Number of the leftmost pixel of the screen on the song's grid."""
        return round(self.viewport.start_s * self.density / self.s_per_px)

    def x(self, time_s: float) -> float:
        """Place of a moment."""
        return time_s / self.s_per_px - self.origin / self.density

    def time_s(self, x: float) -> float:
        """Moment at a place, within the song."""
        time_s = (x + self.origin / self.density) * self.s_per_px
        return min(max(time_s, 0.0), self.viewport.duration_s)

    def panel_at(self, y: float) -> Panel:
        """The panel at a height, the nearest if between two."""
        return min(self.panels, key=lambda p: max(p.top - y, y - p.top - p.height, 0.0))

    def height_at(self, y: float, panel: Panel | None = None) -> float:
        """Place on the frequency scale (0 to 1) at a height of the canvas."""
        panel = panel or self.panel_at(y)
        part = min(max((panel.top + panel.height - y) / panel.height, 0.0), 1.0)
        return self.viewport.low + part * (self.viewport.high - self.viewport.low)

    def freq_hz(self, y: float, panel: Panel | None = None) -> float:
        """Frequency at a height of the canvas."""
        return float(self.scale.to_hz(self.height_at(y, panel)))

    def y(self, freq_hz: float, panel: Panel) -> float:
        """Height of a frequency in a panel, which may lie outside of it."""
        return self.y_of_height(float(self.scale.to_height(freq_hz)), panel)

    def y_of_height(self, place: float, panel: Panel) -> float:
        """Height in the canvas of a place on the frequency scale."""
        part = (place - self.viewport.low) / (self.viewport.high - self.viewport.low)
        return panel.top + panel.height * (1 - part)
