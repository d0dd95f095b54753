import numpy as np
import pytest

from unbraid.core.evaluation.distortion import Filters, Signals, distortion_filters
from unbraid.core.evaluation.energies import PARTS, Frames, energies


def convolved(samples, filters):
    """Outputs (outputs, N + taps - 1) of samples (inputs, N) through filters (inputs, taps, outputs)."""
    return np.array(
        [sum(np.convolve(x, h) for x, h in zip(samples, filters[..., c], strict=True)) for c in range(filters.shape[2])]
    )


@pytest.mark.parametrize("taps", [1, 2, 33])
@pytest.mark.parametrize("window", [3, 500, 4800])
def test_energies_are_those_of_filtered_windows(separated, taps, window):
    true, estimates = (Signals(tuple(a.values()), 0, 4800) for a in separated(2, 2, 0.6))
    filters = distortion_filters(true, estimates, taps)
    frames = Frames(window, window // 2 + 1, 2)
    found = energies(true, estimates, frames, filters)
    assert found.shape == (len(PARTS), 2, 2)
    for k in range(2):
        s, e = (frames.at(signals, k).load(0, window) for signals in (true, estimates))
        s, e = (np.pad(s[:, : 4800 - k * frames.hop], ((0, 0), (0, taps - 1))) for s in (s, e))
        p = convolved(s[:, : s.shape[1] - taps + 1], filters.every)
        halves = zip((s[:2], s[2:]), filters.own, strict=True)
        f = np.concatenate([convolved(x[:, : s.shape[1] - taps + 1], h) for x, h in halves])
        for row, part in zip(found[..., k], (s, e - s, f - s, f, p - f, p, e - p), strict=True):
            expected = np.square(part).sum(axis=1).reshape(2, 2).sum(axis=1)
            np.testing.assert_allclose(row, expected, rtol=1e-9, atol=1e-12)


def test_filters_of_one_sample_and_one_source():
    from unbraid.core.audio import Audio

    s, e = (Signals((Audio.of(x, 8000),), 0, 3) for x in ([1, 2, 2], [1, 1, 1]))
    h = np.full((1, 1, 1), 2.0)
    found = energies(s, e, Frames(3, 3, 1), Filters(h, (h,)))[:, 0, 0]
    np.testing.assert_allclose(found, [9, 2, 9, 36, 0, 36, 1 + 9 + 9])
