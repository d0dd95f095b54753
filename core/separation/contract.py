"""What a separator is: anything with `info` and `separate`; its dataclass fields are its parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.progress import Progress as Progress
from unbraid.core.progress import silent_progress as silent_progress
from unbraid.core.separation.guide import Guide

Value = bool | int | float | str
"""What a parameter can be."""

_YES = ("yes", "true", "on", "1")
_NO = ("no", "false", "off", "0")


@dataclass(frozen=True)
class SeparatorInfo:
    """What the application must know of a separator before it runs.

    targets: names of the stems, lower case; the runner adds `residual` where they do not add up to the mix. Empty
        where they depend on parameters or on the guide: a separator then has a method `targets(guide)` beside.
    guide: names of the fields of `Guide` that are used.
    context_s: None when the whole song is needed; otherwise the seconds on either side of a block that the block's
        result depends on, so that the runner may cut long songs into overlapping blocks. Where that depends on the
        parameters, a separator has a method `context(rate) -> float` beside.
    rate: the rate it works at, None for any: the runner resamples in and out.
    layout: "any" number of channels at once, or "stereo" pairs (single channels are then handed over as they are).
    bandwidth_hz: highest frequency it separates, None for all of them.
    memory_mb_per_minute: of stereo at 44.1 kHz, beyond the song and its stems; 0 for what does not grow with length.
    sums_to_mix: the targets alone add up to the mix, nothing is left for a residual.
    is_oracle: it is told the true stems as references and shows the ceiling of a family of methods.
    """

    name: str
    title: str
    targets: tuple[str, ...]
    summary: str = ""
    paper: str = ""
    guide: tuple[str, ...] = ()
    context_s: float | None = None
    rate: int | None = None
    layout: Literal["any", "stereo"] = "any"
    bandwidth_hz: float | None = None
    memory_mb_per_minute: float = 0.0
    sums_to_mix: bool = False
    is_oracle: bool = False
    licence: str = "Apache-2.0"


@runtime_checkable
class Separator(Protocol):
    """A frozen dataclass whose fields are parameters (see `param`)."""

    info: ClassVar[SeparatorInfo]

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        """Stems by target name, each with the rate, length and channels of `mix`, which is not touched."""
        ...


@dataclass(frozen=True)
class Parameter:
    """A field of a separator, as forms, command-line flags and project files see it.

    choices: all that is allowed; suggestions: what is there to choose from, beside which anything may be typed.
    """

    name: str
    kind: Literal["bool", "int", "float", "str"]
    default: Value
    title: str
    low: float | None = None
    high: float | None = None
    unit: str = ""
    help: str = ""
    choices: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()

    def allowed(self) -> str:
        """What may be given, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.kind == "bool":
            return "yes or no"
        span = "" if self.low is None or self.high is None else f" from {self.low:g} to {self.high:g}"
        noun = {"int": "a whole number", "float": "a number", "str": "a text"}[self.kind]
        return f"{noun}{span}{f' {self.unit}' if self.unit else ''}"

    def parse(self, given: Value) -> Value:
        """The value in the parameter's own type, or ParameterError."""
        try:
            value = self._convert(given)
        except ValueError:
            raise self._refusal(given) from None
        if self.choices and value not in self.choices:
            raise self._refusal(given)
        if not isinstance(value, (str, bool)) and not self._within(value):
            raise self._refusal(given)
        return value

    def _convert(self, given: Value) -> Value:
        if self.kind == "bool":
            key = str(given).strip().lower()
            if key not in _YES + _NO:
                raise ValueError
            return key in _YES
        if self.kind == "int":
            if isinstance(given, bool) or not float(given).is_integer():
                raise ValueError
            return int(float(given))
        if self.kind == "float":
            return float(given)
        return str(given)

    def _within(self, value: float) -> bool:
        low = float("-inf") if self.low is None else self.low
        high = float("inf") if self.high is None else self.high
        return low <= value <= high  # false for NaN

    def _refusal(self, given: Value) -> ParameterError:
        return ParameterError(
            f"{self.name} must be {self.allowed()}: {given!r} was given; the default is {self.default}"
        )


def param(
    default: Any,
    title: str,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    *,
    help: str = "",
    choices: Sequence[str] = (),
    suggestions: Callable[[], tuple[str, ...]] = tuple,
) -> Any:
    """A dataclass field that is a parameter; `low` and `high` are the allowed ends in `unit`.

    suggestions: asked whenever the parameters are listed, since they may be files that come and go.
    """
    about = {
        "title": title, "low": low, "high": high, "unit": unit, "help": help, "choices": tuple(choices),
        "suggestions": suggestions,
    }  # fmt: skip
    return dataclasses.field(default=default, metadata={"unbraid": about})


def targets(separator: Separator, guide: Guide) -> tuple[str, ...]:
    """Names of the stems that `separator` makes of any song with this guide."""
    method = getattr(separator, "targets", None)
    return tuple(method(guide)) if callable(method) else separator.info.targets


def parameters(separator: type[Separator] | Separator) -> tuple[Parameter, ...]:
    """The parameters of a separator, in the order of its fields."""
    return tuple(_parameter(field) for field in dataclasses.fields(separator))  # type: ignore[arg-type]


def _parameter(field: dataclasses.Field[Any]) -> Parameter:
    if "unbraid" not in field.metadata:
        raise ParameterError(f"field {field.name} of a separator is no parameter: declare it with param(...)")
    kind = {bool: "bool", int: "int", float: "float", str: "str"}.get(type(field.default))
    if kind is None:
        raise ParameterError(f"parameter {field.name} must default to a bool, int, float or str")
    about = {**field.metadata["unbraid"], "suggestions": field.metadata["unbraid"]["suggestions"]()}
    return Parameter(field.name, kind, field.default, **about)  # type: ignore[arg-type]


def configure(separator: type[Separator], values: Mapping[str, Value]) -> Separator:
    """The separator with `values` (texts are converted), every one checked against its parameter."""
    known = {p.name: p for p in parameters(separator)}
    for name in values:
        if name not in known:
            allowed = ", ".join(known) or "none"
            raise ParameterError(f"{separator.info.name} has no parameter {name!r}; it has: {allowed}")
    return separator(**{name: known[name].parse(value) for name, value in values.items()})


def values(separator: Separator) -> dict[str, Value]:
    """The parameters' values by name: what a project file and a cache key hold."""
    return {p.name: getattr(separator, p.name) for p in parameters(separator)}
