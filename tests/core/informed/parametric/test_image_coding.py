import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from unbraid.core.errors import BitstreamError, ParameterError
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.parametric.image import ImageBlock, ImageModel, Loudness, covariances, powers
from unbraid.core.informed.parametric.image_coding import read_block, read_model, write_block, write_model
from unbraid.core.informed.parametric.image_kernels import MODELS, STARTS, start_of_model
from unbraid.core.informed.parametric.spatial import Places, plain

RATE, BANDS, FRAMES = 16_000, 24, 20


def some_model(colours=11, sources=3, channels=2, seed=0, starts=True):
    rng = np.random.default_rng(seed)
    index = plain(np.stack([rng.integers(0, n, (2, sources)) for n in (65, 64, 32)], -1))
    places = Places(index, 2) if channels == 2 else Places.middle(sources, 1)
    palette = rng.integers(0, 32, (colours, sources))
    palette[np.arange(colours), rng.integers(0, sources, colours)] = 0
    known = rng.integers(-15, 16, STARTS) if starts else np.zeros(STARTS, np.int64)
    grid = Grid.of(RATE, bands=BANDS, block_s=FRAMES * 512 / RATE)
    return ImageModel(grid, places, palette, Loudness(5, 3, 2), known)


def some_block(model, seed=0, frames=FRAMES, places=None):
    rng = np.random.default_rng(seed)
    labels = np.zeros((BANDS, frames), np.int64)
    for _ in range(12):
        b, t = rng.integers(0, BANDS), rng.integers(0, frames)
        labels[b : b + rng.integers(1, 6), t : t + rng.integers(1, 9)] = rng.integers(0, len(model.palette))
    loudness = rng.integers(-128, 129, model.loudness.shape(BANDS, frames))
    return ImageBlock(labels, loudness, places)


def same(a, b):
    return (a.labels == b.labels).all() and (a.loudness == b.loudness).all()


@pytest.mark.parametrize("colours", [1, 2, 11, 64])
@pytest.mark.parametrize("channels", [1, 2])
def test_models_and_blocks_come_back_from_their_bytes(colours, channels):
    model = some_model(colours, channels=channels)
    again = read_model(write_model(model), RATE, 3, channels)
    assert again.grid == model.grid and again.loudness == model.loudness
    assert (again.palette == model.palette).all() and (again.starts == model.starts).all()
    assert (again.places.index == model.places.index).all()
    for frames in (1, 7, FRAMES):
        block = some_block(model, frames=frames)
        assert same(read_block(again, write_block(model, block), frames), block)


def test_noisy_pictures_come_back_too():
    model = some_model(64)
    labels = np.random.default_rng(1).integers(0, 64, (BANDS, FRAMES))
    block = ImageBlock(labels, np.zeros((5, 7), np.int64))
    assert same(read_block(model, write_block(model, block), FRAMES), block)


def test_sources_that_moved_have_places_of_their_own():
    model = some_model()
    moved = Places(plain((model.places.index + np.array([1, 0, 0])).clip(0, 31)), 2)
    block = read_block(model, write_block(model, some_block(model, places=moved)), FRAMES)
    assert block.places is not None and (block.places.index == moved.index).all()
    assert (covariances(model, block) == moved.covariances()).all()
    assert (covariances(model, some_block(model)) == model.places.covariances()).all()


def test_powers_are_shares_of_the_loudness():
    model = some_model()
    block = some_block(model)
    v = powers(model, block)
    assert v.shape == (BANDS, FRAMES, 3) and v.dtype == np.float64
    loud = 2.0 ** (model.loudness.step * block.loudness / 2)
    np.testing.assert_allclose(v.sum(2), loud[np.arange(BANDS)[:, None] // 5, np.arange(FRAMES) // 3], rtol=1e-12)
    colour = model.palette[block.labels[3, 4]]
    np.testing.assert_allclose(v[3, 4] / v[3, 4].max(), 2.0 ** (-colour / 2), rtol=1e-12)


def test_all_alike_costs_almost_nothing():
    model = some_model(starts=False)
    block = ImageBlock(np.zeros((BANDS, FRAMES), np.int64), np.zeros((5, 7), np.int64))
    assert len(write_block(model, block)) < 16


def test_every_model_has_a_start():
    assert len(start_of_model()) == MODELS and start_of_model().max() == STARTS - 1


def test_decisions_are_counted():
    counts = np.zeros(2 * MODELS, np.int64)
    write_block(some_model(), some_block(some_model()), counts)
    assert counts.sum() >= 3 * (BANDS * FRAMES - 1)


SCRIPT = """
import hashlib, sys
sys.path.insert(0, {folder!r})
from test_image_coding import some_block, some_model, write_block, write_model, read_block, powers
model = some_model()
data = write_block(model, some_block(model))
v = powers(model, read_block(model, data, 20))
print(hashlib.sha256(write_model(model) + data + v.tobytes()).hexdigest())
"""


def test_bytes_and_powers_are_those_of_the_standard_with_and_without_a_compiler():
    model = some_model()
    data = write_block(model, some_block(model))
    v = powers(model, read_block(model, data, FRAMES))
    here = hashlib.sha256(write_model(model) + data + v.tobytes()).hexdigest()
    folder = os.path.dirname(__file__)  # noqa: PTH120
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(folder=folder)], env={**os.environ, "UNBRAID_ENGINE": "scipy"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == here == GOLDEN


GOLDEN = "83099d745b7aabffc9ce67da5b2fba6a23e9b8744bf53b8eaf282f6ff2dc0341"
"""Changes only with the version of the bitstream."""


def test_damage_is_an_error_or_a_picture():
    model = some_model()
    shared, data = write_model(model), write_block(model, some_block(model))
    rng = np.random.default_rng(5)
    for number in range(600):
        source = bytearray(shared if number % 2 else data)
        for _ in range(rng.integers(1, 5)):
            source[rng.integers(len(source))] = rng.integers(256)
        cut = bytes(source[: rng.integers(1, len(source) + 1)])
        try:
            if number % 2:
                wrong = read_model(cut, RATE, 3, 2)
                assert wrong.shares.shape[1] == 3
            else:
                block = read_block(model, cut, FRAMES)
                assert np.isfinite(powers(model, block)).all()
        except BitstreamError:
            continue


@pytest.mark.parametrize("data", [b"", b"\0", b"\1", b"\2abc", b"\1\xff\xff\0"])
def test_impossible_beginnings_are_refused_or_silent(data):
    model = some_model()
    try:
        read_block(model, data, FRAMES)
    except BitstreamError:
        return
    assert data in (b"\0", b"\1\xff\xff\0")


def test_impossible_models_are_refused():
    model = some_model()
    with pytest.raises(ParameterError):
        ImageModel(model.grid, model.places, np.zeros((65, 3), np.int64))
    with pytest.raises(ParameterError):
        ImageModel(model.grid, model.places, np.zeros((5, 2), np.int64))
    with pytest.raises(ParameterError):
        Loudness(0, 1, 1)
