"""`unbraid presets`: models of kernel additive modelling, to use, to read and to change."""

from __future__ import annotations

from typing import Annotated

import typer

from unbraid.app.cli import options
from unbraid.app.cli.console import Voice, speaking


def presets(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Show this one as a file, to be changed and kept.")
    ] = None,
    json: options.Json = False,
) -> None:
    """List the presets of the method kam, or show one.

    For one of your own: unbraid presets voice > mine.toml, change it, and separate with -m kam --preset mine.toml. In
    the folder of your presets it is known by its name.
    """
    with speaking(scripted=json) as voice:
        from unbraid.core.kam import presets as known

        if name:
            text = known.text_of(name)
            voice.event("preset", name=name, text=text)
            if not voice.scripted:
                typer.echo(text, nl=False)
        else:
            _list(voice)


def _list(voice: Voice) -> None:
    from rich.table import Table
    from rich.text import Text

    from unbraid.core.errors import ParameterError
    from unbraid.core.folders import preset_folder
    from unbraid.core.kam import presets as known

    table = Table("preset", "what it is", "stems", box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in known.names():
        try:
            model = known.load(name)
        except ParameterError as problem:
            voice.event("preset", name=name, error=str(problem))
            table.add_row(Text(name), Text(str(problem), style="red"), "")
            continue
        voice.event("preset", name=name, title=model.title, summary=model.summary, stems=list(model.stems))
        table.add_row(Text(name), Text(f"{model.title}\n{model.summary}\n"), Text("\n".join(model.stems)))
    if not voice.scripted:
        voice.out().print(table)
        voice.say(f"Use one with -m kam --preset NAME. Your own lie in {preset_folder()}")
