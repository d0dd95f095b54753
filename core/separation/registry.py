"""Separators by name: found through entry points, ours and others' by the same door, loaded only when needed."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from unbraid.core.errors import ParameterError, PluginError
from unbraid.core.separation.contract import Parameter, Separator, SeparatorInfo, configure, parameters, targets
from unbraid.core.separation.guide import Guide

GROUP = "unbraid.separators"


@dataclass(frozen=True)
class Card:
    """What is shown of a separator; one that fails to load is a card with its error.

    targets: its stems with default parameters and no guide; empty where they depend on a guide.
    """

    name: str
    origin: str
    info: SeparatorInfo | None = None
    parameters: tuple[Parameter, ...] = ()
    targets: tuple[str, ...] = ()
    error: str = ""


def entries() -> dict[str, EntryPoint]:
    """Entry points by name; imports nothing. Where two distributions use one name, ours wins, then the first found."""
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        if entry.name not in found or entry.value.startswith("unbraid."):
            found[entry.name] = entry
    return found


def names() -> tuple[str, ...]:
    """Names of the installed separators, ours first, in the order they were declared."""
    return tuple(sorted(entries(), key=lambda name: (not entries()[name].value.startswith("unbraid."), name)))


def load(name: str) -> type[Separator]:
    """The separator called `name`: an installed one, `package.module:Class`, or `path/to/file.py:Class`."""
    entry = entries().get(name)
    try:
        if entry is not None:
            separator = entry.load()
        elif ":" in name:
            separator = _load_reference(name)
        else:
            raise PluginError(f"there is no separator called {name!r}; installed are: {', '.join(names())}")
    except PluginError:
        raise
    except Exception as error:
        raise PluginError(f"separator {name} cannot be loaded: {type(error).__name__}: {error}") from error
    return _checked(name, separator)


def card(name: str) -> Card:
    """The card of one separator."""
    entry = entries().get(name)
    origin = entry.dist.name if entry is not None and entry.dist is not None else name
    try:
        separator = load(name)
        return Card(name, origin, separator.info, parameters(separator), _usual_targets(separator))
    except Exception as error:  # a plugin may raise anything while it loads
        return Card(name, origin, error=str(error))


def _usual_targets(separator: type[Separator]) -> tuple[str, ...]:
    try:
        return targets(configure(separator, {}), Guide())
    except ParameterError:
        return ()


def cards() -> Iterator[Card]:
    """Cards of all installed separators."""
    return (card(name) for name in names())


def _load_reference(reference: str) -> object:
    where, _, attribute = reference.rpartition(":")
    module = _module_of_file(Path(where)) if where.endswith(".py") else importlib.import_module(where)
    return getattr(module, attribute)


def _module_of_file(path: Path) -> object:
    name = f"unbraid_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise PluginError(f"{path} is no Python file; give path/to/file.py:Class")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _checked(name: str, separator: object) -> type[Separator]:
    info = getattr(separator, "info", None)
    if not (isinstance(separator, type) and isinstance(info, SeparatorInfo) and hasattr(separator, "separate")):
        raise PluginError(f"separator {name} is no class with `info` and `separate`; see docs/separators.md")
    named = bool(info.targets) or callable(getattr(separator, "targets", None))
    if not named or len(set(info.targets)) != len(info.targets) or "residual" in info.targets:
        raise PluginError(f"separator {name} must name its targets, each once, and none of them `residual`")
    return separator
