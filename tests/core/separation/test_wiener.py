"""The engine that refines models and filters songs: norbert's numbers, EM's promise, KAM's normalisation, streams."""

from __future__ import annotations

import numpy as np
import pytest

from unbraid.core import large_arrays
from unbraid.core.dsp.stft import StftParams, stft
from unbraid.core.errors import ParameterError
from unbraid.core.separation import wiener as engine
from unbraid.core.separation.masks import apply_masks, ratio_masks
from unbraid.core.separation.spatial import Spatial, filter_block, log_likelihood, stacked, stacked_estimates
from unbraid.core.separation.spatial_updates import power_of_estimates
from unbraid.core.separation.wiener import EXACT_EM, KAM, NORBERT, Passes, Refinement, refine, separate, wiener

PARAMS = StftParams(256, 64)
LOUDNESS = [1e-6, 1e3]
J = 3


def known():
    """A tiny mix and powers by formula, (F, T, I) and (F, T, J), for numbers that norbert 0.2.1 gave."""
    n = np.arange(30).reshape(3, 5, 2)
    x = 3 * (np.cos(1.3 * n) + 1j * np.sin(0.7 * n + n**2 / 50))
    return x.astype(np.complex64), (0.2 + 4 * np.square(np.sin(0.9 * n + 1))).astype(np.float32)


GOLDEN = {  # norbert.wiener(v, x, iterations, eps=1e-20) at (f, t, i, j) = (0,0,0,0), (1,2,1,0), (2,4,0,1), (0,3,1,1)
    0: [1.3349831, 1.0989953 + 0.8980269j, 0.4221458 - 1.0402021j, -2.6271355 - 1.087616j],
    1: [0.4648228 - 0.0704782j, 0.9379207 + 0.6899259j, 0.0238629 - 0.8166777j, -2.8095436 - 1.171506j],
    2: [-0.284921 - 0.1172922j, 0.8288962 + 0.5647517j, -0.3185259 - 0.4326341j, -2.8423574 - 1.1769597j],
}


@pytest.mark.parametrize("iterations", [0, 1, 2])
@pytest.mark.parametrize("choice", ["scipy", "auto"])
def test_it_is_norbert(iterations, choice, monkeypatch):
    monkeypatch.setenv("UNBRAID_ENGINE", choice)
    x, v = known()
    y = wiener(x, v, Refinement(iterations))
    assert np.allclose([y[0, 0, 0, 0], y[1, 2, 1, 0], y[2, 4, 0, 1], y[0, 3, 1, 1]], GOLDEN[iterations], atol=2e-6)
    assert np.abs(y.sum(axis=-1) - x).max() < 1e-6


def song(frames=6000, channels=2, *, loudness=1.0, seed=0):
    rng = np.random.default_rng(seed)
    return (loudness * rng.standard_normal((frames, channels))).astype(np.float32)


def powers(first, x):
    """A model that depends on place and time only: humps of bins that come and go."""
    f, t = np.arange(len(x))[:, None], first + np.arange(x.shape[1])
    return stacked([np.exp(-(((f - 30 * j - 20) / 20) ** 2)) * (1.1 + np.sin(0.7 * t * (j + 1))) for j in range(J)])


def scaled(loudness):
    """The model of a song of this loudness; EM with posterior moments needs powers in the mix's own unit."""
    return lambda first, x: powers(first, x) * np.float32(loudness**2)


def white(channels=2):
    return Spatial.white(PARAMS.bins, channels, J)


def drawn(seed=0, frames=400, bins=9, channels=2):
    """A mix drawn from the local Gaussian model, and powers that are roughly right."""
    rng = np.random.default_rng(seed)
    a = rng.standard_normal((2, bins, channels, channels, J))
    s = rng.standard_normal((2, bins, frames, channels, J))
    v = rng.gamma(0.4, size=(bins, frames, J)) + 1e-3
    y = np.einsum("fikj,ftkj->ftij", a[0] + 1j * a[1], (s[0] + 1j * s[1]) * np.sqrt(v)[:, :, None])
    guess = stacked(list((v * rng.gamma(4, size=v.shape)).transpose(2, 0, 1)))
    return y.sum(axis=-1).astype(np.complex64), guess


