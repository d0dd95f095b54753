"""BEADS: triangles, the Wiener limit, sums, invariances, sampling, and what known magnitudes are worth in stereo."""

from __future__ import annotations

import numpy as np
import pytest

from unbraid.core.errors import ParameterError
from unbraid.core.phase.beads import DEFAULT, Beads, ring_width, separate
from unbraid.core.separation.spatial import Spatial, filter_block


def one_bin(x, b, sigma, how=DEFAULT, spatial=None):
    """Estimates (I, J) and variances (J,) of one bin."""
    shape = (1, 1, len(b))
    y, variance = separate(
        np.asarray(x, np.complex64).reshape(1, 1, -1),
        np.asarray(b, np.float32).reshape(shape),
        np.asarray(sigma, np.float32).reshape(shape),
        spatial,
        how,
    )
    return y[0, 0], variance[0, 0]


def sources(count, channels=2, bins=24, frames=40, seed=0):
    """Spectrograms (F, T, I, J) of panned sources with magnitudes that vary, and their covariances."""
    rng = np.random.default_rng(seed)
    z = rng.gamma(0.6, size=(bins, frames, 1, count)) * np.exp(2j * np.pi * rng.random((bins, frames, 1, count)))
    pans = np.linspace(0.15, 1.4, count)
    a = np.stack([np.cos(pans), np.sin(pans)]) * np.sqrt(2) if channels == 2 else np.ones((1, count))
    R = np.broadcast_to(np.einsum("ij,kj->ikj", a, a), (bins, channels, channels, count))
    return (z * a).astype(np.complex64), np.abs(z[:, :, 0]).astype(np.float32), Spatial.of(R.astype(complex))


def sdr(true, found):
    return 10 * np.log10(np.square(np.abs(true)).sum() / np.square(np.abs(true - found)).sum())


def test_modes_are_the_two_triangles():
    x, b = 1.0, (0.9, 0.7)
    found, _ = one_bin([x], b, (1e-4, 1e-4), Beads(256, 2, "mode"))
    angle = np.arccos((x**2 + b[0] ** 2 - b[1] ** 2) / (2 * x * b[0]))
    assert abs(found[0, 0]) == pytest.approx(0.9, abs=0.01)
    assert abs(np.angle(found[0, 0])) == pytest.approx(angle, abs=0.03)


@pytest.mark.parametrize(("b", "along"), [((0.6, 0.4), (1, 1)), ((1.6, 0.6), (1, -1))])
def test_flat_triangles(b, along):
    found, _ = one_bin([1.0], b, (1e-3, 1e-3), Beads(64, 2, "mode"))
    assert np.allclose(np.angle(found[0] * np.array(along)), 0, atol=0.15)


def test_without_radius_it_is_the_wiener_filter():
    rng = np.random.default_rng(1)
    y, _, _ = sources(3)
    x, v = y.sum(axis=3), rng.random((24, 40, 3)).astype(np.float32)
    white = Spatial.white(24, 1, 3)
    found, variance = separate(x[:, :, :1], np.zeros_like(v), v, white)
    assert np.abs(found - filter_block(x[:, :, :1], v, white)).max() < 1e-5
    expected = v * (1 - v / v.sum(axis=2, keepdims=True))
    assert np.allclose(variance, expected, atol=1e-4)


@pytest.mark.parametrize("how", [Beads(), Beads(8, 3), Beads(16, 2, "mode"), Beads(12, 1)])
@pytest.mark.parametrize("channels", [1, 2])
def test_estimates_add_up_to_the_mix(how, channels):
    from unbraid.core.phase.beads import _Bins, _directions

    y, b, spatial = sources(4, channels, bins=5, frames=6)
    x = y.sum(axis=3)
    found, _ = separate(x, b, ring_width(b, how.count), spatial, how)
    assert np.abs(found.sum(axis=3) - x).max() < 1e-5
    a, D = _directions(spatial)
    exact = _Bins.of(x, b, ring_width(b, how.count), a, D).estimate(how)[0].sum(axis=1)
    assert np.abs(exact.reshape(x.shape) - x).max() < 1e-12 * np.abs(x).max() + 1e-12


@pytest.mark.parametrize("factor", [1e-6, 1e4, np.exp(2.1j)])
def test_turned_and_louder_mixes_turn_and_raise_estimates(factor):
    y, b, spatial = sources(3, bins=4, frames=5)
    x = y.sum(axis=3)
    gain = np.float32(abs(factor))
    plain, variance = separate(x, b, ring_width(b, 16), spatial)
    other, other_variance = separate((x * factor).astype(np.complex64), gain * b, gain**2 * ring_width(b, 16), spatial)
    assert np.abs(other / factor - plain).max() < 1e-3 * np.abs(x).max()
    assert np.allclose(other_variance / gain**2, variance, atol=1e-3 * float(b.max()) ** 2)


def test_mean_and_variance_are_those_of_samples():
    """Tuples are drawn, and counted by how likely they make the mix: no formula of the posterior is used."""
    rng = np.random.default_rng(2)
    x, b, sigma, C, draws = 1.1, np.array([0.8, 0.6]), np.array([0.03, 0.05]), 8, 400_000
    noise = rng.standard_normal((draws, 2)) + 1j * rng.standard_normal((draws, 2))
    s = b * np.exp(2j * np.pi * rng.integers(0, C, (draws, 2)) / C) + np.sqrt(sigma / 2) * noise
    near = s[np.abs(s.sum(axis=1) - x) < 0.05]
    found, variance = one_bin([x], b, sigma, Beads(C))
    assert np.allclose(found[0], near.mean(axis=0), atol=0.04)
    assert np.allclose(variance, near.var(axis=0), rtol=0.15)


def test_known_magnitudes_find_phases_in_stereo():
    y, b, spatial = sources(3)
    x = y.sum(axis=3)
    wiener = filter_block(x, np.square(b), spatial)
    found, _ = separate(x, b, ring_width(b, 24), spatial, Beads(24, 3))
    assert sdr(y, found) > sdr(y, wiener) + 3


def test_one_channel_and_silence():
    y, b, _ = sources(2, channels=1)
    x = y.sum(axis=3)
    found, _ = separate(x, b, ring_width(b, 16))
    wiener = filter_block(x, np.square(b), Spatial.white(24, 1, 2))
    assert sdr(y, found) > sdr(y, wiener)
    nothing, variance = separate(np.zeros_like(x), np.zeros_like(b), np.zeros_like(b))
    assert not nothing.any()
    assert not variance.any()


def test_refusals():
    with pytest.raises(ParameterError, match="16 and 2"):
        Beads(1)
    with pytest.raises(ParameterError, match="magnitudes"):
        separate(np.zeros((2, 3, 1), np.complex64), np.zeros((2, 2, 2), np.float32), np.zeros((2, 2, 2), np.float32))
