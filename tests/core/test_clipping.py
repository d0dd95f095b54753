"""One rule for the whole set, and nothing happens to what fits."""

from __future__ import annotations

import numpy as np
import pytest
import signals
from hypothesis import given, settings
from hypothesis import strategies as st

from unbraid.core import clipping
from unbraid.core.audio import Audio
from unbraid.core.errors import AudioFileError, ParameterError


def test_the_peak_of_a_long_sound_is_found_in_any_block() -> None:
    samples = np.zeros((clipping.BLOCK * 2 + 10, 2), np.float32)
    samples[clipping.BLOCK + 5, 1] = -1.75
    assert clipping.peak(Audio(samples, 8000)) == 1.75


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_finite_are_refused_with_their_place(value: float) -> None:
    samples = np.zeros((clipping.BLOCK + 8000, 2), np.float32)
    samples[clipping.BLOCK + 4000, 1] = value
    with pytest.raises(AudioFileError, match=rf"{(clipping.BLOCK + 4000) / 8000:.3f} s"):
        clipping.peak(Audio(samples, 8000))


def test_the_gain_is_one_unless_something_passes_full_scale() -> None:
    assert clipping.common_gain([0.2, 1.0]) == 1.0
    assert clipping.common_gain([0.2, 2.0]) == 0.5
    assert clipping.common_gain([]) == 1.0
    assert clipping.decibels(0.5) == pytest.approx(-6.0206, abs=1e-4)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.lists(st.floats(-8, 8, width=32), min_size=1, max_size=40), st.sampled_from([1.0, clipping.ceiling_of(16)]))
def test_the_soft_curve_is_odd_rising_and_inside(values: list[float], ceiling: float) -> None:
    block = np.sort(np.array(values, np.float32))[:, None]
    bent = clipping.soft_clip(block, ceiling)
    assert np.abs(bent).max() <= ceiling
    assert (np.diff(bent[:, 0]) >= 0).all()
    assert np.array_equal(clipping.soft_clip(-block, ceiling), -bent)
    small = np.abs(block) <= clipping.KNEE * ceiling
    assert np.array_equal(bent[small], block[small])


def test_the_soft_curve_has_no_kink() -> None:
    x = np.linspace(0.7, 0.9, 2001, dtype=np.float32)[:, None]
    slope = np.diff(clipping.soft_clip(x)[:, 0].astype(np.float64)) / np.diff(x[:, 0].astype(np.float64))
    assert np.abs(np.diff(slope)).max() < 0.01


def test_limit_leaves_what_needs_nothing() -> None:
    block = signals.noise().samples
    assert clipping.limit(block, "common_gain", 1.0) is block
    assert clipping.limit(block, "none", 1.0) is block
    assert np.allclose(clipping.limit(block, "common_gain", 0.5), block * 0.5)
    assert np.abs(clipping.limit(block * 100, "clamp", 1.0)).max() == 1.0


def test_an_unknown_policy_is_named() -> None:
    with pytest.raises(ParameterError, match="common_gain"):
        clipping.check_policy("loud")
