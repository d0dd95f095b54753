"""Several methods on several songs: every trial with its figures, in the order in which tables and plots want them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from unbraid.core.evaluation.compare import FRAME_METRICS, METRICS, SONG_METRICS, Score, SongScores
from unbraid.core.evaluation.statistics import over_tracks

NOTHING = "mix"
"""What is listed as a method that gives the mix for every stem."""


@dataclass(frozen=True, eq=False)
class Trial:
    """One method on one song. null_db: level of mix minus all stems, relative to the mix. seconds: what it took."""

    song: str
    method: str
    scores: SongScores
    null_db: float
    seconds: float
    duration_s: float


@dataclass(frozen=True, eq=False)
class Comparison:
    """All trials, in the order in which they were made."""

    trials: tuple[Trial, ...]

    @property
    def songs(self) -> tuple[str, ...]:
        """Names of the songs."""
        return tuple(dict.fromkeys(trial.song for trial in self.trials))

    def targets(self) -> tuple[str, ...]:
        """Targets of which at least one method has a stem; the most frequent first."""
        every = [target for trial in self.trials for target in trial.scores.targets]
        return tuple(sorted(dict.fromkeys(every), key=lambda target: -every.count(target)))

    def figures(self, target: str, metric: str) -> dict[str, dict[str, float]]:
        """By method and song the figure of one target, best median first."""
        found: dict[str, dict[str, float]] = {}
        for trial in self.trials:
            if target in trial.scores.targets:
                found.setdefault(trial.method, {})[trial.song] = trial.scores.targets[target].figure(metric)
        return dict(sorted(found.items(), key=lambda item: -_median(item[1].values())))

    def frames(self, target: str, metric: str) -> dict[str, np.ndarray]:
        """By method the figures of all frames of all songs, NaN left out, in the order of `figures`."""
        found = {}
        for method in self.figures(target, metric):
            pieces = [
                trial.scores.targets[target].frames[metric]
                for trial in self.trials
                if trial.method == method and target in trial.scores.targets
            ]
            joined = np.concatenate(pieces)
            found[method] = joined[np.isfinite(joined)]
        return found

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Comparison:
        """The comparison that `document` made; null is NaN again."""
        return cls(tuple(_trial_of(entry) for entry in document["trials"]))

    def document(self) -> dict[str, Any]:
        """Everything, as JSON takes it: no NaN and no infinity, null instead."""
        return {"unit": "dB", "metrics": list(METRICS), "trials": [trial_document(trial) for trial in self.trials]}


def trial_document(trial: Trial) -> dict[str, Any]:
    """One trial as JSON takes it."""
    return {
        "song": trial.song,
        "method": trial.method,
        "null_db": _plain(trial.null_db),
        "seconds": round(trial.seconds, 3),
        "duration_s": round(trial.duration_s, 3),
        "notes": list(trial.scores.notes),
        "frame_times_s": [round(float(t), 6) for t in trial.scores.times_s],
        "targets": {name: score_document(score) for name, score in trial.scores.targets.items()},
    }


def _trial_of(entry: Mapping[str, Any]) -> Trial:
    times = _numbers(entry["frame_times_s"])
    targets = {
        name: Score(
            {metric: _numbers(figures["frames"][metric]) for metric in FRAME_METRICS},
            {metric: float(_numbers([figures[metric]])[0]) for metric in SONG_METRICS},
        )
        for name, figures in entry["targets"].items()
    }
    step = times[1] - times[0] if len(times) > 1 else entry["duration_s"]
    scores = SongScores(targets, times, np.full(len(times), step), tuple(entry["notes"]))
    null_db = float(_numbers([entry["null_db"]])[0])
    return Trial(entry["song"], entry["method"], scores, null_db, entry["seconds"], entry["duration_s"])


def _numbers(values: Iterable[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def score_document(score: Score) -> Mapping[str, Any]:
    """Figures of one target: medians and whole, and those of the frames."""
    return {
        **{metric: _plain(score.figure(metric)) for metric in METRICS},
        "frames": {metric: [_plain(value) for value in score.frames[metric]] for metric in FRAME_METRICS},
    }


def _plain(value: float) -> float | None:
    return round(float(value), 5) if math.isfinite(value) else None


def _median(values: Iterable[float]) -> float:
    median = over_tracks(np.array(list(values)))
    return -math.inf if math.isnan(median) else median
