"""`unbraid separate`: a song in, stems out."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unbraid.app.cli import options
from unbraid.app.cli.console import Voice, speaking

if TYPE_CHECKING:
    from unbraid.app.cli.one_song import Outcome

Output = Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the stems go.")]
Stems = Annotated[str | None, typer.Option("--stems", help="Only these, e.g. vocals,drums; default: all.")]
TwoStems = Annotated[
    str | None, typer.Option("--two-stems", metavar="STEM", help="STEM and no_STEM, all the rest in one.")
]


def separate(
    song: options.SongArgument,
    method: options.Method = options.DEFAULT_METHOD,
    parameter: options.Parameters = None,
    preset: options.Preset = None,
    output: Output = Path("separated"),
    stems: Stems = None,
    two_stems: TwoStems = None,
    reference: options.References = None,
    passage: options.Passages = None,
    onsets: options.OnsetTimes = None,
    format: options.Format = "wav",
    bits: options.Bits = None,
    bitrate: options.Bitrate = None,
    clip: options.Clip = "common_gain",
    name: options.Name = None,
    start: options.Start = 0.0,
    duration: options.Duration = None,
    overwrite: options.Overwrite = False,
    repair: options.Repair = False,
    json: options.Json = False,
) -> None:
    """Separate SONG into stems that add up to it.

    SONG may also be a folder with a mix and its stems, or with the microphones of a recording, whose mix is then their
    sum: methods that use references are told these.
    """
    with speaking(scripted=json) as voice:
        from unbraid.app.cli.guide import added_up, guide_of, song_of_folder
        from unbraid.app.cli.one_song import request_of, separate_one
        from unbraid.core.workshop import Workshop

        request = request_of(
            method, parameter, preset, output, format, bits=bits, bitrate=bitrate, clipping=clip, template=name,
            stems=stems, two_stems=two_stems, overwrite=overwrite, start_s=start, duration_s=duration, repair=repair,
        )  # fmt: skip
        mix: Path | None = song
        if song.is_dir():
            mix, known = song_of_folder(song)
            reference = [*known, *(reference or [])]
        with Workshop() as workshop:
            guide = guide_of(
                voice, workshop, references=reference, passages=passage, onsets=onsets, start_s=start,
                duration_s=duration,
            )  # fmt: skip
            if mix is None:  # the references are the passage that was asked for already
                mix = added_up(workshop, song, guide.references)
                request = dataclasses.replace(request, start_s=0.0, duration_s=None)
            outcome = separate_one(voice, workshop, mix, request, guide=guide)
        tell(voice, outcome)


def tell(voice: Voice, outcome: Outcome) -> None:
    """Say where the stems are."""
    for path in outcome.paths.values():
        voice.say(str(path))
    voice.event("done", seconds=round(outcome.seconds, 3), gain_db=round(outcome.gain_db, 3))
