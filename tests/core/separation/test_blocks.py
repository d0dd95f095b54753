from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from unbraid.core.separation import blocks


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(1, 3_000_000), st.integers(1, 600_000), st.integers(0, 200_000))
def test_blocks_cover_the_song_once(frames: int, block: int, context: int) -> None:
    covered = np.zeros((frames, 1), np.float32)
    for b in blocks.plan(frames, block, context):
        blocks.add(b, np.ones((b.stop - b.start, 1), np.float32), covered)
        assert b.read_start % blocks.ALIGNMENT == 0
        assert b.read_start <= max(0, b.start - context)
        assert b.read_stop >= min(frames, b.stop + context)
    assert np.array_equal(covered, np.ones((frames, 1)))


def test_a_short_song_is_one_block() -> None:
    assert list(blocks.plan(1000, 44100, 4096)) == [blocks.Block(0, 1000, 0, 1000)]
