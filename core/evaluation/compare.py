"""How good the stems of a song are: every figure of every target, and what is said of many songs together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.evaluation import statistics, targets
from unbraid.core.evaluation.bss import BssScores, bss_eval, silent_names
from unbraid.core.evaluation.sdr import sdr, si_sdr
from unbraid.core.progress import Progress, part_of, silent_progress

Floats = npt.NDArray[np.float64]

FRAME_METRICS = ("SDR", "ISR", "SIR", "SAR")
"""Of BSSEval v4, one figure for each second."""

SONG_METRICS = ("SI-SDR", "plain SDR")
"""One figure for the whole song."""

METRICS = FRAME_METRICS + SONG_METRICS


@dataclass(frozen=True, eq=False)
class Score:
    """Of the estimate of one target, in dB. frames: (T,) by `FRAME_METRICS`, NaN in silent ones; song: by
    `SONG_METRICS`.
    """

    frames: Mapping[str, Floats]
    song: Mapping[str, float]

    def figure(self, metric: str) -> float:
        """The figure of the song: the median over frames, as the field reports it, or that of the whole."""
        if metric in SONG_METRICS:
            return self.song[metric]
        return statistics.over_tracks(self.frames[metric])


@dataclass(frozen=True, eq=False)
class SongScores:
    """By target, with the times of the frames, (T,) each in seconds; notes tell what could not be measured."""

    targets: Mapping[str, Score]
    times_s: Floats
    durations_s: Floats
    notes: tuple[str, ...] = ()

    def bss(self) -> BssScores:
        """The figures of frames alone, as score files hold them."""
        rows = {name.lower(): np.stack([s.frames[name] for s in self.targets.values()]) for name in FRAME_METRICS}
        return BssScores(tuple(self.targets), self.times_s, self.durations_s, **rows)


@dataclass(frozen=True)
class Bss:
    """How BSSEval cuts and filters (see `bss.bss_eval`)."""

    window_s: float = 1.0
    hop_s: float = 1.0
    filter_samples: int = 512


def score(
    mix: Audio,
    stems: Mapping[str, Audio],
    estimates: Mapping[str, Audio],
    *,
    bss: Bss = Bss(),
    progress: Progress = silent_progress,
) -> SongScores:
    """Figures of `estimates` beside the true `stems` of a song; both are matched by name (see `targets`).

    Sources that are silent throughout are left out. The accompaniment, all but the voice, is one more target.
    """
    sources = targets.true_sources(stems, mix)
    silent = silent_names(sources)
    sources = {name: audio for name, audio in sources.items() if name not in silent}
    notes = [f"{name} is silent in this song" for name in silent]
    found = targets.estimates_of(estimates, sources, mix)
    if not found:
        raise ParameterError(
            f"no stem of {', '.join(estimates)} answers to a true one ({', '.join(sources) or 'all are silent'}); "
            "name them alike"
        )
    empty = silent_names(found)
    notes += [f"the estimated {name} is silent" for name in empty]
    pair = targets.accompaniment(sources, {**targets.fitting(estimates, mix), **found}, mix)
    share = 1.0 if pair is None else 0.6
    frames, scores = _scores(sources, found, empty, bss, part_of(progress, 0.0, share))
    if pair is not None:
        _, more = _scores(*pair, silent_names(pair[1]), bss, part_of(progress, share, 1.0))
        scores[targets.ACCOMPANIMENT] = more[targets.ACCOMPANIMENT]
    return SongScores(scores, frames.times_s, frames.durations_s, tuple(notes))


def _scores(
    sources: Mapping[str, Audio],
    estimates: Mapping[str, Audio],
    empty: Iterable[str],
    bss: Bss,
    progress: Progress,
) -> tuple[BssScores, dict[str, Score]]:
    """Figures of the estimates that there are; silent ones have none of BSSEval's.

    The decomposition of an estimate asks for all true sources, but not for the other estimates: where one is missing,
    the true source stands in and its figures are thrown away.
    """
    measured = [name for name in estimates if name not in set(empty)]
    judged = bss_eval(
        sources,
        {name: estimates[name] if name in measured else true for name, true in sources.items()},
        window_s=bss.window_s,
        hop_s=bss.hop_s,
        filter_samples=bss.filter_samples,
        progress=progress,
    )
    undefined = np.full(len(judged.times_s), np.nan)
    scores = {}
    for name, estimate in estimates.items():
        row = judged.names.index(name)
        frames = {metric: judged.metric(metric)[row] if name in measured else undefined for metric in FRAME_METRICS}
        song = {"SI-SDR": si_sdr(sources[name], estimate), "plain SDR": sdr(sources[name], estimate)}
        scores[name] = Score(frames, song)
    return judged, scores
