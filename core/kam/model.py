"""Models of kernel additive modelling as values: stages of sources, each with the kernels that say what it is like.

A model is a readable table (TOML): presets lie in resources/presets, anyone may write and share one. Whatever comes
from a file is checked word by word.

    [[stage]]
    name = "all"
    window_s = 0.09
    iterations = 6
    [[stage.source]]
    stem = "vocals"
    kernel = { kind = "cross", height_hz = 30.0, length_s = 0.04 }
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from unbraid.core.errors import ParameterError
from unbraid.core.kam import plain
from unbraid.core.kam.fitting import Cost
from unbraid.core.kam.given import is_given
from unbraid.core.kam.kernels import Kernel
from unbraid.core.separation.contract import param

MIX = "mix"
MOST_STAGES, MOST_SOURCES, MOST_KERNELS = 16, 32, 8
LONGEST_TEXT = 1 << 18
"""Bytes of a preset."""

Places = Literal["none", "trace", "energy", "weighted", "exact"]
Fit = Literal["kernel", "nmf", "fixed", "rest"]

Parts = Mapping[str, float]
"""Stems of earlier stages as `stage.stem`, or sums of them as `stage.stem+stage.stem`, each with a power.

`given.NAME` is a reference of the guide, `painted.NAME` what is painted as that (core/kam/given.py).
"""


def parts_of(name: str) -> list[str]:
    """The stems of which such a name is the sum."""
    return [part.strip() for part in name.split("+")]


@dataclass(frozen=True)
class Source:
    """One source of a stage: what it is like, and which stem it belongs to (several may belong to one).

    kernels: its picture is the geometric mean of what each of them fits; without any it is whatever the filter gives.
    start: what its first picture is made of: the product of the pictures of stems to these powers.
    """

    stem: str
    kernels: tuple[Kernel, ...] = ()
    start: Parts = field(default_factory=dict)
    fit: Fit = param(
        "kernel",
        "Fit",
        choices=get_args(Fit),
        help="Kernel, factorisation, the first picture as it is, or what the others leave of the mix (REPET).",
    )
    cost: Cost = param(
        "median", "Cost", choices=get_args(Cost), help="Median withstands gross errors, mean is smoother."
    )
    each_period: bool = param(False, "Each period", help="A periodic kernel with several periods makes a source each.")
    components: int = param(20, "Components", 1, 500, help="Of a factorisation.")
    weight: float = param(1.0, "Weight", 1e-3, 1e3, help="Above 1 it gets more than its picture says.")
    from_hz: float = param(0.0, "From", 0.0, 1e5, "Hz", help="Below it there is nothing of this source.")
    to_hz: float = param(1e5, "To", 1.0, 1e5, "Hz", help="Above it there is nothing of this source.")


@dataclass(frozen=True)
class Stage:
    """Sources that are found together in one transform. splits: `mix`, or a stem of an earlier stage."""

    sources: tuple[Source, ...]
    name: str = ""
    splits: str = MIX
    window_s: float = param(0.09, "Window", 0.001, 2.0, "s", help="Rounded to a power of two of samples.")
    overlap: float = param(0.75, "Overlap", 0.5, 0.97, help="Share of a window that the next one covers.")
    iterations: int = param(1, "Iterations", 0, 100, help="How often the sources are found from each other.")
    places: Places = param(
        "none", "Places", choices=get_args(Places), help="How spatial covariances are found; none: one mask."
    )
    exponent: float = param(2.0, "Exponent", 0.2, 8.0, help="2: shares of powers; 1: of magnitudes.")
    rank: int = param(0, "Rank", 0, 1000, help="Above 0 pictures are compressed to so many components.")


@dataclass(frozen=True)
class Model:
    """Stages in order, and which of their stems make each stem of the result (those of the last stage where empty)."""

    stages: tuple[Stage, ...]
    title: str = ""
    summary: str = ""
    paper: str = ""
    result: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def stems(self) -> tuple[str, ...]:
        """Names of the stems it makes."""
        return tuple(self.result) or tuple(dict.fromkeys(source.stem for source in self.stages[-1].sources))


def parse(text: str) -> Model:
    """The model of a TOML text; ParameterError in words where anything in it is not allowed."""
    if len(text) > LONGEST_TEXT:
        raise ParameterError(f"a preset has up to {LONGEST_TEXT >> 10} kB; this one has {len(text) >> 10}")
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise ParameterError(f"it is no TOML ({problem})") from problem
    return from_dict(table)


def from_dict(table: Mapping[str, Any]) -> Model:
    """The model of a table, with all its checks."""
    _known(table, ("title", "summary", "paper", "stage", "result"), "a preset")
    stages = tuple(_stage(entry, number) for number, entry in enumerate(_tables(table, "stage", MOST_STAGES), 1))
    texts = {key: _text(table, key) for key in ("title", "summary", "paper") if key in table}
    result = _result(table.get("result", {}))
    model = Model(stages, result=result, **texts)
    _check_references(model)
    return model


def to_dict(model: Model) -> dict[str, Any]:
    """The table that `from_dict` takes."""
    table: dict[str, Any] = {key: getattr(model, key) for key in ("title", "summary", "paper") if getattr(model, key)}
    table["stage"] = [_stage_table(stage) for stage in model.stages]
    if model.result:
        table["result"] = {stem: list(parts) for stem, parts in model.result.items()}
    return table


def _stage_table(stage: Stage) -> dict[str, Any]:
    scalars = {p.name: getattr(stage, p.name) for p in plain.parameters(stage)}
    return {"name": stage.name, "splits": stage.splits, **scalars, "source": [_source_table(s) for s in stage.sources]}


def _source_table(source: Source) -> dict[str, Any]:
    table = {"stem": source.stem, **{p.name: getattr(source, p.name) for p in plain.parameters(source)}}
    if source.kernels:
        table["kernel"] = [plain.to_dict(kernel) for kernel in source.kernels]
    return table | ({"start": dict(source.start)} if source.start else {})


def _stage(table: Mapping[str, Any], number: int) -> Stage:
    where = f"stage {number}"
    scalars = _scalars(Stage, table, ("name", "splits", "source"), where)
    sources = tuple(_source(entry, f"a source of {where}") for entry in _tables(table, "source", MOST_SOURCES))
    return Stage(sources, _text(table, "name") or f"stage{number}", _text(table, "splits") or MIX, **scalars)


def _source(table: Mapping[str, Any], where: str) -> Source:
    scalars = _scalars(Source, table, ("stem", "kernel", "start"), where)
    stem = _text(table, "stem")
    if not stem or stem != stem.lower() or not stem.isidentifier():
        raise ParameterError(f"{where} needs a stem, a name like vocals: {stem!r} was given")
    given = table.get("kernel", [])
    kernels = tuple(plain.from_dict(kernel) for kernel in (given if isinstance(given, list) else [given]))
    if len(kernels) > MOST_KERNELS:
        raise ParameterError(f"{where} has {len(kernels)} kernels; {MOST_KERNELS} at most")
    return Source(stem, kernels, _parts(table.get("start", {}), where), **scalars)


def _scalars(kind: type, table: Mapping[str, Any], others: Sequence[str], where: str) -> dict[str, Any]:
    """Fields that are a number, a text or a choice, checked; `others` are read elsewhere."""
    known = {p.name: p for p in plain.parameters(kind)}
    _known(table, (*others, *known), where)
    values = {}
    for name, given in table.items():
        if name in known:
            if not isinstance(given, bool | int | float | str):
                raise ParameterError(f"{name} of {where} must be {known[name].allowed()}")
            values[name] = known[name].parse(given)
    return values


def _known(table: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    for name in table:
        if name not in names:
            raise ParameterError(f"{where} has no {name!r}; it has: {', '.join(names)}")


def _tables(table: Mapping[str, Any], key: str, most: int) -> list[Mapping[str, Any]]:
    entries = table.get(key)
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, Mapping) for entry in entries):
        raise ParameterError(f"a preset has one or more [[{key}]]")
    if len(entries) > most:
        raise ParameterError(f"there are {len(entries)} of [[{key}]]; {most} at most")
    return entries


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str) or len(value) > 2000:
        raise ParameterError(f"{key} must be a text of up to 2000 letters")
    return value


def _parts(given: object, where: str) -> dict[str, float]:
    if not isinstance(given, Mapping) or not all(
        isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 10 for value in given.values()
    ):
        raise ParameterError(f'start of {where} is a table of stems with powers from 0 to 10: {{ "one.vocals" = 1.0 }}')
    return {str(name): float(value) for name, value in given.items()}


def _result(given: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(given, Mapping):
        raise ParameterError('result is a table of stems: vocals = ["last.vocals"]')
    result = {}
    for stem, parts in given.items():
        listed = [parts] if isinstance(parts, str) else parts
        named = isinstance(stem, str) and stem == stem.lower() and stem.isidentifier()
        if not named or not isinstance(listed, list) or not listed or not all(isinstance(p, str) for p in listed):
            raise ParameterError('result is a table of stems: vocals = ["last.vocals"]')
        result[stem] = tuple(listed)
    return result


def _check_references(model: Model) -> None:
    """Stages come one after another: what a stage splits or begins with was made before it."""
    made: set[str] = set()
    for stage in model.stages:
        if stage.name == MIX or is_given(f"{stage.name}."):
            raise ParameterError(f"a stage cannot be called {stage.name}: that is what a song begins with")
        wanted = [part for part in starts_of(stage) if not is_given(part)]
        wanted += [stage.splits] if stage.splits != MIX else []
        _check_made(wanted, made, f"the stage {stage.name}")
        stems = {f"{stage.name}.{source.stem}" for source in stage.sources}
        if stems & made:
            raise ParameterError(f"two stages are called {stage.name}; give each a name of its own")
        made |= stems
        _check_sources(stage)
    _check_made([part for parts in model.result.values() for part in parts], made, "the result")


def starts_of(stage: Stage) -> list[str]:
    """The parts that its sources begin with."""
    return [part for source in stage.sources for name in source.start for part in parts_of(name)]


def _check_made(wanted: Sequence[str], made: set[str], who: str) -> None:
    for name in wanted:
        if name not in made:
            raise ParameterError(f"{who} uses {name!r}, which was not made before; there is: {', '.join(sorted(made))}")


def _check_sources(stage: Stage) -> None:
    """Two sources that begin alike and are described alike would stay alike for ever."""
    plainly = [dataclasses.replace(source, stem="") for source in stage.sources]
    for number, source in enumerate(plainly):
        if source.fit == "kernel" and source in plainly[:number]:
            raise ParameterError(
                f"two sources of the stage {stage.name} have the same kernels and begin alike: they would never "
                "differ; change one of them"
            )
