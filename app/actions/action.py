"""A row of the table of actions: what the window can do, once, for menus, bars, keys, palette and sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


def always(context: Any) -> bool:
    """Whether an action that needs nothing can run."""
    return True


@dataclass(frozen=True)
class Choice:
    """One line of an action's submenu. title: shown as it is (a file's name, a device), already translated."""

    title: str
    run: Callable[[], object]
    checked: bool | None = None
    enabled: bool = True
    tip: str = ""


@dataclass(frozen=True)
class Action:
    """What it is called, where it stands, which keys it has, when it can run and what it does.

    title, menu, tip are English literals and are translated where they are shown. menu: path as "View/Zoom", empty for
    none. group: within a menu a line separates groups. shortcuts: defaults as Qt's portable text ("Ctrl+Shift+Z").
    run, enabled, checked, text, choices are given the context of the ActionSet. checked: None for what has no state.
    text: a title that depends on the state ("Undo Gain"), already translated. choices: the action is a submenu, made
    anew whenever it opens. repeats: holding the key runs it again and again. in_palette: whether it can be searched.
    """

    id: str
    title: str
    run: Callable[[Any], object] = always
    menu: str = ""
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    enabled: Callable[[Any], bool] = always
    checked: Callable[[Any], bool] | None = None
    tip: str = ""
    group: str = ""
    text: Callable[[Any], str] | None = None
    choices: Callable[[Any], Sequence[Choice]] | None = None
    repeats: bool = False
    in_palette: bool = True

    @property
    def path(self) -> tuple[str, ...]:
        """The menus it lies in, outermost first."""
        return tuple(filter(None, self.menu.split("/")))
