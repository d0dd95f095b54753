"""The table of actions as Qt sees it: one QAction for each row, in menus, bars and keys, enabled as the state says."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QToolBar, QToolButton, QWidget

from unbraid.app.actions.action import Action, Choice
from unbraid.app.actions.keymap import PORTABLE, Keymap, shown
from unbraid.app.theme import set_icon
from unbraid.app.translation import tr, tr_known
from unbraid.core.errors import ParameterError, UnbraidError

logger = logging.getLogger(__name__)

DIVIDER = ""
"""In a list of ids for a tool bar: a line."""


class ActionSet(QObject):
    """QActions made from `table`; the rows' functions are called with `context`.

    The window calls `attach` once, `fill_menu_bar`, `fill_tool_bar`, and `refresh` (or `refresh_soon`, which joins
    many calls into one) whenever the state changed; where the context has `changed` to connect to, that does it.
    `failed` carries an UnbraidError that a row's function raised; any other exception goes its way to the crash
    dialog. `done` carries the id of each action that ran. `refreshed` comes after each `refresh`.
    """

    failed = Signal(object)
    done = Signal(str)
    keys_changed = Signal()
    refreshed = Signal()

    def __init__(
        self,
        table: Sequence[Action],
        context: Any,
        keymap: Keymap | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.table = tuple(table)
        self.context = context
        self.keymap = keymap or Keymap.of(table)
        self.rows = {row.id: row for row in table}
        if len(self.rows) != len(self.table):
            raise ParameterError("two actions have the same id; give each row of the table its own")
        self._submenus: list[QMenu] = []
        self._actions = {row.id: self._make(row) for row in table}
        self._menus: dict[tuple[str, ...], QMenu] = {}
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.refresh)
        self.set_keymap(self.keymap)
        if hasattr(context, "changed"):
            context.changed.connect(self.refresh_soon)

    def __getitem__(self, id: str) -> QAction:
        return self._actions[id]

    def attach(self, widget: QWidget) -> None:
        """Make all keys work wherever the focus is in `widget`'s window."""
        widget.addActions(list(self._actions.values()))

    def refresh(self) -> None:
        """Enable, check and name every action as the context's state says."""
        for id, action in self._actions.items():
            row = self.rows[id]
            action.setEnabled(bool(row.enabled(self.context)))
            if row.checked is not None:
                action.setChecked(bool(row.checked(self.context)))
            if row.text is not None and row.text(self.context) != _plain(action.text()):
                self._name(action, row)
        self.refreshed.emit()

    def refresh_soon(self, *_: object) -> None:
        """`refresh` when the event loop is reached again, once however often this is called."""
        self._soon.start()

    def run(self, id: str) -> bool:
        """Do it, if it can be done now; returns whether it was."""
        row = self.rows[id]
        if not row.enabled(self.context):
            return False
        try:
            row.run(self.context)
        except UnbraidError as problem:
            logger.info("%s: %s", id, problem)
            self.failed.emit(problem)
        self.done.emit(id)
        self.refresh_soon()
        return True

    def title(self, id: str) -> str:
        """What it is called now, in the language in use."""
        row = self.rows[id]
        return row.text(self.context) if row.text is not None else tr_known(row.title)

    def path(self, id: str) -> str:
        """The menus it lies in, in the language in use: `View › Zoom`."""
        return " › ".join(tr_known(part) for part in self.rows[id].path)

    def keys(self, id: str) -> tuple[str, ...]:
        """Its keys, as this platform writes them."""
        return tuple(shown(keys) for keys in self.keymap.keys(id))

    def set_keymap(self, keymap: Keymap) -> None:
        """Use these keys from now on."""
        self.keymap = keymap
        for id, action in self._actions.items():
            action.setShortcuts([QKeySequence.fromString(keys, PORTABLE) for keys in keymap.keys(id)])
            self._name(action, self.rows[id])
        self.keys_changed.emit()

    def fill_menu_bar(self, bar: QMenuBar) -> None:
        """All menus with their actions, in the order of the table."""
        for row in self.table:
            if row.path:
                menu = self.menu(row.path, bar)
                _divide(menu, row.group)
                menu.addAction(self._actions[row.id])
        self._underline()

    def menu(self, path: Sequence[str], bar: QMenuBar) -> QMenu:
        """The menu at a path of English titles, made when it is not there."""
        key = tuple(path)
        if key not in self._menus:
            parent = self.menu(key[:-1], bar) if key[1:] else bar
            self._menus[key] = parent.addMenu(tr_known(key[-1]))
        return self._menus[key]

    def context_menu(self, ids: Iterable[str], parent: QWidget) -> QMenu:
        """A menu with these actions (DIVIDER for a line); show it with `popup`."""
        menu = QMenu(parent)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for id in ids:
            menu.addAction(self._actions[id]) if id else menu.addSeparator()
        return menu

    def fill_tool_bar(self, bar: QToolBar, ids: Iterable[str]) -> None:
        """Buttons for these actions (DIVIDER for a line)."""
        for id in ids:
            if not id:
                bar.addSeparator()
                continue
            bar.addWidget(self.button(id, bar))

    def button(self, id: str, parent: QWidget | None = None, *, text: bool = False) -> QToolButton:
        """A button that runs an action; reached by Tab, named for screen readers."""
        button = QToolButton(parent)
        action = self._actions[id]
        button.setDefaultAction(action)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        style = Qt.ToolButtonStyle
        button.setToolButtonStyle(style.ToolButtonTextBesideIcon if text else style.ToolButtonIconOnly)
        if action.menu() is not None:
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setAccessibleName(self.title(id))
        action.changed.connect(lambda: button.setAccessibleName(_plain(action.text())))
        if self.rows[id].icon:
            set_icon(button, self.rows[id].icon)
        return button

    def retranslate(self) -> None:
        """Show all titles in the language in use now."""
        for id, action in self._actions.items():
            self._name(action, self.rows[id])
        for path, menu in self._menus.items():
            menu.setTitle(tr_known(path[-1]))
        self._underline()

    def _underline(self) -> None:
        set_mnemonics(menu.menuAction() for path, menu in self._menus.items() if not path[1:])
        for menu in self._menus.values():
            set_mnemonics(menu.actions())

    def _make(self, row: Action) -> QAction:
        action = QAction(self)
        action.setObjectName(row.id)
        action.setCheckable(row.checked is not None)
        action.setAutoRepeat(row.repeats)
        action.setMenuRole(_ROLES.get(row.id, QAction.MenuRole.NoRole))
        if row.icon:
            set_icon(action, row.icon)
        if row.choices is not None:
            parent = self.parent()
            menu = QMenu(parent if isinstance(parent, QWidget) else None)
            menu.aboutToShow.connect(partial(self._fill, menu, row.choices))
            action.setMenu(menu)
            self._submenus.append(menu)
        else:
            action.triggered.connect(partial(self._triggered, row.id))
        return action

    def _triggered(self, id: str, _checked: bool = False) -> None:
        self.run(id)
        action, row = self._actions[id], self.rows[id]
        if row.checked is not None:
            action.setChecked(bool(row.checked(self.context)))

    def _fill(self, menu: QMenu, choices: Callable[[Any], Sequence[Choice]]) -> None:
        menu.clear()
        for choice in choices(self.context):
            action = menu.addAction(choice.title.replace("&", "&&"))
            action.setEnabled(choice.enabled)
            action.setToolTip(choice.tip or choice.title)
            action.setCheckable(choice.checked is not None)
            action.setChecked(bool(choice.checked))
            action.triggered.connect(partial(self._choose, choice))

    def _choose(self, choice: Choice, _checked: bool = False) -> None:
        try:
            choice.run()
        except UnbraidError as problem:
            self.failed.emit(problem)
        self.refresh_soon()

    def _name(self, action: QAction, row: Action) -> None:
        title = self.title(row.id)
        if title != _plain(action.text()):
            action.setText(title.replace("&", "&&"))
            action.setIconText(title.rstrip(" …"))
        lines = [with_keys(title.rstrip(" …"), self.keys(row.id))]
        if row.tip:
            lines.append(tr_known(row.tip))
        action.setToolTip("\n".join(lines))
        action.setStatusTip(tr_known(row.tip) if row.tip else title)


