"""`unbraid compare`: several methods on songs whose true stems are known, side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unbraid.app.cli import options
from unbraid.app.cli.console import Voice, speaking

if TYPE_CHECKING:
    from unbraid.core.audio import Audio
    from unbraid.core.evaluation.comparison import Comparison, Trial
    from unbraid.core.evaluation.multitracks import Multitrack
    from unbraid.core.separation.contract import Value
    from unbraid.core.tasks import Worker
    from unbraid.core.workshop import Workshop

Songs = Annotated[
    Path,
    typer.Argument(
        metavar="SONG_WITH_STEMS", help="A folder with mix and stems of a song, or of several.", show_default=False
    ),
]
Methods = Annotated[
    list[str] | None,
    typer.Option("-m", "--method", metavar="NAME", help="May be repeated; default: all that there are."),
]
Parameters = Annotated[
    list[str] | None,
    typer.Option("-p", "--parameter", metavar="METHOD.NAME=VALUE", help="A parameter of a method; may be repeated."),
]
Plot = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FILE", help="Also draw it: a PNG, SVG or PDF file.", show_default=False),
]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Also write all figures to a JSON file.")
]


def compare(
    songs: Songs,
    method: Methods = None,
    parameter: Parameters = None,
    start: options.Start = 0.0,
    duration: options.Duration = None,
    plot: Plot = None,
    output: Output = None,
    overwrite: options.Overwrite = False,
    json: options.Json = False,
) -> None:
    """Separate songs whose stems are known with several methods, and measure every stem beside the true one.

    The oracles (`oracle_wiener` and its kin) are told the true stems: they are the ceiling of their family. Of a sound
    file alone, of which nothing is known, it is measured how far the methods agree, and what their stems leave of it.
    """
    with speaking(scripted=json) as voice:
        from unbraid.core import atomic
        from unbraid.core.evaluation import plots
        from unbraid.core.evaluation.comparison import Comparison
        from unbraid.core.evaluation.multitracks import STEM_FILE, find
        from unbraid.core.tasks import Worker

        for file in filter(None, (plot, output)):
            atomic.check_file(file, overwrite=overwrite)
        if plot:
            plots.check_format(plot)
        if songs.is_file() and not songs.name.lower().endswith(STEM_FILE):
            from unbraid.app.cli.agreeing import compare_blindly

            compare_blindly(voice, songs, method or [], _values(parameter or []), start_s=start, duration_s=duration)
            return
        tracks = [track for track in find(songs) if track.mix or len(track.stems) > 1]
        values = _values(parameter or [])
        with Worker() as worker:
            methods = checked(worker, method or [], values)
            trials = [
                trial for track in tracks for trial in _trials(voice, worker, track, methods, values, (start, duration))
            ]
        _deliver(voice, Comparison(tuple(trials)), plot, output, overwrite=overwrite)


def _values(texts: list[str]) -> dict[str, dict[str, Value]]:
    """By method the parameters that were given as METHOD.NAME=VALUE."""
    from unbraid.core.errors import ParameterError

    values: dict[str, dict[str, Value]] = {}
    for name, value in options.parameter_values(texts).items():
        method, point, field = name.rpartition(".")
        if not point:
            raise ParameterError(f"{name}={value} does not say whose parameter it is; give METHOD.{name}={value}")
        values.setdefault(method, {})[field] = value
    return values


def checked(worker: Worker, wanted: list[str], values: Mapping[str, Mapping[str, Value]]) -> dict[str, bool]:
    """Methods to try, and whether each is told the true stems; a wrong name or parameter stops everything, at once."""
    from unbraid.core.errors import ParameterError, PluginError
    from unbraid.core.workshop import Workshop

    with Workshop(worker) as workshop:
        cards = workshop.cards(*wanted)
    broken = [card.error for card in cards if card.info is None]
    if wanted and broken:
        raise PluginError(broken[0])
    methods = {card.name: card.info.is_oracle for card in cards if card.info}
    stray = sorted(set(values) - set(methods))
    if stray:
        raise ParameterError(f"parameters were given for {', '.join(stray)}, which is not compared")
    return methods


def _trials(
    voice: Voice,
    worker: Worker,
    track: Multitrack,
    methods: Mapping[str, bool],
    values: Mapping[str, Mapping[str, Value]],
    excerpt: tuple[float, float | None],
) -> Iterator[Trial]:
    """Every method on one song; one that fails is told, and the others go on."""
    from unbraid.app.cli.judging import opened
    from unbraid.core.errors import UnbraidError
    from unbraid.core.evaluation.comparison import NOTHING, Trial
    from unbraid.core.evaluation.targets import nothing_done
    from unbraid.core.workshop import Workshop

    with Workshop(worker) as workshop:
        mix, stems = opened(voice, workshop, track, start_s=excerpt[0], duration_s=excerpt[1])
        nothing = workshop.score(mix, stems, nothing_done(stems, mix))
        yield _told(voice, Trial(track.name, NOTHING, nothing, math.nan, 0.0, mix.duration_s))
        for method, is_told in methods.items():
            try:
                trial = _trial(voice, workshop, track.name, (mix, stems), method, values.get(method, {}), is_told)
                yield _told(voice, trial)
            except UnbraidError as error:
                voice.note(f"{track.name}: {method}: {error}")


def _told(voice: Voice, trial: Trial) -> Trial:
    from unbraid.core.evaluation.comparison import trial_document

    voice.event("trial", **trial_document(trial))
    return trial


def _trial(
    voice: Voice,
    workshop: Workshop,
    song: str,
    sound: tuple[Audio, Mapping[str, Audio]],
    method: str,
    values: Mapping[str, Value],
    is_told: bool,
) -> Trial:
    from unbraid.core.evaluation.comparison import Trial
    from unbraid.core.evaluation.reference_free import null_level
    from unbraid.core.separation.guide import Guide

    mix, stems = sound
    guide = Guide(references=stems) if is_told else None
    with voice.bar(f"{song}: {method}") as progress:
        estimates, seconds = workshop.separate(mix, method, values, guide=guide, progress=progress)
    with voice.bar(f"{song}: measuring {method}") as progress:
        scores = workshop.score(mix, stems, estimates, progress=progress)
    return Trial(song, method, scores, null_level(mix, estimates).relative_db, seconds, mix.duration_s)


def _deliver(voice: Voice, found: Comparison, plot: Path | None, output: Path | None, *, overwrite: bool) -> None:
    """Tables, and the files that were asked for."""
    import json

    from unbraid.app.cli.judging import show
    from unbraid.core import atomic
    from unbraid.core.errors import AudioFileError
    from unbraid.core.evaluation import plots
    from unbraid.core.evaluation.compare import METRICS

    if not found.trials:
        raise AudioFileError("no method could be measured on any song")
    if not voice.scripted:
        for target in (target for target in found.targets() if len(found.figures(target, "SDR")) > 1):
            rows = [
                (method, {metric: list(found.figures(target, metric)[method].values()) for metric in METRICS})
                for method in found.figures(target, "SDR")
            ]
            show(voice, target, rows)
        voice.say("In dB, best SDR first; SDR, ISR, SIR, SAR: BSSEval v4, median over frames, then over songs.")
    if plot:
        plots.write_comparison(plot, found, overwrite=overwrite)
        voice.say(str(plot))
    if output:
        atomic.write_text(output, json.dumps(found.document(), indent=1, allow_nan=False) + "\n", overwrite=overwrite)
        voice.say(str(output))
    voice.event("done", songs=len(found.songs), trials=len(found.trials))
