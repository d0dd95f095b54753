import math

import numpy as np
import pytest
from slow_kernels import song

from unbraid.core.kam.surroundings import Area, Rectangle
from unbraid.core.separation.guide import Region


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        (Region(0.1, 0.2, 50.0, 100.0), (4, 9, 5, 11)),
        (Region(0.09, 0.21, 41.0, 109.0), (4, 9, 5, 11)),
        (Region(0.0, 10.0), (0, 20, 0, 17)),
        (Region(-3.0, 0.01), (0, 1, 0, 17)),
        (Region(0.13, 0.14, 62.0, 63.0), (5, 6, 6, 7)),
        (Region(3.0, 4.0), (20, 20, 0, 17)),
        (Region(-4.0, -3.0), (0, 0, 0, 17)),
        (Region(0.0, 0.1, 1e5, math.inf), (0, 5, 17, 17)),
    ],
)
def test_a_region_holds_the_places_within_and_at_least_one(region: Region, expected: tuple[int, int, int, int]) -> None:
    got = Rectangle.of(region, song(17, 20))
    assert (got.first_frame, got.stop_frame, got.first_bin, got.stop_bin) == expected


def test_an_area_is_all_of_its_regions() -> None:
    area = Area.of(
        [Region(0.1, 0.2, 0.0, 30.0), Region(0.15, 0.3), Region(0.45, 0.475), Region(9.0, 9.5)], song(17, 20)
    )
    assert area.spans(0, 20) == [(4, 13), (18, 20)]
    assert area.spans(6, 19) == [(6, 13), (18, 19)]
    assert area.spans(14, 17) == []
    inside = area.inside(np.arange(20), 17)
    assert inside.sum() == 2 * 4 + 7 * 17 + 2 * 17
    np.testing.assert_array_equal(area.inside(np.array([5, 19]), 17), inside[[5, 19]])


def test_extents_have_at_least_one_place_to_either_side_and_at_most_the_song() -> None:
    known = song(17, 20)
    assert [known.half_bins(hz) for hz in (0.1, 20.0, 40.0, 1e5)] == [1, 1, 2, 16]
    assert [known.half_frames(s) for s in (0.001, 0.1, 60.0)] == [1, 2, 19]
    assert (song(1, 1).half_bins(10.0), song(1, 1).half_frames(1.0)) == (0, 0)
