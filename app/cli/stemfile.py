"""`unbraid stemfile`: a mix and its stems as one file that plays everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unbraid.app.cli import options
from unbraid.app.cli.console import Voice, speaking

if TYPE_CHECKING:
    from unbraid.core.workshop import Song, Workshop

Mix = Annotated[Path, typer.Argument(metavar="MIX", help="The song.", show_default=False)]
StemFiles = Annotated[
    list[str],
    typer.Argument(metavar="[NAME=]STEM...", help="Its stems; `Song - drums.wav` is called drums.", show_default=False),
]
Output = Annotated[
    Path, typer.Option("-o", "--output", metavar="FILE", help="Its name ends with .stem.mp4.", show_default=False)
]
Group = Annotated[
    list[str] | None,
    typer.Option("--group", metavar="NAME=STEM+STEM", help="What one of the four holds; may be repeated."),
]


def stemfile(
    mix: Mix,
    stems: StemFiles,
    output: Output,
    group: Group = None,
    lossless: Annotated[bool, typer.Option("--lossless", help="ALAC instead of AAC.")] = False,
    bits: options.Bits = None,
    bitrate: options.Bitrate = None,
    clip: options.Clip = "common_gain",
    overwrite: options.Overwrite = False,
    repair: options.Repair = False,
    json: options.Json = False,
) -> None:
    """Write MIX and up to four of its stems as one stem file, for players that fade stems; others play the mix.

    More than four stems are put together: drums, bass, vocals and the rest, or as --group says.
    """
    with speaking(scripted=json) as voice:
        from unbraid.app.cli.one_song import read_song
        from unbraid.core import audio_files, stem_file
        from unbraid.core.audio_files import WriteOptions
        from unbraid.core.formats import stem_mp4
        from unbraid.core.workshop import Workshop

        groups = _groups(group or [])
        audio_files.check_target(output, overwrite=overwrite)
        write = WriteOptions(format="alac" if lossless else "m4a", bits=bits, bitrate_kbps=bitrate)
        with Workshop() as workshop:
            song = read_song(voice, workshop, mix, repair=repair)
            stem_mp4.plan(output, song.audio.frames, song.audio.channels, song.audio.rate, write)
            sounds = {name: part.audio for name, part in _read(voice, workshop, stems, repair=repair).items()}
            with voice.bar("writing") as progress:
                report = stem_file.write(
                    output, song.audio, sounds, write, groups=groups or None, clipping_policy=clip, tags=song.tags,
                    overwrite=overwrite, progress=progress,
                )  # fmt: skip
        for note in report.notes:
            voice.note(note)
        voice.say(str(output))
        voice.event("done", path=str(output), gain_db=round(report.gain_db, 3))


def _read(voice: Voice, workshop: Workshop, stems: list[str], *, repair: bool) -> dict[str, Song]:
    """The stems by name."""
    from unbraid.app.cli.one_song import read_song
    from unbraid.core.errors import ParameterError

    paths: dict[str, Path] = {}
    for text in stems:
        name, equals, given = text.partition("=")
        path = Path(given) if equals and not Path(text).exists() else Path(text)
        name = name if equals and path != Path(text) else path.stem.rpartition(" - ")[2].lower()
        if name in paths:
            raise ParameterError(
                f"two stems are called {name}: {paths[name]} and {path}; give one of them as NAME=FILE"
            )
        paths[name] = path
    return {name: read_song(voice, workshop, path, repair=repair) for name, path in paths.items()}


def _groups(texts: list[str]) -> dict[str, tuple[str, ...]]:
    """`melody=guitar+piano` as a group of stems."""
    from unbraid.core.errors import ParameterError

    groups = {}
    for text in texts:
        name, equals, members = text.partition("=")
        if not (name and equals and members):
            raise ParameterError(f"a group is NAME=STEM+STEM, not {text!r}")
        groups[name] = tuple(members.split("+"))
    return groups
