"""`unbraid decode`: the stems of a song from its side-information."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unbraid.app.cli import options
from unbraid.app.cli.console import Voice, speaking

if TYPE_CHECKING:
    from unbraid.core.audio import Audio
    from unbraid.core.export import Export
    from unbraid.core.informed.delivery.finding import Place
    from unbraid.core.informed.listening import Begun
    from unbraid.core.workshop import Song, Workshop

Mix = Annotated[
    Path, typer.Argument(metavar="MIX", help="The song, or another copy of it: MP3, louder ...", show_default=False)
]
Side = Annotated[
    Path | None,
    typer.Argument(
        metavar="[SIDE]", help="Its side-information; default: inside MIX, or song.unb beside it.", show_default=False
    ),
]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the stems go.")]
Stems = Annotated[str | None, typer.Option("--stems", help="Only these, e.g. vocals,drums; default: all.")]
Residual = Annotated[
    bool, typer.Option("--residual", help="Also write what the stems leave of MIX; with it they add up to MIX.")
]

NoiseAware = Annotated[
    bool,
    typer.Option(
        "--noise-aware",
        help="Let the filter reckon with the noise of a MIX that was transcoded: stems are softer where it is loud.",
    ),
]


def decode(
    mix: Mix,
    side: Side = None,
    output: Output = Path("separated"),
    stems: Stems = None,
    residual: Residual = False,
    noise_aware: NoiseAware = False,
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
        from unbraid.app.cli.one_song import deliver, read_song, request_of
        from unbraid.core.informed import listening
        from unbraid.core.workshop import Workshop

        place = listening.place_of(mix, side)
        request = request_of(
            "decode", None, None, output, format, bits=bits, bitrate=bitrate, clipping=clip, template=name,
            stems=stems, two_stems=None, overwrite=overwrite, start_s=0.0, duration_s=None, repair=repair,
        )  # fmt: skip
        with Workshop() as workshop:
            song = read_song(voice, workshop, mix, repair=repair)
            begun, folder = _begun(voice, workshop, song, place)
            begun = dataclasses.replace(begun, allows_noise=noise_aware)
            song, fitting = _planned(song, begun, request.export, mix.stem, residual=residual)
            paths, seconds = _decoded(voice, workshop, begun, folder, residual=residual)
            outcome = deliver(voice, fitting, mix.stem, song, _opened(paths), seconds)
        for path in outcome.paths.values():
            voice.say(str(path))
        voice.event("done", seconds=round(outcome.seconds, 3), exact_mix=begun.is_exact)


def _begun(voice: Voice, workshop: Workshop, song: Song, place: Place | None) -> tuple[Begun, Path]:
    """Stems that are about to be decoded, and the folder of their files."""
    from unbraid.core.informed import listening

    folder = workshop.fresh()
    with voice.bar("recognising") as progress:
        begun = workshop.worker.run(listening.begin, workshop.file_of(song.audio), place, folder, progress=progress)
    for note in begun.notes:
        voice.note(note)
    return begun, folder


def _planned(song: Song, begun: Begun, where: Export, track: str, *, residual: bool) -> tuple[Song, Export]:
    """The song on the grid of its stems and what is written of it, checked before the work begins."""
    from unbraid.app.cli.one_song import depth_like
    from unbraid.core import export, mapped_wav
    from unbraid.core.separation.remainder import NAME as RESIDUAL

    write = depth_like(where.write, song.info, f".{where.extension}")
    only = (*where.only, RESIDUAL) if where.only and residual else where.only
    fitting = dataclasses.replace(where, write=write, only=only)
    song = dataclasses.replace(song, audio=mapped_wav.open_mapped(begun.mix))
    names = [stem.name for stem in begun.stems] + [RESIDUAL] * residual
    export.plan(fitting, track, song.audio, names).check()
    return song, fitting


def _decoded(
    voice: Voice, workshop: Workshop, begun: Begun, folder: Path, *, residual: bool
) -> tuple[dict[str, Path], float]:
    """Files of the stems by name, and the seconds it took."""
    import time

    from unbraid.core.informed import listening
    from unbraid.core.separation.remainder import NAME as RESIDUAL

    started = time.perf_counter()
    paths = {stem.name: path for stem, path in zip(begun.stems, begun.paths, strict=True)}
    with voice.bar("decoding") as progress:
        for note in workshop.worker.run(listening.fill, begun, folder, False, progress=progress):
            voice.note(note)
        if residual:
            paths[RESIDUAL] = workshop.worker.run(listening.rest, begun, folder, progress=progress)
    return paths, time.perf_counter() - started


def _opened(paths: dict[str, Path]) -> dict[str, Audio]:
    from unbraid.core import mapped_wav

    return {name: mapped_wav.open_mapped(path) for name, path in paths.items()}
