import itertools

import numpy as np
import pytest

from unbraid.core.errors import Cancelled, ParameterError
from unbraid.core.separation import nmf_tiles
from unbraid.core.separation.nmf import factorise
from unbraid.core.separation.nmf_divergences import DIVERGENCES
from unbraid.core.separation.ntf import NmfParams, factorise_tensor

NAMES = [*DIVERGENCES, 0.5, 3.0]


def factors(F=30, T=50, J=3, K=4, seed=0):
    rng = np.random.default_rng(seed)
    return tuple(rng.gamma(0.5, size=s).astype(np.float32) for s in ((F, K), (K, T), (J, K)))


def product(W, H, Q):
    return np.einsum("fk,kt,jk->ftj", W, H, Q)


def tensor(seed=0, noise=True):
    V = product(*factors(seed=seed)) + 1e-3
    return (V * np.random.default_rng(seed + 1).exponential(1, V.shape) if noise else V).astype(np.float32)


def params(divergence="is", **changes):
    return NmfParams(**{"components": 4, "iterations": 30, "check_every": 1, "divergence": divergence} | changes)


def falls(divergences, slack=2e-6):
    return all(b <= a * (1 + slack) + 1e-7 for a, b in itertools.pairwise(divergences))


def model(found):
    return np.stack([found.model(j) for j in range(len(found.shares))], axis=2)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_divergence_never_rises(name, bold, weighted):
    weights = np.random.default_rng(3).random((30, 50, 3)) if weighted else None
    found = factorise_tensor(tensor(), params(name, bold=bold), weights=weights)
    assert falls(found.divergences)
    assert found.divergences[-1] < 0.7 * found.divergences[0]


def test_kullback_leibler_at_once_is_expectation_maximisation(monkeypatch):
    """Proven to descend: the watch has nothing to do."""

    def never(*arguments, **named):
        raise AssertionError

    monkeypatch.setattr(nmf_tiles.Tiles, "in_turn", never)
    found = factorise_tensor(tensor(), params("kl", iterations=200))
    assert falls(found.divergences)
    assert len(found.divergences) == 201


@pytest.mark.parametrize("name", ["is", "kl", "euclidean", "cauchy", 0.5])
def test_one_source_is_nmf(name):
    V = tensor()[:, :, 0]
    flat = factorise(V, params(name, bold=False))
    one = factorise_tensor(
        V[:, :, None], params(name, bold=False), shares=np.ones((1, 4)), fixed_shares=True,
    )  # fmt: skip
    assert np.allclose(one.templates, flat.templates, rtol=1e-4)
    assert np.allclose(one.activations, flat.activations, rtol=1e-4)
    assert one.divergences == pytest.approx(flat.divergences, rel=1e-5)


def test_one_iteration_is_the_formula():
    V, start = tensor(), factors(seed=7)
    W, H, Q = (x.astype(np.float64) for x in start)
    names = {"templates": start[0], "activations": start[1], "shares": start[2]}
    found = factorise_tensor(V, params(iterations=1, bold=False), **names)

    def pull(spec, *others):
        M = product(W, H, Q)
        return np.sqrt(np.einsum(spec, V / M**2, *others) / np.einsum(spec, 1 / M, *others))

    H = H * pull("ftj,fk,jk->kt", W, Q)
    W = W * pull("ftj,kt,jk->fk", H, Q)
    Q = Q * pull("ftj,fk,kt->jk", W, H)
    assert np.allclose(model(found), product(W, H, Q), rtol=1e-4)


@pytest.mark.parametrize("name", ["is", "kl", "euclidean"])
def test_an_exact_product_is_found(name):
    V = product(*factors())
    found = factorise_tensor(V, params(name, components=5, iterations=600, check_every=50, restarts=2))
    assert found.divergences[-1] < 1e-3 * found.divergences[0]
    assert np.abs(model(found) - V).max() < 0.03 * V.max()
    assert np.allclose(found.templates.sum(axis=0), 1, rtol=1e-4)
    assert np.allclose(found.shares.sum(axis=0), 1, rtol=1e-4)


@pytest.mark.parametrize("fixed", ["templates", "activations", "shares"])
@pytest.mark.parametrize("gain", [1e-6, 1.0, 1e6])
def test_what_is_fixed_stays_and_the_rest_fits(fixed, gain):
    W, H, Q = factors()
    known = {"templates": W, "activations": H, "shares": Q}[fixed] * np.float32(gain)
    V = product(W, H, Q)
    found = factorise_tensor(V, params("kl", iterations=400, check_every=20), **{fixed: known, f"fixed_{fixed}": True})
    assert np.array_equal(getattr(found, fixed), known)
    assert falls(found.divergences)
    assert np.abs(model(found) - V).max() < 0.05 * V.max()


@pytest.mark.parametrize("gain", [1e-12, 1e6])
def test_loudness_changes_the_activations_only(gain):
    plain, scaled = (factorise_tensor(tensor() * np.float32(g), params()) for g in (1, gain))
    assert np.allclose(scaled.templates, plain.templates, rtol=1e-3, atol=1e-6)
    assert np.allclose(scaled.shares, plain.shares, rtol=1e-3, atol=1e-6)
    assert np.allclose(scaled.activations / gain, plain.activations, rtol=1e-3, atol=1e-5 * plain.activations.max())


def test_threads_and_tiles_and_engines_agree(monkeypatch):
    V = tensor()
    one = factorise_tensor(V, params(threads=1))
    assert np.allclose(model(factorise_tensor(V, params(engine="scipy"))), model(one), rtol=1e-3, atol=1e-6)
    monkeypatch.setattr(nmf_tiles, "TILE_VALUES", 30 * 7)
    three, single = (factorise_tensor(V, params(threads=n)) for n in (3, 1))
    assert np.array_equal(three.shares, single.shares)
    assert np.allclose(model(three), model(one), rtol=1e-3, atol=1e-6)


def test_silence():
    V = tensor()
    V[:, 10:20] = 0
    V[:, :, 1] = 0
    found = factorise_tensor(V, params())
    assert not found.activations[:, 10:20].any()
    assert np.isfinite(model(found)).all()
    assert model(found)[:, :, 1].max() < 1e-3 * V.max()
    assert not model(factorise_tensor(np.zeros_like(V), params())).any()


def test_it_can_be_stopped():
    def stop(fraction, message):
        raise Cancelled

    with pytest.raises(Cancelled):
        factorise_tensor(tensor(), params(), progress=stop)


@pytest.mark.parametrize("V", [np.ones((3, 4)), np.ones((3, 0, 2)), -np.ones((3, 4, 2))])
def test_data_are_checked(V):
    with pytest.raises(ParameterError):
        factorise_tensor(V, params())
