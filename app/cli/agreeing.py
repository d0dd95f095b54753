"""`unbraid compare` of a song of which no stem is known: how far methods agree, and what their stems leave of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from rich.table import Table

from unbraid.app.cli.compare import checked
from unbraid.app.cli.console import Voice
from unbraid.app.cli.judging import decibels
from unbraid.app.cli.one_song import read_song
from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError, UnbraidError
from unbraid.core.evaluation.reference_free import Agreement, agreement, null_level
from unbraid.core.separation.contract import Value
from unbraid.core.tasks import Worker
from unbraid.core.workshop import Workshop

Stems = Mapping[str, Audio]


def compare_blindly(
    voice: Voice,
    path: Path,
    wanted: list[str],
    values: Mapping[str, Mapping[str, Value]],
    *,
    start_s: float,
    duration_s: float | None,
) -> None:
    """Separate the song with every method and tell what can be told without the true stems."""
    with Worker() as worker:
        methods = [name for name, is_told in checked(worker, wanted, values).items() if not is_told]
        if not methods:
            raise ParameterError("these methods ask for true stems; give a folder with the stems of a song")
        with Workshop(worker) as workshop:
            song = read_song(voice, workshop, path, start_s=start_s, duration_s=duration_s).audio
            found = {name: stems for name in methods if (stems := _stems(voice, workshop, song, name, values))}
            _tell_levels(voice, song, found)
            names = dict.fromkeys(stem for stems in found.values() for stem in stems)
            for name in (name for name in names if sum(name in stems for stems in found.values()) > 1):
                _tell_agreement(voice, name, agreement(found, name))
    voice.event("done", methods=len(found))


def _stems(
    voice: Voice, workshop: Workshop, song: Audio, name: str, values: Mapping[str, Mapping[str, Value]]
) -> Stems:
    try:
        with voice.bar(name) as progress:
            return workshop.separate(song, name, values.get(name, {}), progress=progress)[0]
    except UnbraidError as error:
        voice.note(f"{name}: {error}")
        return {}


def _tell_levels(voice: Voice, song: Audio, found: Mapping[str, Stems]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("method", "stems", "song minus stems, dB"):
        table.add_column(title)
    for name, stems in found.items():
        left = null_level(song, stems).relative_db
        voice.event("null", method=name, stems=list(stems), null_db=left if math.isfinite(left) else None)
        table.add_row(name, ", ".join(stems), f"{left:.0f}")
    if not voice.scripted:
        voice.out().print(table)


def _tell_agreement(voice: Voice, stem: str, found: Agreement) -> None:
    voice.event(
        "agreement", stem=stem, methods=list(found.methods),
        si_sdr=[[round(float(x), 3) if math.isfinite(x) else None for x in row] for row in found.si_sdr],
    )  # fmt: skip
    if voice.scripted:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", title=f"{stem}: agreement in dB (SI-SDR)")
    table.add_column("")
    for name in found.methods:
        table.add_column(name, justify="right")
    for name, row in zip(found.methods, found.si_sdr, strict=True):
        table.add_row(name, *("" if x == math.inf else decibels(float(x)) for x in row))
    voice.say("")
    voice.out().print(table)
