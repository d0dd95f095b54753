from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from unbraid.app.actions.action import Action, Choice
from unbraid.app.actions.action_set import ActionSet
from unbraid.core.errors import ParameterError
from unbraid.core.observing import Observers


@dataclass
class Commands:
    """What the rows of the table below work on."""

    is_playing: bool = False
    has_song: bool = True
    ran: list[str] = field(default_factory=list)
    changed: Observers[()] = field(default_factory=Observers)

    def play(self) -> None:
        self.is_playing = not self.is_playing
        self.ran.append("play")


def refuse(context: Commands) -> None:
    raise ParameterError("no")


TABLE = (
    Action("open", "Open…", lambda c: c.ran.append("open"), "File", ("Ctrl+O",), "open"),
    Action("recent", "Open recent", menu="File", choices=lambda c: [Choice("A & b.wav", lambda: c.ran.append("a"))]),
    Action("quit", "Quit", lambda c: c.ran.append("quit"), "File", ("Ctrl+Q",), group="end"),
    Action("undo", "Undo", menu="Edit", shortcuts=("Ctrl+Z",), text=lambda c: f"Undo {len(c.ran)}"),
    Action("refuse", "Refuse", refuse, "Edit"),
    Action("play", "Play", lambda c: c.play(), "Transport", ("Space",), "play", lambda c: c.has_song,
           lambda c: c.is_playing, tip="From the playhead on"),
    Action("zoom_in", "Zoom in", lambda c: c.ran.append("zoom_in"), "View/Zoom", ("Ctrl+=", "Ctrl++"), repeats=True),
    Action("solo", "Solo", lambda c: c.ran.append("solo"), shortcuts=("S",)),
    Action("hidden", "Hidden", lambda c: c.ran.append("hidden"), in_palette=False),
)  # fmt: skip


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    made = QMainWindow()
    made.resize(800, 600)
    qtbot.addWidget(made)
    return made


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest.fixture
def actions(window: QMainWindow, commands: Commands) -> ActionSet:
    made = ActionSet(TABLE, commands, parent=window)
    made.attach(window)
    made.fill_menu_bar(window.menuBar())
    made.refresh()
    return made
