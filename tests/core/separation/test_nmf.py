import itertools

import numpy as np
import pytest
from stopping import assert_stops

from unbraid.core.errors import ParameterError
from unbraid.core.separation import nmf_tiles
from unbraid.core.separation.nmf import NmfParams, factorise
from unbraid.core.separation.nmf_divergences import DIVERGENCES, Divergence, divergence_of

NAMES = [*DIVERGENCES, -0.5, 0.5, 1.5, 3.0]
LOUDNESS = [1e-12, 1e-6, 1e6]


def factors(F=40, T=60, K=4, seed=0):
    rng = np.random.default_rng(seed)
    W, H = rng.gamma(0.5, size=(F, K)), rng.gamma(0.5, size=(K, T))
    return W.astype(np.float32), H.astype(np.float32)


def spectrogram(F=40, T=60, K=4, seed=0, noise=True):
    W, H = factors(F, T, K, seed)
    V = W @ H + 1e-3
    return (V * np.random.default_rng(seed + 1).exponential(1, V.shape) if noise else V).astype(np.float32)


def params(divergence="is", **changes):
    return NmfParams(**{"components": 4, "iterations": 30, "check_every": 1, "divergence": divergence} | changes)


def falls(divergences, slack=2e-6):
    return all(b <= a * (1 + slack) + 1e-7 for a, b in itertools.pairwise(divergences))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("weighted", [False, True])
def test_proven_steps_never_rise(name, weighted):
    weights = np.random.default_rng(3).random((40, 60)) * (np.random.default_rng(4).random((40, 60)) > 0.3)
    found = factorise(spectrogram(), params(name, bold=False), weights=weights if weighted else None)
    assert falls(found.divergences)
    assert found.divergences[-1] < 0.7 * found.divergences[0]


@pytest.mark.parametrize("name", ["is", "cauchy", 0.5])
def test_bold_steps_fall_faster(name):
    V = spectrogram()
    bold, proven = (factorise(V, params(name, bold=b, iterations=15)) for b in (True, False))
    assert falls(bold.divergences)
    assert bold.divergences[-1] < proven.divergences[-1]


def test_levy_needs_its_root():
    """With exponent one it explodes (the reason why it has no bold step); a watched descent goes back to the root."""
    from dataclasses import replace

    levy = divergence_of("levy")
    assert levy.bold == levy.proven == 0.5
    V = np.sqrt(spectrogram())
    wild = replace(levy, name="wild", proven=1.0, bold=1.0)
    found = factorise(V, replace(params("levy"), bold=False))
    assert falls(found.divergences)
    rising = _with(wild, lambda: factorise(V, params("wild", bold=False, iterations=6)).divergences)
    assert not falls(rising)
    watched = _with(replace(wild, proven=0.5), lambda: factorise(V, params("wild")).divergences)
    assert falls(watched)
    assert watched[-1] < 1.05 * found.divergences[-1]


def _with(divergence: Divergence, work):
    DIVERGENCES[divergence.name] = divergence
    try:
        return work()
    finally:
        del DIVERGENCES[divergence.name]


