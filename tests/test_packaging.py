"""What pyproject.toml lists by hand must be what is in the folders."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = ("app", "core", "plugins", "resources")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def python_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def test_every_package_is_listed() -> None:
    folders = {
        "unbraid." + ".".join(init.parent.relative_to(ROOT).parts)
        for source in SOURCES
        for init in (ROOT / source).rglob("__init__.py")
    }
    folders |= {f"unbraid.resources.{path.name}" for path in (ROOT / "resources").glob("[a-z]*") if path.is_dir()}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == folders


def test_every_folder_with_code_is_a_package() -> None:
    for path in python_files("app", "core", "plugins"):
        assert (path.parent / "__init__.py").exists(), path


def test_type_checkers_find_every_folder() -> None:
    for source in SOURCES:
        assert (ROOT / "typings" / "unbraid" / source).resolve() == ROOT / source


def test_every_separator_of_ours_is_declared_and_loads() -> None:
    from unbraid.core.separation import registry

    declared = PROJECT["project"]["entry-points"]["unbraid.separators"]
    ours = {n: e.value for n, e in registry.entries().items() if e.value.startswith("unbraid.")}
    assert ours == declared
    for name in declared:
        assert registry.load(name).info.name == name


@pytest.mark.parametrize("path", python_files(*SOURCES, "tests", "bench"), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_bare_import_of_a_top_folder(path: Path) -> None:
    """`import core` would make a second module object of the same file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        assert not {n.partition(".")[0] for n in names} & set(SOURCES), (path, names)
