import numpy as np
import pytest

from unbraid.core.dsp.stft import stft
from unbraid.core.errors import ParameterError
from unbraid.core.informed.parametric.filtering import estimate
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.parametric.image import covariances, powers
from unbraid.core.informed.parametric.image_coding import block_frames, read_block, read_model
from unbraid.core.informed.parametric.image_fit import advised, fit_image
from unbraid.core.informed.parametric.image_palette import first_palette
from unbraid.core.informed.parametric.image_statistics import distortions, gains, statistics
from unbraid.core.informed.parametric.spatial import Places, plain, spatial_band

RATE = 16_000


def song(channels=2, seconds=6.0, level=1.0, sources=3):
    """Notes of different pitches that come and go, each source in its own place."""
    rng = np.random.default_rng(0)
    n = round(seconds * RATE)
    t = np.arange(n) / RATE
    images = []
    for j in range(sources):
        sound = np.zeros(n)
        for start in np.arange(0, seconds, 0.5):
            pitch = 110 * 2 ** (rng.integers(0, 36) / 12)
            envelope = np.exp(-6 * np.maximum(t - start, 0)) * (t >= start)
            sound += envelope * sum(np.sin(2 * np.pi * pitch * k * t) / k for k in range(1, 6))
        pan = np.array([np.cos(0.4 + 0.4 * j), np.sin(0.4 + 0.4 * j)])[:channels]
        images.append((0.1 * level * sound[:, None] * pan).astype(np.float32))
    return np.sum(images, axis=0), images


def decoded(fit, mix, sources):
    model = read_model(fit.dictionary, RATE, sources, mix.shape[1])
    blocks = [read_block(model, data, block_frames(model.grid, i, len(mix))) for i, data in enumerate(fit.blocks)]
    v = [powers(model, block) for block in blocks]
    frames = [
        (p[:, t : t + 1], covariances(model, block))
        for p, block in zip(v, blocks, strict=True)
        for t in range(p.shape[1])
    ]
    return estimate(mix, model.grid, lambda a, b: frames[a:b], rest=sources - 1)


def sdr(images, stems):
    return np.mean([
        10 * np.log10((y.astype(float) ** 2).sum() / ((y - s).astype(float) ** 2).sum())
        for y, s in zip(images, stems, strict=True)
    ])  # fmt: skip


@pytest.mark.parametrize("channels", [1, 2])
def test_more_bits_give_better_stems_and_rates_are_kept(channels):
    mix, images = song(channels)
    grid = Grid.of(RATE, bands=120, block_s=2)
    quality = []
    for kbps in (0.4, 2.0):
        fit = fit_image(mix, images, grid, kbps)
        assert 0.7 * kbps < 8 * fit.size / 1000 / 6.0 < 1.25 * kbps
        quality.append(sdr(images, decoded(fit, mix, 3)))
    assert quality[1] > quality[0] + 0.5 and quality[1] > 12


@pytest.mark.parametrize("level", [1e-5, 1e3])
def test_loudness_does_not_matter(level):
    grid = Grid.of(RATE, bands=60)
    mix, images = song(1, 2.0, level)
    assert sdr(images, decoded(fit_image(mix, images, grid, 3.0), mix, 3)) > 5


def test_silence_one_sample_and_sources_that_are_not_the_mix_are_coded():
    grid = Grid.of(RATE, bands=30)
    for length in (1, 5000):
        silent = np.zeros((length, 2), np.float32)
        fit = fit_image(silent, [silent, silent], grid, 1.0)
        assert not decoded(fit, silent, 2).any()
    mix, images = song(2, 2.0)
    assert np.isfinite(decoded(fit_image(0.5 * mix, images, grid, 1.0), 0.5 * mix, 3)).all()


def test_the_error_of_a_colour_is_that_of_its_filter():
    mix, images = song(2, 1.0)
    grid = Grid.of(RATE, bands=40)
    index = plain(np.random.default_rng(1).integers(0, 32, (2, 3, 3)))
    R, spatial = Places(index, 2).covariances(), spatial_band(40, 2)
    T = grid.frames(len(mix))
    found = statistics(mix, images, grid, range(T), spatial)
    palette = first_palette(found.energy)
    priorities = np.array([1.0, 0.0, 2.5])
    D = distortions(found.sums, palette, R, spatial, priorities)
    x = stft(mix, grid.stft)
    ys = [stft(image, grid.stft) for image in images]
    for b, t, k in ((3, 5, 0), (17, 12, 5), (39, 10, 8)):
        W = gains(palette, R)[spatial[b], k]
        bins = slice(grid.edges[b], grid.edges[b + 1])
        wrong = sum(priorities[j] * np.sum(np.abs(y[bins, t] - x[bins, t] @ W[j].T) ** 2) for j, y in enumerate(ys))
        own = sum(priorities[j] * np.sum(np.abs(y[bins, t]) ** 2) for j, y in enumerate(ys))
        np.testing.assert_allclose(D[b, t, k] + own, wrong, rtol=1e-3, atol=1e-4 * own)


def test_sixteen_sources_fit():
    mix, images = song(1, 1.0, sources=16)
    fit = fit_image(mix, images, Grid.of(RATE, bands=30), 8.0)
    assert len(fit.model.palette) <= 64 and decoded(fit, mix, 16).shape == (16, RATE, 1)


def test_sources_that_move_are_followed():
    _, sounds = song(1, 6.0)
    turn = np.linspace(0, 1.5, len(sounds[0]), dtype=np.float32)
    pans = (turn, 1.5 - turn, np.full_like(turn, 0.75))
    images = [sound * np.stack([np.cos(pan), np.sin(pan)], 1) for sound, pan in zip(sounds, pans, strict=True)]
    mix = np.sum(images, axis=0)
    grid = Grid.of(RATE, bands=100, block_s=1)
    still, moving = (fit_image(mix, images, grid, 2.0, moving=moves) for moves in (False, True))
    assert sdr(images, decoded(moving, mix, 3)) > sdr(images, decoded(still, mix, 3)) + 1
    assert moving.size < 1.2 * still.size


def test_what_has_priority_is_better():
    mix, images = song(1, 3.0)
    grid = Grid.of(RATE, bands=120)
    plain_fit = decoded(fit_image(mix, images, grid, 1.0), mix, 3)
    first_fit = decoded(fit_image(mix, images, grid, 1.0, priorities=(1.0, 0.0, 0.0)), mix, 3)
    assert sdr(images[:1], first_fit[:1]) > sdr(images[:1], plain_fit[:1])


def test_impossible_wishes_are_refused():
    mix, images = song(1, 0.5)
    grid = Grid.of(RATE, bands=30)
    with pytest.raises(ParameterError):
        fit_image(mix, images, grid, 0.0)
    with pytest.raises(ParameterError):
        fit_image(mix, images, grid, 1.0, priorities=(1.0, 1.0))
    with pytest.raises(ParameterError):
        fit_image(mix, images, grid, 1.0, priorities=(1.0, 1.0, np.nan))


def test_advice_fits_any_rate():
    for rate in (8000, 44_100, 384_000):
        for kbps in (0.2, 1.0, 20.0):
            grid, spatial = advised(rate, 2, kbps)
            assert grid.rate == rate and 1 <= spatial <= grid.bands
