import numpy as np
import pytest

from unbraid.core.errors import ParameterError
from unbraid.core.kam.neighbours import ABSENT, Neighbourhood, Neighbours, joined, pattern, table


def row(found: Neighbours) -> set[tuple[int, int, float]]:
    """Frames, shifts and weights of the neighbours of the first frame."""
    frames, shifts, weights, *_ = (array[0].tolist() for array in found.complete())
    return {(f, s, w) for f, s, w in zip(frames, shifts, weights, strict=True) if f != ABSENT}


def test_a_pattern_ends_where_the_song_does() -> None:
    near = pattern(np.array([-2, 0, 2], np.int32), np.array([1, 0, -1], np.int32), None, 5)
    assert (near.reach, near.shift, near.is_plain) == (2, 1, True)
    assert row(near.of(0, 1)) == {(0, 0, 1.0), (2, -1, 1.0)}
    assert near.of(1, 4).frames.tolist() == [[ABSENT, 1, 3], [0, 2, 4], [1, 3, ABSENT]]


def test_joined_neighbours_count_once_with_their_greatest_weight() -> None:
    a = pattern(np.array([-1, 0, 1], np.int32), np.zeros(3, np.int32), np.array([0.5, 1, 0.5], np.float32), 9)
    b = pattern(np.array([0, 0, 1], np.int32), np.array([-3, 0, 0], np.int32), None, 9)
    near = joined([a, b])
    assert (near.reach, near.shift, near.is_plain) == (1, 3, False)
    assert row(near.of(4, 5)) == {(3, 0, 0.5), (4, 0, 1.0), (5, 0, 1.0), (4, -3, 1.0)}


def test_joined_maps_keep_their_bins_and_equal_ones_are_one() -> None:
    maps = np.array([[0, 1, 2, 3], [3, 2, 1, 0]], np.int32)
    one = pattern(np.array([0, 1], np.int32), np.zeros(2, np.int32), None, 9, maps=maps)
    two = pattern(np.array([0], np.int32), np.zeros(1, np.int32), None, 9, maps=maps[1:])
    near = joined([one, two, table(np.arange(9, dtype=np.int32)[:, None], 9)])
    np.testing.assert_array_equal(near.maps, maps[1:])
    frames, _, _, numbers, *_ = near.of(3, 4).complete()
    present = frames[0] != ABSENT
    places = list(zip(frames[0, present].tolist(), numbers[0, present].tolist(), strict=True))
    assert sorted(places) == [(3, 0), (3, 1), (4, 1)]


def test_a_member_that_needs_the_whole_song_makes_the_union_need_it() -> None:
    whole = Neighbourhood(lambda start, stop: Neighbours(np.zeros((stop - start, 1), np.int32)), None)
    assert joined([whole, table(np.zeros((4, 1), np.int32), 4)]).reach is None


def test_the_reach_of_a_table_is_its_farthest_neighbour() -> None:
    places = np.array([[0, 3], [1, ABSENT], [2, 0], [3, ABSENT]], np.int32)
    assert table(places, 4).reach == 3
    assert table(np.full((4, 2), ABSENT, np.int32), 4).reach == 0


def test_too_many_neighbours_are_refused() -> None:
    many = np.zeros(20000, np.int32)
    with pytest.raises(ParameterError, match="at most 16383 neighbours, not 20000"):
        pattern(many, many, None, 9)
