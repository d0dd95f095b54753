"""`unbraid additivity`: which exponent suits the stems of a song."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unbraid.app.cli import options
from unbraid.app.cli.console import Voice, speaking

if TYPE_CHECKING:
    import numpy as np

    from unbraid.core.separation.additivity import Additivity

Songs = Annotated[
    Path,
    typer.Argument(metavar="STEMS", help="A folder with the stems of a song, or of several.", show_default=False),
]
Steps = Annotated[int, typer.Option("--steps", min=2, max=500, help="Exponents from 0.2 to 2 that are tried.")]
Plot = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FILE", help="Also draw it: a PNG, SVG or PDF file.", show_default=False),
]

NAMES = {"power": "L_alpha", "itakura_saito": "Itakura-Saito", "kullback_leibler": "Kullback-Leibler"}
SHOWN = (0.2, 0.5, 0.8, 1.0, 1.2, 1.5, 2.0)


def additivity(
    stems: Songs,
    steps: Steps = 50,
    start: options.Start = 0.0,
    duration: options.Duration = None,
    plot: Plot = None,
    overwrite: options.Overwrite = False,
    json: options.Json = False,
) -> None:
    """Measure for which exponent the spectrograms of STEMS add up to that of their mix.

    That exponent suits models that add: ratio masks, factorisations and their divergence. For most music it is near 1.
    """
    with speaking(scripted=json) as voice:
        from unbraid.app.cli.judging import opened
        from unbraid.core import atomic
        from unbraid.core.evaluation import plots
        from unbraid.core.evaluation.multitracks import find
        from unbraid.core.workshop import Workshop

        if plot:
            atomic.check_file(plot, overwrite=overwrite)
            plots.check_format(plot)
        measured: dict[str, Additivity] = {}
        for track in find(stems):
            if len(track.stems) < 2:
                voice.note(f"{track.name} has one stem alone and is left out")
                continue
            with Workshop() as workshop:
                mix, sounds = opened(voice, workshop, track, start_s=start, duration_s=duration)
                with voice.bar(f"measuring {track.name}") as progress:
                    measured[track.name] = workshop.additivity(mix, sounds, steps, progress=progress)
            _tell(voice, track.name, measured[track.name])
        _sum_up(voice, measured, plot, overwrite=overwrite)


def _tell(voice: Voice, name: str, found: Additivity) -> None:
    best = found.best
    voice.say(f"{name}: " + ", ".join(f"{words} {best[key]:.2f}" for key, words in NAMES.items()))
    voice.event(
        "additivity",
        song=name,
        best=best,
        alphas=found.alphas.tolist(),
        **{key: getattr(found, key).tolist() for key in NAMES},
    )


def _sum_up(voice: Voice, measured: dict[str, Additivity], plot: Path | None, *, overwrite: bool) -> None:
    """The mean over songs, each curve relative to its least value, as a table and a picture."""
    import numpy as np
    from rich.table import Table

    from unbraid.core.errors import ParameterError
    from unbraid.core.evaluation import plots

    if not measured:
        raise ParameterError("there is no song with two or more stems")
    alphas = next(iter(measured.values())).alphas
    curves = {
        words: np.mean([_relative(getattr(m, key)) for m in measured.values()], 0) for key, words in NAMES.items()
    }
    if not voice.scripted:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        for title in ("exponent", *curves):
            table.add_column(title, justify="right")
        for alpha in SHOWN:
            table.add_row(f"{alpha:g}", *(f"{np.interp(alpha, alphas, curve):.2f}" for curve in curves.values()))
        best = {words: f"{alphas[np.argmin(curve)]:.2f}" for words, curve in curves.items()}
        table.add_row("best", *best.values(), style="bold")
        voice.out().print(table)
        voice.say("Discrepancy between the mix and the sum of its stems, relative to its least value; less is better.")
    if plot:
        y_label = "discrepancy over its least value"
        plots.write_curves(plot, alphas, curves, x_label="exponent", y_label=y_label, overwrite=overwrite)
        voice.say(str(plot))
    voice.event("done", songs=len(measured))


def _relative(curve: np.ndarray) -> np.ndarray:
    least = float(curve.min())
    return curve / least if least > 0 else curve
