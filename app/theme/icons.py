"""Icons of one set (Phosphor), in the theme's colours; their library loads after the window is on the screen.

Until `load_icons()` has run every icon is empty; what was given its icon by `set_icon` is filled in then, and gets it
again in other colours when the theme changes.
"""

from __future__ import annotations

import weakref
from typing import Protocol

from PySide6.QtCore import QObject, QSize
from PySide6.QtGui import QIcon

from unbraid.app.theme import look
from unbraid.app.theme.tokens import ICON

SIZE = QSize(ICON, ICON)

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


class _Loaded:
    ready = False
    following = False


_targets: weakref.WeakKeyDictionary[QObject, tuple[str, str]] = weakref.WeakKeyDictionary()


def load_icons() -> None:
    """Load the library (a quarter of a second) and fill in the icons that wait; once is enough."""
    if not _Loaded.ready:
        import qtawesome  # noqa: F401

        _Loaded.ready = True
    if not _Loaded.following:
        _Loaded.following = True
        look.changed.connect(refresh_icons)
    refresh_icons()


def icons_loaded() -> bool:
    """Whether icons can be made."""
    return _Loaded.ready


def icon(name: str, colour: str = "") -> QIcon:
    """The icon of that name (a key of ICONS), in `colour` or in the theme's; empty before `load_icons`."""
    glyph = ICONS[name]
    if not _Loaded.ready:
        return QIcon()
    import qtawesome

    now = look.theme()
    made: QIcon = qtawesome.icon(f"ph.{glyph}", color=colour or now.text, color_disabled=now.disabled)
    return made


def set_icon(target: QObject, name: str, colour: str = "") -> None:
    """Give an action or a button its icon, now or as soon as there are icons, and again when the theme changes.

    colour: "#rrggbb", or the name of a token ("accent", "on_accent", "error") which is looked up in each theme.
    """
    if name not in ICONS:
        raise KeyError(f"there is no icon {name!r}; ICONS in {__name__} has the names")
    _targets[target] = (name, colour)
    if hasattr(target, "setIconSize"):
        target.setIconSize(SIZE)
    if _Loaded.ready:
        _fill(target)


def refresh_icons(*_: object) -> None:
    """Give every living target its icon again, in the colours of now."""
    import shiboken6

    if not _Loaded.ready:
        return
    for target in list(_targets):
        if shiboken6.isValid(target):
            _fill(target)
        else:
            del _targets[target]


def _fill(target: QObject) -> None:
    name, colour = _targets[target]
    target.setIcon(icon(name, getattr(look.theme(), colour, colour)))  # type: ignore[attr-defined]
