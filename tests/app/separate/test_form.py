"""The form of each installed separator shows its parameters and gives back what was set, unchanged."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit, QSpinBox, QWidget

from unbraid.app.separate.form import ParameterForm
from unbraid.core.separation.contract import Parameter, Value
from unbraid.core.separation.registry import Card

pytestmark = pytest.mark.gui


def form(qtbot, parameters: tuple[Parameter, ...]) -> ParameterForm:
    made = ParameterForm(parameters)
    qtbot.addWidget(made)
    return made


def tries(parameter: Parameter) -> list[Value]:
    """Values that a parameter allows: its ends, its default, its choices, something between."""
    if parameter.kind == "bool":
        return [True, False]
    if parameter.choices or parameter.kind == "str":
        return [*parameter.choices, *parameter.suggestions, parameter.default]
    ends = [end for end in (parameter.low, parameter.high) if end is not None]
    between = [sum(ends) / 2] if len(ends) == 2 else []
    values = [*ends, parameter.default, *between]
    return [parameter.parse(round(value) if parameter.kind == "int" else round(value, 2)) for value in values]


def test_a_new_form_holds_the_defaults(cards: list[Card], qtbot) -> None:
    for card in cards:
        made = form(qtbot, card.parameters)
        assert made.changes() == {}, card.name
        assert list(made.values()) == [parameter.name for parameter in card.parameters]


def test_every_value_of_every_parameter_comes_back(cards: list[Card], qtbot) -> None:
    for card in cards:
        made = form(qtbot, card.parameters)
        for parameter in card.parameters:
            for value in tries(parameter):
                made.set_values({parameter.name: value})
                got = made.values()[parameter.name]
                assert got == pytest.approx(value) if parameter.kind == "float" else got == value, parameter
                assert parameter.parse(got) == got and type(got) is type(parameter.parse(got))
                assert set(made.changes()) <= {parameter.name}
        made.set_values({})
        assert made.changes() == {}


def test_every_field_has_a_name_a_range_and_help(cards: list[Card], qtbot) -> None:
    for card in cards:
        made = form(qtbot, card.parameters)
        for parameter in card.parameters:
            field = made.field(parameter.name)
            assert field.accessibleName() and "Default" in field.toolTip()
            if isinstance(field, (QSpinBox, QDoubleSpinBox)):
                assert parameter.low is None or field.minimum() == pytest.approx(parameter.low)
                assert parameter.high is None or field.maximum() == pytest.approx(parameter.high)
                assert field.suffix().strip() == parameter.unit


KINDS = {"bool": QCheckBox, "int": QSpinBox, "float": QDoubleSpinBox, "str": QLineEdit}


def changed_by_hand(field: QWidget) -> None:
    """Touch a field as a hand does."""
    if isinstance(field, QAbstractSpinBox):
        field.stepUp()
        field.stepDown()
        field.stepDown()
    elif isinstance(field, QCheckBox):
        field.click()
    elif isinstance(field, QComboBox) and not field.isEditable():
        field.setCurrentIndex((field.currentIndex() + 1) % field.count())
    else:
        QTest.keyClicks(field, "x")


def test_what_a_hand_changes_is_told_and_is_the_only_change(cards: list[Card], qtbot) -> None:
    for card in cards:
        for parameter in card.parameters:
            made = form(qtbot, (parameter,))
            told: list[bool] = []
            made.changed.connect(lambda told=told: told.append(True))
            changed_by_hand(made.field(parameter.name))
            assert told, parameter
            made.values()


@pytest.mark.parametrize("kind", KINDS)
def test_a_plugin_may_leave_everything_open(qtbot, kind: str) -> None:
    default: Value = {"bool": True, "int": -7, "float": 1e-6, "str": "a, b"}[kind]
    parameter = Parameter("p", kind, default, "P")  # type: ignore[arg-type]
    made = form(qtbot, (parameter, replace(parameter, name="q")))
    assert isinstance(made.field("p"), KINDS[kind]) and made.values() == {"p": default, "q": default}
    assert made.changes() == {}
