"""Frames and blocks: every frame in one block, powers where they belong."""

import numpy as np
import pytest

from unbraid.core.errors import BitstreamError
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.residual.layout import Layout

GRID = Grid(44100, 4096, 2048, 40, 700, 7)


@pytest.mark.parametrize("bins", [512, 2048, 8192])
@pytest.mark.parametrize("length", [1, 4096, 14336, 14337, 100_000])
def test_every_frame_is_in_one_block(bins, length):
    layout = Layout(GRID, bins, length, 2, 3)
    frames = [t for block in range(layout.blocks) for t in layout.frames_of_block(block)]
    assert frames == list(range(layout.frames))
    for t in frames:
        assert t in layout.frames_of_block(layout.block_of_frame(t))


def test_bands_cover_all_bins():
    edges = Layout(GRID, 1024, 50_000, 2, 3).edges
    assert edges[0] == 0 and edges[-1] == 1024 and (np.diff(edges) >= 0).all()


@pytest.mark.parametrize("bins", [512, 1024, 2048, 4096])
def test_steady_powers_stay_and_changes_come_where_they_are(bins):
    layout = Layout(GRID, bins, 100_000, 2, 1)
    steady = layout.powers(1, np.full((40, 7, 1), 4096 / 2))
    np.testing.assert_allclose(steady, 1, rtol=1e-12)
    changing = np.ones((40, 7, 1))
    changing[:, 4:] = 100
    found = layout.powers(1, changing)[:, 0, 0]
    middles = np.array(layout.frames_of_block(1)) * bins / 2048 - 7
    assert (found[middles >= 5] == found.max()).all() and (found[middles <= 2] == found.min()).all()


def test_what_would_not_fit_in_memory_is_refused():
    with pytest.raises(BitstreamError):
        Layout(Grid(44100, 4096, 2048, 40, 700, 3000), 2048, 10**9, 2, 17)
    with pytest.raises(BitstreamError):
        Layout(GRID, 2048, 1000, 3, 2)