@pytest.mark.parametrize("name", ["is", "kl", "euclidean", "cauchy"])
@pytest.mark.parametrize("weighted", [False, True])
def test_one_iteration_is_the_formula(name, weighted):
    V = spectrogram(noise=True)
    W0, H0 = factors(seed=9)
    weights = np.random.default_rng(5).random(V.shape) if weighted else None
    G = np.ones(V.shape) if weights is None else weights
    found = factorise(
        V, params(name, iterations=1, bold=False), templates=W0, activations=H0, weights=weights,
        fixed_templates=False,
    )  # fmt: skip
    gamma = divergence_of(name).proven
    W, H = W0.astype(np.float64), H0.astype(np.float64)

    def pulls():
        M = W @ H
        P, R = {
            "is": (V / M**2, 1 / M),
            "kl": (V / M, np.ones_like(M)),
            "euclidean": (V, M),
            "cauchy": (1 / M, 3 * M / (M**2 + V.astype(np.float64) ** 2)),
        }[name]
        return G * P, G * R

    P, R = pulls()
    H = H * ((W.T @ P) / (W.T @ R)) ** gamma
    P, R = pulls()
    W = W * ((P @ H.T) / (R @ H.T)) ** gamma
    assert np.allclose(found.model(), W @ H, rtol=1e-4)
    assert np.allclose(found.templates.sum(axis=0), 1, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_an_exact_product_is_found(name):
    V = spectrogram(20, 30, 2, noise=False)
    found = factorise(V, params(name, components=3, iterations=400, check_every=100, restarts=2))
    assert found.divergences[-1] < 2e-3 * found.divergences[0]
    if name in ("is", "kl", "euclidean"):
        assert np.abs(found.model() - V).max() < 0.03 * V.max()


@pytest.mark.parametrize("name", NAMES)
def test_compiled_and_numpy_agree(name):
    V = spectrogram()
    compiled, plain = (factorise(V, params(name, engine=engine)) for engine in ("compiled", "scipy"))
    assert np.allclose(compiled.model(), plain.model(), rtol=1e-3, atol=1e-5 * V.max())
    assert compiled.divergences[-1] == pytest.approx(plain.divergences[-1], rel=1e-4)


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_and_seeds_give_the_same_bits(threads, monkeypatch):
    monkeypatch.setattr(nmf_tiles, "TILE_VALUES", 40 * 7)
    V = spectrogram()
    one, other = factorise(V, params(threads=1)), factorise(V, params(threads=threads))
    assert np.array_equal(one.templates, other.templates)
    assert np.array_equal(one.activations, other.activations)
    same = factorise(V, params(seed=np.random.default_rng(0)))
    assert np.array_equal(one.templates, same.templates)
    assert not np.array_equal(one.templates, factorise(V, params(seed=1)).templates)


@pytest.mark.parametrize("values", [1, 40, 280, 10**6])
def test_tiles_do_not_matter(values, monkeypatch):
    V = spectrogram()
    whole = factorise(V, params())
    monkeypatch.setattr(nmf_tiles, "TILE_VALUES", values)
    assert np.allclose(factorise(V, params()).model(), whole.model(), rtol=1e-3)


@pytest.mark.parametrize("name", ["is", "kl", "euclidean", "cauchy", "levy", 0.5])
@pytest.mark.parametrize("gain", LOUDNESS)
def test_loudness_changes_the_activations_only(name, gain):
    V = spectrogram()
    plain, scaled = factorise(V, params(name)), factorise(V * np.float32(gain), params(name))
    assert np.allclose(scaled.templates, plain.templates, rtol=1e-3, atol=1e-6)
    assert np.allclose(scaled.activations / gain, plain.activations, rtol=1e-3, atol=1e-5 * plain.activations.max())
    assert scaled.divergences[-1] == pytest.approx(plain.divergences[-1], rel=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_silence_in_part_and_in_whole(name):
    V = spectrogram()
    V[:, 10:20] = 0
    V[5] = 0
    found = factorise(V, params(name))
    assert not found.activations[:, 10:20].any()
    assert np.isfinite(found.model()).all()
    assert falls(found.divergences, 1e-5)
    nothing = factorise(np.zeros_like(V), params(name))
    assert not nothing.model().any()
    assert np.isfinite(nothing.templates).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (3, 2)])
def test_small_spectrograms(shape):
    V = np.ones(shape, np.float32)
    found = factorise(V, params(components=5))
    assert found.templates.shape == (shape[0], 5)
    assert found.activations.shape == (5, shape[1])
    assert np.allclose(found.model(), 1, atol=1e-2)


def test_bins_without_weight_are_not_looked_at():
    W, H = factors()
    V = W @ H
    hidden = np.random.default_rng(2).random(V.shape) < 0.3
    spoiled = np.where(hidden, 1e3 * V.max(), V).astype(np.float32)
    found = factorise(spoiled, params("kl", iterations=800, check_every=800), weights=~hidden)
    assert np.median(np.abs(found.model() - V)[hidden]) < 0.02 * V.mean()


