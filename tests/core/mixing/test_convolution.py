from __future__ import annotations

import numpy as np
import pytest

from unbraid.core.mixing.convolution import BlockCache, Kernel, padded


@pytest.mark.parametrize("ahead", [0, 31])
def test_a_kernel_convolves(ahead: int) -> None:
    rng = np.random.default_rng(1)
    x, response = rng.standard_normal((1000, 2)).astype(np.float32), rng.standard_normal(64)
    kernel = Kernel.of(response, ahead=ahead)
    got = kernel.filtered(lambda start, frames: padded(x, start, frames), 0, 1000, BlockCache(), "x")
    for channel in range(2):
        want = np.convolve(x[:, channel].astype(np.float64), response)[ahead : ahead + 1000]
        assert np.abs(got[:, channel] - want).max() < 1e-9


def test_the_cache_keeps_to_its_size_and_remembers_what_was_used_last() -> None:
    cache, made = BlockCache(limit_bytes=3 * 800), []

    def block(number: int) -> np.ndarray:
        made.append(number)
        return np.full((100, 1), float(number))

    for number in (0, 1, 2, 0, 3, 0, 1):
        assert cache.get(number, lambda number=number: block(number))[0, 0] == number
    assert made == [0, 1, 2, 3, 1]


def test_padding_is_silence_on_both_sides() -> None:
    x = np.arange(1, 6, dtype=np.float32)[:, None]
    assert padded(x, -2, 9)[:, 0].tolist() == [0, 0, 1, 2, 3, 4, 5, 0, 0]
    assert padded(x, 1, 2)[:, 0].tolist() == [2, 3]
    assert not padded(x, 7, 3).any() and not padded(x, -7, 3).any()
    assert padded(x, 2, 2).dtype == np.float64
