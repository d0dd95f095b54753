from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.signal import sosfilt

from unbraid.core.document.state import Equaliser
from unbraid.core.mixing import equaliser
from unbraid.core.mixing.convolution import BlockCache, padded

EXTREMES = [Equaliser(*gains) for gains in itertools.product((-24.0, 24.0), repeat=3)]


def test_bands_have_their_gains_where_they_work() -> None:
    shape = Equaliser(6.0, 0.0, -9.0)
    gains = 20 * np.log10(np.abs(equaliser.frequency_response(shape, 48000, [20.0, 200.0, 5000.0, 20000.0])))
    assert gains == pytest.approx([6.0, 3.0, -4.5, -9.0], abs=0.35)
    mid = 20 * np.log10(np.abs(equaliser.frequency_response(Equaliser(mid_db=7.0), 48000, [20.0, 1000.0, 20000.0])))
    assert mid == pytest.approx([0.0, 7.0, 0.0], abs=0.1)


@pytest.mark.parametrize("rate", [8000, 44100, 48000, 96000, 192000])
def test_cutting_the_response_off_changes_nothing_that_can_be_heard(rate: int) -> None:
    """Against the recursion itself: below -120 dB of the loudest it can become, for all extremes."""
    impulse = np.zeros(8 * equaliser.taps(rate))
    impulse[0] = 1.0
    for shape in EXTREMES:
        sections = np.stack([np.append(b, a) / a[0] for b, a in equaliser.biquads(shape, rate)])
        exact = sosfilt(sections, impulse)
        kernel = equaliser.kernel(shape, rate)
        got = kernel.filtered(
            lambda start, frames: padded(impulse.astype(np.float32)[:, None], start, frames), 0, len(impulse),
            BlockCache(), "impulse",
        )[:, 0]  # fmt: skip
        assert np.abs(got - exact).sum() < 1e-6 * np.abs(exact).sum()


def test_no_gains_are_an_impulse() -> None:
    kernel = equaliser.kernel(Equaliser(), 44100)
    assert np.abs(kernel.spectrum - 1.0).max() < 1e-12
