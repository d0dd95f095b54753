"""`unbraid info`: what a sound file is and holds."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unbraid.app.cli import options
from unbraid.app.cli.console import Voice, speaking

if TYPE_CHECKING:
    from unbraid.core.levels import Levels
    from unbraid.core.workshop import Song

Quick = Annotated[bool, typer.Option("--quick", help="Only what the header says; decode nothing.")]


def info(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A sound file or a video.", show_default=False)],
    quick: Quick = False,
    repair: options.Repair = False,
    json: options.Json = False,
) -> None:
    """Say what FILE is: format, length, levels, tags."""
    with speaking(scripted=json) as voice:
        from unbraid.core.levels import levels
        from unbraid.core.workshop import Workshop

        with Workshop() as workshop:
            if quick:
                rows = _header_rows(workshop.probe(file))
            else:
                with voice.bar("reading") as progress:
                    song = workshop.open(file, repair=repair, progress=progress)
                rows = _header_rows(song.info) | _content_rows(song, levels(song.audio))
        _show(voice, rows)


def _header_rows(info: object) -> dict[str, object]:
    from unbraid.core.audio_files import AudioInfo

    assert isinstance(info, AudioInfo)
    return {
        "file": str(info.path),
        "format": f"{info.container}, {info.codec}",
        "rate_hz": info.rate,
        "channels": info.channels,
        "samples": info.frames,
        "duration_s": round(info.duration_s, 6),
        "bits": info.bits,
        "lossy": info.is_lossy,
        "cover": info.has_cover,
        "tags": info.tags,
    }


def _content_rows(song: Song, measured: Levels) -> dict[str, object]:
    return {
        "samples": song.audio.frames,
        "duration_s": round(song.audio.duration_s, 6),
        "peak_dbfs": [_finite(x) for x in measured.peak_db],
        "rms_dbfs": [_finite(x) for x in measured.rms_db],
        "offset": [round(float(x), 6) for x in measured.offset],
        "full_scale_samples": measured.full_scale_samples,
        "notes": list(song.notes),
    }


def _finite(level_db: float) -> float | None:
    return round(float(level_db), 2) if math.isfinite(level_db) else None


def _show(voice: Voice, rows: dict[str, object]) -> None:
    if voice.scripted:
        voice.event("info", **rows)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in rows.items():
        table.add_row(Text(name.replace("_", " "), style="bold"), Text(_words(name, value)))
    voice.out().print(table)


def _words(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "\n".join(f"{key}: {text}" for key, text in value.items()) or "none"
    if isinstance(value, list):
        return "  ".join("-inf" if item is None else str(item) for item in value) or "none"
    if name == "duration_s" and isinstance(value, float):
        return f"{value:g} ({int(value // 60)}:{value % 60:05.2f})"
    return "unknown" if value is None else str(value)
