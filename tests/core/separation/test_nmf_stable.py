import numpy as np
import pytest
from stopping import assert_stops

from unbraid.core.errors import ParameterError
from unbraid.core.separation.nmf import NmfParams, factorise
from unbraid.core.separation.nmf_stable import StableParams, factorise_stable, log_moment_alpha
from unbraid.core.separation.stable import isotropic_stable


def drawn(alpha, seed=10, F=60, T=200, K=4):
    """Squared scales of K components and magnitudes of a spectrogram with them."""
    rng = np.random.default_rng(seed)
    M = rng.gamma(0.5, size=(F, K)) @ rng.gamma(0.5, size=(K, T)) + 1e-4
    return M, np.abs(isotropic_stable(alpha, (F, T), rng, scale=np.sqrt(M))).astype(np.float32)


def log_error(found, M):
    """Mean absolute error of the logarithm of squared scales."""
    return float(np.mean(np.abs(np.log(found + 1e-9) - np.log(M))))


@pytest.mark.parametrize("alpha", [0.8, 1.0, 1.2, 1.6, 2.0])
def test_log_moments_give_alpha_where_the_scales_are_known(alpha):
    M, X = drawn(alpha)
    for gain in (1e-6, 1.0, 1e3):
        assert log_moment_alpha(X * np.float32(gain), M.astype(np.float32)) == pytest.approx(alpha, abs=0.05)


@pytest.mark.parametrize("alpha", [pytest.param(1.2, marks=pytest.mark.slow), 1.6])
def test_alpha_and_the_scales_are_found_under_impulses(alpha):
    """Alpha to 0.12; scales far better than by Itakura-Saito NMF, which follows every impulse."""
    M, X = drawn(alpha)
    found = factorise_stable(X, StableParams(4, iterations=150))
    assert found.alpha == pytest.approx(alpha, abs=0.12)
    gaussian = factorise(X**2, NmfParams(4, "is", 150))
    assert log_error(found.model(), M) < 0.4 * log_error(gaussian.model(), M)


@pytest.mark.slow
def test_a_given_alpha_is_kept_and_the_cauchy_case_agrees_with_cauchy_nmf():
    M, X = drawn(1.0)
    found = factorise_stable(X, StableParams(4, alpha=1.0, iterations=150))
    assert set(found.alphas) == {1.0}
    cauchy = factorise(X, NmfParams(4, "cauchy", 150))
    assert log_error(found.model(), M) < 1.2 * log_error(cauchy.model() ** 2, M)


def test_gaussian_data_are_recognised():
    _, X = drawn(2.0)
    assert factorise_stable(X, StableParams(4, iterations=60)).alpha > 1.85


@pytest.mark.parametrize("gain", [1e-6, 1e3])
def test_loudness_changes_the_activations_only(gain):
    _, X = drawn(1.4, F=20, T=50)
    plain, scaled = (factorise_stable(X * np.float32(g), StableParams(3, iterations=20)) for g in (1, gain))
    assert scaled.alpha == pytest.approx(plain.alpha, rel=1e-3)
    assert np.allclose(scaled.model() / gain**2, plain.model(), rtol=1e-2, atol=1e-5 * plain.model().max())


def test_seeds():
    _, X = drawn(1.4, F=20, T=50)
    one, same, other = (factorise_stable(X, StableParams(3, iterations=10, seed=s)) for s in (0, 0, 1))
    assert np.array_equal(one.templates, same.templates)
    assert one.alphas == same.alphas
    assert not np.array_equal(one.templates, other.templates)


def test_silence():
    _, X = drawn(1.4, F=20, T=50)
    X[:, 10:20] = 0
    found = factorise_stable(X, StableParams(3, iterations=20))
    assert not found.model()[:, 10:20].any()
    assert np.isfinite(found.model()).all()
    assert not factorise_stable(np.zeros_like(X), StableParams(3, iterations=3)).model().any()


@pytest.mark.parametrize("stop_at", [1, 105, 110])
def test_it_can_be_stopped(stop_at):
    V = drawn(1.4, F=20, T=50)[1]
    assert_stops(lambda progress: factorise_stable(V, StableParams(3), progress=progress), stop_at)


@pytest.mark.parametrize("changes", [{"alpha": 0.0}, {"alpha": 2.5}, {"components": 0}, {"sweeps": 0}])
def test_parameters_are_checked(changes):
    with pytest.raises(ParameterError):
        StableParams(**changes)
