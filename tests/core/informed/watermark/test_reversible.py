"""The integer transform: exactly reversible, close to the MDCT, defined without reference to a library."""

import math
import zlib
from decimal import Decimal, getcontext

import numpy as np
import pytest
import signals

from unbraid.core.informed.watermark import reversible

GOLDEN = 1203233958
"""CRC-32 of the coefficients of a written signal; another value would make every marked song unreadable."""


def integers(*, frames=5000, channels=2, level=5000.0, seed=0):
    rng = np.random.default_rng(seed)
    return np.rint(level * rng.standard_normal((frames, channels))).astype(np.int32)


@pytest.mark.parametrize("bins", [256, 512, 1024, 2048])
@pytest.mark.parametrize("level", [0, 0.5, 1e4, 2.5e6])
def test_the_inverse_gives_back_every_integer(bins, level):
    samples = integers(frames=6 * bins + 77, level=level)
    before = samples.copy()
    back = reversible.inverse(reversible.forward(samples, bins))
    np.testing.assert_array_equal(back, samples[: 6 * bins])
    np.testing.assert_array_equal(samples, before)


def test_any_coefficients_come_back_from_their_samples():
    coefficients = integers(frames=8 * 256).T.reshape(2, 8, 256)
    np.testing.assert_array_equal(reversible.forward(reversible.inverse(coefficients), 256), coefficients)


def test_it_is_the_mdct_with_little_noise():
    samples = integers(channels=1, frames=256 * 12)
    ours = reversible.forward(samples, 256)[0]
    error = ours - mdct_of_blocks(samples, 256)
    assert np.mean(error[1:-1] ** 2) < 0.4


def mdct_of_blocks(samples, bins):
    """The MDCT in float64, each window two blocks around a block, every second one negative."""
    padded = np.pad(samples.astype(np.float64), ((bins // 2, bins), (0, 0)))[:, 0]
    window = np.sin(np.pi * (np.arange(2 * bins) + 0.5) / (2 * bins))
    n, k = np.arange(2 * bins) - bins // 2, np.arange(bins)
    basis = np.cos(np.pi / bins * (n[:, None] + 0.5) * (k + 0.5)) * np.sqrt(2 / bins) * window[:, None]
    count = len(samples) // bins
    rows = np.stack([padded[t * bins : t * bins + 2 * bins] @ basis for t in range(count)])
    rows[1::2] *= -1
    return rows


def test_rounding_is_that_of_exact_arithmetic():
    rows = integers(frames=3 * 64, channels=1, level=3e5).reshape(3, 64).astype(np.float64)
    fast = reversible.rounded_cosine_transform(rows)
    exact = [[reversible._exact_row(row, k) for k in range(64)] for row in rows]
    np.testing.assert_array_equal(fast, exact)


def test_doubtful_values_are_computed_exactly(monkeypatch):
    rows = integers(frames=64, channels=1).reshape(1, 64).astype(np.float64)
    expected = reversible.rounded_cosine_transform(rows)
    monkeypatch.setattr(reversible, "DOUBT", 1.0)
    np.testing.assert_array_equal(reversible.rounded_cosine_transform(rows), expected)


def test_the_table_of_cosines_is_right():
    getcontext().prec = 60
    pi = Decimal("3.14159265358979323846264338327950288419716939937510582")
    assert int(pi * 2**100) == reversible.PI
    table = reversible._cosines(256)
    for j in (0, 1, 100, 511, 512, 513, 1024, 2047):
        assert table[j] / 2**80 == pytest.approx(math.cos(math.pi * j / 1024) * math.sqrt(2 / 256), abs=1e-16)


def test_coefficients_are_the_same_on_every_machine():
    t = np.arange(8 * 1024)[:, None]
    samples = ((t * t * 7 + t * 31) % 20011 - 10005).astype(np.int32)
    found = reversible.forward(samples, 1024).astype("<i4").tobytes()
    assert zlib.crc32(found) == GOLDEN


def test_a_change_stays_in_its_blocks():
    samples = integers(frames=256 * 16)
    coefficients = reversible.forward(samples, 256)
    coefficients[:, 8] += 3
    changed = np.flatnonzero((reversible.inverse(coefficients) != samples).any(axis=1))
    assert changed.min() >= 8 * 256 - 128 and changed.max() < 10 * 256 + 128


def test_second_blocks_of_pairs_are_found_alone():
    sound = signals.noise(seconds=0.2, channels=1)
    samples = np.rint(sound.samples * 32768).astype(np.int32)
    whole = reversible.forward(samples, 256)
    window = samples[4 * 256 - 128 : 4 * 256 - 128 + 3 * 256]
    np.testing.assert_array_equal(reversible.second_of_pair(window, 256)[0], whole[0, 5])
