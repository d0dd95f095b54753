"""Icons of one set (Phosphor), in the theme's colours, drawn from the outlines of a font that ships with us.

What was given its icon by `set_icon` gets it again in other colours when the theme changes.
"""

from __future__ import annotations

import functools
import json
import weakref
from typing import Protocol

from PySide6.QtCore import QObject, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QIconEngine, QPainter, QPainterPath, QPixmap, QRawFont, QTransform

from unbraid.app.theme import look
from unbraid.app.theme.tokens import ICON

SIZE = QSize(ICON, ICON)
EM = 256.0
"""Size at which outlines are taken from the font."""
SHARE = 16 / ICON
"""Of the room of an icon that its sign takes: the set is drawn on a grid of 16 px, sharp at that size."""

ICONS = {
    "add": "plus",
    "remove": "minus",
    "close": "x",
    "delete": "trash",
    "new": "file-plus",
    "open": "folder-open",
    "save": "floppy-disk",
    "save_as": "floppy-disk-back",
    "import": "download-simple",
    "export": "export",
    "folder": "folder",
    "file": "file",
    "recent": "clock-counter-clockwise",
    "undo": "arrow-u-up-left",
    "redo": "arrow-u-up-right",
    "history": "clock-counter-clockwise",
    "play": "play-fill",
    "pause": "pause-fill",
    "stop": "stop-fill",
    "start": "skip-back-fill",
    "end": "skip-forward-fill",
    "back": "rewind-fill",
    "forward": "fast-forward-fill",
    "loop": "repeat",
    "play_selection": "selection-foreground",
    "follow": "arrows-in-line-horizontal",
    "original": "disc",
    "remix": "faders",
    "compare": "swap",
    "select": "selection",
    "select_all": "selection-all",
    "select_none": "selection-slash",
    "hand": "hand",
    "cursor": "cursor",
    "brush": "paint-brush",
    "eraser": "eraser",
    "lasso": "scribble-loop",
    "box": "bounding-box",
    "wand": "magic-wand",
    "comb": "rows",
    "draw": "pencil-simple",
    "zoom_in": "magnifying-glass-plus",
    "zoom_out": "magnifying-glass-minus",
    "zoom_fit": "arrows-out-line-horizontal",
    "zoom_selection": "frame-corners",
    "search": "magnifying-glass",
    "settings": "gear-six",
    "keyboard": "keyboard",
    "help": "question",
    "about": "info",
    "info": "info",
    "warning": "warning",
    "error": "warning-octagon",
    "good": "check-circle",
    "check": "check",
    "copy": "copy-simple",
    "refresh": "arrows-clockwise",
    "reset": "arrow-counter-clockwise",
    "more": "dots-three",
    "menu": "list",
    "stems": "stack",
    "separate": "tree-structure",
    "split": "git-fork",
    "merge": "git-merge",
    "encode": "file-arrow-down",
    "evaluate": "chart-line-up",
    "mixer": "sliders",
    "equaliser": "sliders-horizontal",
    "headphones": "headphones",
    "speaker": "speaker-high",
    "mute": "speaker-slash",
    "microphone": "microphone",
    "drums": "record",
    "note": "music-note",
    "song": "music-notes",
    "invert": "plus-minus",
    "marker": "flag",
    "rename": "pencil-line",
    "colour": "palette",
    "spectrogram": "waves",
    "waveform": "activity",
    "log": "terminal-window",
    "diagnostics": "activity",
    "full_screen": "corners-out",
    "dock": "layout",
    "float": "arrow-square-out",
    "eye": "eye",
    "eye_off": "eye-slash",
    "queue": "queue",
    "cancel": "x-circle",
    "run": "lightning",
    "up": "arrow-up",
    "down": "arrow-down",
    "left": "caret-left",
    "right": "caret-right",
    "expand": "caret-down",
    "link": "link",
    "lock": "lock",
    "locate": "crosshair",
    "quit": "sign-out",
    "person": "user",
    "theme": "circle-half",
    "language": "translate",
}
"""Our names -> names of the set."""


class HasIcon(Protocol):
    """An action or a button."""

    def setIcon(self, icon: QIcon, /) -> None:  # noqa: N802 -- Qt's name
        """Show this icon."""


_targets: weakref.WeakKeyDictionary[QObject, tuple[str, str]] = weakref.WeakKeyDictionary()


class _Engine(QIconEngine):
    """Draws a sign at whatever size and density is asked for."""

    def __init__(self, sign: QPainterPath, colour: str, disabled: str) -> None:
        super().__init__()
        self._sign, self._colour, self._disabled = sign, colour, disabled

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """The sign in the middle of `rect`."""
        side = SHARE * min(rect.width(), rect.height())
        corner = QPointF(rect.x() + (rect.width() - side) / 2, rect.y() + (rect.height() - side) / 2)
        colour = self._disabled if mode == QIcon.Mode.Disabled else self._colour
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(corner)
        painter.scale(side, side)
        painter.fillPath(self._sign, QColor(colour))
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """The same on nothing."""
        made = QPixmap(size)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        self.paint(painter, made.rect(), mode, state)
        painter.end()
        return made

    def clone(self) -> QIconEngine:
        """Another one like it."""
        return _Engine(self._sign, self._colour, self._disabled)


@functools.cache
def _font() -> tuple[QRawFont, dict[str, int]]:
    """The font, and the codes of its signs by the set's names."""
    folder = look.resource_folder("icons")
    codes: dict[str, int] = json.loads((folder / "phosphor.json").read_text(encoding="utf-8"))
    return QRawFont(str(folder / "phosphor.ttf"), EM, QFont.HintingPreference.PreferNoHinting), codes


@functools.cache
def _sign(glyph: str) -> QPainterPath:
    """The outline of a sign in a square of side 1; in the font they stand on the line, as high as an em."""
    font, codes = _font()
    number = font.glyphIndexesForString(chr(codes[glyph]))[0]
    outline = font.pathForGlyph(number)
    return (QTransform.fromScale(1 / EM, 1 / EM) * QTransform.fromTranslate(0, 1)).map(outline)


def icon(name: str, colour: str = "") -> QIcon:
    """The icon of that name (a key of ICONS), in `colour` or in the theme's."""
    now = look.theme()
    return QIcon(_Engine(_sign(ICONS[name]), colour or now.text, now.disabled))


def set_icon(target: QObject, name: str, colour: str = "") -> None:
    """Give an action or a button its icon, and again when the theme changes.

    colour: "#rrggbb", or the name of a token ("accent", "on_accent", "error") which is looked up in each theme.
    """
    if name not in ICONS:
        raise KeyError(f"there is no icon {name!r}; ICONS in {__name__} has the names")
    _targets[target] = (name, colour)
    if hasattr(target, "setIconSize"):
        target.setIconSize(SIZE)
    _fill(target)


def refresh_icons(*_: object) -> None:
    """Give every living target its icon again, in the colours of now."""
    import shiboken6

    for target in list(_targets):
        if shiboken6.isValid(target):
            _fill(target)
        else:
            del _targets[target]


def _fill(target: QObject) -> None:
    name, colour = _targets[target]
    target.setIcon(icon(name, getattr(look.theme(), colour, colour)))  # type: ignore[attr-defined]


look.changed.connect(refresh_icons)
