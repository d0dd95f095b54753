"""`unbraid decode`: the stems of a song from its side-information."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unbraid.app.cli import options
from unbraid.app.cli.console import speaking

Mix = Annotated[Path, typer.Argument(metavar="MIX", help="The song.", show_default=False)]
Side = Annotated[
    Path | None,
    typer.Argument(metavar="SIDE", help="Its side-information; default: inside MIX, or song.unb beside it."),
]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the stems go.")]
Stems = Annotated[str | None, typer.Option("--stems", help="Only these, e.g. vocals,drums; default: all.")]


def decode(
    mix: Mix,
    side: Side = None,
    output: Output = Path("separated"),
    stems: Stems = None,
    format: options.Format = "wav",
    bits: options.Bits = None,
    bitrate: options.Bitrate = None,
    clip: options.Clip = "common_gain",
    name: options.Name = None,
    overwrite: options.Overwrite = False,
    repair: options.Repair = False,
    json: options.Json = False,
) -> None:
    """Get the stems of MIX back from its side-information.

    MIX may be another copy than the one that was encoded: another format, transcoded, louder, with a codec's delay.
    The stems lie on the grid of the mix that was encoded. Another master is refused.
    """
    with speaking(scripted=json) as voice:
        import dataclasses

        from unbraid.app.cli.one_song import deliver, depth_like, read_song, request_of
        from unbraid.core.informed import listening
        from unbraid.core.workshop import Workshop

        place = listening.place_of(mix, side)
        request = request_of(
            "decode", None, None, output, format, bits=bits, bitrate=bitrate, clipping=clip, template=name,
            stems=stems, two_stems=None, overwrite=overwrite, start_s=0.0, duration_s=None, repair=repair,
        )  # fmt: skip
        with Workshop() as workshop:
            song = read_song(voice, workshop, mix, repair=repair)
            with voice.bar("decoding") as progress:
                done = workshop.worker.run(
                    listening.decode, workshop.file_of(song.audio), place, workshop.fresh(), progress=progress
                )
            for note in done.notes:
                voice.note(note)
            song = dataclasses.replace(song, audio=done.mix_audio())
            fitting = dataclasses.replace(
                request.export, write=depth_like(request.export.write, song.info, f".{request.export.extension}")
            )
            outcome = deliver(voice, fitting, mix.stem, song, done.stem_audio(), done.seconds)
        for path in outcome.paths.values():
            voice.say(str(path))
        voice.event("done", seconds=round(outcome.seconds, 3), exact_mix=done.is_exact)
