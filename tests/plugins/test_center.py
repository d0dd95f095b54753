import numpy as np
import pytest

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.separation.contract import silent_progress
from unbraid.core.separation.guide import Guide
from unbraid.plugins.center import Center

RATE = 22050


def sdr(truth, estimate):
    error = truth.astype(np.float64) - estimate
    return 10 * np.log10(np.vdot(truth, truth) / np.vdot(error, error))


def panned(freqs_hz, position, seconds=3.0):
    """Tones with vibrato at a position from -1 to 1, (N, 2)."""
    t = np.arange(round(seconds * RATE)) / RATE
    mono = sum(0.1 * np.sin(2 * np.pi * f * t + 3 * np.sin(2 * np.pi * 4 * t)) for f in freqs_hz)
    angle = (position + 1) * np.pi / 4
    return (mono[:, None] * (np.cos(angle), np.sin(angle))).astype(np.float32)


MIDDLE = panned((300, 900, 2100), 0.0)
LEFT = panned((500, 1300, 3300), -0.8)
RIGHT = panned((700, 1700, 4100), 0.9)


def separate(x, separator=None):
    stems = (separator or Center()).separate(Audio(x, RATE), Guide(), silent_progress)
    return stems["center"].samples, stems["sides"].samples


@pytest.mark.parametrize(("position", "truth"), [(0.0, MIDDLE), (-80.0, LEFT), (90.0, RIGHT)])
def test_a_source_is_picked_by_its_place(position, truth):
    center, sides = separate(MIDDLE + LEFT + RIGHT, Center(position=position))
    assert sdr(truth, center) > 20
    assert sdr(MIDDLE + LEFT + RIGHT - truth, sides) > 20


def test_wide_sounds_are_sides():
    noise = 0.1 * np.random.default_rng(0).standard_normal((3 * RATE, 2)).astype(np.float32)
    opposite = noise.copy()
    opposite[:, 1] = -opposite[:, 0]
    center, _ = separate(opposite)
    assert np.abs(center).max() < 1e-6
    center, _ = separate(noise)
    assert np.square(center).sum() < 0.2 * np.square(noise).sum()


def test_one_channel_is_all_center():
    center, sides = separate(MIDDLE[:, :1])
    assert np.array_equal(center, MIDDLE[:, :1])
    assert not sides.any()


def test_two_equal_channels_are_all_center():
    center, sides = separate(np.repeat(LEFT[:, :1], 2, axis=1))
    assert np.abs(sides).max() < 1e-6
    assert np.abs(center[:, 0] - LEFT[:, 0]).max() < 1e-6


def test_only_the_band_is_center():
    center, _ = separate(panned((300,), 0.0) + panned((3000,), 0.0), Center(low_hz=1500.0))
    assert sdr(panned((3000,), 0.0), center) > 20


def test_limits_in_the_wrong_order_and_more_than_a_pair_are_refused():
    with pytest.raises(ParameterError, match="high_hz"):
        separate(MIDDLE, Center(low_hz=500.0, high_hz=400.0))
    with pytest.raises(ParameterError, match="pairs"):
        separate(np.repeat(MIDDLE[:, :1], 6, axis=1))
