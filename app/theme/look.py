"""Puts the look on the application: fonts, palette, stylesheet; follows the desktop between dark and light."""

from __future__ import annotations

import functools
import logging
from importlib import resources
from pathlib import Path
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QStyleFactory, QWidget

from unbraid.app.theme import tokens
from unbraid.app.theme.tokens import DARK, LIGHT, Theme

logger = logging.getLogger(__name__)

SYSTEM = "system"
CHOICES = (SYSTEM, "dark", "light")
WEIGHTS = ("Regular", "Medium", "SemiBold")


class _Look(QObject):
    """What is on: one for the application."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.theme = DARK
        self.choice = SYSTEM
        self.follows = False


_look = _Look()
changed = _look.changed
"""Emitted with the new Theme; receivers that paint themselves update."""


def theme() -> Theme:
    """The theme in use."""
    return _look.theme


def apply(app: QApplication, choice: str = SYSTEM) -> Theme:
    """Show `choice` ("dark", "light", or "system" for what the desktop has, dark where it does not say)."""
    _look.choice = choice if choice in CHOICES else SYSTEM
    if not _look.follows:
        _look.follows = True
        app.styleHints().colorSchemeChanged.connect(_follow)
    _put(app, _wanted(app))
    return _look.theme


def load_fonts() -> str:
    """Make the shipped family known to Qt; returns its name, or that of the desktop's where it cannot be read."""
    return _load_fonts()


@functools.cache
def _load_fonts() -> str:
    found = ""
    for weight in WEIGHTS:
        path = resource_folder("fonts") / f"Inter-{weight}.otf"
        number = QFontDatabase.addApplicationFont(str(path))
        if number < 0:
            logger.warning("the font %s could not be loaded", path)
        else:
            found = found or QFontDatabase.applicationFontFamilies(number)[0]
    return found or QFont().family()


def font(size: int = tokens.TEXT, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The window's font: `size` in px (tokens.SMALL, TEXT, TITLE, DISPLAY), figures of equal width."""
    made = QFont(load_fonts())
    made.setPixelSize(size)
    made.setWeight(weight)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def set_property(widget: QWidget, **properties: object) -> None:
    """Give a widget the properties that the stylesheet asks for: `set_property(label, kind="title")`."""
    if all(widget.property(name) == value for name, value in properties.items()):
        return
    for name, value in properties.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def pad(box: QAbstractSpinBox) -> None:
    """Keep a number off the edge of its box: Qt does not apply the stylesheet's padding there."""
    box.lineEdit().setTextMargins(6, 0, 0, 0)


def resource_folder(name: str) -> Path:
    """A folder of what ships with the application."""
    return Path(str(resources.files("unbraid.resources") / name))


def stylesheet(look: Theme) -> str:
    """The stylesheet with the theme's values in it."""
    folder = resource_folder("theme")
    values = {name: value for name, value in vars(look).items() if isinstance(value, str)}
    sizes = {
        "radius": tokens.RADIUS,
        "inner": tokens.CONTROL - 4,
        "field_inner": tokens.CONTROL - 2,
        "hit": tokens.HIT,
        "small": tokens.SMALL,
        "title": tokens.TITLE,
        "display": tokens.DISPLAY,
    }
    text = Template((folder / "theme.qss").read_text(encoding="utf-8"))
    signs = (folder / look.name).as_posix()
    return text.substitute(values, **{name: str(size) for name, size in sizes.items()}, signs=signs)


def palette(look: Theme) -> QPalette:
    """The same colours for what is drawn without the stylesheet."""
    role = QPalette.ColorRole
    colours = {
        role.Window: look.window,
        role.WindowText: look.text,
        role.Base: look.field,
        role.AlternateBase: look.window,
        role.Text: look.text,
        role.PlaceholderText: look.disabled,
        role.Button: look.control,
        role.ButtonText: look.text,
        role.BrightText: look.error,
        role.Highlight: look.accent,
        role.HighlightedText: look.on_accent,
        role.Accent: look.accent,
        role.Link: look.accent,
        role.LinkVisited: look.accent,
        role.ToolTipBase: look.tip,
        role.ToolTipText: look.tip_text,
        role.Light: look.control_hover,
        role.Midlight: look.control_hover,
        role.Mid: look.control_pressed,
        role.Dark: look.line,
        role.Shadow: "#000000",
    }
    made = QPalette()
    for which, colour in colours.items():
        made.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, which, QColor(look.disabled))
    return made


def _wanted(app: QApplication) -> Theme:
    if _look.choice != SYSTEM:
        return tokens.THEMES[_look.choice]
    return LIGHT if app.styleHints().colorScheme() == Qt.ColorScheme.Light else DARK


def _put(app: QApplication, look: Theme) -> None:
    if look is _look.theme and app.styleSheet():
        return
    _look.theme = look
    if not app.styleSheet():
        app.setStyle(QStyleFactory.create("Fusion"))
    app.setFont(font())
    app.setPalette(palette(look))
    app.setStyleSheet(stylesheet(look))
    _look.changed.emit(look)


def _follow() -> None:
    """The desktop turned dark or light."""
    app = QApplication.instance()
    if isinstance(app, QApplication) and _look.choice == SYSTEM:
        _put(app, _wanted(app))
