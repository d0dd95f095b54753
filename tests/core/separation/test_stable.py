"""Alpha-stable samples have the distribution they are named for, and the filters are the conditional means."""

from __future__ import annotations

import numpy as np
import pytest

from unbraid.core.errors import ParameterError
from unbraid.core.separation.masks import ratio_masks
from unbraid.core.separation.stable import (
    AlphaWiener,
    impulse_median,
    isotropic_stable,
    levy_masks,
    multi_alpha_masks,
    positive_stable,
)

MANY = 100_000
ALPHAS = [0.2, 0.5, 1.0, 1.5, 1.9, 2.0]


def rng():
    return np.random.default_rng(0)


def models(count=3, loudness=1.0):
    r = rng()
    return {f"m{j}": (loudness * r.gamma(0.5, size=(9, 7))).astype(np.float32) for j in range(count)}


@pytest.mark.parametrize("alpha", ALPHAS)
def test_positive_impulses_have_their_laplace_transform(alpha):
    phi = positive_stable(alpha, MANY, rng())
    for s in (0.1, 1.0, 5.0):
        assert np.exp(-s * phi).mean() == pytest.approx(np.exp(-((2 * s) ** (alpha / 2))), abs=0.005)
    assert (phi > 0).all()


@pytest.mark.parametrize("alpha", ALPHAS)
def test_complex_samples_are_isotropic_and_have_their_characteristic_function(alpha):
    z = isotropic_stable(alpha, MANY, rng(), scale=0.7)
    for turn in (1.0, 0.6 + 0.8j, 1j):
        for u in (0.5, 2.0):
            seen = np.exp(1j * u * (z * turn).real).mean()
            assert seen == pytest.approx(np.exp(-((0.7 * u) ** alpha)), abs=0.008)


def test_impulses_of_alpha_one_are_inverse_squares_and_of_alpha_two_constant():
    assert impulse_median(1.0) == pytest.approx(1 / 0.45493642, rel=1e-5)  # of a squared standard normal
    assert np.all(positive_stable(2.0, 9, rng()) == 2)
    assert impulse_median(2.0) == 2


@pytest.mark.parametrize("alpha", ALPHAS)
def test_the_median_is_that_of_the_samples(alpha):
    assert impulse_median(alpha) == pytest.approx(np.median(positive_stable(alpha, MANY, rng())), rel=0.04)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 1.5, 2.0])
def test_scales_add_as_powers(alpha):
    """s_1 + s_2 is distributed like one source of scale (s_1^alpha + s_2^alpha)^(1 / alpha)."""
    r = rng()
    total = isotropic_stable(alpha, MANY, r, scale=1.0) + isotropic_stable(alpha, MANY, r, scale=2.0)
    one = isotropic_stable(alpha, MANY, r, scale=(1 + 2**alpha) ** (1 / alpha))
    for quantile in (0.25, 0.5, 0.75):
        assert np.quantile(np.abs(total), quantile) == pytest.approx(np.quantile(np.abs(one), quantile), rel=0.03)


@pytest.mark.parametrize(("alpha", "scale"), [(1.0, 3.0), (2.0, np.sqrt(3)), (1.5, 3 ** (1 / 1.5))])
def test_the_alpha_wiener_filter_is_the_conditional_mean(alpha, scale):
    """One source has a quarter of sigma^alpha, so given the mix it has a quarter of it, however loud the mix is."""
    r = rng()
    s, other = isotropic_stable(alpha, 8 * MANY, r), isotropic_stable(alpha, 8 * MANY, r, scale=scale)
    x = s + other
    share = AlphaWiener(alpha).masks({"s": np.ones((1, 1), np.float32), "n": np.full((1, 1), 3, np.float32)})["s"][0, 0]
    assert share == pytest.approx(0.25)
    for level in np.quantile(np.abs(x), [0.3, 0.6, 0.8]):
        near = np.abs(np.abs(x) / level - 1) < 0.1
        assert np.vdot(x[near], s[near]).real / np.vdot(x[near], x[near]).real == pytest.approx(share, abs=0.01)


def test_the_levy_filter_is_the_conditional_mean():
    """Levy variables of scales 1 and 4 have the ratio 1 : 2 of root scales: a third and two thirds of their sum."""
    r = rng()
    first, second = positive_stable(1.0, 4 * MANY, r), 4 * positive_stable(1.0, 4 * MANY, r)
    total = first + second
    masks = levy_masks({"a": np.ones((1, 1), np.float32), "b": np.full((1, 1), 4, np.float32)})
    assert masks["a"][0, 0] == pytest.approx(1 / 3)
    for level in np.quantile(total, [0.3, 0.6, 0.8]):
        near = np.abs(total / level - 1) < 0.2
        assert (first[near] / total[near]).mean() == pytest.approx(1 / 3, abs=0.01)


@pytest.mark.parametrize("loudness", [1e-6, 1.0, 1e3])
def test_alpha_two_is_wiener_and_alpha_one_the_ratio_of_magnitudes(loudness):
    m = models(loudness=loudness)
    for alpha in (1.0, 2.0, 1.3):
        method = AlphaWiener(alpha)
        masks = method.masks({name: method.spectrogram(model.astype(np.complex64)) for name, model in m.items()})
        expected = ratio_masks(m, exponent=alpha)
        assert all(np.allclose(masks[name], expected[name], atol=1e-5) for name in m)
        assert np.allclose(sum(masks.values()), 1, atol=1e-6)


def test_the_divergence_goes_with_the_exponent():
    assert AlphaWiener(1.0).beta == 1.0
    assert AlphaWiener(2.0).beta == 0.0


@pytest.mark.parametrize("loudness", [1e-6, 1.0, 1e3])
def test_sources_of_different_alpha_get_the_parameterised_wiener_filter(loudness):
    m = models(2, loudness)
    masks = multi_alpha_masks(m, {"m0": 1.2, "m1": 1.9})
    k = impulse_median(1.9) / impulse_median(1.2)
    V, N = (m[name].astype(np.float64) ** 2 for name in m)
    assert np.allclose(masks["m0"], V / (V + k * N), atol=1e-5)
    assert np.allclose(masks["m0"] + masks["m1"], 1)
    same = multi_alpha_masks(m, {"m0": 1.5, "m1": 1.5})
    assert np.allclose(same["m0"], ratio_masks(m, exponent=2.0)["m0"], atol=1e-6)


def test_samples_can_be_repeated_and_take_a_scale_for_each():
    scale = np.array([[1e-6], [1e3]])
    first, second = (isotropic_stable(1.0, (2, 50), rng(), scale=scale) for _ in range(2))
    assert np.array_equal(first, second)
    assert np.median(np.abs(first[1])) > 1e6 * np.median(np.abs(first[0]))


def test_what_cannot_be_is_refused():
    for alpha in (0.0, 2.1, -1.0, float("nan")):
        with pytest.raises(ParameterError, match="alpha"):
            AlphaWiener(alpha)
        with pytest.raises(ParameterError, match="alpha"):
            impulse_median(alpha)
    with pytest.raises(ParameterError, match="m1"):
        multi_alpha_masks(models(2), {"m0": 1.0})
