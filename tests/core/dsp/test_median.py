import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import median_filter

from unbraid.core.dsp import median as module
from unbraid.core.dsp.compiled import Engine
from unbraid.core.dsp.median import median, median_of_frames
from unbraid.core.errors import ParameterError

Picture = npt.NDArray[np.float32]
shapes = st.tuples(st.integers(1, 40), st.integers(1, 40))
orders = st.sampled_from(["C", "F", "strided"])
ways = st.sampled_from(["network", "window", "scipy"])


def picture(shape: tuple[int, int], order: str = "C", seed: int = 0) -> Picture:
    """Read-only magnitudes with many equal values."""
    rng = np.random.default_rng(seed)
    values = rng.exponential(size=shape) * rng.integers(0, 2, shape)
    if order == "strided":
        big = np.zeros((2 * shape[0], 3 * shape[1]), np.float32)
        big[::2, ::3] = values
        result = big[::2, ::3]
    else:
        result = np.asarray(values, np.float32, order=order)
    result.flags.writeable = False
    return result


def choose(way: str, patch: pytest.MonkeyPatch) -> Engine:
    """Have networks made for small pictures too, or for none."""
    patch.setattr(module, "NETWORK_FROM", 0 if way == "network" else 1 << 60)
    return "scipy" if way == "scipy" else "compiled"


def reference(V: Picture, length: int, axis: int) -> Picture:
    return median_filter(V, size=(length, 1) if axis == 0 else (1, length), mode="nearest")


@given(shapes, orders, st.sampled_from([1, 3, 9, 35, 81]), st.sampled_from([0, 1]), ways, st.integers(1, 4))
def test_a_running_median_equals_scipys(
    shape: tuple[int, int], order: str, length: int, axis: int, way: str, threads: int
) -> None:
    V = picture(shape, order)
    with pytest.MonkeyPatch.context() as patch:
        result = median(V, length, axis, threads=threads, engine=choose(way, patch))
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, reference(V, length, axis))


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("way", "length"), [("network", 17), ("window", 17), ("window", 101)])
def test_pictures_of_many_tiles(axis: int, way: str, length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for order in "CF":
        V = picture((700, 1100), order)
        part = (slice(100, 400), slice(None)) if axis == 1 else (slice(None), slice(500, 800))
        result = median(V, length, axis, threads=3, engine=choose(way, monkeypatch))
        np.testing.assert_array_equal(result[part], reference(V[part], length, axis))


@pytest.mark.parametrize("way", ["network", "window", "scipy"])
def test_any_finite_values_and_any_loudness(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for scale in (1e-6, 1e3, -1.0, 1e-41):
        V = picture((20, 30)) * np.float32(scale) + np.float32(min(scale, 0) / -2)
        engine = choose(way, monkeypatch)
        np.testing.assert_array_equal(median(V, 9, 1, engine=engine), reference(V, 9, 1))


@pytest.mark.parametrize("engine", ["compiled", "scipy"])
def test_the_layout_is_kept_and_out_may_be_the_picture(engine: Engine) -> None:
    V = picture((30, 40), "F")
    result = median(V, 9, 1, engine=engine)
    assert result.flags.f_contiguous
    own = V.copy()
    assert median(own, 9, 1, out=own, engine=engine) is own
    np.testing.assert_array_equal(own, result)


@given(shapes, st.integers(1, 30), st.sampled_from([1, 2, 3, 8, 9, 34, 40]), orders, ways, st.integers(1, 4))
def test_the_lower_median_of_listed_frames(
    shape: tuple[int, int], count: int, k: int, order: str, way: str, threads: int
) -> None:
    V = picture(shape, order)
    index = np.random.default_rng(1).integers(0, shape[1], (count, k)).astype(np.int32)
    with pytest.MonkeyPatch.context() as patch:
        result = median_of_frames(V, index, threads=threads, engine=choose(way, patch))
    assert result.shape == (shape[0], count) and result.T.flags.c_contiguous
    np.testing.assert_array_equal(result, np.sort(V[:, index], axis=-1)[..., (k - 1) // 2])


def test_engines_can_be_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    V = picture((5, 6))
    monkeypatch.setenv("UNBRAID_ENGINE", "scipy")
    monkeypatch.setattr(module, "_compiled_median", lambda *_: pytest.fail("compiled"))
    np.testing.assert_array_equal(median(V, 3, 1), reference(V, 3, 1))
    monkeypatch.setenv("UNBRAID_ENGINE", "fast")
    with pytest.raises(ParameterError, match="compiled or scipy"):
        median(V, 3, 1)


@pytest.mark.parametrize(("length", "axis"), [(4, 1), (0, 1), (-3, 0), (3, 2)])
def test_even_lengths_and_other_axes_are_refused(length: int, axis: int) -> None:
    with pytest.raises(ParameterError):
        median(picture((4, 5)), length, axis)


@pytest.mark.parametrize("index", [[[5]], [[-1]], [[]], [0]])
def test_frames_that_are_not_there_are_refused(index: list[list[int]]) -> None:
    with pytest.raises(ParameterError):
        median_of_frames(picture((4, 5)), np.array(index, np.int32))
