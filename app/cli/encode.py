"""`unbraid encode`: stems into a few kilobits beside their mix."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from unbraid.app.cli import options
from unbraid.app.cli.console import Voice, speaking

if TYPE_CHECKING:
    from unbraid.core.informed.dial import Dial
    from unbraid.core.informed.publishing import How, Published
    from unbraid.core.informed.studio import Made
    from unbraid.core.workshop import Workshop

Mix = Annotated[
    Path,
    typer.Argument(
        metavar="MIX", help="The song as it will be published, or a folder with it and its stems.", show_default=False
    ),
]
StemFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--stem",
        metavar="NAME=FILE",
        help="A stem of MIX; repeat for each. A mono stem of a stereo MIX will do, and one that ends earlier.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="song.unb: a file of its own (default: beside MIX); a sound file: a copy of MIX with it inside.",
        show_default=False,
    ),
]
Rate = Annotated[
    float | None,
    typer.Option("--rate", metavar="KBPS", help="All side-information together, all stems, in kbit/s; default: 20."),
]
Quality = Annotated[
    float | None,
    typer.Option("--quality", metavar="DB", help="Instead of a rate: mean SDR of the stems to reach, in dB."),
]
Exact = Annotated[
    list[str] | None,
    typer.Option(
        "--exact", metavar="STEM", help="Instead of a rate: this stem as exact as 16 bits hold it; may be repeated."
    ),
]
Priority = Annotated[
    list[str] | None,
    typer.Option(
        "--priority",
        metavar="STEM=WEIGHT",
        help="Errors of STEM count so many times as those of others; may be repeated.",
    ),
]
Colour = Annotated[
    list[str] | None, typer.Option("--colour", metavar="STEM=#RRGGBB", help="Of STEM in players; may be repeated.")
]
Model = Annotated[
    Literal["auto", "ntf", "image"],
    typer.Option("--model", help="Of the parametric layer: sums of components, or a painted picture."),
]
ByEar = Annotated[bool, typer.Option("--by-ear", help="Weigh errors by what the ear hears instead of by energy.")]
InSamples = Annotated[
    bool, typer.Option("--in-samples", help="Hide it in the samples of a WAV or FLAC file instead of in its metadata.")
]


def encode(
    mix: Mix,
    stem: StemFiles = None,
    output: Output = None,
    rate: Rate = None,
    quality: Quality = None,
    exact: Exact = None,
    priority: Priority = None,
    colour: Colour = None,
    model: Model = "auto",
    by_ear: ByEar = False,
    in_samples: InSamples = False,
    overwrite: options.Overwrite = False,
    repair: options.Repair = False,
    json: options.Json = False,
) -> None:
    """Encode the stems of MIX as side-information, with which anyone who has MIX gets them back.

    Without --rate, --quality or --exact, 20 kbit/s are spent. What the stems leave of MIX is encoded too: masters need
    not be the sum of their stems.
    """
    with speaking(scripted=json) as voice:
        from unbraid.core import atomic
        from unbraid.core.informed import publishing
        from unbraid.core.informed.dial import DEFAULT_KBPS, Dial
        from unbraid.core.workshop import Workshop

        song, stems = _files(mix, stem or [])
        if rate is None and quality is None and not exact:
            rate = DEFAULT_KBPS
        dial = Dial(rate, quality, tuple(exact or ()), by_ear, model)
        colours, weights = _colours(colour), _weights(priority)
        _check_named(stems, exact=exact or [], colour=colours, priority=weights)
        target = _target(song, output)
        how = publishing.how_for(target, in_samples=in_samples)
        atomic.check_file(target, overwrite=overwrite)
        atomic.check_target(target.parent, 0)
        publishing.check(song, target, how)
        title = (mix if mix.is_dir() else song).resolve().stem
        with Workshop() as workshop:
            place = _prepared(voice, workshop, song, stems, colours, weights, title=title, repair=repair)
            made = _made(voice, workshop, place, dial)
            published = _published(voice, workshop, place, made, song, target, how, overwrite=overwrite)
        _tell(voice, made, published)


def _target(song: Path, output: Path | None) -> Path:
    """The file that is made: beside the song, or where it was asked for."""
    from unbraid.core.errors import AudioFileError

    if output is not None and output.is_dir():
        return output / song.with_suffix(".unb").name
    target = output or song.with_suffix(".unb")
    if not target.parent.is_dir():
        raise AudioFileError(
            f"the folder {target.parent} does not exist; create it or choose another for {target.name}"
        )
    return target


def _check_named(stems: dict[str, Path], **options: Iterable[str]) -> None:
    """Refuse options for stems that there are not, before anything is read."""
    from unbraid.core.errors import ParameterError

    for option, names in options.items():
        for name in names:
            if name not in stems:
                raise ParameterError(f"there is no stem {name!r} for --{option}; there are {', '.join(stems)}")


def _colours(texts: list[str] | None) -> dict[str, str]:
    from unbraid.core.errors import ParameterError

    colours = {name: value.lower() for name, value in pairs(texts, "STEM=#RRGGBB").items()}
    for name, value in colours.items():
        if not re.fullmatch("#[0-9a-f]{6}", value):
            raise ParameterError(f"the colour of {name} is written #RRGGBB, as in #56b4e9, not {value!r}")
    return colours


def _files(mix: Path, stems: list[str]) -> tuple[Path, dict[str, Path]]:
    """The mix, and its stems by name."""
    from unbraid.app.cli.guide import song_of_folder
    from unbraid.core.errors import AudioFileError, ParameterError

    if not mix.exists():
        raise AudioFileError(f"{mix} does not exist; check the name and the folder")
    if mix.is_dir():
        found, known = song_of_folder(mix)
        if found is None:
            raise ParameterError(f"there is no mix in {mix}; name it mix.wav, or give it with its stems as --stem")
        mix, stems = found, [*known, *stems]
    paths = {name: Path(file) for name, file in pairs(stems, "NAME=FILE").items()}
    if not paths:
        raise ParameterError("no stems were given; add --stem vocals=vocals.wav for each of them")
    return mix, paths


def pairs(texts: list[str] | None, form: str = "STEM=VALUE") -> dict[str, str]:
    """Names and what was given for each, as in NAME=FILE."""
    from unbraid.core.errors import ParameterError

    pairs: dict[str, str] = {}
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not (name.strip() and equals and value.strip()):
            raise ParameterError(f"{text!r} cannot be understood; give {form}")
        if name.strip() in pairs:
            raise ParameterError(f"{name.strip()} is given twice; each stem has one name of its own")
        pairs[name.strip()] = value.strip()
    return pairs


def _weights(texts: list[str] | None) -> dict[str, float]:
    from unbraid.core.errors import ParameterError

    try:
        return {name: float(value) for name, value in pairs(texts, "STEM=WEIGHT").items()}
    except ValueError:
        raise ParameterError("a priority is a number above 0, as in --priority vocals=4") from None


def _prepared(
    voice: Voice,
    workshop: Workshop,
    song: Path,
    stems: dict[str, Path],
    colours: dict[str, str],
    priorities: dict[str, float],
    *,
    title: str,
    repair: bool,
) -> Path:
    """The studio's folder, with mix and stems in it."""
    from unbraid.app.cli.one_song import read_song
    from unbraid.core.informed import studio

    whole = read_song(voice, workshop, song, repair=repair)
    mix = workshop.file_of(whole.audio)
    parts = {n: workshop.file_of(read_song(voice, workshop, p, repair=repair).audio) for n, p in stems.items()}
    folder = workshop.fresh()
    with voice.bar("preparing") as progress:
        facts = workshop.worker.run(studio.prepare, mix, parts, colours, folder, progress=progress)
        workshop.worker.run(studio.prioritise, folder, priorities, progress=progress)
        name = whole.tags.text.get("title") or title
        workshop.worker.run(studio.entitle, folder, name, progress=progress)
    for note in facts.notes:
        voice.note(note)
    return folder


