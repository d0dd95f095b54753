"""`unbraid transcode-check`: which copies of a song its side-information still gives the stems of."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unbraid.app.cli import options
from unbraid.app.cli.console import FAILED, Voice, speaking
from unbraid.app.cli.decode import Mix, Side

if TYPE_CHECKING:
    from unbraid.core.informed.delivery.finding import Place
    from unbraid.core.informed.transcoding import Check, Codec, Ground
    from unbraid.core.workshop import Workshop

LEAST_PERCENT = 1e-3
"""Differences of speed below this are within what can be measured on a short song."""
WIDEST = 400
"""Columns of a table: lines longer than a terminal's are wrapped there."""

Codecs = Annotated[
    list[str] | None,
    typer.Option(
        "--codec",
        metavar="NAME:KBPS",
        help="Try this one: mp3, m4a (AAC), ogg or opus, as in mp3:128; may be repeated. Default: eight usual ones.",
    ),
]
Files = Annotated[
    list[Path] | None, typer.Option("--file", metavar="FILE", help="Try this copy of the song; may be repeated.")
]
StemFiles = Annotated[
    list[str] | None,
    typer.Option("--stem", metavar="NAME=FILE", help="A true stem to measure beside; give all of them or none."),
]


def transcode_check(
    mix: Mix,
    side: Side = None,
    codec: Codecs = None,
    file: Files = None,
    stem: StemFiles = None,
    repair: options.Repair = False,
    json: options.Json = False,
) -> None:
    """Say which copies of MIX are recognised by its side-information, and how good their stems are.

    Stems are measured beside those that MIX itself gives, or beside the true ones. Exit code 1 when a copy is refused.
    """
    with speaking(scripted=json) as voice:
        from unbraid.app.cli.encode import pairs
        from unbraid.app.cli.one_song import read_song
        from unbraid.core.informed import listening
        from unbraid.core.informed.transcoding import DEFAULT_CODECS, codec_of
        from unbraid.core.workshop import Workshop

        codecs = [codec_of(text) for text in codec or []] or ([] if file else list(DEFAULT_CODECS))
        stems = pairs(stem, "NAME=FILE")
        place = listening.place_of(mix, side)
        with Workshop() as workshop:
            song = workshop.file_of(read_song(voice, workshop, mix, repair=repair).audio)
            folder = workshop.fresh()
            true = {n: workshop.file_of(read_song(voice, workshop, Path(p)).audio) for n, p in stems.items()}
            ground = _ground(voice, workshop, song, place, true, folder)
            checks = {str(path): _of_file(voice, workshop, folder, path, ground) for path in file or []}
            checks |= {one.words: _of_codec(voice, workshop, folder, song, one, ground) for one in codecs}
        _tell(voice, ground, checks, has_true=bool(true))
        if any(check.refusal for check in checks.values()):
            raise typer.Exit(FAILED)


def _ground(
    voice: Voice, workshop: Workshop, song: Path, place: Place | None, stems: dict[str, Path], folder: Path
) -> Ground:
    from unbraid.core.informed import transcoding

    with voice.bar("decoding") as progress:
        ground = workshop.worker.run(transcoding.prepare, song, place, stems, folder, progress=progress)
    if not ground.is_exact:
        voice.note("this is a copy of the mix that was encoded: stems are measured beside those that it gives itself")
    for note in ground.notes:
        voice.note(note)
    return ground


def _of_codec(voice: Voice, workshop: Workshop, folder: Path, song: Path, codec: Codec, ground: Ground) -> Check:
    from unbraid.core.informed import transcoding

    with voice.bar(codec.words) as progress:
        copy = workshop.worker.run(transcoding.transcoded, song, codec, folder, progress=progress)
        found = workshop.worker.run(transcoding.check, folder, copy, progress=progress)
    return _told(voice, codec.words, found, ground)


def _of_file(voice: Voice, workshop: Workshop, folder: Path, path: Path, ground: Ground) -> Check:
    from unbraid.app.cli.one_song import read_song
    from unbraid.core.informed import transcoding

    copy = workshop.file_of(read_song(voice, workshop, path).audio)
    with voice.bar(path.name) as progress:
        found = workshop.worker.run(transcoding.check, folder, copy, progress=progress)
    return _told(voice, str(path), found, ground)


def _told(voice: Voice, name: str, found: Check, ground: Ground) -> Check:
    stems = [
        {"name": stem, "sdr_db": _finite(sdr)}
        for stem, sdr in zip(ground.names, found.sdr_db, strict=not found.refusal)
    ]
    voice.event(
        "copy", name=name, recognised=not found.refusal, refusal=found.refusal, exact_mix=found.is_exact,
        rate_hz=found.rate, delay_s=round(found.delay_s, 7), gain_db=round(found.gain_db, 3),
        speed=round(found.speed, 8), noise_db=_finite(found.noise_db), stems=stems,
    )  # fmt: skip
    return found


def _finite(value_db: float) -> float | None:
    return round(value_db, 3) if math.isfinite(value_db) else None


def _tell(voice: Voice, ground: Ground, checks: dict[str, Check], *, has_true: bool) -> None:
    """The table for people, the end for scripts."""
    refused = [name for name, check in checks.items() if check.refusal]
    voice.event(
        "done", copies=len(checks), refused=len(refused), beside="true stems" if has_true else "stems of the mix",
        mix=[{"name": n, "sdr_db": _finite(s)} for n, s in zip(ground.names, ground.sdr_db, strict=False)],
    )  # fmt: skip
    if voice.scripted:
        return
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("copy", no_wrap=True)
    for title in ("delay ms", "gain dB", "rate Hz", "noise dB", *ground.names, "mean"):
        table.add_column(title, justify="right", no_wrap=True)
    if ground.sdr_db:
        table.add_row("the mix", "", "", "", "", *map(_words, ground.sdr_db), _words(_mean(ground.sdr_db)))
    for name, check in checks.items():
        table.add_row(name, *(["refused"] if check.refusal else _row(check)))
    console = voice.out()
    console.width = WIDEST
    console.print(table)
    voice.say(f"SDR in dB of each stem beside {'the true one' if has_true else 'that of the mix itself'}.")
    for name in refused:
        voice.say(f"{name}: {checks[name].refusal}")


def _row(check: Check) -> list[str]:
    percent = 100 * (check.speed - 1)
    return [
        f"{1000 * check.delay_s + 0.0:.2f}", f"{check.gain_db:+.2f}",
        f"{check.rate}" + (f" {percent:+.4f} %" if abs(percent) >= LEAST_PERCENT else ""),
        "-" if check.is_exact else f"{check.noise_db:.0f}", *map(_words, check.sdr_db), _words(_mean(check.sdr_db)),
    ]  # fmt: skip


def _words(value_db: float) -> str:
    return "exact" if value_db == math.inf else "-" if math.isnan(value_db) else f"{value_db:.1f}"


def _mean(values_db: tuple[float, ...]) -> float:
    heard = [value for value in values_db if not math.isnan(value)]
    return sum(heard) / len(heard) if heard else math.nan
