"""Directions of a tile: an orthonormal basis of what the mix leaves open, the same bits plain and compiled."""

import numpy as np
import pytest

from unbraid.core.dsp.exact import exact
from unbraid.core.informed.residual.rotations import directions, posterior

Doubles = np.ndarray


@exact
def run(powers, spatial, weights, work, u, vectors, axes, variances):
    trace = posterior(powers, spatial, weights, work)
    directions(work, weights, spatial.shape[1], u, vectors, axes, variances)
    return trace


def model(J, channels, seed, rank_one=False):
    rng = np.random.default_rng(seed)
    a = rng.standard_normal((J, channels, 1 if rank_one else channels))
    spatial = a @ a.swapaxes(1, 2)
    spatial *= channels / np.trace(spatial, axis1=1, axis2=2)[:, None, None]
    return 2.0 ** rng.integers(-20, 10, J), spatial, 2.0 ** rng.integers(-2, 3, J)


def solved(powers, spatial, weights, call=run):
    J, channels = spatial.shape[:2]
    n = (J - 1) * channels
    axes, variances = np.zeros((J * channels, n)), np.zeros(n)
    work, vectors = np.zeros((J * channels, J * channels)), np.zeros((n, n))
    trace = call(powers, spatial, weights, work, np.zeros(J), vectors, axes, variances)
    assert trace == pytest.approx(variances.sum(), rel=1e-4, abs=1e-30)
    return axes, variances


def true_posterior(powers, spatial, weights):
    J, channels = spatial.shape[:2]
    S = np.zeros((J * channels, J * channels))
    for j in range(J):
        S[j * channels : (j + 1) * channels, j * channels : (j + 1) * channels] = powers[j] * spatial[j]
    A = np.tile(np.eye(channels), J)
    P = S - S @ A.T @ np.linalg.pinv(A @ S @ A.T, rcond=1e-12) @ A @ S
    w = np.repeat(weights, channels)
    return w[:, None] * P * w


@pytest.mark.parametrize("J", [2, 4, 7])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("seed", [0, 1])
def test_axes_are_orthonormal_and_leave_the_mix_alone(J, channels, seed):
    powers, spatial, weights = model(J, channels, seed)
    axes, variances = solved(powers, spatial, weights)
    np.testing.assert_allclose(axes.T @ axes, np.eye(len(variances)), atol=1e-12)
    parts = (axes / np.repeat(weights, channels)[:, None]).reshape(J, channels, -1).sum(axis=0)
    assert np.abs(parts).max() < 1e-12
    assert (np.diff(variances) <= 0).all()


@pytest.mark.parametrize("channels", [1, 2])
def test_variances_are_those_of_the_posterior(channels):
    powers, spatial, weights = model(4, channels, 3)
    axes, variances = solved(powers, spatial, weights)
    P = true_posterior(powers, spatial, weights)
    largest = np.trace(P)
    np.testing.assert_allclose(np.diag(axes.T @ P @ axes), variances, atol=1e-6 * largest)
    assert abs(variances.sum() / largest - 1) < 1e-6
    assert abs(variances[0] / np.linalg.eigvalsh(P)[-1] - 1) < 1e-3


def test_sources_panned_hard_are_no_obstacle():
    powers, spatial, weights = model(3, 2, 5, rank_one=True)
    axes, variances = solved(powers, spatial, weights)
    assert np.isfinite(axes).all() and np.isfinite(variances).all()
    silent, _ = solved(np.zeros(3), spatial, weights)
    assert np.isfinite(silent).all()


@pytest.mark.parametrize("seed", range(5))
def test_plain_and_compiled_give_the_same_bits(seed):
    given = model(4, 2, seed)
    for a, b in zip(solved(*given), solved(*given, call=run.plain), strict=True):
        np.testing.assert_array_equal(a, b)
