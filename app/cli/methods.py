"""`unbraid methods`: what there is to separate with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from unbraid.app.cli import options
from unbraid.app.cli.console import Voice, speaking

if TYPE_CHECKING:
    from unbraid.core.separation.registry import Card
    from unbraid.core.workshop import Workshop

MEASURED_S = 12.0


def methods(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One method, with its parameters.")] = None,
    measure: Annotated[
        bool | None,
        typer.Option("--measure/--no-measure", help="Time the methods on the demo song; default: those not yet timed."),
    ] = None,
    json: options.Json = False,
) -> None:
    """List the methods: targets, what they need, bandwidth, speed on this machine; or one with its parameters."""
    with speaking(scripted=json) as voice:
        from unbraid.core import speeds
        from unbraid.core.errors import ParameterError
        from unbraid.core.workshop import Workshop

        with Workshop() as workshop:
            cards = workshop.cards(*([name] if name else []))
            if name and cards[0].info is None:
                raise ParameterError(cards[0].error)
            if measure is not False:
                _measure(voice, workshop, [c for c in cards if c.targets and (measure or c.name not in speeds.known())])
        rows = [_row(card, speeds.known().get(card.name)) for card in cards]
        for row in rows:
            voice.event("method", **row)
        if voice.scripted:
            return
        if name:
            _show_one(voice, cards[0], rows[0])
        else:
            _show_all(voice, rows)


def _measure(voice: Voice, workshop: Workshop, cards: list[Card]) -> None:
    """Time each method that needs no guide on the demo song: twice, since the first run may compile."""
    from unbraid.core import speeds
    from unbraid.core.errors import UnbraidError
    from unbraid.resources import demo_song

    if not cards:
        return
    with demo_song() as path:
        song = workshop.open(path, duration_s=MEASURED_S).audio
    for card in cards:
        with voice.bar(f"timing {card.name}") as progress:
            try:
                workshop.separate(song, card.name, progress=progress)
                _, seconds = workshop.separate(song, card.name, progress=progress)
                speeds.remember(card.name, song.duration_s, seconds)
            except UnbraidError as error:
                voice.note(f"{card.name} could not be timed: {error}")


def _row(card: Card, speed: float | None) -> dict[str, Any]:
    if card.info is None:
        return {"name": card.name, "origin": card.origin, "error": card.error}
    info = card.info
    return {
        "name": card.name,
        "title": info.title,
        "targets": list(card.targets),
        "needs": _needs(card),
        "bandwidth_hz": info.bandwidth_hz,
        "speed": speed,
        "paper": info.paper,
        "licence": info.licence,
        "origin": card.origin,
        "parameters": [
            {"name": p.name, "kind": p.kind, "default": p.default, "allowed": p.allowed(), "help": p.help or p.title}
            for p in card.parameters
        ],
    }


def _needs(card: Card) -> str:
    assert card.info is not None
    needs = ["whole song" if card.info.context_s is None else "a passage"]
    if card.info.layout == "stereo":
        needs.append("stereo")
    if card.info.rate:
        needs.append(f"works at {card.info.rate} Hz")
    if card.info.guide:
        needs.append("can use " + ", ".join(card.info.guide))
    return ", ".join(needs)


def _show_all(voice: Voice, rows: list[dict[str, Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("method", min_width=max(len(row["name"]) for row in rows))
    for title in ("what it does", "targets", "needs", "bandwidth", "speed"):
        table.add_column(title)
    for row in rows:
        if "error" in row:
            table.add_row(Text(row["name"]), Text(row["error"], style="red"))
            continue
        cells = (row["name"], row["title"], _targets(row, "\n"), row["needs"], _bandwidth(row), _speed(row))
        table.add_row(*map(Text, cells))
    voice.out().print(table)
    voice.say("\nSpeed is seconds of music for each second of work, on this machine.")
    voice.say("Parameters, paper and licence of one: unbraid methods NAME")


def _targets(row: dict[str, Any], between: str) -> str:
    return between.join(row["targets"]) or "those you give"


def _bandwidth(row: dict[str, Any]) -> str:
    return "full" if row["bandwidth_hz"] is None else f"{row['bandwidth_hz'] / 1000:g} kHz"


def _speed(row: dict[str, Any]) -> str:
    return "not timed" if row["speed"] is None else f"{row['speed']:.{0 if row['speed'] >= 3 else 1}f}x"


def _show_one(voice: Voice, card: Card, row: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    assert card.info is not None
    voice.say(f"{card.name}: {card.info.title}\n{card.info.summary}\n")
    for words, value in (
        ("targets", _targets(row, ", ")),
        ("needs", row["needs"]),
        ("bandwidth", _bandwidth(row)),
        ("speed", f"{_speed(row)} (seconds of music a second, here)"),
        ("paper", row["paper"]),
        ("licence", row["licence"]),
    ):
        voice.say(f"{words:12}{value}")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("parameter", "default", "allowed", "what it is"):
        table.add_column(title)
    for p in row["parameters"]:
        table.add_row(*map(Text, (p["name"], str(p["default"]), p["allowed"], p["help"])))
    voice.say("")
    voice.out().print(table)
