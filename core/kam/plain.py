"""Kernels as plain values for presets and project files, and back; what comes from there is checked word by word.

A kernel is a table with `kind` and its fields; fields left out have their defaults. The same checks are made before a
kernel is bound, whoever made it.
"""

from __future__ import annotations

import dataclasses
import math
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from unbraid.core.errors import ParameterError
from unbraid.core.kam.kernels import (
    KINDS,
    MOST_REPETITIONS,
    Comb,
    Drawn,
    Everywhere,
    Form,
    InRegion,
    Kernel,
    Periodic,
    Repetitions,
    Union,
)
from unbraid.core.separation.contract import Parameter
from unbraid.core.separation.guide import MarkedRepetition, Region

DEEPEST = 8
"""Kernels within kernels at most."""
LATEST_S = 1e6
HIGHEST_HZ = 1e6
LONGEST_NAME = 200
MOST_REGIONS = 1000

Plain = dict[str, Any]


def parameters(kernel: object) -> tuple[Parameter, ...]:
    """The fields that are a number, a text or a choice, as forms show them; of any dataclass with such."""
    fields = dataclasses.fields(kernel)  # type: ignore[arg-type]
    return tuple(_parameter(f) for f in fields if "unbraid" in f.metadata)


def _parameter(field: dataclasses.Field[Any]) -> Parameter:
    kind = type(field.default).__name__
    return Parameter(field.name, kind, field.default, **field.metadata["unbraid"])  # type: ignore[arg-type]


def to_dict(kernel: Kernel) -> Plain:
    """The kernel as a table of numbers, texts, lists and tables."""
    return {"kind": kernel.kind} | {f.name: _dumped(getattr(kernel, f.name)) for f in dataclasses.fields(kernel)}


def _dumped(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_dumped(entry) for entry in value]
    if isinstance(value, MarkedRepetition):
        return _dumped(value.regions)
    if isinstance(value, Region):
        table = dataclasses.asdict(value)
        return {k: v for k, v in table.items() if v != math.inf}
    return to_dict(value) if dataclasses.is_dataclass(value) else value  # type: ignore[arg-type]


def from_dict(given: object) -> Kernel:
    """The kernel of such a table; ParameterError in words where anything in it is not allowed."""
    return _kernel(given, "a kernel", 0)


def check(kernel: Kernel) -> None:
    """ParameterError in words where a value of the kernel is not allowed."""
    from_dict(to_dict(kernel))


def _kernel(given: object, where: str, depth: int) -> Kernel:
    if not isinstance(given, Mapping):
        raise ParameterError(f"{where} must be a table with a kind: {_short(given)} was given")
    if depth > DEEPEST:
        raise ParameterError(f"kernels lie within kernels {DEEPEST} deep at most: take some out of the innermost ones")
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ParameterError(f"the kind of {where} must be one of {', '.join(KINDS)}: {_short(kind)} was given")
    fields = {f.name: f for f in dataclasses.fields(KINDS[kind])}
    for name in given:
        if name != "kind" and name not in fields:
            raise ParameterError(f"the kernel {kind} has no {_short(name)}; it has: {', '.join(fields)}")
    values = {name: _field(fields[name], given[name], kind, depth) for name in given if name != "kind"}
    for name, field in fields.items():
        if name not in values and field.default is dataclasses.MISSING:
            raise ParameterError(f"the kernel {kind} needs {name}: {_allowed(field.metadata['form'])}")
    made = KINDS[kind](**values)
    _coherent(made)
    return made


def _field(field: dataclasses.Field[Any], given: object, kind: str, depth: int) -> Any:
    where = f"{field.name} of the kernel {kind}"
    if "unbraid" in field.metadata:
        return _scalar(_parameter(field), given, where)
    form: Form = field.metadata["form"]
    if form.kind == "kernel":
        return _kernel(given, where, depth + 1)
    entries = [given] if form.kind == "numbers" and _is_number(given) else given
    if not isinstance(entries, Sequence) or isinstance(entries, (str, bytes)) or len(entries) > form.most:
        raise ParameterError(f"{where} must be {_allowed(form)}: {_short(given)} was given")
    if form.kind == "kernels":
        return tuple(_kernel(entry, f"entry {i + 1} of {where}", depth + 1) for i, entry in enumerate(entries))
    if form.kind == "repetitions":
        return tuple(MarkedRepetition(_regions(entry, where)) for entry in entries)
    if form.kind == "regions":
        return _regions(entries, where)
    return tuple(_number(entry, where, form.low, form.high, form.unit) for entry in entries)


