"""Colours of the canvas: those of its surroundings, colour maps, and tables from level codes to pixels."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Protocol

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.pyramid import code_db
from unbraid.core.errors import ParameterError

Map = npt.NDArray[np.uint8]
"""256 colours from floor to top, (256, 3) uint8."""

GREYS = ("grey", "inverse grey")
LIGHT_STEPS = 4096
"""Amounts of light between none and a full pixel."""
LIGHT_BITS = 21
CONTRAST = 1.5
"""Where stems lie over each other, faint sounds are held back a little, so that the loudest gives the hue."""


class Look(Protocol):
    """What is taken of the window's theme (`app/theme/tokens.py`)."""

    @property
    def canvas(self) -> str:
        """Ground of empty canvases and of waveforms."""

    @property
    def window(self) -> str:
        """Ground of rulers."""

    @property
    def muted(self) -> str:
        """Texts of rulers."""

    @property
    def text(self) -> str:
        """What must be seen first."""

    @property
    def edge(self) -> str:
        """Small marks."""

    @property
    def accent(self) -> str:
        """The focus."""

    @property
    def warning(self) -> str:
        """Loop and markers."""


@dataclass(frozen=True)
class CanvasColours:
    """Colours as "#rrggbb" of what lies around the picture, and over it: the picture is dark in every theme.

    background: of waveforms and where no picture is. panel: of rulers, with text, strong_text and faint marks.
    """

    background: str = "#0c0d0f"
    panel: str = "#18191b"
    text: str = "#b3b7bd"
    strong_text: str = "#eceded"
    faint: str = "#82878f"
    accent: str = "#a99bff"
    loop: str = "#f2c14e"
    over_loop: str = "#f2c14e"
    over_accent: str = "#a99bff"
    over: str = "#ffffff"
    """Playhead, selection, grid, cross."""
    wave: str = "#d5d8dc"

    @classmethod
    def of(cls, look: Look) -> CanvasColours:
        """The colours of a theme; what lies over the picture is the same in all."""
        return cls(look.canvas, look.window, look.muted, look.text, look.edge, look.accent, look.warning)


@lru_cache(maxsize=1)
def _stored() -> dict[str, str]:
    text = (resources.files("unbraid.resources") / "colormaps" / "colormaps.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def colormap_names() -> tuple[str, ...]:
    """All colour maps there are."""
    return (*_stored(), *GREYS)


@lru_cache(maxsize=16)
def colormap(name: str) -> Map:
    """A colour map by its name."""
    ramp = np.arange(256, dtype=np.uint8)
    if name in GREYS:
        return np.stack([ramp if name == "grey" else ramp[::-1]] * 3, axis=1)
    if name not in _stored():
        raise ParameterError(f"colour maps are {', '.join(colormap_names())}, not {name!r}")
    return np.frombuffer(bytes.fromhex(_stored()[name]), np.uint8).reshape(256, 3)


def brightness(top_db: float, range_db: float) -> npt.NDArray[np.float64]:
    """Where each of the 256 level codes lies between the floor (0) and the top (1)."""
    low = top_db - range_db
    place = np.clip((code_db(np.arange(256)) - low) / max(range_db, 1e-6), 0, 1).astype(np.float64)
    place[0] = 0.0  # silence, whatever the range
    return np.asarray(place, np.float64)


@lru_cache(maxsize=16)
def table(name: str, top_db: float, range_db: float) -> npt.NDArray[np.uint32]:
    """Pixels 0xffRRGGBB of the 256 level codes."""
    return pixels(colormap(name)[np.rint(255 * brightness(top_db, range_db)).astype(int)])


def pixels(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    """Pixels of colours (n, 3)."""
    r, g, b = rgb.astype(np.uint32).T
    return np.asarray(0xFF000000 | (r << 16) | (g << 8) | b, np.uint32)


@lru_cache(maxsize=64)
def light_table(colour: str, top_db: float, range_db: float) -> npt.NDArray[np.uint64]:
    """Light of the 256 level codes in a stem's colour, 21 bits for each of red, green, blue.

    Lightness grows evenly with level, as in the perceptually uniform maps: L* up to that of the colour, and on to a
    paler one at the top, so that the loudest still stands out. Light is what adds up when stems cover each other.
    """
    rgb = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    place = brightness(top_db, range_db)[:, None] ** CONTRAST
    linear = to_light(rgb)
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    knee = 0.75
    full = 116 * np.cbrt(luminance) - 16
    wanted = _luminance(full * np.minimum(place / knee, 1))
    light = linear * wanted / max(luminance, 1e-9)
    pale = np.clip((place - knee) / (1 - knee), 0, 1) * 0.4
    light = light * (1 - pale) + pale
    steps = np.rint(np.clip(light, 0, 1) * (LIGHT_STEPS - 1)).astype(np.uint64)
    return np.asarray((steps[:, 0] << 2 * LIGHT_BITS) | (steps[:, 1] << LIGHT_BITS) | steps[:, 2], np.uint64)


def _luminance(lightness: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Relative luminance of CIE L*."""
    return np.where(lightness > 8, ((lightness + 16) / 116) ** 3, lightness / 903.3)


def to_light(srgb: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Linear light of sRGB values from 0 to 1 (IEC 61966-2-1)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


@lru_cache(maxsize=1)
def light_curve() -> npt.NDArray[np.uint8]:
    """Value of sRGB for each amount of light, (LIGHT_STEPS,)."""
    light = np.arange(LIGHT_STEPS) / (LIGHT_STEPS - 1)
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * srgb), np.uint8)
