"""Presets of kernel additive modelling by name: ours, the user's own, or any file."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from unbraid.core.errors import ParameterError
from unbraid.core.folders import preset_folder
from unbraid.core.kam.model import LONGEST_TEXT, Model, parse

SUFFIX = ".toml"


def names() -> tuple[str, ...]:
    """Names of all presets that are there, ours first."""
    return tuple(dict.fromkeys([*_in(_ours()), *_in(preset_folder())]))


def load(name: str) -> Model:
    """The preset called `name`, or that of a file whose name ends in .toml; ParameterError where there is none."""
    text = text_of(name)
    try:
        return parse(text)
    except ParameterError as problem:
        raise ParameterError(f"the preset {name} cannot be used: {problem}") from None


def text_of(name: str) -> str:
    """The file of a preset; ParameterError where it cannot be read."""
    place = Path(name) if name.endswith(SUFFIX) else _find(name)
    try:
        with place.open("rb") as file:
            return file.read(LONGEST_TEXT + 1).decode("utf-8")
    except OSError as problem:
        raise ParameterError(f"the preset {name} cannot be read: {problem.strerror or problem}") from None
    except UnicodeDecodeError:
        raise ParameterError(f"the preset {name} is no text; a preset is a TOML file") from None


def _find(name: str) -> Traversable:
    if name.isidentifier():  # no path that leads elsewhere
        for folder in (preset_folder(), _ours()):
            if (folder / f"{name}{SUFFIX}").is_file():
                return folder / f"{name}{SUFFIX}"
    raise ParameterError(
        f"there is no preset {name!r}; there are: {', '.join(names())}, or give a file ending in {SUFFIX}"
    )


def _ours() -> Traversable:
    return files("unbraid.resources.presets")


def _in(folder: Traversable) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(item.name.removesuffix(SUFFIX) for item in folder.iterdir() if item.name.endswith(SUFFIX))
