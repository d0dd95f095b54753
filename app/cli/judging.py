"""Multitracks opened, and figures of stems as tables: what `evaluate`, `compare` and `additivity` share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from unbraid.app.cli.console import Voice
from unbraid.app.cli.one_song import read_song
from unbraid.core.audio import Audio
from unbraid.core.evaluation import statistics
from unbraid.core.evaluation.compare import METRICS, SongScores
from unbraid.core.evaluation.multitracks import Multitrack, Sound
from unbraid.core.render import total
from unbraid.core.workshop import Workshop

FEW_SONGS = 3
"""Below that many songs there is no interval to be given."""


def opened(
    voice: Voice,
    workshop: Workshop,
    track: Multitrack,
    *,
    start_s: float = 0.0,
    duration_s: float | None = None,
) -> tuple[Audio, dict[str, Audio]]:
    """The mix and the stems of a multitrack; where it has no mix, its stems added up."""

    def read(sound: Sound) -> Audio:
        song = read_song(voice, workshop, sound.path, start_s=start_s, duration_s=duration_s, stream=sound.stream)
        return song.audio

    stems = {name: read(sound) for name, sound in track.stems.items()}
    return read(track.mix) if track.mix else total(stems), stems


def show(voice: Voice, title: str, rows: Sequence[tuple[str, Mapping[str, Sequence[float]]]]) -> None:
    """A table of figures: for each row and metric the median over its songs, and the interval of the SDR's.

    rows: a name, and by metric the figures of its songs.
    """
    from rich.table import Table

    songs = max((len(next(iter(figures.values()))) for _, figures in rows), default=0)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", title=title, title_justify="left")
    table.add_column("")
    for metric in METRICS:
        table.add_column(metric, justify="right")
    if songs >= FEW_SONGS:
        table.add_column("SDR, 95 %", justify="right")
    for name, figures in rows:
        cells = [decibels(statistics.over_tracks(np.array(figures[metric]))) for metric in METRICS]
        if songs >= FEW_SONGS:
            spread = statistics.bootstrap(np.array(figures["SDR"]), rng=np.random.default_rng(0))
            cells.append(f"{decibels(spread.low)} to {decibels(spread.high)}")
        table.add_row(name, *cells)
    voice.out().print(table)
    voice.say("")


def decibels(value: float) -> str:
    """A figure for people."""
    return "-" if math.isnan(value) else f"{value:.2f}"


def figures_of(scores: Sequence[SongScores], target: str) -> dict[str, list[float]]:
    """By metric the figures of one target in all songs that have it."""
    return {metric: [s.targets[target].figure(metric) for s in scores if target in s.targets] for metric in METRICS}


def targets_in(scores: Sequence[SongScores]) -> list[str]:
    """Targets of all songs, in the order of the first."""
    return list(dict.fromkeys(target for song in scores for target in song.targets))
