import numpy as np
import pytest

from unbraid.core.dsp.windows import WINDOWS, window
from unbraid.core.errors import ParameterError


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("length", [1, 2, 8, 64, 4096])
def test_a_window_is_read_only_float32_within_zero_and_one(name: str, length: int) -> None:
    w = window(name, length)
    assert w.dtype == np.float32 and w.shape == (length,) and not w.flags.writeable
    assert w.min() >= 0 and 0 < w.max() <= 1


@pytest.mark.parametrize("name", ["hann", "hamming", "blackman"])
def test_periodic_windows_overlap_to_a_constant(name: str) -> None:
    w = window(name, 64).astype(float)
    assert np.ptp(w.reshape(4, 16).sum(axis=0)) < 1e-6


@pytest.mark.parametrize("name", ["sine", "kaiser_bessel", "vorbis"])
def test_power_complementary_windows_are_symmetric_and_their_squares_add_up_to_one(name: str) -> None:
    w = window(name, 64).astype(float)
    np.testing.assert_allclose(w, w[::-1], atol=1e-7)
    np.testing.assert_allclose(w[:32] ** 2 + w[32:] ** 2, 1, atol=3e-7)


def test_known_values() -> None:
    np.testing.assert_allclose(window("hann", 4), [0, 0.5, 1, 0.5], atol=1e-7)
    assert window("hamming", 4)[0] == np.float32(0.08)


@pytest.mark.parametrize(("name", "length"), [("hanning", 8), ("hann", 0), ("kaiser_bessel", 7)])
def test_what_is_no_window_says_what_is(name: str, length: int) -> None:
    with pytest.raises(ParameterError):
        window(name, length)
