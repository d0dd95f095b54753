from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unbraid.core import large_arrays
from unbraid.core.folders import working_folder


def test_short_ones_are_in_memory(private_cache: Path) -> None:
    assert not isinstance(large_arrays.empty((1000, 2)), np.memmap)


def test_long_ones_are_mapped_and_leave_nothing(private_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_arrays, "IN_MEMORY_BYTES", 1000)
    array = large_arrays.empty((1000, 2))
    assert isinstance(array, np.memmap)
    array[:] = 3.0
    assert array.sum() == 6000.0
    del array
    assert list(working_folder().iterdir()) == []
