from __future__ import annotations

import numpy as np
import pytest

from unbraid.core.separation.likeness import clusters
from unbraid.core.separation.nmf import Factors


def two_families() -> Factors:
    """Components 0, 2, 4 low and early, 1, 3, 5 high and late; the latter are louder."""
    rng = np.random.default_rng(0)
    W, H = 0.01 * rng.random((40, 6)), 0.01 * rng.random((6, 100))
    for k in range(6):
        W[slice(0, 10) if k % 2 == 0 else slice(25, 40), k] += 1 + 0.2 * rng.random()
        H[k, slice(0, 50) if k % 2 == 0 else slice(50, 100)] += 1 + 2 * (k % 2)
    return Factors(W.astype(np.float32), H.astype(np.float32), ())


@pytest.mark.parametrize("sound", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("gain", [1e-12, 1.0, 1e6])
def test_families_are_found_whatever_the_loudness(sound: float, gain: float) -> None:
    factors = two_families()
    louder = Factors(factors.templates, factors.activations * np.float32(gain), ())
    assert [list(group) for group in clusters(louder, 2, sound=sound)] == [[1, 3, 5], [0, 2, 4]]


def test_few_components_are_groups_of_their_own_the_loudest_first() -> None:
    groups = clusters(two_families(), 8)
    assert sorted(len(group) for group in groups) == [1] * 6
    assert {int(group[0]) for group in groups[:3]} == {1, 3, 5}


def test_silence_can_be_grouped() -> None:
    silent = Factors(np.zeros((10, 4), np.float32), np.zeros((4, 5), np.float32), ())
    assert sum(len(group) for group in clusters(silent, 2)) == 4
