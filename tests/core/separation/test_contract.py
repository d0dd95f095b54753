from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from unbraid.core.errors import ParameterError
from unbraid.core.separation.contract import Parameter, SeparatorInfo, configure, param, parameters, values


@dataclass(frozen=True)
class Every:
    info: ClassVar = SeparatorInfo("every", "Every kind", ("a", "b"))
    length: int = param(31, "Length", 3, 101, "frames")
    power: float = param(2.0, "Power", 0.1, 10.0)
    joint: bool = param(True, "Joint")
    window: str = param("hann", "Window", choices=("hann", "sine"))

    def separate(self, mix, guide, progress):
        raise NotImplementedError


def test_fields_are_parameters() -> None:
    assert [p.name for p in parameters(Every)] == ["length", "power", "joint", "window"]
    assert parameters(Every)[0] == Parameter("length", "int", 31, "Length", 3, 101, "frames")


def test_texts_from_a_command_line_become_values() -> None:
    made = configure(Every, {"length": "17", "power": "1.5", "joint": "no", "window": "sine"})
    assert values(made) == {"length": 17, "power": 1.5, "joint": False, "window": "sine"}
    assert values(configure(Every, {"length": 17.0, "joint": True}))["length"] == 17


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("length", "17.5"), ("length", "2"), ("length", "102"), ("length", "many"), ("length", ""), ("length", True),
        ("length", "inf"), ("power", "nan"), ("power", "inf"), ("power", "-1"), ("joint", "maybe"),
        ("window", "square"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_what_is_allowed(name: str, given: object) -> None:
    with pytest.raises(ParameterError, match=f"{name} must be .*was given; the default is"):
        configure(Every, {name: given})


def test_an_unknown_parameter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ParameterError, match="no parameter 'lenght'; it has: length, power"):
        configure(Every, {"lenght": 3})


def test_a_field_that_is_no_parameter_is_refused() -> None:
    @dataclass(frozen=True)
    class Bare:
        info: ClassVar = SeparatorInfo("bare", "Bare", ("a",))
        x: int = 3

    with pytest.raises(ParameterError, match="param"):
        parameters(Bare)
