import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unbraid.core.kam.repeating import (
    SPARE_FRAMES,
    fill_lists,
    median_of_listed,
    periodic_neighbours,
    repeating_segment,
    segment_places,
    with_spares,
)


def picture(frames, bins=6, seed=0):
    return np.random.default_rng(seed).gamma(0.5, size=(bins, frames)).astype(np.float32)


def padded(V):
    rows = np.zeros((V.shape[1] + SPARE_FRAMES, V.shape[0]), np.float32)
    rows[: V.shape[1]] = V.T
    return with_spares(rows.T)


def test_segment_is_the_median_over_repetitions():
    V = picture(23)
    places, count = segment_places(23, 5.0)
    segment = repeating_segment(V, places, count)
    expected = np.stack([np.median(V[:, place::5], axis=1) for place in range(5)], axis=1)
    assert np.allclose(segment, expected)


@given(st.integers(1, 200), st.floats(1.0, 60.0))
@settings(max_examples=60, deadline=None)
def test_places_of_any_period_are_whole_and_in_order(frames, period):
    places, count = segment_places(frames, period)
    assert places[0] == 0
    assert count == places.max() + 1 <= np.ceil(period) + 1
    assert np.all((np.diff(places) == 1) | (places[1:] == 0))


def test_a_period_between_frames_does_not_drift():
    places, _ = segment_places(2000, 20.25)
    starts = np.flatnonzero(places == 0)
    assert np.abs(starts - np.arange(len(starts)) * 20.25).max() <= 1


@pytest.mark.parametrize("order", [3, 5, 9])
def test_neighbours_are_whole_periods_away_and_inside(order):
    index, counts = periodic_neighbours(np.full(100, 7.0), order)
    assert np.all(counts == order)
    assert np.all(index[:, 0] == np.arange(100))
    assert np.all((index >= 0) & (index < 100))
    assert np.all((index - np.arange(100)[:, None]) % 7 == 0)
    assert all(len(set(row)) == order for row in index.tolist())


def test_neighbours_at_the_ends_come_from_the_other_side():
    index, _ = periodic_neighbours(np.full(100, 10.0), 5)
    assert sorted(index[0].tolist()) == [0, 10, 20, 30, 40]
    assert sorted(index[50].tolist()) == [30, 40, 50, 60, 70]


def test_too_few_repetitions_are_counted():
    index, counts = periodic_neighbours(np.full(10, 8.0), 5)
    assert counts.tolist() == [2, 2, 1, 1, 1, 1, 1, 1, 2, 2]
    assert np.all(index[4, 1:] == -1)


@given(st.integers(1, 40), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_filling_a_list_does_not_move_its_median(longest, seed):
    rng = np.random.default_rng(seed)
    V = picture(50, seed=seed)
    counts = rng.integers(1, longest + 1, 8).astype(np.int32)
    index = np.full((8, longest), -1, np.int32)
    for row, count in zip(index, counts, strict=True):
        row[:count] = rng.permutation(50)[:count]
    got = median_of_listed(padded(V), fill_lists(index, counts, 50))
    for t, (row, count) in enumerate(zip(index, counts, strict=True)):
        kept = count - 1 if count > 2 and count % 2 == 0 else count
        expected = V[:, row[:kept]].min(axis=1) if kept == 2 else np.median(V[:, row[:kept]], axis=1)
        assert np.array_equal(got[:, t], expected)
