"""Whether things may move: only where it explains, 120 ms, and not at all for who asked for less motion."""

from __future__ import annotations

import sys
from pathlib import Path

from unbraid.app.theme.tokens import MOTION_MS

SYSTEM = "system"
CHOICES = (SYSTEM, "full", "reduced")


class _Motion:
    choice = SYSTEM
    system: bool | None = None


def set_motion(choice: str) -> None:
    """Choose "full", "reduced", or "system" for what the desktop was told."""
    _Motion.choice = choice if choice in CHOICES else SYSTEM


def motion_ms() -> int:
    """How long a movement takes: 0 for none."""
    if _Motion.choice == SYSTEM:
        if _Motion.system is None:
            _Motion.system = system_reduces_motion()
        return 0 if _Motion.system else MOTION_MS
    return 0 if _Motion.choice == "reduced" else MOTION_MS


def system_reduces_motion() -> bool:
    """What the desktop was told, as far as it can be read without asking a service."""
    if sys.platform in ("win32", "darwin"):
        from PySide6.QtCore import Qt
        from PySide6.QtWidgets import QApplication

        return not QApplication.isEffectEnabled(Qt.UIEffect.UI_General)
    from PySide6.QtCore import QStandardPaths

    folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericConfigLocation))
    gtk = _value(folder / "gtk-4.0" / "settings.ini", "Settings", "gtk-enable-animations") or _value(
        folder / "gtk-3.0" / "settings.ini", "Settings", "gtk-enable-animations"
    )
    kde = _value(folder / "kdeglobals", "KDE", "AnimationDurationFactor")
    return gtk.lower() in ("0", "false") or kde in ("0", "0.0")


def _value(path: Path, section: str, key: str) -> str:
    import configparser

    parser = configparser.ConfigParser(strict=False, interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, OSError, UnicodeDecodeError):
        return ""
    return parser.get(section, key, fallback="")