@pytest.mark.parametrize("gain", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("name", ["is", "kl"])
def test_fixed_templates_stay_and_explain_their_part(name, gain):
    """Half of the templates are known, in any unit: what they explain is found again, the rest is learned."""
    W, H = factors(60, 200, 6)
    V = W @ H
    found = factorise(
        V, params(name, components=6, iterations=500, check_every=500), templates=W[:, :3] * gain, fixed_templates=True
    )
    assert np.array_equal(found.templates[:, :3], (W[:, :3] * gain).astype(np.float32))
    assert np.allclose(found.templates[:, 3:].sum(axis=0), 1, rtol=1e-4)
    known = found.model(slice(0, 3))
    error = np.square(known - W[:, :3] @ H[:3]).sum() / np.square(W[:, :3] @ H[:3]).sum()
    assert error < 0.05


@pytest.mark.parametrize("gain", [1e-9, 1.0, 1e9])
def test_fixed_activations_stay(gain):
    W, H = factors()
    found = factorise(W @ H, params(iterations=300), activations=H * gain, fixed_activations=True)
    assert np.array_equal(found.activations, (H * gain).astype(np.float32))
    assert np.allclose(found.model(), W @ H, rtol=0.02, atol=1e-3)
    assert np.allclose(found.templates * gain, W, rtol=0.1, atol=0.02 * W.max())


def test_all_fixed_is_given_back():
    W, H = factors()
    found = factorise(spectrogram(), params(), templates=W, fixed_templates=True, activations=H, fixed_activations=True)
    assert np.array_equal(found.templates, W)
    assert np.array_equal(found.activations, H)


def test_zeros_at_the_start_stay_zeros():
    """What a score says: no activation outside its notes."""
    W, H = factors()
    start = np.ones_like(H)
    start[1, 20:40] = 0
    found = factorise(W @ H, params("kl"), activations=start)
    assert not found.activations[1, 20:40].any()
    assert found.activations[1, :20].any()


def test_factors_of_a_solution_are_a_good_start():
    V = spectrogram()
    first = factorise(V, params(iterations=100))
    again = factorise(V, params(iterations=1), templates=first.templates, activations=first.activations)
    assert again.divergences[0] == pytest.approx(first.divergences[-1], rel=1e-3)


def test_more_restarts_are_never_worse():
    V = spectrogram()
    one, four = factorise(V, params()), factorise(V, params(restarts=4))
    assert four.divergences[-1] <= one.divergences[-1]


def test_it_stops_when_nothing_is_gained():
    V = spectrogram()
    told = []
    found = factorise(V, params(iterations=1000, tolerance=1e-3, check_every=10), progress=lambda f, m: told.append(f))
    assert len(found.divergences) < 60
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize("stop_at", [1, 7, 31])
def test_it_can_be_stopped(stop_at):
    assert_stops(lambda progress: factorise(spectrogram(), params(), progress=progress), stop_at)


def test_nothing_is_written_to():
    V, (W, H) = spectrogram(), factors()
    weights = np.ones_like(V)
    before = [x.copy() for x in (V, W, H, weights)]
    factorise(V, params(), templates=W, activations=H, weights=weights)
    assert all(np.array_equal(a, b) for a, b in zip(before, (V, W, H, weights), strict=True))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"divergence": "frobenius"}, "euclidean"),
        ({"divergence": 7.0}, "from -1 to 4"),
        ({"components": 0}, "components"),
        ({"floor": 0.5}, "try 1e-9"),
    ],
)
def test_parameters_are_checked(changes, message):
    with pytest.raises(ParameterError, match=message):
        params(**changes)


@pytest.mark.parametrize(
    "arguments",
    [
        {"V": -np.ones((3, 4))},
        {"V": np.full((3, 4), np.nan)},
        {"V": np.ones((3, 0))},
        {"V": np.ones(5)},
        {"templates": np.ones((40, 9))},
        {"templates": np.ones((39, 2))},
        {"activations": -np.ones((2, 60))},
        {"weights": -np.ones((40, 60))},
    ],
)
def test_data_are_checked(arguments):
    with pytest.raises(ParameterError):
        factorise(**{"V": spectrogram(), "params": params()} | arguments)
