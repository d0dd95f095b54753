import numpy as np
import pytest
from slow_kernels import song

from unbraid.core.kam.kernels import (
    KINDS,
    Comb,
    Cross,
    Diagonal,
    Everywhere,
    Horizontal,
    InRegion,
    Kernel,
    Periodic,
    Repetitions,
    Similar,
    Union,
    Vertical,
)
from unbraid.core.kam.pictures import picture
from unbraid.core.separation.guide import Guide, MarkedRepetition, Region


@pytest.mark.parametrize("kernel", [InRegion(Similar()), Union((Vertical(), Similar())), *(
    KINDS[kind]() for kind in KINDS if kind not in ("union", "in_region")
)], ids=lambda k: k.kind)  # fmt: skip
def test_every_kernel_can_be_drawn_without_a_song(kernel: Kernel) -> None:
    shown = picture(kernel)
    assert shown.weights.dtype == np.float32
    assert shown.weights.max() == 1
    assert shown.weights.min() >= 0
    assert np.count_nonzero(shown.weights) > 1
    assert shown.seconds[0] <= 0 <= shown.seconds[1]
    assert shown.hertz[0] <= 0 <= shown.hertz[1]


def test_a_cross_looks_like_one() -> None:
    shown = picture(Cross(40.0, 0.1), song(33, 40), freq_hz=160.0)
    expected = np.zeros((5, 5))
    expected[2] = expected[:, 2] = 1
    np.testing.assert_array_equal(shown.weights, expected)
    assert shown.seconds == pytest.approx((-0.05, 0.05))
    assert shown.hertz == pytest.approx((-20.0, 20.0))


def test_low_frequencies_come_first() -> None:
    shown = picture(Diagonal(1200.0, "Hz/s", 0.05, both=False), song(33, 40), freq_hz=160.0)
    np.testing.assert_array_equal(shown.weights[::3], np.eye(3))
    steep = picture(Diagonal(8.0, "octaves/s", 0.05, both=False), song(33, 40), freq_hz=160.0)
    assert steep.weights[0, 0] == steep.weights[-1, -1] == 1
    assert steep.hertz == pytest.approx((-20.0, 20.0))


def test_a_comb_shows_neighbouring_partials() -> None:
    shown = picture(Comb("voice", partials=2))
    assert shown.weights.shape[1] == 1
    rows = np.flatnonzero(shown.weights[:, 0])
    hertz = shown.hertz[0] + rows * (shown.hertz[1] - shown.hertz[0]) / (len(shown.weights) - 1)
    assert hertz == pytest.approx([-440, -220, 0, 220, 440], abs=22)


def test_repetitions_are_drawn_where_they_are() -> None:
    regions = Region(60.0, 62.0, 100.0, 2000.0), Region(75.0, 77.0, 100.0, 2000.0)
    shown = picture(Repetitions((MarkedRepetition(regions),)))
    assert shown.seconds[1] == pytest.approx(15.0, abs=0.02)
    assert np.count_nonzero(shown.weights) == 2


def test_a_region_cuts_neighbours_off() -> None:
    known = song(33, 60, guide=Guide(regions=(Region(0.5, 0.7, 0.0, 100.0),)))
    whole = picture(InRegion(Horizontal(0.2)), known, freq_hz=50.0)
    assert np.count_nonzero(whole.weights) == 9
    assert np.count_nonzero(picture(InRegion(Horizontal(0.2)), known, time_s=0.5, freq_hz=50.0).weights) == 5
    assert not picture(InRegion(Horizontal(0.2)), known, freq_hz=300.0).weights.any()


def test_kernels_are_drawn_for_any_place_of_a_song() -> None:
    known = song(33, 60)
    assert picture(Periodic((0.25,)), known, time_s=0.0).seconds == pytest.approx((0.0, 1.0))
    assert picture(Everywhere(), known).weights.shape == (33, 60)
    assert picture(Everywhere("frequency"), known, time_s=99.0, freq_hz=1e9).weights.shape == (33, 1)
