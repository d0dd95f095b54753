"""`unbraid remix`: a song, or a folder of its stems, with other levels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unbraid.app.cli import options
from unbraid.app.cli.console import Voice, speaking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from unbraid.core.audio import Audio
    from unbraid.core.workshop import Song, Workshop

Source = Annotated[
    Path, typer.Argument(metavar="SONG|FOLDER", help="A song, or a folder with the stems of one.", show_default=False)
]
Gain = Annotated[
    list[str],
    typer.Option(
        "-g", "--gain", metavar="STEM=DB", help="vocals=-inf, drums=+3 ...; may be repeated.", show_default=False
    ),
]
Output = Annotated[
    Path,
    typer.Option("-o", "--output", metavar="FILE", help="The remix; its suffix is its format.", show_default=False),
]


def remix(
    song: Source,
    gain: Gain,
    output: Output,
    method: options.Method = options.DEFAULT_METHOD,
    parameter: options.Parameters = None,
    preset: options.Preset = None,
    bits: options.Bits = None,
    bitrate: options.Bitrate = None,
    clip: options.Clip = "common_gain",
    start: options.Start = 0.0,
    duration: options.Duration = None,
    overwrite: options.Overwrite = False,
    repair: options.Repair = False,
    json: options.Json = False,
) -> None:
    """Write SONG with each stem at a level of its own; with nothing changed, the result is the song, bit for bit."""
    with speaking(scripted=json) as voice:
        from unbraid.app.cli.one_song import depth_like, read_song, targets_of
        from unbraid.core import audio_files, render
        from unbraid.core.audio_files import WriteOptions
        from unbraid.core.workshop import Workshop

        gains_db = render.parse_gains_db(gain)
        values = options.parameter_values(parameter or [], preset)
        audio_files.check_target(output, overwrite=overwrite)
        with Workshop() as workshop:
            if song.is_dir():
                opened, stems = _stems_of_folder(voice, workshop, song)
            else:
                targets = targets_of(workshop, method, values)
                render.check_names(gains_db, targets)
                opened = read_song(voice, workshop, song, start_s=start, duration_s=duration, repair=repair)
                audio_files.check_format(output, opened.audio.rate, opened.audio.channels, WriteOptions(bits=bits))
                with voice.bar("separating") as progress:
                    stems, _ = workshop.separate(opened.audio, method, values, progress=progress)
            mixed = render.render(opened.audio, stems, gains_db)
            write = depth_like(WriteOptions(bits=bits, bitrate_kbps=bitrate), opened.info, output.suffix)
            with voice.bar("writing") as progress:
                report = audio_files.write_set(
                    {output: mixed},
                    write,
                    clipping=clip,
                    tags=opened.tags,
                    overwrite=overwrite,
                    progress=progress,
                )
        for note in report.notes:
            voice.note(note)
        if report.gain_db:
            voice.note(f"turned down by {-report.gain_db:.2f} dB so that it does not clip")
        voice.say(str(output))
        voice.event("done", path=str(output), gain_db=round(report.gain_db, 3))


def _stems_of_folder(voice: Voice, workshop: Workshop, folder: Path) -> tuple[Song, Mapping[str, Audio]]:
    """The stems in a folder by the last word of their names (`Song - vocals.flac`), and their sum."""
    from dataclasses import replace

    from unbraid.app.cli.one_song import read_song
    from unbraid.core import audio_files, render
    from unbraid.core.errors import AudioFileError

    paths = {
        path.stem.rpartition(" - ")[2].lower(): path
        for path in sorted(folder.iterdir())
        if audio_files.looks_like_sound(path)
    }
    paths.pop("mix", None)
    if not paths:
        raise AudioFileError(
            f"there are no stems in {folder}; give a folder that `unbraid separate` has written, or a song"
        )
    songs = {name: read_song(voice, workshop, path) for name, path in paths.items()}
    stems = {name: song.audio for name, song in songs.items()}
    return replace(next(iter(songs.values())), audio=render.total(stems)), stems
