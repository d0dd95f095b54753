from __future__ import annotations

import pytest

from unbraid.core.errors import PluginError
from unbraid.core.separation import registry

SEPARATORS = "tests/separators.py"


def test_ours_are_found() -> None:
    assert {"hpss", "hpss_voice", "repet", "repet_adaptive", "repet_sim", "center"} <= set(registry.names())


def test_a_class_in_a_file_can_be_tried() -> None:
    assert registry.load(f"{SEPARATORS}:Halves").info.name == "halves"


def test_a_class_in_a_module_can_be_tried() -> None:
    assert registry.load("unbraid.plugins.hpss:HPSS").info.name == "hpss"


@pytest.mark.parametrize(
    "name", ["no_such", f"{SEPARATORS}:NoSeparator", f"{SEPARATORS}:Missing", "no.such.module:X", "missing.py:X"]
)
def test_what_cannot_be_loaded_is_a_plugin_error_and_a_card(name: str) -> None:
    with pytest.raises(PluginError):
        registry.load(name)
    assert registry.card(name).info is None
    assert registry.card(name).error


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(PluginError, match="installed are: .*hpss"):
        registry.load("hpps")


def test_a_card_tells_the_stems_that_need_no_guide() -> None:
    assert registry.card("kam").targets == ("vocals", "accompaniment")
    assert registry.card("nmf").targets[0] == "part_1"
    assert registry.card("oracle_ratio").targets == ()
