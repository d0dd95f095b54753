"""What wheels and trackpads do: the same on canvas, ruler and frequency axis."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent

from unbraid.app.spectrogram.geometry import Geometry
from unbraid.app.spectrogram.viewport import Viewport

STEPS = 120
"""Angle of one notch of a wheel, in eighths of a degree."""
ZOOM = 1.25
"""Zoom of one notch."""
SCROLL = 0.1
"""Part of the view that one notch scrolls."""
PIXELS_PER_NOTCH = 60


def wheel_zoom(
    event: QWheelEvent, viewport: Viewport, time_s: float, height: float, geometry: Geometry, *, frequency: bool = False
) -> Viewport:
    """The viewport after a turn of the wheel at a moment and a place on the frequency scale.

    Plain or Ctrl: zooms time (frequency where `frequency`). Alt: zooms frequency. Shift, or sideways: scrolls in time.
    """
    pixels, angle, modifiers = event.pixelDelta(), event.angleDelta(), event.modifiers()
    if not pixels.isNull():
        across, along = float(pixels.x()), pixels.y() / PIXELS_PER_NOTCH
    else:
        across, along = SCROLL * geometry.width * angle.x() / STEPS, angle.y() / STEPS
    if modifiers & Qt.KeyboardModifier.AltModifier:  # Qt turns the wheel of Alt sideways
        frequency = True
        along = along or (pixels.x() / PIXELS_PER_NOTCH if not pixels.isNull() else angle.x() / STEPS)
    elif modifiers & Qt.KeyboardModifier.ShiftModifier:
        notches = along or across / (SCROLL * geometry.width)
        return viewport.scrolled(-notches * SCROLL * viewport.span_s)
    elif abs(across) > abs(along) * (PIXELS_PER_NOTCH if not pixels.isNull() else SCROLL * geometry.width):
        return viewport.scrolled(-across * geometry.s_per_px)
    factor = ZOOM**along
    return viewport.zoomed_heights(factor, height) if frequency else viewport.zoomed(factor, time_s)
