from __future__ import annotations

import numpy as np
import pytest
import signals

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.separation import run
from unbraid.core.separation.contract import targets
from unbraid.core.separation.guide import Guide, MarkedRepetition, Region
from unbraid.plugins.marked import Marked

RATE = 22050
TIMES = (0.5, 2.13, 3.4, 5.02)


def sdr(true, found):
    error = true.astype(np.float64) - found
    return 10 * np.log10(np.square(true, dtype=np.float64).sum() / np.square(error).sum())


def event(semitones=0):
    t = np.arange(RATE // 2) / RATE
    ratio = 2 ** (semitones / 12)
    tones = sum(
        np.sin(2 * np.pi * k * f * ratio * t) / k * (t > s) * np.exp(-6 * np.clip(t - s, 0, None))
        for s, f in ((0, 330), (0.15, 415), (0.3, 550))
        for k in range(1, 5)
    )
    return 0.25 * tones * np.minimum(1, (0.5 - t) * 50)


def parts(transpositions=(0, 0, 0, 0)):
    """The events and what sounds over them, (N, 2) each."""
    over = 0.7 * signals.vocals(seconds=6.0, rate=RATE, seed=4).samples
    events = np.zeros_like(over)
    for time, semitones in zip(TIMES, transpositions, strict=True):
        start = round(time * RATE)
        events[start : start + RATE // 2] += event(semitones).astype(np.float32)[:, None]
    return events, over


def region(time=TIMES[0], target="bell", ratio=1.0):
    return Region(time, time + 0.5, 200.0 * ratio, 6000.0 * ratio, target)


def separate(samples, guide, **values):
    return run.separate(Marked(**values), Audio(samples, RATE), guide)


def test_what_repeats_is_taken_out_everywhere():
    events, over = parts()
    found = separate(events + over, Guide(regions=(region(),)))
    assert tuple(found) == ("bell", "rest")
    assert sdr(events, found["bell"].samples) > sdr(events, events + over) + 6
    assert sdr(over, found["rest"].samples) > sdr(over, events + over) + 6


def test_only_the_marked_region():
    events, over = parts()
    bell = separate(events + over, Guide(regions=(region(),)), where="marked")["bell"].samples
    inside = slice(round(0.4 * RATE), round(1.1 * RATE))
    assert np.abs(bell[: inside.start]).max(initial=0) < 1e-3
    assert np.abs(bell[inside.stop :]).max() < 1e-3
    assert sdr(events[inside], bell[inside]) > 5


def test_transposed_events():
    events, over = parts((0, 3, -5, 0))
    with_all = separate(events + over, Guide(regions=(region(),)), semitones=6)["bell"].samples
    assert sdr(events, with_all) > sdr(events, events + over) + 4


def test_declared_repetitions_are_not_searched_for():
    """Two of the four are declared: the others stay in the rest."""
    events, over = parts()
    same = MarkedRepetition((region(), region(TIMES[2])))
    bell = separate(events + over, Guide(repetitions=(same,)))["bell"].samples
    second = slice(round(2.0 * RATE), round(2.8 * RATE))
    assert np.abs(bell[second]).max() < 1e-6
    third = slice(round(3.4 * RATE), round(3.9 * RATE))
    assert sdr(events[third], bell[third]) > 3


def test_names():
    assert targets(Marked(), Guide(regions=(region(target=""),))) == ("repeating", "rest")
    two = Guide(regions=(region(), region(2.0, "horn"), region(3.0, "bell")))
    assert targets(Marked(), two) == ("bell", "horn", "rest")
    with pytest.raises(ParameterError, match="nothing is marked"):
        targets(Marked(), Guide())
    with pytest.raises(ParameterError, match="another name"):
        targets(Marked(), Guide(regions=(region(target="rest"),)))


def test_two_events_share_what_they_both_claim():
    events, over = parts()
    found = separate(events + over, Guide(regions=(region(), region(TIMES[1], "again"))))
    assert tuple(found) == ("bell", "again", "rest")
    assert sdr(events, found["bell"].samples + found["again"].samples) > 5


@pytest.mark.parametrize("level", [1e-6, 1e3])
def test_loudness_changes_nothing_but_loudness(level):
    events, over = parts()
    plain = separate(events + over, Guide(regions=(region(),)))
    loud = separate(((events + over) * level).astype(np.float32), Guide(regions=(region(),)))
    assert all(np.abs(loud[n].samples / level - plain[n].samples).max() < 1e-3 for n in plain)


def test_silence_and_a_region_beyond_the_end(caplog):
    silent = separate(np.zeros((2 * RATE, 1), np.float32), Guide(regions=(region(),)))
    assert not any(stem.samples.any() for stem in silent.values())
    found = separate(parts()[1][:RATE], Guide(regions=(region(9.0),)))
    assert not found["bell"].samples.any()
    assert "outside of the song" in caplog.text
