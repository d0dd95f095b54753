from __future__ import annotations

import json

from comparisons import COMPARISON

from unbraid.core.evaluation.comparison import Comparison, trial_document


def test_figures_are_medians_over_frames_and_the_best_method_comes_first() -> None:
    assert COMPARISON.songs == ("A", "B")
    assert COMPARISON.targets() == ("vocals", "drums")
    assert COMPARISON.figures("vocals", "SDR") == {"good": {"A": 7.0, "B": 4.0}, "bad": {"A": 2.0, "B": 0.0}}
    assert list(COMPARISON.figures("drums", "SDR")) == ["good"]


def test_frames_are_those_of_all_songs_without_silent_or_infinite_ones() -> None:
    assert {name: list(v) for name, v in COMPARISON.frames("vocals", "SDR").items()} == {
        "good": [6.0, 8.0, 4.0, 4.0, 4.0], "bad": [1.0, 2.0, 0.0],
    }  # fmt: skip


def test_the_document_is_strict_json() -> None:
    text = json.dumps(COMPARISON.document(), allow_nan=False)
    first = json.loads(text)["trials"][0]
    assert first["null_db"] is None
    assert first["targets"]["vocals"]["SDR"] == 7.0
    assert first["targets"]["vocals"]["frames"]["SDR"] == [6.0, None, 8.0]


def test_a_document_is_read_back() -> None:
    """But for infinite figures, which JSON does not know."""
    again = Comparison.of_document(json.loads(json.dumps(COMPARISON.document())))
    for mine, theirs in zip(COMPARISON.trials, again.trials, strict=True):
        if mine.method == "good":
            assert trial_document(theirs) == trial_document(mine)
    assert again.songs == COMPARISON.songs
    assert again.targets() == COMPARISON.targets()
