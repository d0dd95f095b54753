"""The local Gaussian model of a block: filter, moments, powers, in compiled loops and in numpy."""

from __future__ import annotations

import numpy as np
import pytest

from unbraid.core.dsp.compiled import compiler_works
from unbraid.core.errors import ParameterError
from unbraid.core.separation.spatial import Spatial, filter_block, log_likelihood, solve, stacked, stacked_estimates
from unbraid.core.separation.spatial_updates import Moments, power_of, power_of_estimates

F, T, J = 33, 21, 3
LOUDNESS = [1e-6, 1.0, 1e3]
ENGINES = ["scipy", *(["compiled"] if compiler_works() else [])]
UPDATES = ["exact", "weighted", "energy", "trace"]


def complex_noise(rng, *shape):
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / np.sqrt(2)


def covariances(rng, channels, sources=J, rank=None):
    """(F, I, I, J) of trace I."""
    A = complex_noise(rng, F, sources, channels, rank or channels)
    R = A @ A.conj().swapaxes(-1, -2)
    return (R * channels / np.trace(R, axis1=-2, axis2=-1)[..., None, None]).transpose(0, 2, 3, 1)


def block(seed=0, channels=2, *, loudness=1.0, rank=None):
    """A mix drawn from the model: x (F, T, I), v (F, T, J), R, y (F, T, I, J)."""
    rng = np.random.default_rng(seed)
    R = covariances(rng, channels, rank=rank)
    v = stacked(list(rng.gamma(0.5, size=(J, F, T)) * loudness**2))
    roots = np.linalg.cholesky(R.transpose(0, 3, 1, 2) + 1e-12 * np.eye(channels))
    y = np.einsum("fjik,ftkj->ftij", roots, complex_noise(rng, F, T, channels, J)) * np.sqrt(v)[:, :, None]
    return y.sum(axis=-1).astype(np.complex64), v, R, y.astype(np.complex64)


def inverse(x, v, R):
    """C^-1 (F, T, I, I) in float64 by numpy."""
    return np.linalg.inv(np.einsum("ftj,fikj->ftik", v.astype(np.float64), R))


def largest(values):
    return float(np.abs(values).max())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("channels", [1, 2, 3, 6])
@pytest.mark.parametrize("loudness", LOUDNESS)
def test_the_filter_is_the_formula_at_any_loudness(engine, channels, loudness):
    x, v, R, _ = block(channels=channels, loudness=loudness)
    y = filter_block(x, v, Spatial.of(R), engine=engine)
    expected = np.einsum("ftj,fikj,ftkl,ftl->ftij", v, R, inverse(x, v, R), x)
    assert y.shape == (F, T, channels, J)
    assert y.dtype == np.complex64
    assert largest(y - expected) < 1e-5 * largest(x)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("rank", [None, 1])
def test_estimates_add_up_to_the_mix(engine, threads, rank):
    x, v, R, _ = block(1, rank=rank)
    y = filter_block(x, v, Spatial.of(R), engine=engine, threads=threads)
    assert largest(y.sum(axis=-1) - x) < 1e-6 * largest(x)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("loudness", LOUDNESS)
def test_dual_mono_of_rank_one_is_a_soft_mask(engine, loudness):
    rng = np.random.default_rng(2)
    mono = complex_noise(rng, F, T, 1) * loudness
    x, v = np.repeat(mono, 2, axis=2).astype(np.complex64), block(2, loudness=loudness)[1]
    R = np.ones((F, 2, 2, J)) * (1 + 0j)
    y = filter_block(x, v, Spatial.of(R), engine=engine)
    share = v / v.sum(axis=-1, keepdims=True)
    assert largest(y - share[:, :, None] * x[..., None]) < 1e-5 * largest(x)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_no_source_can_have_made_is_shared_and_nothing_is_lost(engine):
    """The channels differ although every source is said to be the same in both."""
    x, v, _, _ = block(3)
    y = filter_block(x, v, Spatial.of(np.ones((F, 2, 2, J)) * (1 + 0j)), engine=engine)
    assert largest(y.sum(axis=-1) - x) < 1e-6 * largest(x)
    assert largest(y) < 2 * largest(x)


@pytest.mark.parametrize("engine", ENGINES)
def test_silent_bins_and_silent_sources(engine):
    x, v, R, _ = block(4)
    v[:, 3] = 0  # nobody says anything
    v[:, :, 1] = 0  # one never does
    x[5] = 0
    y = filter_block(x, v, Spatial.of(R), engine=engine)
    assert np.isfinite(y).all()
    assert largest(y.sum(axis=-1) - x) < 1e-6 * largest(x)
    assert not y[5].any()
    assert not y[:, 4:, :, 1].any()


