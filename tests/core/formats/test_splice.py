"""The beginning of a file is exchanged in place, whatever becomes longer or shorter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unbraid.core.formats import splice


@pytest.mark.parametrize("size", [0, 1, 100, 3 * splice.BLOCK + 17])
@pytest.mark.parametrize(("start", "stop"), [(0, 0), (0, 10), (4, 50), (7, 7)])
@pytest.mark.parametrize("new", [0, 1, 46, 5000])
def test_it_is_the_same_as_cutting_bytes(tmp_path: Path, size: int, start: int, stop: int, new: int) -> None:
    rng = np.random.default_rng(size)
    old, put = rng.bytes(50 + size), rng.bytes(new)
    path = tmp_path / "a"
    path.write_bytes(old)
    splice.replace_start(path, start, stop, put)
    assert path.read_bytes() == old[:start] + put + old[stop:]
