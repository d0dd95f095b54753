import numpy as np
import pytest
from slow_kernels import fitted, folded, picture, song

from unbraid.core.kam.kernels import Diagonal
from unbraid.core.kam.patterns import mirrored_bins
from unbraid.core.kam.smoothers import bind


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("engine", ["compiled", "scipy"])
def test_lines_in_octaves_are_steeper_the_higher_they_are(both: bool, engine: str) -> None:
    known, z = song(33, 20), picture(33, 20)
    slopes = (8.0, -8.0) if both else (8.0,)  # octaves a second; a frame is 25 ms

    def of(b: int, t: int) -> list[tuple[int, int, float]]:
        near = {(0, 0): (b, t, 1.0)}
        for slope in slopes:
            for dt in (-2, -1, 1, 2):
                if 0 <= t + dt < 20:
                    near[slope, dt] = (folded(round(b * 2 ** (slope * 0.025 * dt)), 33), t + dt, 1.0)
        return list(near.values())

    got = bind(Diagonal(8.0, "octaves/s", 0.1, both=both), known)(z, engine=engine)  # type: ignore[arg-type]
    np.testing.assert_array_equal(got, fitted(z, of, "median"))


def test_a_glide_stays_and_a_stroke_goes() -> None:
    known = song(257, 60)
    z = np.zeros((60, 257), np.float32).T
    for t in range(60):
        for partial in (1, 2, 3):
            z[round(partial * 20 * 2 ** (0.02 * t)), t] += 1.0
    glide = z.copy()
    z[:, 30] = 2.0
    kernel = Diagonal(0.8, "octaves/s", 0.25, both=False)
    left = bind(kernel, known)(z)
    assert left[glide > 0][20:].mean() > 0.6
    assert left[glide == 0].mean() < 0.01
    wrong_way = bind(Diagonal(-0.8, "octaves/s", 0.25, both=False), known)(z)
    assert wrong_way[glide > 0].mean() < 0.2


@pytest.mark.parametrize("bins", [1, 2, 3, 9])
def test_bins_are_mirrored_at_both_ends(bins: int) -> None:
    places = np.arange(-30, 30)
    assert mirrored_bins(places, bins).tolist() == [folded(place, bins) for place in places.tolist()]