_ROLES = {
    "quit": QAction.MenuRole.QuitRole,
    "about": QAction.MenuRole.AboutRole,
    "settings": QAction.MenuRole.PreferencesRole,
}


def with_keys(title: str, keys: Sequence[str]) -> str:
    """A tool tip's first line: `Play (Space)`."""
    return tr("{title} ({keys})", title=title, keys=keys[0]) if keys else title


def set_mnemonics(actions: Iterable[QAction]) -> None:
    """Underline a letter of each title that no other of them has, so that the menu works by Alt and letters."""
    taken: set[str] = set()
    for action in actions:
        title = _plain(action.text())
        spot = _free_letter(title, taken)
        text = title.replace("&", "&&")
        if spot is not None:
            taken.add(title[spot].lower())
            text = f"{title[:spot].replace('&', '&&')}&{title[spot:].replace('&', '&&')}"
        action.setText(text)


def _free_letter(title: str, taken: set[str]) -> int | None:
    """Where a letter stands that is not taken: the first of a word if possible."""
    letters = [i for i, sign in enumerate(title) if sign.isalnum() and sign.lower() not in taken]
    first = [i for i in letters if i == 0 or not title[i - 1].isalnum()]
    return next(iter(first + letters), None)


def _plain(text: str) -> str:
    """A title without its mnemonic."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


def _divide(menu: QMenu, group: str) -> None:
    """A line when the group changes."""
    if menu.actions() and menu.property("group") != group:
        menu.addSeparator()
    menu.setProperty("group", group)
