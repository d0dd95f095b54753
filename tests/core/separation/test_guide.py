from __future__ import annotations

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.separation.guide import Guide, MarkedRepetition, PitchTrack, Region


def test_an_empty_guide_gives_nothing() -> None:
    assert Guide().given() == ()


def test_a_guide_seen_from_a_block_has_the_block_s_times() -> None:
    times = np.array([0.0, 10.0, 20.0], np.float32)
    guide = Guide(
        regions=(Region(9.0, 11.0), Region(30.0, 31.0)),
        repetitions=(MarkedRepetition((Region(1.0, 2.0), Region(5.0, 6.0))),),
        pitches=(PitchTrack("vocals", times, np.zeros(3, np.float32)),),
        references={"mix": Audio(np.arange(400, dtype=np.float32)[:, None], 10)},
    )
    assert guide.given() == ("regions", "repetitions", "pitches", "references")
    moved = guide.moved(10.0, 5.0)
    assert moved.regions == (Region(-1.0, 1.0),)
    assert moved.repetitions[0].regions[1].start_s == -5.0
    assert moved.pitches[0].times_s.tolist() == [-10.0, 0.0, 10.0]
    assert moved.references["mix"].samples[:, 0].tolist() == list(range(100, 150))
