import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbraid.core.dsp.gather import TimeWindow, add_lights, colour, gather, plan, prepare, sample, sampling
from unbraid.core.dsp.pyramid import LevelPyramid


def pyramid(codes: np.ndarray) -> LevelPyramid:
    """A pyramid whose lowest level has these codes."""
    result = LevelPyramid(*codes.shape, time_levels=32, freq_levels=1)
    magnitude = np.where(codes > 0, 10 ** ((codes / 2 - 120) / 20), 0).astype(np.float32)
    for a in range(0, codes.shape[1], 7):
        result.append(magnitude[:, a : a + 7])
    return result


windows = st.builds(
    TimeWindow,
    st.floats(-5, 400),
    st.sampled_from([0.01, 0.3, 0.9, 1.0, 1.37, 2.0, 3.1, 9.9, 40.0]),
    st.integers(1, 90),
)


@given(windows, st.sampled_from([(0, 16), (3, 5), (7, 7.5), (-1, 20)]), st.integers(1, 40))
def test_both_engines_make_the_same_pixels(time: TimeWindow, band: tuple[float, float], rows: int) -> None:
    codes = np.random.default_rng(0).integers(0, 256, (17, 400), dtype=np.uint8)
    bins = np.linspace(*band, rows + 1)
    ours = gather(pyramid(codes), time, bins, engine="compiled")
    plain = gather(pyramid(codes), time, bins, engine="scipy")
    assert ours.shape == (rows, time.columns)
    assert np.abs(ours.astype(int) - plain).max() <= 1


@given(st.integers(0, 399), st.floats(0.02, 60), st.floats(0, 1), st.sampled_from(["compiled", "scipy"]))
def test_a_click_of_one_frame_keeps_its_level_at_every_zoom_and_offset(
    frame: int, step: float, at: float, engine
) -> None:
    codes = np.zeros((9, 400), np.uint8)
    codes[:, frame] = 200
    columns = 50
    start = frame - (1 + at * (columns - 2)) * step  # at an edge it may be the neighbour's by half a pixel
    pixels = gather(pyramid(codes), TimeWindow(start / step, step, columns), np.linspace(0, 8, 5), engine=engine)
    assert pixels.max() >= (200 if step >= 1 else 200 * (1 - step))
    middle = (frame - start) / step
    far = np.abs(np.arange(columns) + 0.5 - middle) > 2 + 1.5 / step
    assert pixels[:, far].max(initial=0) == 0


@given(st.floats(1, 30), st.integers(1, 40))
def test_panning_by_whole_pixels_moves_the_picture_and_changes_nothing(step: float, pixels: int) -> None:
    codes = np.random.default_rng(1).integers(0, 256, (5, 3000), dtype=np.uint8)
    whole = pyramid(codes)
    first = gather(whole, TimeWindow(0, step, 80), np.linspace(0, 4, 4))
    moved = gather(whole, TimeWindow(pixels, step, 80), np.linspace(0, 4, 4))
    if pixels < 80:
        np.testing.assert_array_equal(moved[:, : 80 - pixels], first[:, pixels:])


def test_every_bin_is_seen_however_many_share_a_row() -> None:
    for k in range(33):
        codes = np.zeros((33, 4), np.uint8)
        codes[k] = 99
        for rows in (1, 2, 5, 16, 31):
            assert gather(pyramid(codes), TimeWindow(0, 1, 4), np.linspace(0, 33, rows + 1)).max() == 99
    assert gather(pyramid(codes), TimeWindow(0, 1, 4), np.linspace(0, 33, 34))[0].max() == 99  # the highest on top


def test_between_samples_there_is_a_straight_line() -> None:
    codes = np.zeros((1, 3), np.uint8)
    codes[0] = 0, 100, 200
    row = gather(pyramid(codes), TimeWindow(0, 0.1, 20), np.array([0.0, 1.0]))[0].astype(int)
    np.testing.assert_allclose(row, 10 * np.arange(1, 21), atol=1)


def test_plans_cover_all_samples_once() -> None:
    edges = np.sort(np.random.default_rng(0).uniform(-3, 60, 40))
    made = plan(edges, 50)
    assert (made.first[1:] == made.stop[:-1]).all()
    inside = (np.arange(50) >= edges[0]) & (np.arange(50) < edges[-1])
    assert (made.stop - made.first).sum() == inside.sum()


@pytest.mark.parametrize("engine", ["compiled", "scipy"])
def test_colours_come_from_tables(engine) -> None:
    codes = np.random.default_rng(0).integers(0, 256, (2, 5, 7), dtype=np.uint8)
    table = np.arange(256, dtype=np.uint32) * 3
    np.testing.assert_array_equal(colour(codes[0], table, engine=engine), table[codes[0]])
    light = np.arange(256, dtype=np.uint64) << np.uint64(21)
    curve = np.arange(300).clip(0, 255).astype(np.uint8)
    mixed = add_lights(codes, np.stack([light, light]), curve, engine=engine)
    green = codes.astype(int).sum(axis=0).clip(0, 255)
    np.testing.assert_array_equal(mixed, (0xFF000000 + (green << 8)).astype(np.uint32))


@pytest.mark.parametrize("engine", ["compiled", "scipy"])
@pytest.mark.parametrize("step", [0.2, 1.0, 5.3])
def test_parts_of_a_picture_are_those_of_the_whole(engine, step: float) -> None:
    codes = np.random.default_rng(2).integers(0, 256, (30, 500), dtype=np.uint8)
    time, bins = TimeWindow(3, step, 50), np.geomspace(1, 29, 71)
    whole = gather(pyramid(codes), time, bins, engine=engine)
    np.testing.assert_array_equal(gather(pyramid(codes), time, bins, threads=3, engine=engine), whole)
    how = sampling(30, 500, time, bins)
    wide = np.zeros((70, 60), np.uint8)
    for part in (slice(0, 1), slice(1, 40), slice(40, 70)):
        sample(pyramid(codes), how, out=wide[part, 5:55], part=part, engine=engine)
    np.testing.assert_array_equal(wide[:, 5:55], whole)


@pytest.mark.parametrize("pictures", [1, 3, 4, 5, 9])
def test_any_number_of_lights_adds_up_and_dark_rows_are_black(pictures: int) -> None:
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 256, (pictures, 6, 9), dtype=np.uint8)
    codes[rng.random((pictures, 6)) < 0.4] = 20  # too faint to be seen
    codes[:, 2] = 0
    light = np.where(np.arange(256) > 30, np.arange(256), 0).astype(np.uint64)
    tables = np.stack([(light * np.uint64(k + 1)) << np.uint64(21 * (k % 3)) for k in range(pictures)])
    curve = (np.arange(1000) // 4).clip(0, 255).astype(np.uint8)
    ours, plain = (add_lights(codes, tables, curve, engine=engine) for engine in ("compiled", "scipy"))
    np.testing.assert_array_equal(ours, plain)
    assert (ours[2] == 0xFF000000).all()


def test_preparing_needs_nothing() -> None:
    prepare()
