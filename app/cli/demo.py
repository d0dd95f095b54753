"""`unbraid demo`: the main job on the song that ships with the application."""

from __future__ import annotations

from pathlib import Path

from unbraid.app.cli import options
from unbraid.app.cli.console import speaking
from unbraid.app.cli.separate import Output, tell


def demo(
    method: options.Method = options.DEFAULT_METHOD,
    parameter: options.Parameters = None,
    output: Output = Path("separated"),
    json: options.Json = False,
) -> None:
    """Separate the demo song and say where the stems are."""
    with speaking(scripted=json) as voice:
        from unbraid.app.cli.one_song import Request, separate_one
        from unbraid.core.export import Export
        from unbraid.core.workshop import Workshop
        from unbraid.resources import demo_song

        values = options.parameter_values(parameter or [])
        request = Request(method, values, Export(output, existing="replace"))
        with demo_song() as song, Workshop() as workshop:
            outcome = separate_one(voice, workshop, song, request, track="Unbraid demo")
        voice.say("The stems of the demo song are here; they add up to it:")
        tell(voice, outcome)
