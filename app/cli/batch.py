"""`unbraid batch`: many songs; a bad one does not stop the rest, a second run goes on where the first stopped."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unbraid.app.cli import options
from unbraid.app.cli.console import SOME_FAILED, Voice, speaking
from unbraid.app.cli.separate import Output, Stems, TwoStems

if TYPE_CHECKING:
    from unbraid.app.cli.one_song import Request
    from unbraid.core.batch import Entry, Item
    from unbraid.core.tasks import Worker

Source = Annotated[
    Path,
    typer.Argument(
        metavar="FOLDER|LIST", help="A folder of songs, or a text file with a path a line.", show_default=False
    ),
]


def batch(
    source: Source,
    method: options.Method = options.DEFAULT_METHOD,
    parameter: options.Parameters = None,
    preset: options.Preset = None,
    output: Output = Path("separated"),
    stems: Stems = None,
    two_stems: TwoStems = None,
    format: options.Format = "wav",
    bits: options.Bits = None,
    bitrate: options.Bitrate = None,
    clip: options.Clip = "common_gain",
    name: options.Name = None,
    overwrite: options.Overwrite = False,
    repair: options.Repair = False,
    resume: Annotated[bool, typer.Option("--resume/--again", help="Leave out what is done, or do all again.")] = True,
    json: options.Json = False,
) -> None:
    """Separate many songs; `unbraid-batch.jsonl` in the output folder has a line for each. Exit code 3: some failed."""
    with speaking(scripted=json) as voice:
        from unbraid.app.cli.one_song import request_of, targets_of
        from unbraid.core import batch as songs
        from unbraid.core.errors import ParameterError
        from unbraid.core.tasks import Worker
        from unbraid.core.workshop import Workshop

        request = request_of(
            method, parameter, preset, output, format, bits=bits, bitrate=bitrate, clipping=clip, template=name,
            stems=stems, two_stems=two_stems, overwrite=overwrite, start_s=0.0, duration_s=None, repair=repair,
        )  # fmt: skip
        items = songs.items(source, output)
        if not items:
            raise ParameterError(f"there are no sound files in {source}")
        with Worker() as worker:
            with Workshop(worker) as workshop:
                request.export.names(
                    targets_of(workshop, method, request.values)
                )  # a wrong method or parameter stops everything, at once
            done = songs.finished(output) if resume else {}
            entries = [_one(voice, worker, item, request, done, f"{n}/{len(items)}") for n, item in enumerate(items, 1)]
        _sum_up(voice, entries)


def _one(voice: Voice, worker: Worker, item: Item, request: Request, done: dict[str, Entry], number: str) -> Entry:
    from unbraid.core import batch as songs

    key = songs.key_of(item.path, _identity(request))
    if key in done:
        voice.say(f"{number} {item.path.name}: done before")
        voice.event("file", **asdict(done[key]), resumed=True)
        return done[key]
    entry = _separated(voice, worker, item, request, key)
    songs.record(request.export.folder, entry)
    voice.say(f"{number} {item.path.name}: {entry.error or f'{len(entry.stems)} stems in {entry.seconds:.1f} s'}")
    voice.event("file", **asdict(entry), resumed=False)
    return entry


def _separated(voice: Voice, worker: Worker, item: Item, request: Request, key: str) -> Entry:
    """The entry of a song that was tried; whatever goes wrong with it is its own affair."""
    from unbraid.app.cli.one_song import separate_one
    from unbraid.core.batch import Entry
    from unbraid.core.errors import UnbraidError
    from unbraid.core.workshop import Workshop

    begun = time.perf_counter()
    here = replace(request, export=replace(request.export, folder=request.export.folder / item.folder))
    try:
        with Workshop(worker) as workshop:
            outcome = separate_one(voice, workshop, item.path, here, track=item.track)
        stems = {name: str(path) for name, path in outcome.paths.items()}
        return Entry(str(item.path), "done", key, round(time.perf_counter() - begun, 3), stems)
    except UnbraidError as error:
        return Entry(str(item.path), "failed", key, round(time.perf_counter() - begun, 3), error=str(error))
    except Exception as error:  # a bug of ours in one song must not take the others with it
        voice.error(error)
        return Entry(str(item.path), "failed", key, error=f"{type(error).__name__}: {error}")


def _identity(request: Request) -> dict[str, object]:
    about = asdict(request)
    about["export"].pop("existing")
    return about


def _sum_up(voice: Voice, entries: list[Entry]) -> None:
    failed = [entry for entry in entries if entry.state != "done"]
    voice.say(f"{len(entries) - len(failed)} of {len(entries)} songs done")
    voice.event("done", songs=len(entries), failed=len(failed))
    if failed:
        raise typer.Exit(SOME_FAILED)
