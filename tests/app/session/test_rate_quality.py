"""Between the points of a curve."""

from __future__ import annotations

import math

import pytest

from unbraid.app.session.rate_quality import at_rate, in_order, rate_for, rate_for_all
from unbraid.core.informed.dial import MOST_KBPS, CurvePoint


def point(rate: float, *sdr_db: float) -> CurvePoint:
    return CurvePoint(rate, 1.0, None, sdr_db, (rate / len(sdr_db),) * len(sdr_db))


CURVE = (point(1.0, 0.0, 4.0), point(10.0, 10.0, 8.0), point(100.0, 30.0, 20.0))


def test_points_themselves_are_kept() -> None:
    for one in CURVE:
        assert at_rate(CURVE, one.rate_kbps) == one
    assert in_order([CURVE[2], CURVE[0], CURVE[1], CURVE[0]]) == CURVE


def test_between_points_quality_goes_with_the_logarithm_of_the_rate_and_costs_with_the_rate() -> None:
    between = at_rate(CURVE, math.sqrt(10.0))
    assert between.sdr_db == pytest.approx((5.0, 6.0))
    assert sum(between.kbps) == pytest.approx(math.sqrt(10.0))


def test_below_the_first_point_there_is_the_first_and_beyond_the_last_a_line() -> None:
    assert at_rate(CURVE, 0.2) == CURVE[0] and at_rate(CURVE[:1], 50.0) == CURVE[0]
    assert at_rate(CURVE, 190.0).sdr_db == pytest.approx((50.0, 32.0))


@pytest.mark.parametrize("rate", [1.5, 4.0, 10.0, 70.0, 250.0])
def test_the_rate_for_a_quality_is_the_inverse(rate: float) -> None:
    assert rate_for(CURVE, at_rate(CURVE, rate).mean_db) == pytest.approx(rate)
    assert rate_for(CURVE, at_rate(CURVE, rate).sdr_db[1], 1) == pytest.approx(rate)


def test_several_stems_need_the_rate_of_the_dearest() -> None:
    assert rate_for_all(CURVE, {0: 10.0, 1: 20.0}) == pytest.approx(100.0)
    assert rate_for_all(CURVE, {}) == MOST_KBPS


def test_what_cannot_be_reached_costs_all_there_is() -> None:
    flat = (point(1.0, 5.0), point(10.0, 5.0))
    assert rate_for(flat, 6.0) == MOST_KBPS and rate_for((), 6.0) == MOST_KBPS
    assert rate_for(CURVE, 1e6) == MOST_KBPS


def test_a_silent_stem_has_no_quality() -> None:
    silent = (point(1.0, math.nan, 4.0), point(10.0, math.nan, 8.0))
    between = at_rate(silent, 3.0)
    assert math.isnan(between.sdr_db[0]) and 4.0 < between.mean_db < 8.0
    assert rate_for(silent, 5.0) < 10.0
