import numpy as np
import pytest

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.evaluation.distortion import (
    Signals,
    correlations,
    distortion_filters,
    factor_in_place,
    independent,
    solve,
)

TAPS = 9


def signals(audios):
    return Signals(tuple(audios.values()), 0, next(iter(audios.values())).frames)


def delayed(samples, taps):
    """All channels of samples (S, N) at delays from 0 to taps - 1, (N + taps - 1, S taps)."""
    padded = np.pad(samples, ((0, 0), (0, taps - 1)))
    return np.stack([np.roll(x, t) for x in padded for t in range(taps)], axis=1)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_filters_are_the_least_squares_solution(separated, channels):
    true, estimates = (signals(audios) for audios in separated(2, channels, 0.3))
    filters = distortion_filters(true, estimates, TAPS)
    s, e = true.load(0, true.samples), estimates.load(0, true.samples)
    target = np.pad(e, ((0, 0), (0, TAPS - 1))).T
    every = np.linalg.lstsq(delayed(s, TAPS), target, rcond=None)[0]
    np.testing.assert_allclose(filters.every.reshape(-1, 2 * channels), every, atol=1e-10)
    for j, h in enumerate(filters.own):
        mine = slice(j * channels, (j + 1) * channels)
        own = np.linalg.lstsq(delayed(s[mine], TAPS), target[:, mine], rcond=None)[0]
        np.testing.assert_allclose(h.reshape(-1, channels), own, atol=1e-10)


def test_correlations_are_sums_of_products(separated):
    true, estimates = (signals(audios) for audios in separated(2, 2, 0.2))
    R = correlations(true, estimates, TAPS)
    a = true.load(0, true.samples)
    b = np.concatenate([a, estimates.load(0, true.samples)])
    n = a.shape[1]
    expected = [[[x[: n - lag] @ y[lag:] for y in b] for x in a] for lag in range(TAPS)]
    np.testing.assert_allclose(R, expected, rtol=1e-10, atol=1e-10)


def test_a_part_knows_nothing_of_the_rest():
    audio = Audio.of(np.arange(1, 11)[:, None] * [1, -1], 8000)
    part = Signals((audio,), 2, 9).part(1, 4)
    assert part.samples == 3
    np.testing.assert_array_equal(part.load(-2, 7), np.array([0, 0, 4, 5, 6, 0, 0]) * [[1], [-1]])
    assert Signals((audio,), 8, 14).load(0, 6)[0].tolist() == [9, 10, 0, 0, 0, 0]


@pytest.mark.parametrize("kind", ["mono as stereo", "a silent channel", "one is the sum of others"])
def test_dependent_channels_explain_all_that_can_be_explained(separated, kind):
    """What filters make of the sources is the projection, however many filters there are that make it."""
    true, estimates = (signals(audios) for audios in separated(3, 2, 0.3))
    x = true.load(0, true.samples)
    if kind == "mono as stereo":
        x[1::2] = x[::2]
    elif kind == "a silent channel":
        x[3] = 0
    else:
        x[4] = x[0] + x[3]
    audios = tuple(Audio.of(x[k : k + 2].T, 8000) for k in (0, 2, 4))
    sources = Signals(audios, 0, true.samples)
    every = distortion_filters(sources, estimates, TAPS).every
    A = delayed(sources.load(0, sources.samples), TAPS)
    target = np.pad(estimates.load(0, true.samples), ((0, 0), (0, TAPS - 1))).T
    expected = A @ np.linalg.lstsq(A, target, rcond=1e-6)[0]  # the sum is one but for its rounding
    np.testing.assert_allclose(A @ every.reshape(-1, 6), expected, atol=1e-6)


def test_dependent_channels_are_found():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((6, 500))
    x[1] = 0
    x[3] = 2 * x[0]
    x[5] = x[2] - 1e-4 * x[4]
    assert independent(x @ x.T) == [0, 2, 4]
    x[5] += 1e-5 * rng.standard_normal(500)
    assert independent(x @ x.T) == [0, 2, 4, 5]


def test_filters_of_delayed_copies_can_be_had(separated):
    """The system is singular though no channel is a mix of others at the same moment."""
    true, estimates = separated(2, 1, 0.5)
    copy = np.zeros_like(true["vocals"].samples)
    copy[2:] = true["vocals"].samples[:-2]
    copy[-40:] = 0
    whole = true["vocals"].samples.copy()
    whole[-40:] = 0
    audios = {"vocals": Audio(whole, 8000), "drums": Audio(copy, 8000)}
    filters = distortion_filters(signals(audios), signals(estimates), TAPS)
    assert np.all(np.isfinite(filters.every))
    assert np.abs(filters.every).max() < 1e6


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("panel", [8, 64])
def test_factors_are_those_of_cholesky(monkeypatch, threads, panel):
    monkeypatch.setattr("unbraid.core.evaluation.distortion.PANEL", panel)
    x = np.random.default_rng(1).standard_normal((50, 70))
    G = x @ x.T
    factor = np.where(np.tri(50), G, np.nan)  # only the lower triangle is read
    for a in range(0, 50, panel):
        factor[a : a + panel, a : a + panel] = G[a : a + panel, a : a + panel]
    factor_in_place(factor, threads=threads)
    np.testing.assert_allclose(np.tril(factor), np.linalg.cholesky(G), atol=1e-12)


def test_an_indefinite_system_gets_words():
    R = np.zeros((3, 1, 1))
    R[:, 0, 0] = [1, 5, 1]  # no signal has such correlations
    with pytest.raises(ParameterError, match="cannot be told apart"):
        solve(R, np.ones((3, 1, 1)))


def test_systems_beyond_memory_are_refused():
    audio = Audio.of(np.ones((10, 33)), 8000)
    with pytest.raises(ParameterError, match="16896 unknowns.*2.3 GB.*with 496 taps"):
        distortion_filters(Signals((audio,), 0, 10), Signals((audio,), 0, 10), 512)
