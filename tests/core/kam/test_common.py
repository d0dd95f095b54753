from __future__ import annotations

import numpy as np
import pytest

from unbraid.core.kam.common import common_part, learn_relations
from unbraid.core.kam.recordings import Rounds


def sounds(count=2, frames=200, bins=65, seed=0):
    """What is common (I, T, F), and what each version has alone, now and then, (M, I, T, F)."""
    rng = np.random.default_rng(seed)

    def noise(*shape):
        return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(np.complex64)

    own = np.stack([noise(1, frames, bins) for _ in range(count)])
    speaks = np.repeat(np.repeat(rng.random((count, 1, frames // 10, bins // 5)) < 0.4, 10, axis=2), 5, axis=3)
    return 0.3 * noise(1, frames, bins), own * speaks


def error(true, found):
    return float(10 * np.log10(np.square(np.abs(true)).sum() / np.square(np.abs(true - found)).sum()))


def ratios(count, bins, seed=3):
    rng = np.random.default_rng(seed)
    turns = np.exp(1j * np.linspace(0, 3, bins))
    h = [np.ones(bins), *(rng.uniform(0.3, 2) * turns for _ in range(count - 1))]
    return np.array(h, np.complex64)[:, None]


def test_relations_are_found_under_dialogue():
    common, own = sounds(frames=400)
    h = ratios(2, 65)
    found = learn_relations(common * h[:, :, None] + own)
    assert np.array_equal(found[0], h[0])
    assert np.median(np.abs(found[1] / h[1] - 1)) < 0.1


@pytest.mark.parametrize("count", [2, 3, 4])
def test_the_common_part(count):
    common, own = sounds(count)
    h = ratios(count, 65)
    x = common * h[:, :, None] + own
    assert error(common, common_part(x, h, Rounds())) > error(common, x[0]) + 8


def test_equal_versions_are_all_common_and_strangers_nothing():
    common, own = sounds()
    h = np.ones((2, 1, 65), np.complex64)
    assert error(common, common_part(np.stack([common, common]), h, Rounds())) > 40
    left = common_part(own, h, Rounds())
    assert np.square(np.abs(left)).sum() < 0.25 * np.square(np.abs(own[0])).sum()


@pytest.mark.parametrize("level", [0.0, 1e-5])
def test_silence_and_a_version_that_hears_nothing(level):
    common, _ = sounds()
    x = np.stack([level * common, 0 * common]).astype(np.complex64)
    h = learn_relations(x)
    found = common_part(x, h, Rounds())
    assert np.isfinite(found).all()
    assert np.abs(found).max() <= 0.5 * level


def test_the_context_is_enough():
    common, own = sounds(frames=100)
    x, h, how = common + own, np.ones((2, 1, 65), np.complex64), Rounds(2, 3, 3)
    whole, reach = common_part(x, h, how), how.context_frames
    part = common_part(x[:, :, 40 - reach : 60 + reach], h, how)
    assert part[:, reach:-reach] == pytest.approx(whole[:, 40:60], abs=1e-6)
