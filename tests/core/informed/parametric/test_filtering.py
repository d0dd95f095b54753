import numpy as np
import pytest

from unbraid.core.dsp.stft import istft, stft
from unbraid.core.errors import ParameterError
from unbraid.core.informed.parametric.filtering import estimate, frames_needed
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.parametric.spatial import Places, plain, spatial_band

LENGTH, SOURCES, BANDS = 30_000, 3, 40


def setting(channels, seed=0, overlap=2, level=1.0):
    rng = np.random.default_rng(seed)
    grid = Grid.of(16_000, bands=BANDS, overlap=overlap)
    mix = (level * rng.standard_normal((LENGTH, channels))).astype(np.float32)
    v = level**2 * rng.random((BANDS, grid.frames(LENGTH), SOURCES)) ** 4
    index = np.stack([rng.integers(0, n, (2, SOURCES)) for n in (65, 64, 32)], -1)
    R = Places(plain(index), channels).covariances()
    return mix, grid, v, R, lambda a, b: [(v[:, a:b], R)]


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("overlap", [2, 4])
def test_filters_as_the_formula_says(channels, overlap):
    mix, grid, v, R, model = setting(channels, overlap=overlap)
    x = stft(mix, grid.stft).astype(np.complex128)
    powers = grid.spread(v)
    bands = R[spatial_band(BANDS, 2)][grid.band_of_bin]
    C = np.einsum("ftj,fjab->ftab", powers, bands)
    y = np.einsum("ftj,fjab,ftbc,ftc->jfta", powers, bands, np.linalg.inv(C), x)
    wanted = [istft(s.astype(np.complex64), grid.stft, LENGTH) for s in y]
    np.testing.assert_allclose(estimate(mix, grid, model), wanted, atol=2e-5)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("level", [1e-6, 1.0, 1e3])
@pytest.mark.parametrize("rest", [0, 2])
def test_stems_add_up_to_the_mix(channels, level, rest):
    mix, grid, _, _, model = setting(channels, level=level)
    stems = estimate(mix, grid, model, rest=rest)
    assert np.abs(stems.astype(np.float64).sum(0) - mix).max() < 1e-6 * np.abs(mix).max()
    free = estimate(mix, grid, model)
    np.testing.assert_allclose(stems, free, atol=1e-4 * level)


@pytest.mark.parametrize("channels", [1, 2])
def test_any_range_is_the_same_bits(channels):
    mix, grid, _, _, model = setting(channels)
    whole = estimate(mix, grid, model, rest=0, threads=1)
    assert (estimate(mix, grid, model, rest=0, threads=3) == whole).all()
    for start, stop in ((0, 1), (0, 700), (511, 513), (1234, 20_000), (LENGTH - 3, LENGTH), (40, 40)):
        part = estimate(mix, grid, model, rest=0, start=start, stop=stop)
        assert part.shape == whole[:, start:stop].shape and (part == whole[:, start:stop]).all()


def test_asks_for_no_more_frames_than_it_says():
    mix, grid, v, R, _ = setting(2)
    asked = []

    def model(a, b):
        asked.extend(range(a, b))
        return [(v[:, a:b], R)]

    estimate(mix, grid, model, start=5000, stop=9000)
    assert asked == list(frames_needed(grid, LENGTH, 5000, 9000))
    assert len(asked) <= 4000 // grid.hop_samples + 3


def test_models_may_come_in_pieces_with_other_places():
    mix, grid, v, R, model = setting(2)

    def pieces(a, b):
        return [(v[:, t : t + 1], R) for t in range(a, b)]

    assert (estimate(mix, grid, pieces) == estimate(mix, grid, model)).all()
    turned = [(v[:, :4], R[:, ::-1]), (v[:, 4:], R)]
    assert (estimate(mix, grid, lambda a, b: turned) != estimate(mix, grid, model)).any()


@pytest.mark.parametrize("channels", [1, 2])
def test_silent_models_leave_everything_to_the_rest(channels):
    mix, grid, v, R, _ = setting(channels)
    stems = estimate(mix, grid, lambda a, b: [(0 * v[:, a:b], R)], rest=1)
    assert (stems[1] == mix).all() and not stems[[0, 2]].any()


@pytest.mark.parametrize("channels", [1, 2])
def test_noise_takes_its_share(channels):
    mix, grid, _, _, model = setting(channels)
    clean = estimate(mix, grid, model)
    noisy = estimate(mix, grid, model, noise=lambda a, b: np.full((BANDS, b - a), 1e6))
    assert np.abs(noisy).max() < 1e-3 * np.abs(clean).max()


def test_point_sources_in_one_place_share_it():
    mix, grid, v, _, _ = setting(1)
    both = np.repeat(mix, 2, 1)
    R = np.broadcast_to(np.ones((2, 2), np.complex128), (1, SOURCES, 2, 2))
    stereo = estimate(both, grid, lambda a, b: [(v[:, a:b], R)])
    mono = estimate(mix, grid, lambda a, b: [(v[:, a:b], np.ones((1, SOURCES, 1, 1), np.complex128))])
    np.testing.assert_allclose(stereo[:, :, :1], mono, atol=1e-5)


def test_what_does_not_fit_is_refused():
    mix, grid, v, R, model = setting(2)
    with pytest.raises(ParameterError):
        estimate(mix, grid, model, start=-1)
    with pytest.raises(ParameterError):
        estimate(mix, grid, lambda a, b: [(v[:, a:b, :2], R)])
    with pytest.raises(ParameterError):
        estimate(np.zeros((10, 3), np.float32), grid, model)
