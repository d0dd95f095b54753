from __future__ import annotations

import numpy as np
import pytest
import signals

from unbraid.core.dsp.delay import find_delay, moved


@pytest.mark.parametrize("delay", [-3000, -1, 0, 17, 4000])
@pytest.mark.parametrize("level", [1e-6, 1.0, 1e3])
def test_the_delay_of_a_copy_under_noise(delay, level):
    a = signals.noise(seconds=1.0, channels=2, seed=1).samples
    b = np.roll(a, delay, axis=0) + signals.noise(seconds=1.0, channels=2, seed=2).samples
    found = find_delay(np.float32(level) * a, b, 5000)
    assert found.samples == delay
    assert found.is_clear


def test_strangers_have_no_clear_delay():
    a, b = (signals.noise(seconds=2.0, channels=1, seed=seed).samples for seed in (1, 2))
    assert not find_delay(a, b, 5000).is_clear


@pytest.mark.parametrize("frames", [0, 1, 2, 50])
def test_short_and_silent(frames):
    a = np.zeros((frames, 2), np.float32)
    found = find_delay(a, a, 100)
    assert (found.samples, found.is_clear) == (0, False)
    find_delay(a + np.float32(1), a, 100)


@pytest.mark.parametrize("delay", [-4, 0, 3, 20, -20])
def test_moved_brings_back(delay):
    a = np.arange(1, 11, dtype=np.float32)[:, None]
    late = np.zeros_like(a)
    for n in range(10):
        if 0 <= n + delay < 10:
            late[n + delay] = a[n]
    back = moved(late, delay)
    known = [n for n in range(10) if 0 <= n + delay < 10]
    assert np.array_equal(back[known], a[known])
    assert np.count_nonzero(back) == len(known)