@pytest.mark.parametrize("engine", ENGINES)
def test_sources_without_places_get_soft_masks(engine):
    x, v, _, _ = block(5, channels=2)
    y = filter_block(x, v, Spatial.white(F, 2, J), engine=engine)
    assert largest(y - (v / v.sum(axis=-1, keepdims=True))[:, :, None] * x[..., None]) < 1e-6 * largest(x)


@pytest.mark.parametrize("engine", ENGINES)
def test_identical_sources_get_equal_outputs_whatever_the_scale_of_the_models(engine):
    x, v, R, _ = block(6)
    v[:, :, 2], R[..., 2] = v[:, :, 0], R[..., 0]
    y = filter_block(x, v, Spatial.of(R), engine=engine)
    assert np.array_equal(y[..., 0], y[..., 2])
    scaled = filter_block(x, v * np.float32(1e9), Spatial.of(R * 1e-12), engine=engine)
    assert largest(scaled - y) < 1e-5 * largest(x)


def test_a_rank_one_pair_is_unmixed():
    """Two sources from two places in two channels: the mix determines them, and their powers hardly matter."""
    rng = np.random.default_rng(7)
    a = complex_noise(rng, F, 2, 2)  # (F, I, J)
    s = complex_noise(rng, F, T, 2)
    y = np.einsum("fij,ftj->ftij", a, s).astype(np.complex64)
    R = np.einsum("fij,fkj->fikj", a, a.conj())
    got = filter_block(y.sum(axis=-1), np.ones((F, T, 2), np.float32), Spatial.of(R, share=1e-9))
    assert largest(got - y) < 1e-3 * largest(y)


def test_covariances_are_only_lifted_where_they_must_be():
    rng = np.random.default_rng(8)
    for channels in (1, 2, 3):
        R = covariances(rng, channels)
        assert np.allclose(Spatial.of(R).R, R, atol=1e-12)
        for rank_one in (covariances(rng, channels, rank=1), np.zeros_like(R)):
            lifted = Spatial.of(rank_one, share=1e-3).R.transpose(0, 3, 1, 2)
            least = np.linalg.eigvalsh(lifted)[..., 0]
            assert (least > 0.9e-3).all()
    assert np.allclose(Spatial.of(np.zeros((F, 2, 2, 1))).R[..., 0], np.eye(2))


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_elimination_solves(channels):
    rng = np.random.default_rng(9)
    C = covariances(rng, channels, 1)[..., 0].transpose(1, 2, 0)
    B = complex_noise(rng, channels, 3, F)
    assert np.allclose(np.einsum("ikf,kmf->imf", C, solve(C, B)), B, atol=1e-9)


def test_the_likelihood_is_that_of_the_gaussian():
    x, v, R, _ = block(10)
    P = inverse(x, v, R)
    fit = np.einsum("fti,ftik,ftk->ft", x.conj(), P, x).real
    expected = np.sum(np.log(np.linalg.det(P).real) - 2 * np.log(np.pi) - fit)
    assert log_likelihood(x, v, Spatial.of(R)) == pytest.approx(expected, rel=1e-6)


