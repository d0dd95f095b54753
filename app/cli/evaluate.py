"""`unbraid evaluate`: how good estimated stems are, beside the true ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unbraid.app.cli import options
from unbraid.app.cli.console import Voice, speaking

if TYPE_CHECKING:
    from unbraid.core.evaluation.compare import SongScores

Estimates = Annotated[
    Path, typer.Argument(metavar="ESTIMATES", help="Stems of a song, or a folder for each song.", show_default=False)
]
References = Annotated[
    Path, typer.Argument(metavar="REFERENCES", help="The true stems, in folders of the same names.", show_default=False)
]
Window = Annotated[float, typer.Option("--window", min=0.01, help="Seconds of a frame of BSSEval.")]
Hop = Annotated[float, typer.Option("--hop", min=0.01, help="Seconds from frame to frame.")]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="DIR", help="Also write a JSON file for each song, as museval.")
]


def evaluate(
    estimates: Estimates,
    references: References,
    window: Window = 1.0,
    hop: Hop = 1.0,
    start: options.Start = 0.0,
    duration: options.Duration = None,
    output: Output = None,
    overwrite: options.Overwrite = False,
    json: options.Json = False,
) -> None:
    """Measure ESTIMATES beside REFERENCES: SDR, ISR, SIR, SAR of BSSEval v4, SI-SDR and plain SDR.

    Folders may be those of MUSDB18, MUSDB18-HQ, DSD100, museval or Unbraid. With --json, standard output is museval's
    JSON: the document of the song, or one for each by name.
    """
    with speaking(scripted=json) as voice:
        from unbraid.app.cli.judging import opened
        from unbraid.core import atomic
        from unbraid.core.evaluation import museval_json
        from unbraid.core.evaluation.compare import Bss
        from unbraid.core.evaluation.multitracks import find, matched
        from unbraid.core.workshop import Workshop

        pairs = matched(find(estimates), find(references))
        files = {true.name: output / f"{true.name}.json" for _, true in pairs} if output else {}
        for file in files.values():
            atomic.check_file(file, overwrite=overwrite)
        quiet = Voice(scripted=False)  # standard output is for the document alone
        scores: dict[str, SongScores] = {}
        for guess, true in pairs:
            with Workshop() as workshop:
                mix, stems = opened(quiet, workshop, true, start_s=start, duration_s=duration)
                _, found = opened(quiet, workshop, guess, start_s=start, duration_s=duration)
                with quiet.bar(f"measuring {true.name}") as progress:
                    scores[true.name] = workshop.score(mix, stems, found, bss=Bss(window, hop), progress=progress)
            for note in scores[true.name].notes:
                quiet.note(f"{true.name}: {note}")
            if output:
                files[true.name].parent.mkdir(parents=True, exist_ok=True)
                museval_json.write(files[true.name], scores[true.name].bss(), overwrite=overwrite)
        if json:
            typer.echo(_documents(scores))
        else:
            _show(voice, scores)


def _documents(scores: dict[str, SongScores]) -> str:
    """Museval's document of the one song, or an object with one for each."""
    import json

    from unbraid.core.evaluation import museval_json

    documents = {name: museval_json.to_json(song.bss()) for name, song in scores.items()}
    if len(documents) == 1:
        return next(iter(documents.values()))
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {text}" for name, text in documents.items()) + "\n}"


def _show(voice: Voice, scores: dict[str, SongScores]) -> None:
    from unbraid.app.cli.judging import figures_of, show, targets_in

    songs = list(scores.values())
    for name, song in scores.items():
        show(voice, name, [(target, figures_of([song], target)) for target in song.targets])
    if len(songs) > 1:
        rows = [(target, figures_of(songs, target)) for target in targets_in(songs)]
        show(voice, f"median of {len(songs)} songs", rows)
    voice.say(
        "In dB. SDR, ISR, SIR, SAR: BSSEval v4, median over frames. SI-SDR, plain SDR: of the whole song.",
    )
