"""Quantisation is exact where it can be, and noise of the right kind where it cannot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unbraid.core import dither


def every(bits: int, step: int = 1) -> np.ndarray:
    return np.arange(-(2 ** (bits - 1)), 2 ** (bits - 1), step, dtype=np.int32)[:, None]


@pytest.mark.parametrize("dithered", [True, False])
def test_every_16_bit_sample_comes_out_as_it_was(dithered: bool) -> None:
    integers = every(16)
    rng = np.random.default_rng(0) if dithered else None
    assert np.array_equal(dither.quantise(dither.from_integers(integers, 16), 16, rng), integers)


def test_24_bit_samples_come_out_as_they_were() -> None:
    integers = every(24, step=37)
    rng = np.random.default_rng(0)
    assert np.array_equal(dither.quantise(dither.from_integers(integers, 24), 24, rng), integers)


def test_a_song_put_together_from_float_stems_is_still_exact() -> None:
    rng = np.random.default_rng(1)
    song = dither.from_integers(rng.integers(-20000, 20000, (50000, 2)).astype(np.int32), 16)
    parts = (rng.random((3, *song.shape)) / 3 * song).astype(np.float32)
    again = (parts[0] + parts[1] + parts[2] + (song - parts[0] - parts[1] - parts[2])).astype(np.float32)
    assert not np.array_equal(again, song)
    assert np.array_equal(dither.quantise(again, 16, rng) / 32768, song)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(
    st.lists(st.floats(-1.5, 1.5, width=32), min_size=1, max_size=50),
    st.sampled_from([8, 16, 24]),
    st.one_of(st.none(), st.integers(0, 9)),
)
def test_the_error_is_small_and_nothing_leaves_the_range(values: list[float], bits: int, seed: int | None) -> None:
    block = np.array(values, np.float32)[:, None]
    rng = None if seed is None else np.random.default_rng(seed)
    integers = dither.quantise(block, bits, rng)
    scale = 2 ** (bits - 1)
    clamped = np.clip(block.astype(np.float64) * scale, -scale, scale - 1)
    assert np.abs(integers - clamped).max() <= (0.5 if seed is None else 1.5)
    assert integers.min() >= -scale
    assert integers.max() <= scale - 1


def test_dither_noise_is_triangular_white_and_free_of_the_signal() -> None:
    """The total error of a level between two steps: mean 0 and variance 1/4 step², whatever the level."""
    rng = np.random.default_rng(2)
    for level in (0.1, 0.25, 0.5, 0.77):
        block = np.full((200_000, 1), (100 + level) / 32768, np.float32)
        error = dither.quantise(block, 16, rng)[:, 0] - block[:, 0].astype(np.float64) * 32768
        assert abs(error.mean()) < 0.01
        assert abs(error.var() - 0.25) < 0.01
        assert abs(np.corrcoef(error[1:], error[:-1])[0, 1]) < 0.01


def test_a_tone_below_one_step_survives_with_dither_and_dies_without() -> None:
    t = np.arange(44100) / 44100
    tone = (0.4 / 32768 * np.sin(2 * np.pi * 441 * t)).astype(np.float32)[:, None]
    heard = dither.quantise(tone, 16, np.random.default_rng(0))[:, 0]
    assert abs(2 * np.mean(heard * np.sin(2 * np.pi * 441 * t)) - 0.4) < 0.02
    assert not dither.quantise(tone, 16, None).any()


def test_block_sizes_change_nothing() -> None:
    block = np.random.default_rng(3).standard_normal((1000, 3)).astype(np.float32) * 0.1
    whole = dither.quantise(block, 16, np.random.default_rng(5))
    rng = np.random.default_rng(5)
    parts = [dither.quantise(block[k : k + 77], 16, rng) for k in range(0, 1000, 77)]
    assert np.array_equal(np.concatenate(parts), whole)


def test_the_input_is_untouched() -> None:
    block = np.full((10, 1), 0.3, np.float32)
    dither.quantise(block, 16, np.random.default_rng(0))
    assert (block == np.float32(0.3)).all()
