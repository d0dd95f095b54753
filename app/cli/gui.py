"""`unbraid gui`: the window."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from unbraid.app.cli.console import speaking
from unbraid.core.errors import ParameterError

Files = Annotated[
    list[Path] | None, typer.Argument(metavar="[FILE]...", help="A song, its stems, or a project to open.")
]


def gui(files: Files = None) -> None:
    """Open the window: see, hear and remix."""
    with speaking(scripted=False):
        _open(files)


def _open(files: list[Path] | None) -> None:
    if no_screen():
        raise ParameterError(
            "there is no screen to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set); "
            "the same work is done by `unbraid separate`, `unbraid remix` and the others: `unbraid --help`"
        )
    from unbraid.app.gui import run

    raise typer.Exit(run([path.absolute() for path in files or ()]))


def no_screen() -> bool:
    """Whether this is a desktop of X or Wayland without one running; Qt would end the process."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return False
    return not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
