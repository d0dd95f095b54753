"""The form of a method, made from its parameters: the same names, ranges, units and help as everywhere else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QFormLayout, QLabel, QLineEdit, QSpinBox, QWidget

from unbraid.app import theme
from unbraid.app.translation import tr, tr_known
from unbraid.core.separation.contract import Parameter, Value

WIDEST_NUMBER = 1e9


class ParameterForm(QWidget):
    """A field for each parameter of a method."""

    changed = Signal()

    def __init__(self, parameters: tuple[Parameter, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parameters = parameters
        self._fields: dict[str, QWidget] = {}
        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for parameter in parameters:
            field = _field(parameter, self)
            title = tr_known(parameter.title)
            help = _help(parameter)
            field.setToolTip(help)
            field.setAccessibleName(title)
            field.setAccessibleDescription(help)
            self._fields[parameter.name] = field
            label = QLabel(title)
            label.setToolTip(help)
            label.setWordWrap(True)
            label.setBuddy(field)
            layout.addRow(label, field)

    def values(self) -> dict[str, Value]:
        """What is set, by name."""
        return {parameter.name: _value(self._fields[parameter.name]) for parameter in self._parameters}

    def changes(self) -> dict[str, Value]:
        """What differs from the defaults."""
        defaults = {parameter.name: parameter.default for parameter in self._parameters}
        return {name: value for name, value in self.values().items() if value != defaults[name]}

    def set_values(self, values: Mapping[str, Value]) -> None:
        """Show these values, defaults for the rest."""
        for parameter in self._parameters:
            _show(self._fields[parameter.name], values.get(parameter.name, parameter.default))

    def field(self, name: str) -> QWidget:
        """The field of a parameter."""
        return self._fields[name]


class _Number(QDoubleSpinBox):
    """Shows no zeros that say nothing: `20 %`, `0.35 s`."""

    def textFromValue(self, value: float) -> str:  # noqa: N802
        """As few decimals as the value has."""
        text = super().textFromValue(value)
        point = self.locale().decimalPoint()
        return text.rstrip("0").removesuffix(point) if point in text else text


def _help(parameter: Parameter) -> str:
    allowed = tr("Allowed: {what}. Default: {default}.", what=parameter.allowed(), default=parameter.default)
    return f"{tr_known(parameter.help)}\n{allowed}" if parameter.help else allowed


def _field(parameter: Parameter, form: ParameterForm) -> QWidget:
    if parameter.choices:
        return _choices(parameter, form)
    if parameter.suggestions:
        return _suggestions(parameter, form)
    made: QWidget
    if parameter.kind == "bool":
        made = box = QCheckBox()
        box.toggled.connect(lambda *_: form.changed.emit())
    elif parameter.kind == "int":
        made = spin = QSpinBox()
        spin.setRange(round(_low(parameter)), round(_high(parameter)))
        spin.setSuffix(_suffix(parameter))
        theme.pad(spin)
        spin.valueChanged.connect(lambda *_: form.changed.emit())
    elif parameter.kind == "float":
        made = double = _Number()
        double.setDecimals(_decimals(parameter))
        double.setRange(_low(parameter), _high(parameter))
        double.setSingleStep(_step(parameter))
        double.setSuffix(_suffix(parameter))
        theme.pad(double)
        double.valueChanged.connect(lambda *_: form.changed.emit())
    else:
        made = line = QLineEdit()
        line.textChanged.connect(lambda *_: form.changed.emit())
    _show(made, parameter.default)
    return made


def _choices(parameter: Parameter, form: ParameterForm) -> QComboBox:
    box = QComboBox()
    for choice in parameter.choices:
        box.addItem(tr_known(choice), choice)
    box.currentIndexChanged.connect(lambda *_: form.changed.emit())
    _show(box, parameter.default)
    return box


def _suggestions(parameter: Parameter, form: ParameterForm) -> QComboBox:
    """What is there to choose from; anything else may be typed."""
    box = QComboBox()
    box.setEditable(True)
    box.addItems(parameter.suggestions)
    box.editTextChanged.connect(lambda *_: form.changed.emit())
    _show(box, parameter.default)
    return box


def _value(field: QWidget) -> Value:
    if isinstance(field, QComboBox):
        return field.currentText() if field.isEditable() else str(field.currentData())
    if isinstance(field, QCheckBox):
        return field.isChecked()
    if isinstance(field, (QSpinBox, QDoubleSpinBox)):
        return field.value()
    assert isinstance(field, QLineEdit)
    return field.text()


def _show(field: QWidget, value: Value) -> None:
    if isinstance(field, QComboBox) and field.isEditable():
        field.setEditText(str(value))
    elif isinstance(field, QComboBox):
        field.setCurrentIndex(max(0, field.findData(value)))
    elif isinstance(field, QCheckBox):
        field.setChecked(bool(value))
    elif isinstance(field, QSpinBox):
        field.setValue(int(value))
    elif isinstance(field, QDoubleSpinBox):
        field.setValue(float(value))
    elif isinstance(field, QLineEdit):
        field.setText(str(value))


def _low(parameter: Parameter) -> float:
    return -WIDEST_NUMBER if parameter.low is None or math.isinf(parameter.low) else parameter.low


def _high(parameter: Parameter) -> float:
    return WIDEST_NUMBER if parameter.high is None or math.isinf(parameter.high) else parameter.high


def _suffix(parameter: Parameter) -> str:
    return f" {tr_known(parameter.unit)}" if parameter.unit else ""


def _decimals(parameter: Parameter) -> int:
    """Enough for the default and the ends."""
    given = [value for value in (parameter.default, parameter.low, parameter.high) if isinstance(value, float)]
    exponents = [Decimal(f"{value:g}").as_tuple().exponent for value in given]
    return max([2, *(-exponent for exponent in exponents if isinstance(exponent, int))])


def _step(parameter: Parameter) -> float:
    default = abs(float(parameter.default))
    return 10.0 ** math.floor(math.log10(default / 5)) if default else 0.1
