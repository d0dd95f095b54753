import numpy as np
import numpy.typing as npt
import pytest

from unbraid.core.errors import ParameterError
from unbraid.core.kam.robust import backfit, over_periods, over_surroundings

Series = npt.NDArray[np.float64]


def stable_noise(alpha: float, count: int, rng: np.random.Generator) -> Series:
    """Symmetric alpha-stable noise of unit scale: Cauchy for 1, Gaussian for 2 (Chambers et al., 1976)."""
    u, w = rng.uniform(-np.pi / 2, np.pi / 2, count), rng.exponential(size=count)
    if alpha == 1:
        return np.tan(u)
    return np.sin(alpha * u) / np.cos(u) ** (1 / alpha) * (np.cos((1 - alpha) * u) / w) ** ((1 - alpha) / alpha)


def error_ratio(truth: Series, found: Series) -> float:
    """Source to error ratio in dB, means removed."""
    truth, found = truth - truth.mean(), found - found.mean()
    return float(10 * np.log10((truth**2).sum() / ((truth - found) ** 2).sum()))


def trial(alpha: float, iterations: int, seed: int) -> list[float]:
    """Two periodic sources of 13 and 29 samples under noise, 1000 samples."""
    rng = np.random.default_rng(seed)
    sources = [np.tile(rng.normal(0, 2, period), 80)[:1000] for period in (13, 29)]
    x = np.sum(sources, axis=0) + stable_noise(alpha, 1000, rng)
    found = backfit(x, [over_periods(13), over_periods(29)], iterations=iterations)
    return [error_ratio(s, f) for s, f in zip(sources, found, strict=True)]


@pytest.mark.parametrize(("iterations", "decibels"), [(1, 6.0), (2, 11.5), (5, 18.0), (10, 18.7)])
def test_two_periodic_sources_come_apart_under_cauchy_noise(iterations: int, decibels: float) -> None:
    assert np.median([trial(1.0, iterations, seed) for seed in range(10)]) == pytest.approx(decibels, abs=1.0)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 1.6, 2.0])
def test_five_iterations_are_enough_for_any_noise(alpha: float) -> None:
    five, ten = (np.median([trial(alpha, iterations, seed) for seed in range(10)]) for iterations in (5, 10))
    assert 16.5 < five < 20
    assert abs(ten - five) < 1.5


def test_steps_and_a_rhythm_come_apart() -> None:
    rng = np.random.default_rng(0)
    steps = np.repeat(rng.normal(0, 3, 10), 100)
    rhythm = np.tile(rng.normal(0, 1, 17), 60)[:1000]
    x = steps + rhythm + 0.1 * stable_noise(1.0, 1000, rng)
    found = backfit(x, [over_surroundings(25), over_periods(17)], iterations=10)
    assert error_ratio(steps, found[0]) > 15
    assert error_ratio(rhythm, found[1]) > 10


def test_what_a_single_source_explains_exactly_stays() -> None:
    x = np.tile(np.random.default_rng(0).normal(size=11), 9)
    np.testing.assert_allclose(backfit(x, [over_periods(11)], iterations=3)[0], x)
    np.testing.assert_allclose(backfit(np.ones(5), [over_surroundings(9)], iterations=2)[0], 1)


def test_a_period_between_samples_does_not_drift() -> None:
    x = np.round(np.sin(2 * np.pi * np.arange(2000) / 20.25), 6)
    assert error_ratio(x, backfit(x, [over_periods(20.25)], iterations=1)[0]) > 15


def test_nonsense_is_refused() -> None:
    with pytest.raises(ParameterError):
        backfit(np.ones(3), [], iterations=1)
    with pytest.raises(ParameterError):
        backfit(np.ones(3), [over_periods(2)], iterations=0)
    with pytest.raises(ParameterError):
        over_periods(0.5)
    with pytest.raises(ParameterError):
        over_surroundings(-1)