def _allowed(form: Form) -> str:
    """What a field may hold, in words."""
    return {
        "numbers": f"at most {form.most} numbers from {form.low:g} to {form.high:g} {form.unit}".rstrip(),
        "regions": f"at most {form.most} regions",
        "repetitions": f"at most {form.most} lists of regions",
        "kernel": "a table with a kind",
        "kernels": f"a list of 1 to {form.most} kernels",
    }[form.kind]


def _scalar(parameter: Parameter, given: object, where: str) -> Any:
    if not isinstance(given, (bool, int, float, str)) or (isinstance(given, str) and len(given) > LONGEST_NAME):
        raise ParameterError(f"{where} must be {parameter.allowed()}: {_short(given)} was given")
    try:
        return parameter.parse(given)
    except OverflowError:
        raise ParameterError(f"{where} must be {parameter.allowed()}: {_short(given)} was given") from None


def _is_number(given: object) -> TypeGuard[int | float]:
    return isinstance(given, (int, float)) and not isinstance(given, bool)


def _number(given: object, where: str, low: float, high: float, unit: str = "") -> float:
    if not _is_number(given) or not low <= given <= high:  # NaN is not
        raise ParameterError(
            f"{where} must be a number from {low:g} to {high:g}{f' {unit}' if unit else ''}: {_short(given)} was given"
        )
    return float(given)


def _regions(given: object, where: str) -> tuple[Region, ...]:
    if not isinstance(given, Sequence) or isinstance(given, (str, bytes)) or len(given) > MOST_REGIONS:
        raise ParameterError(f"{where} must be at most {MOST_REGIONS} regions: {_short(given)} was given")
    return tuple(_region(entry, where) for entry in given)


def _region(given: object, where: str) -> Region:
    names = [f.name for f in dataclasses.fields(Region)]
    if not isinstance(given, Mapping) or not {"start_s", "end_s"} <= set(given) <= set(names):
        raise ParameterError(
            f"a region of {where} is a table of start_s and end_s, and low_hz, high_hz and target where needed: "
            f"{_short(given)} was given"
        )
    start = _number(given["start_s"], f"start_s in {where}", -LATEST_S, LATEST_S, "s")
    end = _number(given["end_s"], f"end_s in {where}", start, LATEST_S, "s")
    low = _number(given.get("low_hz", 0.0), f"low_hz in {where}", 0.0, HIGHEST_HZ, "Hz")
    high = _number(given["high_hz"], f"high_hz in {where}", low, HIGHEST_HZ, "Hz") if "high_hz" in given else math.inf
    target = given.get("target", "")
    if not isinstance(target, str) or len(target) > LONGEST_NAME:
        raise ParameterError(f"target in {where} must be a name: {_short(target)} was given")
    return Region(start, end, low, high, target)


def _coherent(kernel: Kernel) -> None:
    """What holds between fields."""
    match kernel:
        case Union(members):
            _check_members(members)
        case InRegion(InRegion() | Repetitions() as inner):
            raise ParameterError(f"a kernel of kind {inner.kind} has regions of its own: leave out in_region")
        case Drawn():
            counts = [len(kernel.offsets_s), len(kernel.offsets_hz), len(kernel.weights)]
            if len(set(counts)) > 1:
                raise ParameterError(
                    "a drawn kernel has an offset in time, an offset in frequency and a weight for each place: "
                    f"{counts[0]}, {counts[1]} and {counts[2]} were given"
                )
        case Periodic():
            _check_order("shortest_s", kernel.shortest_s, "longest_s", kernel.longest_s)
        case Comb():
            _check_order("low_pitch_hz", kernel.low_pitch_hz, "high_pitch_hz", kernel.high_pitch_hz)
            _check_order("low_hz", kernel.low_hz, "high_hz", kernel.high_hz)
        case Repetitions() if any(len(group.regions) > MOST_REPETITIONS for group in kernel.repetitions):
            raise ParameterError(f"an event is marked {MOST_REPETITIONS} times at most: leave some out")


def _check_members(members: tuple[Kernel, ...]) -> None:
    if not members:
        raise ParameterError("a union has at least one member: none was given")
    for member in members:
        if isinstance(member, (Everywhere, InRegion)):
            raise ParameterError(f"a union cannot hold a kernel of kind {member.kind}: put that around the union")


def _check_order(low_name: str, low: float, high_name: str, high: float) -> None:
    if low > high:
        raise ParameterError(f"{low_name} must not be above {high_name}: {low:g} and {high:g} were given")


def _short(value: object) -> str:
    """A value in a message, however long it is."""
    return reprlib.repr(value)
