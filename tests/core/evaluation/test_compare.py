from __future__ import annotations

import numpy as np
import pytest

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.evaluation.bss import bss_eval
from unbraid.core.evaluation.compare import METRICS, Bss, score
from unbraid.core.evaluation.targets import nothing_done

RATE = 4000
QUICK = Bss(filter_samples=32)


def song(seconds: float = 3.0) -> tuple[Audio, dict[str, Audio]]:
    rng = np.random.default_rng(1)
    stems = {n: Audio.of(rng.standard_normal((round(seconds * RATE), 2)), RATE) for n in ("vocals", "drums", "bass")}
    return Audio(sum(stem.samples for stem in stems.values()), RATE), stems


def noisy(stem: Audio, level: float) -> Audio:
    noise = np.random.default_rng(2).standard_normal(stem.samples.shape)
    return Audio.of(stem.samples + level * noise, stem.rate)


def test_every_figure_of_every_target_and_of_the_accompaniment() -> None:
    mix, stems = song()
    scores = score(mix, stems, {name: noisy(stem, 0.1) for name, stem in stems.items()}, bss=QUICK)
    assert list(scores.targets) == ["vocals", "drums", "bass", "accompaniment"]
    for found in scores.targets.values():
        assert {metric: np.isfinite(found.figure(metric)) for metric in METRICS} == dict.fromkeys(METRICS, True)
        assert found.figure("plain SDR") == pytest.approx(20.0, abs=5.0)
    assert len(scores.times_s) == 3


def test_a_method_with_one_stem_is_judged_beside_all_sources() -> None:
    """An estimate's figures do not depend on the other estimates."""
    mix, stems = song()
    guess = {name: noisy(stem, 0.3) for name, stem in stems.items()}
    alone = score(mix, stems, {"percussive": guess["drums"]}, bss=QUICK).targets
    every = bss_eval(stems, guess, filter_samples=32)
    assert list(alone) == ["drums"]
    assert np.allclose(alone["drums"].frames["SIR"], every.sir[1], atol=1e-6)


def test_doing_nothing_is_a_method_too() -> None:
    mix, stems = song()
    scores = score(mix, stems, nothing_done(stems, mix), bss=QUICK).targets
    assert scores["vocals"].figure("plain SDR") == pytest.approx(-3.0, abs=0.2)
    assert scores["accompaniment"].figure("plain SDR") == pytest.approx(3.0, abs=0.2)


def test_silent_sources_and_estimates_are_told_and_left_out() -> None:
    mix, stems = song()
    silent = Audio.silence(mix.frames, 2, RATE)
    scores = score(mix, {**stems, "horns": silent}, {"vocals": silent, "bass": stems["bass"]}, bss=QUICK)
    assert scores.notes == ("horns is silent in this song", "the estimated vocals is silent")
    assert np.isnan(scores.targets["vocals"].figure("SDR"))
    assert scores.targets["vocals"].figure("plain SDR") == 0.0
    assert scores.targets["bass"].figure("SDR") > 100


def test_stems_that_answer_to_nothing_are_refused() -> None:
    mix, stems = song()
    with pytest.raises(ParameterError, match="no stem of left answers to a true one"):
        score(mix, stems, {"left": mix}, bss=QUICK)


def test_scores_become_a_score_file() -> None:
    mix, stems = song()
    scores = score(mix, stems, stems, bss=QUICK)
    assert scores.bss().names == tuple(scores.targets)
    assert scores.bss().sdr.shape == (4, 3)
