import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbraid.core.dsp.pyramid import MAX, MIN, RMS, LevelPyramid, PeakPyramid, code_db, level_codes
from unbraid.core.errors import ParameterError

sizes = st.lists(st.integers(1, 60), min_size=1, max_size=12)


@given(sizes, st.sampled_from([1, 2, 3]), st.sampled_from([1, 4, 7]), st.sampled_from([1e-6, 1.0, 1e3]))
def test_every_peak_is_the_extreme_of_its_samples(parts: list[int], channels: int, base: int, level: float) -> None:
    x = (level * np.random.default_rng(0).standard_normal((sum(parts), channels))).astype(np.float32)
    x.flags.writeable = False
    pyramid = PeakPyramid(*x.shape, base=base)
    for a, n in zip(np.cumsum([0, *parts]), parts, strict=False):
        pyramid.append(x[a : a + n])
    assert len(pyramid.levels[-1]) == 1
    for k, peaks in enumerate(pyramid.levels):
        for j, block in enumerate(peaks):
            samples = x[j * base << k : (j + 1) * base << k]
            np.testing.assert_array_equal(block[:, MIN], samples.min(axis=0))
            np.testing.assert_array_equal(block[:, MAX], samples.max(axis=0))
            np.testing.assert_allclose(block[:, RMS], np.sqrt((samples.astype(float) ** 2).mean(axis=0)), rtol=1e-5)


@given(sizes, st.integers(1, 50))
def test_blocks_of_any_size_make_the_same_peaks(parts: list[int], block: int) -> None:
    x = np.random.default_rng(0).standard_normal((sum(parts), 2)).astype(np.float32)
    whole = PeakPyramid.of(x, base=4)
    for a, b in zip(whole.levels, PeakPyramid.of(x, base=4, block=block).levels, strict=True):
        np.testing.assert_array_equal(a, b)


def test_no_samples_have_no_peaks() -> None:
    assert PeakPyramid(0, 2).levels[0].shape == (0, 2, 3)


def test_codes_are_steps_of_half_a_decibel() -> None:
    db = np.arange(-130, 15, 0.01)
    codes = level_codes((10 ** (db / 20)).astype(np.float32))
    assert (np.diff(codes.astype(int)) >= 0).all() and codes[0] == 0 and codes[-1] == 255
    inside = (db > -119.7) & (db < 7.4)
    np.testing.assert_allclose(code_db(codes)[inside], db[inside], atol=0.2501)
    assert level_codes(np.zeros((2, 2), np.float32)).max() == 0
    assert level_codes(np.float32([[1024]]), full_scale=1024)[0, 0] == 240


@given(st.integers(1, 30), sizes, st.integers(1, 9), st.integers(1, 5), st.sampled_from("CF"))
def test_maxima_survive_at_every_level(bins: int, parts: list[int], time: int, freq: int, order: str) -> None:
    frames = sum(parts)
    V = np.asarray(10 ** np.random.default_rng(0).uniform(-5, 0, (bins, frames)), np.float32, order=order)
    pyramid = LevelPyramid(bins, frames, time_levels=time, freq_levels=freq)
    for n in parts:
        pyramid.append(V[:, pyramid.filled : pyramid.filled + n])
    assert pyramid.filled == pyramid.frames
    codes = level_codes(V)
    for i in range(pyramid.shape[0]):
        for j in range(pyramid.shape[1]):
            rows, columns = np.arange(0, bins, 1 << j), np.arange(0, frames, 1 << i)
            expected = np.maximum.reduceat(np.maximum.reduceat(codes, rows, axis=0), columns, axis=1)
            np.testing.assert_array_equal(pyramid.level(i, j), expected)


@given(st.integers(0, 40), st.integers(1, 10))
def test_frames_may_be_written_again(first: int, count: int) -> None:
    V = np.random.default_rng(0).exponential(size=(9, 50)).astype(np.float32)
    pyramid = LevelPyramid(9, 50)
    pyramid.append(V)
    V[:, first : first + count] *= np.float32(1e-3)
    pyramid.write(first, V[:, first : first + count])
    again = LevelPyramid(9, 50)
    again.append(V)
    for i, j in np.ndindex(pyramid.shape):
        np.testing.assert_array_equal(pyramid.level(i, j), again.level(i, j))


def test_what_does_not_fit_is_refused() -> None:
    for call in (
        lambda: PeakPyramid(10, 0),
        lambda: PeakPyramid(3, 1).append(np.zeros((4, 1), np.float32)),
        lambda: LevelPyramid(0, 5),
        lambda: LevelPyramid(3, 5).append(np.zeros((3, 6), np.float32)),
        lambda: LevelPyramid(3, 5).append(np.zeros((4, 2), np.float32)),
    ):
        with pytest.raises(ParameterError):
            call()
