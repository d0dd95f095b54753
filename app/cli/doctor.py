"""`unbraid doctor`: what this installation can do, and what it lacks."""

from __future__ import annotations

from unbraid.app.cli import options
from unbraid.app.cli.console import FAILED, speaking


def doctor(json: options.Json = False) -> None:
    """Check this installation: versions, sound formats, sound devices, window library, separators, folders."""
    with speaking(scripted=json) as voice:
        import typer

        from unbraid.core.diagnosis import findings

        broken = False
        for finding in findings():
            broken = broken or finding.state == "broken"
            voice.event("finding", topic=finding.topic, state=finding.state, text=finding.text)
            voice.say(f"{finding.state:8}{finding.topic:12}{finding.text}")
        if broken:
            raise typer.Exit(FAILED)
