from __future__ import annotations

import math

import pytest

from unbraid.app.controls.taper import STEPS, Even, Fader, Taper

TAPERS: list[Taper] = [Fader(), Even(-1.0, 1.0, 0.01), Even(-24.0, 24.0), Even(0.0, 10.0, 0.5)]


@pytest.mark.parametrize("taper", TAPERS, ids=repr)
def test_values_rise_with_positions_from_the_lowest_to_the_highest(taper: Taper) -> None:
    values = [taper.value(position) for position in range(STEPS + 1)]
    assert values == sorted(values)
    assert (values[0], values[-1]) == (taper.low, taper.high)


@pytest.mark.parametrize("taper", TAPERS, ids=repr)
def test_a_value_comes_back_from_its_position(taper: Taper) -> None:
    """A value that a position stands for is shown where it is again, so that a slider never creeps by itself."""
    for position in range(STEPS + 1):
        value = taper.value(position)
        assert taper.value(taper.position(value)) == pytest.approx(value, abs=0.051 if isinstance(taper, Fader) else 0)


@pytest.mark.parametrize("taper", TAPERS, ids=repr)
def test_positions_rise_with_values_and_stay_on_the_slider(taper: Taper) -> None:
    low = -80.0 if math.isinf(taper.low) else taper.low - 1
    values = [low + k * (taper.high + 1 - low) / 997 for k in range(998)]
    positions = [taper.position(value) for value in values]
    assert positions == sorted(positions)
    assert min(positions) >= 0 and max(positions) == STEPS


def test_a_fader_has_its_marks() -> None:
    fader = Fader()
    assert fader.position(0.0) == 750 and fader.value(750) == 0.0
    assert fader.position(-math.inf) == 0 and fader.value(0) == -math.inf
    assert fader.position(12.0) == STEPS and fader.position(99.0) == STEPS
    assert fader.position(-60.0) == 1, "the lowest number is not silence"
    assert fader.position(-61.0) == 0
    assert abs(fader.value(755) - fader.value(750)) < 0.3, "fine around 0 dB"
    assert math.copysign(1, fader.value(750)) == 1, "no -0.0"


def test_a_value_is_rounded_to_a_step() -> None:
    assert Even(-1.0, 1.0, 0.01).value(503) == pytest.approx(0.01)
    assert math.copysign(1, Even(-1.0, 1.0, 0.01).value(499)) == 1
