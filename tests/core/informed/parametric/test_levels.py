"""Levels of amplitude: exact values, rounding there and back."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from unbraid.core.errors import ParameterError
from unbraid.core.informed.parametric import levels


def test_roots_are_rounded_correctly() -> None:
    for numerator in range(12):
        value = Fraction(levels.root_of_two(numerator, 12))
        ulp = Fraction(float(np.spacing(float(value))))
        assert (value - ulp / 2) ** 12 <= 2**numerator <= (value + ulp / 2) ** 12


def test_an_octave_is_exactly_two() -> None:
    for semitones in (-1000, -12, -5, 0, 7, 12, 900):
        assert levels.amplitude(semitones + 12) == 2 * levels.amplitude(semitones)
    assert levels.amplitude(0) == 1
    assert levels.amplitude(24) == 4


def test_a_table_begins_with_zero_and_grows_by_its_step() -> None:
    table = levels.table(18, -36, 3)
    assert table.tolist() == [0.0, 0.125, levels.amplitude(-18), 1.0]


@pytest.mark.parametrize("step", [1, 5, 12, 18, 48])
def test_levels_come_back(step: int) -> None:
    table = levels.table(step, -200, 20)
    assert levels.nearest(table, step, -200, 20).tolist() == list(range(21))


def test_nearest_is_nearest_in_decibels() -> None:
    rng = np.random.default_rng(0)
    values = 10 ** rng.uniform(-2, 1, 1000)
    table = levels.table(6, -72, 30)
    found = levels.nearest(values, 6, -72, 30)
    distances = np.abs(np.log(values[:, None] / table[None, 1:]))
    inside = (found > 1) & (found < 30)
    assert (found[inside] == 1 + distances[inside].argmin(axis=1)).all()


def test_silence_and_the_loudest_are_bounded() -> None:
    assert levels.nearest([0.0, 1e-30, 1e30], 6, -60, 11).tolist() == [0, 0, 11]


def test_what_is_no_level_is_refused() -> None:
    with pytest.raises(ParameterError, match="semitones"):
        levels.amplitude(levels.MOST_SEMITONES + 1)
    with pytest.raises(ParameterError, match="root"):
        levels.root_of_two(12, 12)