def refined(x, v, how, times, fits=()):
    """Likelihoods after each of several single iterations, with the last powers and covariances."""
    mix, spatial = Passes.of_spectrum(x), Spatial.white(x.shape[0], x.shape[2], J)

    def model(first, block):
        return v[:, first : first + block.shape[1]]

    likelihoods = []
    for _ in range(times):
        model, spatial = refine(mix, model, spatial, how, fits=fits)
        likelihoods.append(log_likelihood(x, model(0, x), spatial))
    return np.array(likelihoods), model(0, x), spatial


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("loudness", [1.0, *LOUDNESS])
def test_exact_em_never_loses_likelihood(channels, loudness):
    x, v = drawn(channels=channels)
    x, v = x * np.float32(loudness), v * np.float32(loudness**2)
    likelihoods, kept, _ = refined(x, v, EXACT_EM, 6)
    assert (np.diff(likelihoods) > -1e-6 * abs(likelihoods[0])).all()
    assert likelihoods[-1] > likelihoods[0]
    assert np.array_equal(kept, v)


def test_exact_em_with_free_powers_never_loses_likelihood():
    x, v = drawn(1)
    likelihoods, _, _ = refined(x, v, Refinement(update="exact", power="whitened"), 5, fits=[lambda z: z] * J)
    assert (np.diff(likelihoods) > -1e-6 * abs(likelihoods[0])).all()


@pytest.mark.parametrize("update", ["energy", "trace"])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_the_trace_of_covariances_is_the_number_of_channels(update, channels):
    x, v = drawn(2, channels=channels)
    _, _, spatial = refined(x, v, Refinement(2, update, "kept"), 1)
    assert np.allclose(np.einsum("fiij->fj", spatial.R).real, channels, rtol=1e-4)


@pytest.mark.parametrize("how", [NORBERT, KAM, EXACT_EM, Refinement(2, "weighted", "whitened"), Refinement(0)])
@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("loudness", LOUDNESS)
def test_stems_add_up_to_the_song_and_loudness_changes_nothing_else(how, channels, loudness):
    quiet, loud = (separate(song(2000, channels, loudness=g), PARAMS, scaled(g), "abc", how) for g in (1.0, loudness))
    total = sum(stem.astype(np.float64) for stem in loud.values())
    assert np.abs(total - song(2000, channels, loudness=loudness)).max() < 3e-6 * loudness
    assert all(np.abs(loud[name] / np.float32(loudness) - quiet[name]).max() < 1e-3 for name in "abc")


@pytest.mark.parametrize("how", [NORBERT, KAM, EXACT_EM])
def test_a_song_in_blocks_is_a_spectrogram_as_a_whole(how, monkeypatch):
    samples = song()
    x = stft(samples, PARAMS)
    y = wiener(x, powers(0, x), how)
    monkeypatch.setattr(engine, "FRAMES", 7)
    stems = separate(samples, PARAMS, powers, "abc", how)
    for j, name in enumerate("abc"):
        assert np.abs(stft(stems[name], PARAMS)[:, 8:-8] - stft_of(y[..., j], len(samples))[:, 8:-8]).max() < 2e-4


def stft_of(y, length):
    """What remains of a spectrogram that no sound has: that of its inverse."""
    from unbraid.core.dsp.stft import istft

    return stft(istft(y, PARAMS, length), PARAMS)


def test_without_iterations_it_is_the_ratio_mask():
    samples = song()
    stems = separate(samples, PARAMS, powers, "abc", Refinement(0))

    def masks_of(first, x):
        v = powers(first, x)
        return ratio_masks({name: v[..., j] for j, name in enumerate("abc")}, exponent=1.0)

    masked = apply_masks(samples, PARAMS, masks_of, "abc")
    assert all(np.abs(stems[name] - masked[name]).max() < 1e-5 for name in "abc")


