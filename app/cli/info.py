"""`unbraid info`: what a sound file is and holds."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unbraid.app.cli import options
from unbraid.app.cli.console import Voice, speaking

if TYPE_CHECKING:
    from unbraid.core.informed.describing import Described
    from unbraid.core.levels import Levels
    from unbraid.core.workshop import Song, Workshop

Quick = Annotated[bool, typer.Option("--quick", help="Only what the header says; decode nothing.")]


def info(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A sound file, a video or side-information (song.unb).", show_default=False
        ),
    ],
    quick: Quick = False,
    repair: options.Repair = False,
    json: options.Json = False,
) -> None:
    """Say what FILE is: format, length, levels, tags; of side-information, what it gives and what it costs.

    Side-information inside a sound file, in its samples or beside it is told with the file.
    """
    with speaking(scripted=json) as voice:
        from unbraid.core.informed import describing
        from unbraid.core.informed.delivery.finding import SUFFIX, Place
        from unbraid.core.levels import levels
        from unbraid.core.workshop import Workshop

        with Workshop() as workshop:
            if file.suffix.lower() == SUFFIX:
                rows = side_rows(workshop.worker.run(describing.of_place, Place(file, embedded=False)), file)
            elif quick:
                rows = _header_rows(workshop.probe(file)) | _carried_rows(workshop, file, None)
            else:
                with voice.bar("reading") as progress:
                    song = workshop.open(file, repair=repair, progress=progress)
                rows = _header_rows(song.info) | _content_rows(song, levels(song.audio))
                rows |= _carried_rows(workshop, file, song)
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


def side_rows(what: Described, path: Path) -> dict[str, object]:
    """What side-information gives and costs."""
    header, costs = what.header, what.costs
    rates = {"common": costs.common, "parametric": costs.parametric, "residual": costs.residual, "total": costs.total}
    return {
        "file": str(path),
        "format": f"side-information, version {header.version[0]}.{header.version[1]}",
        "title": header.title,
        "rate_hz": header.rate,
        "channels": header.channels,
        "samples": header.frames,
        "duration_s": round(header.frames / header.rate, 6),
        "stems": [
            {
                "name": stem.name, "colour": stem.colour, "gain_db": stem.gain_db, "channels": stem.channels,
                "sdr_db": _finite(stem.quality_db),
            }
            for stem in header.stems
            if not stem.hidden
        ],
        "remainder": any(stem.hidden for stem in header.stems),
        "model": header.parametric,
        "bytes": costs.total,
        "kbps": {name: round(what.kbps(size), 3) for name, size in rates.items()},
        "blocks": header.blocks,
        "block_s": round(header.block_samples / header.rate, 3),
        "damage": list(what.damage),
    }  # fmt: skip


def _carried_rows(workshop: Workshop, file: Path, song: Song | None) -> dict[str, object]:
    """Side-information inside a sound file, beside it or, when it was decoded, in its samples."""
    from unbraid.core.errors import BitstreamError
    from unbraid.core.informed import describing, listening

    try:
        place = listening.place_of(file, None)
        if place is not None:
            found = workshop.worker.run(describing.of_place, place)
            return {"side_information": side_rows(found, place.path)}
        hidden = workshop.worker.run(describing.in_samples, workshop.file_of(song.audio)) if song else None
    except BitstreamError as error:
        return {"side_information": {"file": str(file), "damage": [str(error)]}}
    return {"side_information": side_rows(hidden, file) | {"in_samples": True}} if hidden else {}


def _finite(level_db: float) -> float | None:
    return round(float(level_db), 2) if math.isfinite(level_db) else None


def _show(voice: Voice, rows: dict[str, object]) -> None:
    if voice.scripted:
        voice.event("info", **rows)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    carried = rows.get("side_information")
    for name, value in rows.items() if carried is None else [*list(rows.items())[:-1], *_inner(carried)]:
        table.add_row(Text(name.replace("_", " "), style="bold"), Text(_words(name, value)))
    voice.out().print(table)


def _inner(carried: object) -> list[tuple[str, object]]:
    """Rows of side-information below those of its song."""
    assert isinstance(carried, dict)
    return [("side_information", carried["file"]), *((n, v) for n, v in carried.items() if n != "file")]


def _words(name: str, value: object) -> str:
    if name in ("stems", "damage") and isinstance(value, list):
        return "\n".join(_stem_words(item) if isinstance(item, dict) else str(item) for item in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "\n".join(f"{key}: {text}" for key, text in value.items()) or "none"
    if isinstance(value, list):
        return "  ".join("-inf" if item is None else str(item) for item in value) or "none"
    if name == "duration_s" and isinstance(value, float):
        return f"{value:g} ({int(value // 60)}:{value % 60:05.2f})"
    return "unknown" if value is None else str(value)


def _stem_words(stem: dict[str, object]) -> str:
    sdr_db = "SDR unknown" if stem["sdr_db"] is None else f"SDR {stem['sdr_db']} dB"
    gain = f", gain {stem['gain_db']} dB" if stem["gain_db"] else ""
    mono = ", mono" if stem["channels"] == 1 else ""
    return f"{stem['name']}: {sdr_db}{gain}{mono}" + (f", {stem['colour']}" if stem["colour"] else "")
