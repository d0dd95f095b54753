"""The options that several commands share, each written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from unbraid.core.errors import ParameterError

DEFAULT_METHOD = "kam"


def seconds(text: str | float) -> float:
    """A time given as seconds (`83.5`) or minutes and seconds (`1:23.5`)."""
    try:
        total = 0.0
        for part in str(text).split(":"):
            total = 60.0 * total + float(part)
    except ValueError:
        total = -1.0
    if not 0.0 <= total < float("inf"):
        raise typer.BadParameter(f"{text!r} is no time; give seconds (83.5) or minutes and seconds (1:23.5)")
    return total


def parameter_values(texts: list[str], preset: str | None = None) -> dict[str, str]:
    """`name=value` texts, and a preset beside, as a dict."""
    if preset:
        is_file = preset.endswith(".toml")
        texts = [*texts, f"preset={Path(preset).resolve() if is_file else preset}"]
    pairs = [text.partition("=") for text in texts]
    wrong = [text for text, (name, equals, _) in zip(texts, pairs, strict=True) if not (name and equals)]
    if wrong:
        raise ParameterError(f"a parameter is given as name=value, not {wrong[0]!r}; `unbraid methods NAME` lists them")
    return {name: value for name, _, value in pairs}


SongArgument = Annotated[Path, typer.Argument(metavar="SONG", help="A sound file or a video.", show_default=False)]
Method = Annotated[
    str, typer.Option("-m", "--method", help="How to separate; [cyan]unbraid methods[/] lists what there is.")
]
Parameters = Annotated[
    list[str] | None,
    typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="A parameter of the method; may be repeated."),
]
Preset = Annotated[
    str | None,
    typer.Option("--preset", metavar="NAME|FILE", help="Of a method that has presets; [cyan]unbraid presets[/] lists."),
]
Start = Annotated[float, typer.Option("--start", parser=seconds, metavar="TIME", help="Begin here (83.5 or 1:23.5).")]
Duration = Annotated[
    float | None, typer.Option("--duration", parser=seconds, metavar="TIME", help="Only this much of the song.")
]
Format = Annotated[str, typer.Option("--format", help="wav, flac, mp3, m4a, ogg, opus ..., stem.mp4 (all in one)")]
Bits = Annotated[
    Literal["16", "24", "32f"] | None,
    typer.Option("--bits", help="Depth; default: as the song, 24 for a lossy one."),
]
Bitrate = Annotated[int | None, typer.Option("--bitrate", help="kbit/s of lossy formats.", min=8, max=640)]
Clip = Annotated[
    Literal["common_gain", "none", "soft", "clamp"],
    typer.Option("--clip", help="Where stems exceed full scale in an integer format."),
]
Name = Annotated[str | None, typer.Option("--name", help="Name template with {track}, {stem}, {number} and {ext}.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")]
Repair = Annotated[bool, typer.Option("--repair", help="Replace samples that are no numbers (NaN) by silence.")]
Json = Annotated[bool, typer.Option("--json", help="JSON lines on standard output, for scripts.")]
References = Annotated[
    list[str] | None,
    typer.Option(
        "--reference",
        metavar="NAME=FILE",
        help="A recording of one stem, or a stem file or folder with all, for methods that use references.",
    ),
]
Passages = Annotated[
    list[str] | None,
    typer.Option(
        "--passage",
        metavar="NAME=START-END",
        help="Here NAME plays, alone for nmf; with frequencies: NAME=START-END@LOW-HIGH. For methods that use it.",
    ),
]
OnsetTimes = Annotated[
    list[str] | None,
    typer.Option("--onsets", metavar="NAME=TIMES", help="Moments at which NAME sounds: 0.5,1.0,... or a text file."),
]
