"""The look as numbers: two sets of colours equal in quality, and the few sizes that everything is built from."""

from __future__ import annotations

from dataclasses import dataclass

FAMILY = "Inter"
SMALL, TEXT, TITLE, DISPLAY = 11, 13, 15, 20
"""Type sizes in px: read-outs, text, titles, the time display."""

GAP = (4, 8, 16, 24)
"""Spacing in px; a grid of 4."""
RADIUS = 4
CONTROL = 28
"""Height of a control in px."""
HIT = 24
"""The least side of anything to be clicked, in px."""
ICON = 18
MOTION_MS = 120


@dataclass(frozen=True)
class Theme:
    """Colours as "#rrggbb". Neutral greys with one accent; stem colours (`stems.py`) belong to the sound alone.

    window, panel, card, field, control: surfaces from the ground up: panels lie on the window, cards on panels, fields
    are where one types. track: what meters run in; meter, meter_warm, meter_hot: their bars, from quiet to full scale.
    line: hairlines; edge: outlines that must be seen (3:1). text, muted: 4.5:1 on every surface; disabled: 3:1.
    accent: what is on or has the focus; on_accent: text on it. tint: a quiet accent for rows that are chosen.
    canvas…: the spectrogram's surroundings; selection: its outline; playhead: a line that is never filled.
    """

    name: str
    is_dark: bool
    window: str
    panel: str
    card: str
    track: str
    meter: str
    meter_warm: str
    meter_hot: str
    field: str
    control: str
    control_hover: str
    control_pressed: str
    line: str
    edge: str
    text: str
    muted: str
    disabled: str
    accent: str
    accent_hover: str
    accent_pressed: str
    on_accent: str
    tint: str
    info: str
    warning: str
    error: str
    good: str
    tip: str
    tip_text: str
    canvas: str
    canvas_text: str
    canvas_grid: str
    selection: str
    playhead: str


DARK = Theme(
    name="dark",
    is_dark=True,
    window="#18191b",
    panel="#202225",
    card="#292c30",
    track="#121315",
    meter="#5fc48d",
    meter_warm="#f2c14e",
    meter_hot="#ff6b5e",
    field="#151618",
    control="#303338",
    control_hover="#3a3e44",
    control_pressed="#26292d",
    line="#3b3f45",
    edge="#82878f",
    text="#eceded",
    muted="#b3b7bd",
    disabled="#8b9098",
    accent="#a99bff",
    accent_hover="#bbb0ff",
    accent_pressed="#9486ee",
    on_accent="#17132b",
    tint="#39345a",
    info="#a9c7f5",
    warning="#f2c14e",
    error="#ff8f85",
    good="#7fd6a4",
    tip="#3a3e44",
    tip_text="#eceded",
    canvas="#0c0d0f",
    canvas_text="#b3b7bd",
    canvas_grid="#2b2e33",
    selection="#ffffff",
    playhead="#ffffff",
)

LIGHT = Theme(
    name="light",
    is_dark=False,
    window="#e4e5e8",
    panel="#f4f4f6",
    card="#f4f4f6",
    track="#dcdee2",
    meter="#178a4f",
    meter_warm="#b87800",
    meter_hot="#cf2a1f",
    field="#ffffff",
    control="#d6d8dc",
    control_hover="#cbcdd2",
    control_pressed="#c0c2c8",
    line="#d0d2d6",
    edge="#777b82",
    text="#1a1b1d",
    muted="#4a4e54",
    disabled="#6f737a",
    accent="#5643c4",
    accent_hover="#4838a8",
    accent_pressed="#3b2d8e",
    on_accent="#ffffff",
    tint="#dbd6f7",
    info="#1f4f96",
    warning="#7a4b00",
    error="#b3261e",
    good="#146c3a",
    tip="#2a2c30",
    tip_text="#f4f4f5",
    canvas="#ffffff",
    canvas_text="#4a4e54",
    canvas_grid="#d9dbdf",
    selection="#1a1b1d",
    playhead="#1a1b1d",
)

THEMES = {theme.name: theme for theme in (DARK, LIGHT)}


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb" (WCAG 2.2), from 0 to 1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2), from 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
