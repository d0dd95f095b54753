"""`unbraid gui`: the window."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Files = Annotated[
    list[Path] | None, typer.Argument(metavar="[FILE]...", help="A song, its stems, or a project to open.")
]


def gui(files: Files = None) -> None:
    """Open the window: see, hear and remix."""
    from unbraid.app.gui import run

    raise typer.Exit(run([path.absolute() for path in files or ()]))
