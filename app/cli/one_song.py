"""One song through the whole way: open, check, separate, write. Used by `separate`, `batch` and `demo`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from unbraid.app.cli.console import Voice
from unbraid.app.cli.options import parameter_values
from unbraid.core import audio_files, export, speeds
from unbraid.core.audio import Audio
from unbraid.core.audio_files import AudioInfo, Bits, WriteOptions
from unbraid.core.clipping import Clipping
from unbraid.core.errors import ParameterError
from unbraid.core.export import Existing, Export
from unbraid.core.formats.table import kind_of
from unbraid.core.separation.contract import Value
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.remainder import NAME as RESIDUAL
from unbraid.core.stem_file import is_stem_path
from unbraid.core.workshop import Song, Workshop


@dataclass(frozen=True)
class Request:
    """What the user asked for, of one song or many."""

    method: str
    values: Mapping[str, Value]
    export: Export
    start_s: float = 0.0
    duration_s: float | None = None
    repair: bool = False


@dataclass(frozen=True)
class Outcome:
    """Where the stems of a song are and what it took."""

    paths: dict[str, Path]
    seconds: float
    gain_db: float


def request_of(
    method: str,
    parameter: list[str] | None,
    preset: str | None,
    folder: Path,
    format: str,
    *,
    bits: Bits | None,
    bitrate: int | None,
    clipping: Clipping,
    template: str | None,
    stems: str | None,
    two_stems: str | None,
    overwrite: bool,
    start_s: float,
    duration_s: float | None,
    repair: bool,
) -> Request:
    """The request that the options of the command line make."""
    only = tuple(name.strip() for name in (stems or "").split(",") if name.strip())
    existing: Existing = "replace" if overwrite else "refuse"
    if is_stem_path(Path(f"x.{format}")):
        if only or two_stems:
            raise ParameterError("a stem file holds the mix and all stems; leave out --stems and --two-stems")
        write = WriteOptions(format="alac" if bits else "m4a", bits=bits, bitrate_kbps=bitrate)
        where = Export(folder, "mp4", template or "", write, clipping, existing=existing, what="stem_file")
    else:
        kind = audio_files.TYPES.get(format.lower()) or kind_of(Path(f"x.{format.lstrip('.')}"), None)
        write = WriteOptions(format=kind.name, bits=bits, bitrate_kbps=bitrate)
        suffix = kind.suffixes[0].lstrip(".")
        where = Export(folder, suffix, template or "", write, clipping, only, two_stems or "", existing)
    return Request(method, parameter_values(parameter or [], preset), where, start_s, duration_s, repair)


def targets_of(
    workshop: Workshop, method: str, values: Mapping[str, Value], guide: Guide | None = None
) -> tuple[str, ...]:
    """The stems the method may make, a residual among them, after its parameters were checked."""
    return (*workshop.targets(method, values, guide), RESIDUAL)


def read_song(
    voice: Voice,
    workshop: Workshop,
    path: Path,
    *,
    start_s: float = 0.0,
    duration_s: float | None = None,
    repair: bool = False,
    stream: int | None = None,
) -> Song:
    """Open the song at `path` and tell what was odd about it; `stream`: see `Workshop.open`."""
    with voice.bar(f"reading {path.name}") as progress:
        song = workshop.open(
            path, start_s=start_s, duration_s=duration_s, repair=repair, stream=stream, progress=progress
        )
    for note in song.notes:
        voice.note(note)
    return song


def separate_one(
    voice: Voice,
    workshop: Workshop,
    path: Path,
    request: Request,
    *,
    track: str | None = None,
    guide: Guide | None = None,
) -> Outcome:
    """Separate the song at `path` and write its stems."""
    track = track or path.stem
    targets = targets_of(workshop, request.method, request.values, guide)
    request.export.names(targets)
    song = read_song(
        voice, workshop, path, start_s=request.start_s, duration_s=request.duration_s, repair=request.repair
    )
    fitting = dataclasses.replace(
        request.export, write=depth_like(request.export.write, song.info, f".{request.export.extension}")
    )
    export.plan(fitting, track, song.audio, targets).check()
    with voice.bar("separating") as progress:
        stems, seconds = workshop.separate(song.audio, request.method, request.values, guide=guide, progress=progress)
    speeds.remember(request.method, song.audio.duration_s, seconds)
    return deliver(voice, fitting, track, song, stems, seconds)


def deliver(
    voice: Voice, fitting: Export, track: str, song: Song, stems: Mapping[str, Audio], seconds: float
) -> Outcome:
    """Write stems that took so many seconds, and tell where they are."""
    with voice.bar("writing") as progress:
        planned = export.plan(fitting, track, song.audio, stems)
        paths, report = export.write(planned, fitting.chosen(song.audio, stems), tags=song.tags, progress=progress)
    for note in report.notes:
        voice.note(note)
    if report.gain_db != 0.0:
        voice.note(f"all stems were turned down by {-report.gain_db:.2f} dB so that none of them clips")
    for name, path in paths.items():
        voice.event("stem", name=name, path=str(path))
    return Outcome(paths, seconds, report.gain_db)


def depth_like(options: WriteOptions, info: AudioInfo, suffix: str) -> WriteOptions:
    """The song's own depth where the user asked for none; 24 bit for a lossy song."""
    if options.bits:
        return options
    return dataclasses.replace(options, bits=audio_files.options_like(info, suffix, format=options.format).bits)
