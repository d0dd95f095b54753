"""docs/licences.md names every dependency that pyproject.toml names."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_dependency_has_its_licence_written_down() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + [d for extra in project["optional-dependencies"].values() for d in extra]
    names = {re.split(r"[\s<>=!~\[;]", d)[0] for d in wanted} - {"unbraid"}
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    assert not [name for name in sorted(names) if not re.search(rf"\b{re.escape(name)}\b", page)]


def test_nothing_under_the_gpl_alone_is_installed_with_us() -> None:
    from importlib.metadata import distribution

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for dependency in project["dependencies"]:
        about = distribution(re.split(r"[\s<>=!~\[;]", dependency)[0]).metadata
        licence = about.get("License-Expression") or about.get("License") or ""
        assert not re.match(r"\s*(GPL|GNU General Public)", licence), dependency
