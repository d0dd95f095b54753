"""A comparison of two methods on two songs, with figures that are easy to check."""

from __future__ import annotations

import numpy as np

from unbraid.core.evaluation.compare import FRAME_METRICS, Score, SongScores
from unbraid.core.evaluation.comparison import Comparison, Trial


def trial(song: str, method: str, **targets: list[float]) -> Trial:
    scores = {
        name: Score({metric: np.array(frames) for metric in FRAME_METRICS}, {"SI-SDR": frames[0], "plain SDR": 1.0})
        for name, frames in targets.items()
    }
    count = len(next(iter(targets.values())))
    return Trial(song, method, SongScores(scores, np.arange(count), np.ones(count)), -np.inf, 1.0, 10.0)


COMPARISON = Comparison(
    (
        trial("A", "good", vocals=[6.0, np.nan, 8.0], drums=[1.0, 1.0, 1.0]),
        trial("A", "bad", vocals=[1.0, 2.0, np.inf]),
        trial("B", "good", vocals=[4.0, 4.0, 4.0]),
        trial("B", "bad", vocals=[0.0, np.nan, np.nan]),
    )
)
