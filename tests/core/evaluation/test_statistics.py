import itertools
import math

import numpy as np
import pytest

from unbraid.core.errors import ParameterError
from unbraid.core.evaluation.statistics import (
    bootstrap,
    compare_paired,
    median_over_frames,
    over_tracks,
    quartiles,
    sign_p,
    signed_rank_p,
)

NAN, INF = math.nan, math.inf


def test_medians_over_frames_leave_silent_ones_out():
    figures = np.array([[[1, NAN, 3], [NAN, NAN, NAN]], [[INF, INF, 1], [4, 1, NAN]]])
    np.testing.assert_array_equal(median_over_frames(figures), [[2, NAN], [INF, 2.5]])


def test_no_frames_have_no_median():
    assert np.isnan(median_over_frames(np.empty((2, 0)))).all()


def test_quartiles_are_those_of_numpy():
    x = np.random.default_rng(0).standard_normal((3, 10))
    np.testing.assert_allclose(quartiles(x), np.quantile(x, [0.25, 0.5, 0.75], axis=1).T, atol=1e-14)
    assert quartiles(x[0]).shape == (3,)


def test_tracks_are_reported_by_median_and_mean():
    figures = np.array([1, 5, NAN, 3, 11])
    assert over_tracks(figures) == 4
    assert over_tracks(figures, "mean") == 5
    assert math.isnan(over_tracks(np.array([NAN])))
    with pytest.raises(ParameterError, match="median or mean"):
        over_tracks(figures, "mode")


@pytest.mark.parametrize("statistic", ["median", "mean"])
def test_intervals_repeat_with_their_seed_and_hold_the_value(statistic):
    figures = np.random.default_rng(1).normal(6, 2, 50)
    a, b = (bootstrap(figures, statistic, rng=np.random.default_rng(3), draws=2000) for _ in range(2))
    assert a == b
    assert a.low < a.value < a.high
    assert a.value == over_tracks(figures, statistic)
    wide = bootstrap(figures, statistic, rng=np.random.default_rng(3), confidence=0.999, draws=2000)
    assert wide.low < a.low < a.high < wide.high


def test_the_interval_of_a_mean_comes_near_to_the_normal_one():
    figures = np.random.default_rng(2).normal(0, 1, 400)
    found = bootstrap(figures, "mean", rng=np.random.default_rng(0))
    half = 1.96 * figures.std() / 20
    assert found.low == pytest.approx(found.value - half, abs=0.01)
    assert found.high == pytest.approx(found.value + half, abs=0.01)


def test_intervals_do_not_depend_on_how_many_are_drawn_at_once(monkeypatch):
    figures = np.arange(9.0)
    whole = bootstrap(figures, rng=np.random.default_rng(5), draws=50)
    monkeypatch.setattr("unbraid.core.evaluation.statistics.DRAWN_AT_ONCE", 20)
    assert bootstrap(figures, rng=np.random.default_rng(5), draws=50) == whole


def test_intervals_of_too_little_are_nan():
    for figures in ([], [NAN], [3.0]):
        found = bootstrap(np.array(figures), rng=np.random.default_rng(0))
        assert math.isnan(found.low)
        assert math.isnan(found.high)
    with pytest.raises(ParameterError, match="between 0 and 1"):
        bootstrap(np.arange(3.0), rng=np.random.default_rng(0), confidence=95)


def brute_force(d):
    """Two-sided probability of the sum of positive ranks over all signs of the differences."""
    magnitude = np.abs(d)
    ranks = np.array([(magnitude < m).sum() + ((magnitude == m).sum() + 1) / 2 for m in magnitude])
    seen = ranks[d > 0].sum()
    sums = [ranks[np.array(signs)].sum() for signs in itertools.product([False, True], repeat=len(d))]
    return min(1.0, 2 * min(np.mean(np.array(sums) <= seen), np.mean(np.array(sums) >= seen)))


@pytest.mark.parametrize("seed", range(6))
def test_signed_ranks_are_exact_with_ties(seed):
    rng = np.random.default_rng(seed)
    d = rng.integers(-4, 7, rng.integers(1, 11)).astype(float)
    d = d[d != 0]
    assert signed_rank_p(d) == pytest.approx(brute_force(d) if len(d) else 1.0, abs=1e-12)


def test_signed_ranks_are_those_of_scipy():
    from scipy.stats import wilcoxon

    d = np.random.default_rng(7).normal(0.3, 1, 30)
    assert signed_rank_p(d) == pytest.approx(wilcoxon(d, method="exact").pvalue, abs=1e-10)


def test_many_tracks_go_over_into_the_normal_distribution():
    d = np.random.default_rng(8).normal(0.12, 1, 201)
    assert signed_rank_p(d) == pytest.approx(signed_rank_p(d[:200]), abs=0.02)


@pytest.mark.slow
def test_signs_are_those_of_fair_tosses():
    for better, worse in itertools.product(range(5), range(5)):
        heads = np.array([sum(tosses) for tosses in itertools.product([0, 1], repeat=better + worse)])
        expected = min(1.0, 2 * np.mean(heads <= min(better, worse)))
        assert sign_p(better, worse) == pytest.approx(expected, abs=1e-12)
    assert sign_p(3000, 3000) == 1.0


def test_two_methods_are_compared_on_tracks_that_both_have():
    a = np.array([5, 6, NAN, 8, 3, INF, 7.5])
    b = np.array([4, 6, 1, 5, NAN, INF, 8])
    found = compare_paired(a, b)
    assert (found.tracks, found.better, found.worse) == (5, 2, 1)
    assert found.median_difference == 0
    assert found.mean_difference == pytest.approx(3.5 / 5)
    assert found.sign_p == 1.0
    assert found.signed_rank_p == pytest.approx(brute_force(np.array([1, 3, -0.5])))


def test_a_clear_difference_is_seen_and_has_its_direction():
    b = np.random.default_rng(9).normal(5, 2, 12)
    found = compare_paired(b + np.linspace(0.1, 1, 12), b)
    assert found.better == 12
    assert found.signed_rank_p == pytest.approx(found.sign_p) == pytest.approx(2 / 2**12)
    assert compare_paired(b, b).signed_rank_p == 1.0


def test_lists_that_are_no_pairs_are_refused():
    with pytest.raises(ParameterError, match="equal length"):
        compare_paired(np.zeros(3), np.zeros(4))
