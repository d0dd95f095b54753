import numpy as np
import pytest

from unbraid.core.kam.lowrank import EXPONENT, compressed


def product(F=60, T=90, K=4, seed=0):
    """A picture whose power of EXPONENT is a product of thin matrices."""
    rng = np.random.default_rng(seed)
    root = rng.random((T, K)) @ rng.random((K, F))
    return np.asarray(root ** (1 / EXPONENT), np.float32).T


def error(picture, light):
    found = light.part(0, picture.shape[1])
    return np.abs(found**EXPONENT - picture**EXPONENT).max() / (picture**EXPONENT).max()


@pytest.mark.parametrize("loudness", [1e-12, 1.0, 1e6])
def test_a_product_is_kept_exactly(loudness):
    picture = product() * np.float32(loudness)
    assert error(picture, compressed(picture, 4, np.random.default_rng(0))) < 1e-4


def test_it_is_nearly_the_best_of_its_rank():
    picture = np.abs(np.random.default_rng(1).standard_normal((80, 120))).astype(np.float32)
    root = picture**EXPONENT
    s = np.linalg.svd(root, compute_uv=False)
    light = compressed(picture, 20, np.random.default_rng(0))
    reached = np.linalg.norm((light.left @ light.right.T) - root)
    assert reached < 1.03 * np.sqrt(np.square(s[20:]).sum())


def test_parts_are_parts_of_the_whole():
    picture = product()
    light = compressed(picture, 3, np.random.default_rng(0))
    assert np.allclose(light.part(10, 30), light.part(0, 90)[:, 10:30])
    assert (light.part(0, 90) >= 0).all()


@pytest.mark.parametrize("shape", [(1, 1), (5, 1), (1, 7), (3, 2000)])
def test_any_shape(shape):
    picture = product(*shape, K=1)
    assert error(picture, compressed(picture, 10, np.random.default_rng(0))) < 1e-4


def test_silence():
    silent = np.zeros((20, 30), np.float32)
    assert not compressed(silent, 5, np.random.default_rng(0)).part(0, 30).any()


def test_it_takes_less_memory():
    light = compressed(product(500, 800), 10, np.random.default_rng(0))
    assert light.left.nbytes + light.right.nbytes == 4 * 10 * 1300
