import math

import numpy as np
import pytest

from unbraid.core.errors import BitstreamError, ParameterError
from unbraid.core.informed.parametric.spatial import (
    ANGLES,
    DIFFUSENESSES,
    PHASES,
    TURN,
    Places,
    cosines,
    levels,
    nearest_places,
    plain,
    spatial_band,
)
from unbraid.core.informed.parametric.spatial_coding import read_places, write_places


def some_places(bands=6, sources=4, seed=0):
    rng = np.random.default_rng(seed)
    size = (bands, sources)
    index = np.stack([rng.integers(0, n, size) for n in (ANGLES + 1, PHASES, DIFFUSENESSES)], -1)
    return Places(plain(index), 2)


def test_tables_are_right_to_the_last_bit():
    assert cosines()[[0, 32, 64, 96]].tolist() == [1, 0, -1, 0]
    np.testing.assert_allclose(cosines(), np.cos(2 * np.pi * np.arange(TURN) / TURN), atol=1e-15)
    assert cosines()[16] == math.sqrt(0.5) and cosines()[8].hex() == "0x1.d906bcf328d46p-1"
    assert levels()[:4].tolist() == [1, math.sqrt(0.5), 0.5, math.sqrt(0.5) / 2]


def test_covariances_are_hermitian_positive_and_of_trace_two():
    R = some_places().covariances()
    assert (R.conj().swapaxes(2, 3) == R).all()
    assert (np.trace(R, axis1=2, axis2=3) == 2).all()
    assert np.linalg.eigvalsh(R).min() > 0


def test_a_source_in_one_channel_stays_there():
    R = Places(np.array([[[0, 0, DIFFUSENESSES - 1], [ANGLES, 0, DIFFUSENESSES - 1]]]), 2).covariances()[0]
    assert R[0, 1, 1] < 1e-4 and R[1, 0, 0] < 1e-4 and R[0, 0, 1] == 0


def test_places_are_found_again_from_their_covariances():
    places = some_places(seed=3)
    assert (nearest_places(1e-9 * places.covariances()).index == places.index).all()


def test_silence_and_one_channel_have_a_place():
    assert (nearest_places(np.zeros((1, 2, 2, 2))).index == Places.middle(2, 2).index).all()
    assert nearest_places(np.ones((1, 2, 1, 1))).covariances().tolist() == [[[[1]], [[1]]]]
    assert write_places(Places.middle(3, 1)) == b""


@pytest.mark.parametrize("known", [None, some_places(seed=5)])
def test_places_come_back_from_their_bytes(known):
    places = some_places(seed=4)
    assert (read_places(write_places(places, known), 6, 4, 2, known).index == places.index).all()


def test_places_that_have_not_moved_cost_nothing():
    assert write_places(some_places(), some_places()) == b""


def test_damaged_places_are_refused_or_places():
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        try:
            read_places(rng.bytes(int(rng.integers(0, 60))), 4, 3, 2)
        except BitstreamError:
            refused += 1
    assert refused > 100


def test_impossible_places_are_refused():
    with pytest.raises(ParameterError):
        Places(np.full((1, 1, 3), 99), 2)
    with pytest.raises(ParameterError):
        Places.middle(2, 3)


def test_spatial_bands_share_the_bands():
    assert spatial_band(7, 3).tolist() == [0, 0, 0, 1, 1, 2, 2]