@pytest.mark.parametrize("how", [NORBERT, KAM, EXACT_EM])
def test_silence_and_one_silent_channel(how):
    silent = separate(np.zeros((1500, 2), np.float32), PARAMS, powers, "abc", how)
    assert not any(stem.any() for stem in silent.values())
    samples = song(1500)
    samples[:, 1] = 0
    stems = separate(samples, PARAMS, powers, "abc", how)
    assert all(np.isfinite(stem).all() and np.abs(stem[:, 1]).max() < 1e-4 for stem in stems.values())
    assert np.abs(sum(stems.values()) - samples).max() < 1e-5


def test_models_that_are_silent_share_evenly():
    samples = song(1500)
    stems = separate(samples, PARAMS, lambda _, x: np.zeros((*x.shape[:2], J), np.float32), "abc")
    assert all(np.abs(stem - samples / 3).max() < 1e-5 for stem in stems.values())


def test_identical_models_give_equal_stems():
    def model(first, x):
        v = powers(first, x)
        return stacked([v[..., 0], v[..., 1], v[..., 0]])

    for how in (NORBERT, KAM, EXACT_EM):
        stems = separate(song(), PARAMS, model, "abc", how)
        assert np.array_equal(stems["a"], stems["c"])


def test_each_source_is_fitted_its_own_way_and_none_is_kept():
    x, v = drawn(3)
    seen = []

    def steady(z):
        seen.append(z.shape)
        return np.repeat(z.mean(axis=1, keepdims=True), z.shape[1], axis=1)

    _, found, _ = refined(x, v, KAM, 2, fits=[steady, None, lambda z: 2 * z])
    assert seen == [v.shape[:2]] * 2
    assert np.ptp(found[:, :, 0], axis=1).max() == 0
    assert np.array_equal(found[:, :, 1], v[:, :, 1])


def test_fits_that_change_nothing_are_no_fits(monkeypatch):
    x, v = drawn(4)
    for how in (NORBERT, Refinement(2, "trace", "whitened"), Refinement(2, "exact", "plain")):
        mix, first = Passes.of_spectrum(x), Spatial.white(len(x), 2, J)
        free, kept = (refine(mix, lambda a, b: v[:, a : a + b.shape[1]], first, how, fits=fits)
                      for fits in ((), [lambda z: z] * J))  # fmt: skip
        assert np.allclose(free[0](0, x[:, :50]), kept[0](0, x[:, :50]), rtol=1e-4)
        assert np.allclose(free[1].R, kept[1].R, atol=1e-6)


def test_only_powers_that_are_fitted_are_held(monkeypatch):
    held = []

    def empty(shape):
        held.append(shape)
        return np.empty(shape, np.float32)

    monkeypatch.setattr(large_arrays, "empty", empty)
    samples = song()
    separate(samples, PARAMS, powers, "abc", Refinement(3))
    assert held == [samples.shape] * J
    held.clear()
    separate(samples, PARAMS, powers, "abc", Refinement(3), fits=[None, np.square, None])
    assert held == [(J, PARAMS.frames(len(samples)), PARAMS.bins), *[samples.shape] * J]


def test_first_estimates_may_be_given_for_each_channel():
    """Networks say a magnitude for each channel; the first places come from these, the rest is as ever."""
    samples = song(channels=2)
    x = stft(samples, PARAMS)
    gains = np.random.default_rng(5).random((*x.shape, J)).astype(np.float32)

    def start(first, block):
        return (gains[:, first : first + block.shape[1]] * block[..., None]).astype(np.complex64)

    stems = separate(samples, PARAMS, powers, "abc", start=start)
    assert np.abs(sum(stems.values()) - samples).max() < 1e-5
    y = start(0, x)
    v = power_of_estimates(y, white())
    R = np.einsum("ftij,ftkj->fikj", y, y.conj()) / v.sum(axis=1)[:, None, None]
    expected = filter_block(x, v, Spatial.of(R))
    assert np.abs(stft(stems["b"], PARAMS) - stft_of(expected[..., 1], len(samples))).max() < 1e-3
    as_said = separate(samples, PARAMS, powers, "abc", Refinement(0), start=start)
    assert np.abs(stft(as_said["b"], PARAMS) - stft_of(y[..., 1], len(samples))).max() < 1e-3