def _made(voice: Voice, workshop: Workshop, folder: Path, dial: Dial) -> Made:
    from unbraid.core.informed import studio

    with voice.bar("encoding") as progress:
        return workshop.worker.run(studio.make, folder, dial, progress=progress)


def _published(
    voice: Voice, workshop: Workshop, folder: Path, made: Made, song: Path, target: Path, how: How, *, overwrite: bool
) -> Published:
    from unbraid.core.informed import studio

    with voice.bar("writing") as progress:
        return workshop.worker.run(studio.publish, folder, made.path, song, target, how, overwrite, progress=progress)


def _tell(voice: Voice, made: Made, published: Published) -> None:
    """What it costs and what it gives."""
    from unbraid.core.atomic import size_text

    for note in (*made.notes, *published.notes):
        voice.note(note)
    point = made.point
    rows = list(zip(made.names, point.sdr_db, point.kbps, strict=True))
    if not voice.scripted:
        from rich.table import Table

        table = Table(box=None, padding=(0, 2, 0, 0))
        for title in ("stem", "SDR dB", "kbit/s"):
            table.add_column(title, justify="left" if title == "stem" else "right")
        for name, sdr_db, kbps in rows:
            table.add_row(name, f"{sdr_db:.1f}" if math.isfinite(sdr_db) else "-", f"{kbps:.2f}")
        voice.out().print(table)
    for path in published.paths:
        voice.say(f"{path}  {size_text(made.bytes)} of side-information, {point.rate_kbps:.1f} kbit/s")
    voice.event(
        "done",
        paths=[str(path) for path in published.paths],
        bytes=made.bytes,
        rate_kbps=round(point.rate_kbps, 3),
        stems=[
            {"name": n, "sdr_db": round(s, 3) if math.isfinite(s) else None, "kbps": round(k, 3)} for n, s, k in rows
        ],
    )
