import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unbraid.core.kam import peaks


def by_hand(row, own, distance, threshold, count):
    """Take the best again and again."""
    row, chosen = row.copy(), [own]
    while len(chosen) < count:
        row[max(0, chosen[-1] - distance + 1) : chosen[-1] + distance] = peaks.GONE
        best = int(np.argmax(row))
        if row[best] < threshold or row[best] <= peaks.GONE:
            break
        chosen.append(best)
    return chosen


@given(st.integers(1, 60), st.integers(1, 20), st.integers(1, 9), st.floats(-1, 1), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_all_searches_take_the_best_with_a_distance(frames, distance, count, threshold, seed):
    similarity = np.random.default_rng(seed).uniform(-1, 1, (frames, frames)).astype(np.float32)
    expected = [by_hand(row, t, distance, threshold, count) for t, row in enumerate(similarity)]
    for search in (peaks.search_rows, peaks.search_with_numpy, peaks.search()):
        index, counts = np.full((frames, count), -1, np.int32), np.zeros(frames, np.int32)
        search(similarity.copy(), 0, distance, threshold, index, counts)
        assert [list(row[:n]) for row, n in zip(index, counts, strict=True)] == expected


def test_rows_in_the_middle_know_their_own_place():
    similarity = np.random.default_rng(0).random((3, 50)).astype(np.float32)
    index, counts = np.full((3, 4), -1, np.int32), np.zeros(3, np.int32)
    peaks.search()(similarity, 20, 5, 0.0, index, counts)
    assert list(index[:, 0]) == [20, 21, 22]
    assert np.all(counts == 4)


def test_numpy_does_the_search_where_there_is_no_compiler(monkeypatch):
    monkeypatch.setenv("UNBRAID_ENGINE", "scipy")
    peaks.search.cache_clear()
    try:
        assert peaks.search() is peaks.search_with_numpy
    finally:
        peaks.search.cache_clear()


@pytest.fixture(autouse=True)
def _leave_no_trace():
    yield
    peaks.search.cache_clear()
