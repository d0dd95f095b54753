import numpy as np
import pytest

from unbraid.core.dsp.mdct import MdctParams
from unbraid.core.errors import BitstreamError, ParameterError
from unbraid.core.informed.parametric.grid import Grid, nearest_window
from unbraid.core.informed.parametric.grid_coding import SIZE, read_grid, write_grid


@pytest.mark.parametrize("rate", [8000, 22_050, 44_100, 48_000, 96_000, 384_000])
@pytest.mark.parametrize("bands", [1, 7, 100, 400])
def test_bands_cover_all_bins_with_one_at_least(rate, bands):
    grid = Grid.of(rate, bands=bands)
    assert grid.edges[0] == 0 and grid.edges[-1] == grid.bins and (np.diff(grid.edges) >= 1).all()
    assert np.bincount(grid.band_of_bin).tolist() == np.diff(grid.edges).tolist()


def test_edges_are_those_of_the_bitstream():
    assert Grid.of(44_100, bands=12).edges.tolist() == [0, 22, 51, 90, 142, 212, 306, 430, 597, 820, 1118, 1516, 2049]
    assert Grid.of(48_000, bands=5, corner_hz=1000).edges.tolist() == [0, 77, 224, 503, 1035, 2049]


def test_bands_become_wider():
    widths = np.diff(Grid.of(44_100, bands=60).edges)
    assert (np.diff(widths)[:-1] >= -1).all() and widths[-1] > 10 * widths[0]


def test_as_many_bands_as_bins_are_the_bins():
    grid = Grid(8000, 64, 32, 33)
    assert grid.edges.tolist() == list(range(34))


@pytest.mark.parametrize(
    ("rate", "window"), [(44_100, 4096), (48_000, 4096), (22_050, 2048), (16_000, 2048), (15_000, 1024), (96_000, 8192)]
)
def test_windows_last_about_93_ms(rate, window):
    assert nearest_window(rate) == window


def test_pooling_spread_values_gives_them_back():
    grid = Grid.of(44_100, bands=50)
    values = np.random.default_rng(0).random((50, 3))
    np.testing.assert_allclose(grid.pool(grid.spread(values)), values, rtol=1e-12)
    line = grid.spread(grid.centres_hz[:, None].copy(), "linear")
    inside = slice(int(grid.edges[1]), int(grid.edges[-2]))
    np.testing.assert_allclose(line[inside, 0], np.arange(grid.bins)[inside] * 44_100 / 4096, rtol=1e-9)


def test_blocks_cover_all_frames_once():
    grid = Grid.of(44_100, bands=20)
    length = 1_000_000
    frames = [t for b in range(grid.blocks(length)) for t in grid.frames_of_block(b, length)]
    assert frames == list(range(grid.frames(length)))


@pytest.mark.parametrize("bins", [256, 2048])
def test_mdct_bins_and_frames_find_their_place(bins):
    grid = Grid.of(44_100, bands=100)
    params = MdctParams(bins)
    bands, frames = grid.bands_of_mdct(bins), grid.frames_of_mdct(bins, 100_000)
    wanted = np.searchsorted((grid.edges[1:-1] - 0.5) * 44_100 / 4096, params.freqs_hz(44_100), side="right")
    assert (bands == wanted).all()
    assert len(frames) == params.frames(100_000) and frames.max() < grid.frames(100_000)
    assert np.abs(frames * grid.hop_samples - np.arange(len(frames)) * bins)[:-1].max() <= grid.hop_samples / 2


@pytest.mark.parametrize(
    "wrong",
    [{"rate": 100}, {"window_samples": 1000}, {"hop_samples": 1000}, {"bands": 0}, {"bands": 2050}, {"corner_hz": 0},
     {"block_frames": 0}, {"block_frames": 100_000}],
)  # fmt: skip
def test_impossible_grids_are_refused(wrong):
    with pytest.raises(ParameterError):
        Grid(**({"rate": 44_100, "window_samples": 4096, "hop_samples": 2048, "bands": 100} | wrong))


def test_a_grid_comes_back_from_its_bytes():
    for grid in (Grid.of(44_100, bands=400), Grid.of(96_000, bands=33, overlap=8, corner_hz=250, block_s=2)):
        assert len(write_grid(grid)) == SIZE and read_grid(write_grid(grid), grid.rate) == grid


def test_damaged_grids_are_refused():
    rng = np.random.default_rng(1)
    for _ in range(500):
        data = rng.bytes(int(rng.integers(0, 9)))
        try:
            assert read_grid(data, 44_100).edges[-1] > 0
        except BitstreamError:
            continue