def test_places_that_are_known_are_used():
    x, v = drawn(6)
    R = np.random.default_rng(7).standard_normal((len(x), 2, 2, J))
    spatial = Spatial.of(np.einsum("fikj,flkj->filj", R, R) + 0j)
    assert np.allclose(wiener(x, v, Refinement(0), spatial=spatial), filter_block(x, v, spatial), atol=1e-5)


def test_two_iterations_are_one_after_the_other():
    x, v = drawn(8)
    twice = wiener(x, v, Refinement(2))
    once = wiener(x, v)
    model = power_of_estimates(once, Spatial.white(len(x), 2, J))
    R = np.einsum("ftij,ftkj->fikj", once, once.conj()) / model.sum(axis=1)[:, None, None]
    assert np.abs(twice - filter_block(x, model, Spatial.of(R))).max() < 1e-4 * np.abs(x).max()


def test_nothing_given_is_written_to():
    samples = song()
    samples.flags.writeable = False
    before = samples.copy()
    x, v = drawn(9)
    x.flags.writeable = v.flags.writeable = False
    wiener(x, v)
    refined(x, v, KAM, 2, fits=[np.square, None, None])
    separate(samples, PARAMS, powers, "abc")
    assert np.array_equal(samples, before)


@pytest.mark.parametrize("how", [NORBERT, Refinement(0), Refinement(2, "trace", "whitened")])
@pytest.mark.parametrize("fitted", [False, True])
def test_progress_rises_to_one_and_can_stop_the_work(how, fitted):
    told = []
    fits = [np.square, None, None] if fitted else []
    separate(song(20000), PARAMS, powers, "abc", how, fits=fits, progress=lambda f, m: told.append(f))
    assert told == sorted(told)
    assert told[-1] == 1.0

    def stop(fraction, message):
        if fraction > 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        separate(song(20000), PARAMS, powers, "abc", how, fits=fits, progress=stop)


def test_what_cannot_be_is_refused():
    x, v = drawn(10)
    with pytest.raises(ParameterError, match="0 or more"):
        wiener(x, v, Refinement(-1))
    with pytest.raises(ParameterError, match="kept"):
        refined(x, v, EXACT_EM, 1, fits=[np.square] * J)
    with pytest.raises(ParameterError, match="3 sources"):
        refined(x, v, KAM, 1, fits=[np.square])


@pytest.mark.parametrize("frames", [1, 17, 300])
def test_very_short_songs(frames):
    samples = song(frames)
    stems = separate(samples, PARAMS, powers, "abc")
    assert np.abs(sum(stems.values()) - samples).max() < 1e-5


def test_sources_at_places_of_their_own_are_told_apart_better_with_em():
    """Three panned sources whose powers are known roughly: the filter that has learned the places is better."""
    v = drawn(11, frames=600)[1]
    rng = np.random.default_rng(12)
    pans = np.array([[1, 0.1], [0.7, 0.7], [0.1, 1]]).T
    s = rng.standard_normal((2, 9, 600, J)) * np.sqrt(v)
    y = stacked_estimates([((s[0] + 1j * s[1])[:, :, None, j] * pans[:, j]).astype(np.complex64) for j in range(J)])
    noisy = v * rng.gamma(2, size=v.shape).astype(np.float32)
    errors = [
        np.square(np.abs(wiener(y.sum(axis=-1), noisy, how) - y)).sum()
        for how in (Refinement(0), Refinement(8, "exact", "kept"))
    ]
    assert errors[1] < 0.65 * errors[0]
