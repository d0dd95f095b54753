from __future__ import annotations

import pytest

from unbraid.app.actions.action import Action
from unbraid.app.actions.keymap import Keymap, normal
from unbraid.core.errors import ParameterError

pytestmark = pytest.mark.gui

TABLE = (
    Action("open", "Open", shortcuts=("ctrl+o",)),
    Action("redo", "Redo", shortcuts=("Ctrl+Shift+Z", "Ctrl+Y")),
    Action("play", "Play", shortcuts=("Space",)),
    Action("bare", "Bare"),
)


def test_one_way_of_writing() -> None:
    assert [normal(k) for k in ("ctrl+shift+z", "Ctrl+/", "space", "nonsense", "")] == [
        "Ctrl+Shift+Z",
        "Ctrl+/",
        "Space",
        "",
        "",
    ]


def test_defaults_and_changes() -> None:
    keymap = Keymap.of(TABLE, {"play": ["p"], "gone": ["Ctrl+G"], "redo": []})
    assert keymap.keys("open") == ("Ctrl+O",)
    assert keymap.keys("play") == ("P",)
    assert keymap.keys("redo") == ()
    assert keymap.keys("bare") == ()
    assert keymap.is_changed("redo")
    assert not keymap.is_changed("open")


def test_a_change_back_to_the_default_is_none() -> None:
    keymap = Keymap.of(TABLE).change("play", ["P"])
    assert keymap.changes == {"play": ("P",)}
    assert keymap.change("play", ["space"]).changes == {}
    assert keymap.reset("play").changes == {}


def test_conflicts_are_found() -> None:
    keymap = Keymap.of(TABLE).change("bare", ["Ctrl+O"])
    assert keymap.conflicts() == {"Ctrl+O": ("open", "bare")}
    assert keymap.users_of("Ctrl+O", besides="bare") == ("open",)
    assert keymap.users_of("Ctrl+O, Ctrl+P") == ("open", "bare")
    assert Keymap.of(TABLE).conflicts() == {}


def test_taking_keys_away_from_others() -> None:
    keymap = Keymap.of(TABLE).take("bare", "Ctrl+Y")
    assert keymap.keys("bare") == ("Ctrl+Y",)
    assert keymap.keys("redo") == ("Ctrl+Shift+Z",)
    assert keymap.conflicts() == {}


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(ParameterError, match="no key sequence"):
        Keymap.of(TABLE).change("play", ["nonsense"])
    with pytest.raises(ParameterError, match="no action"):
        Keymap.of(TABLE).change("fly", ["F"])