def posterior_moments(x, v, R, update):
    """C_j, (F, T, I, I, J), by the definition."""
    W = np.einsum("ftj,fikj,ftkl->ftilj", v, R, inverse(x, v, R))
    y = np.einsum("ftilj,ftl->ftij", W, x)
    C = np.einsum("ftij,ftkj->ftikj", y, y.conj())
    if update in ("exact", "weighted"):
        C = C + np.einsum("ftilj,ftj,flkj->ftikj", np.eye(x.shape[2])[:, :, None] - W, v, R)
    return C


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("loudness", [1e-6, 1e3])
def test_updates_are_their_definitions(engine, channels, update, loudness):
    x, v, R, _ = block(11, channels, loudness=loudness)
    moments = Moments(update, Spatial.of(R), engine=engine, threads=2)
    for part in (slice(0, 8), slice(8, T)):
        moments.add(x[:, part], v[:, part])
    C = posterior_moments(x, v.astype(np.float64), R, update)
    power = np.einsum("ftiij->ftj", C).real / channels
    expected = {
        "exact": lambda: (C / v[:, :, None, None]).mean(axis=1),
        "weighted": lambda: C.sum(axis=1) / v.sum(axis=1, dtype=np.float64)[:, None, None],
        "energy": lambda: C.sum(axis=1) / power.sum(axis=1)[:, None, None],
        "trace": lambda: (C / power[:, :, None, None]).mean(axis=1),
    }[update]()
    assert largest(moments.covariances() - expected) < 1e-5 * largest(expected)
    if update in ("energy", "trace"):
        assert np.allclose(np.einsum("fiij->fj", moments.covariances()).real, channels, rtol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("update", UPDATES)
def test_updates_from_soft_masks_and_from_given_estimates(engine, update):
    x, v, _, _ = block(12)
    white = Spatial.white(F, 2, J)
    soft, given = Moments(update, white, engine=engine), Moments(update, white, engine=engine)
    soft.add(x, v)
    given.add_estimates(filter_block(x, v, white), v)
    if update in ("energy", "trace"):
        assert np.allclose(soft.covariances(), given.covariances(), atol=1e-5)
    uncertain = np.einsum("fiij->fj", soft.covariances() - given.covariances()).real
    assert (uncertain > -1e-5).all()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("update", UPDATES)
def test_sources_that_were_never_heard_stay_where_they_were(engine, update):
    x, v, R, _ = block(13)
    v[:, :, 0] = 0
    spatial = Spatial.of(R)
    moments = Moments(update, spatial, engine=engine)
    moments.add(x, v)
    assert np.allclose(moments.covariances()[..., 0], spatial.R[..., 0])
    assert np.isfinite(moments.covariances()).all()
    moments = Moments(update, spatial, engine=engine)
    moments.add(np.zeros_like(x), np.zeros_like(v))
    assert np.allclose(moments.covariances(), spatial.R)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("posterior", [False, True])
@pytest.mark.parametrize("white", [False, True])
def test_powers_are_their_definition(engine, channels, posterior, white):
    x, v, R, _ = block(14, channels)
    metric = Spatial.white(F, channels, J) if white else Spatial.of(covariances(np.random.default_rng(15), channels))
    C = posterior_moments(x, v.astype(np.float64), R, "exact" if posterior else "energy")
    expected = np.einsum("fikj,ftkij->ftj", np.linalg.inv(metric.R.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1), C)
    z = power_of(x, v, Spatial.of(R), metric, posterior=posterior, engine=engine, threads=2)
    assert z.dtype == np.float32
    assert largest(z - expected.real / channels) < 1e-5 * largest(z)


@pytest.mark.parametrize("engine", ENGINES)
def test_powers_of_soft_masks_and_of_given_estimates(engine):
    x, v, _, _ = block(16)
    v[:, 2] = 0
    white = Spatial.white(F, 2, J)
    z = power_of(x, v, white, white, engine=engine)
    soft = filter_block(x, v, white)
    assert largest(z - np.square(np.abs(soft)).mean(axis=2)) < 1e-5 * largest(z)
    assert np.allclose(power_of_estimates(soft, white, engine=engine, threads=3), z, rtol=1e-4)


def test_inputs_are_not_touched():
    x, v, R, y = block(17)
    copies = [array.copy() for array in (x, v, R, y)]
    for array in (x, v, R, y):
        array.flags.writeable = False
    spatial = Spatial.of(R)
    for engine in ENGINES:
        filter_block(x, v, spatial, engine=engine)
        Moments("exact", spatial, engine=engine).add(x, v)
        power_of(x, v, spatial, spatial, posterior=True, engine=engine)
        power_of_estimates(y, spatial, engine=engine)
    assert all(np.array_equal(a, b) for a, b in zip((x, v, R, y), copies, strict=True))


def test_any_memory_order_is_accepted():
    x, v, R, _ = block(18)
    spatial = Spatial.of(R)
    expected = filter_block(x, v, spatial)
    assert np.array_equal(filter_block(np.ascontiguousarray(x), np.ascontiguousarray(v), spatial), expected)
    assert np.array_equal(filter_block(x[:, 3:9], v[:, 3:9], spatial), expected[:, 3:9])
    assert filter_block(x[:, :0], v[:, :0], spatial).shape == (F, 0, 2, J)


def test_estimates_are_stacked_last():
    y = block(19)[3]
    assert np.array_equal(stacked_estimates([y[..., j] for j in range(J)]), y)


def test_shapes_that_do_not_fit_are_refused():
    x, v, R, _ = block(20)
    with pytest.raises(ParameterError, match="channels and sources"):
        filter_block(x, v[:, :, :2], Spatial.of(R))
    with pytest.raises(ParameterError, match=r"\(F, I, I, J\)"):
        Spatial.of(R[..., 0])
    with pytest.raises(ParameterError, match="eigenvalue"):
        Spatial.of(R, share=0.0)
