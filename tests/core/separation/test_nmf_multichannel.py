import itertools

import numpy as np
import pytest

from unbraid.core.errors import Cancelled, ParameterError
from unbraid.core.separation.nmf import Factors
from unbraid.core.separation.nmf_multichannel import Sources, refine_sources
from unbraid.core.separation.spatial import Spatial, log_likelihood
from unbraid.core.separation.wiener import Passes, wiener


def scene(channels=2, J=2, K=2, F=20, T=150, seed=0):
    """A mix of sources with powers of rank K at places of their own: mix (F, T, I), sources (F, T, I, J), R."""
    rng = np.random.default_rng(seed)
    factors, images, places = [], [], []
    for _ in range(J):
        W, H = rng.gamma(0.5, size=(F, K)), rng.gamma(0.3, size=(K, T))
        A = rng.standard_normal((F, channels, channels)) + 1j * rng.standard_normal((F, channels, channels))
        A *= np.linspace(1, 0.1, channels)
        g = rng.standard_normal((F, T, channels)) + 1j * rng.standard_normal((F, T, channels))
        images.append(np.sqrt(W @ H + 1e-6)[:, :, None] * np.einsum("fik,ftk->fti", A, g) / np.sqrt(2))
        factors.append(Factors(W.astype(np.float32), H.astype(np.float32), ()))
        places.append(A @ A.conj().transpose(0, 2, 1))
    y = np.stack(images, axis=3).astype(np.complex64)
    return y.sum(axis=3), y, Sources(tuple(factors), Spatial.of(np.stack(places, axis=3)))


def disturbed(sources, seed=1):
    """The true sources with every factor wrong by some decibels, and with vague places."""
    rng = np.random.default_rng(seed)

    def wrong(x):
        return (x * rng.uniform(0.3, 1.7, x.shape) + 0.02 * x.mean()).astype(np.float32)

    factors = tuple(Factors(wrong(f.templates), wrong(f.activations), ()) for f in sources.factors)
    R = sources.spatial.R
    eye = np.eye(R.shape[1])[None, :, :, None] * np.einsum("fiij->fj", R).real[:, None, None]
    return Sources(factors, Spatial.of(R + 0.5 * eye))


def likelihood(x, sources):
    return log_likelihood(x, sources.powers(0, x), sources.spatial)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_the_likelihood_never_falls(channels):
    x, _, true = scene(channels)
    found = disturbed(true)
    seen = [likelihood(x, found)]
    for _ in range(12):
        found = refine_sources(Passes.of_spectrum(x), found, iterations=1, bold=False, update="exact", share=1e-6)
        seen.append(likelihood(x, found))
    assert all(b > a - 1e-6 * abs(a) for a, b in itertools.pairwise(seen))
    assert seen[-1] > seen[0] + 0.1 * x.size


def test_bold_steps_climb_faster():
    x, _, true = scene()
    ends = [
        likelihood(x, refine_sources(Passes.of_spectrum(x), disturbed(true), iterations=5, bold=bold))
        for bold in (False, True)
    ]
    assert ends[1] > ends[0]


def test_sources_come_nearer_to_the_truth():
    x, y, true = scene(T=300)
    start = disturbed(true)
    found = refine_sources(Passes.of_spectrum(x), start, iterations=20)

    def error(sources):
        from unbraid.core.separation.wiener import Refinement

        estimate = wiener(x, sources.powers(0, x), Refinement(0), spatial=sources.spatial)
        return float(np.sum(np.abs(estimate - y) ** 2) / np.sum(np.abs(y) ** 2))

    assert error(found) < 0.9 * error(start)
    assert error(true) < error(found)


@pytest.mark.parametrize("gain", [1e-6, 1e3])
def test_loudness_changes_the_activations_only(gain):
    x, _, true = scene()
    start = disturbed(true)
    loud = Sources(
        tuple(Factors(f.templates, f.activations * np.float32(gain**2), ()) for f in start.factors), start.spatial
    )
    plain = refine_sources(Passes.of_spectrum(x), start, iterations=3)
    scaled = refine_sources(Passes.of_spectrum(x * np.float32(gain)), loud, iterations=3)
    assert np.allclose(scaled.spatial.R, plain.spatial.R, rtol=1e-2, atol=1e-3)
    for a, b in zip(plain.factors, scaled.factors, strict=True):
        assert np.allclose(b.model() / gain**2, a.model(), rtol=1e-2, atol=1e-4 * a.model().max())


def test_silence_and_stopping():
    x, _, true = scene()
    x[:, 40:60] = 0
    found = refine_sources(Passes.of_spectrum(x), true, iterations=2)
    assert all(np.isfinite(f.model()).all() for f in found.factors)
    assert np.isfinite(found.spatial.R).all()
    quiet = refine_sources(Passes.of_spectrum(np.zeros_like(x)), true, iterations=2)
    assert all(np.isfinite(f.model()).all() for f in quiet.factors)

    def stop(fraction, message):
        raise Cancelled

    with pytest.raises(Cancelled):
        refine_sources(Passes.of_spectrum(x), true, progress=stop)
    with pytest.raises(ParameterError):
        refine_sources(Passes.of_spectrum(x), true, iterations=-1)


def test_a_source_without_components_stays_silent():
    x, _, true = scene()
    empty = Factors(np.zeros((20, 0), np.float32), np.zeros((0, 150), np.float32), ())
    spatial = Spatial.of(np.concatenate([true.spatial.R, true.spatial.R[..., :1]], axis=3))
    found = refine_sources(Passes.of_spectrum(x), Sources((*true.factors, empty), spatial), iterations=2)
    assert found.factors[2].model().max(initial=0) == 0
    assert all(np.isfinite(f.model()).all() for f in found.factors)
    assert found.factors[0].model().any()


def test_the_start_is_not_written_to():
    x, _, true = scene()
    before = [f.templates.copy() for f in true.factors], true.spatial.R.copy()
    refine_sources(Passes.of_spectrum(x), true, iterations=1)
    assert all(np.array_equal(f.templates, t) for f, t in zip(true.factors, before[0], strict=True))
    assert np.array_equal(true.spatial.R, before[1])
