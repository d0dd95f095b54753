from __future__ import annotations

import numpy as np
import pytest
import signals

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.kam.finding import find_similar
from unbraid.core.progress import silent_progress
from unbraid.core.separation.guide import Region

RATE = 22050
TIMES = (0.5, 2.13, 3.4, 5.02)


def event(semitones=0, rate=RATE):
    """Half a second of three notes that follow each other."""
    t = np.arange(rate // 2) / rate
    ratio = 2 ** (semitones / 12)
    tones = sum(
        np.sin(2 * np.pi * k * f * ratio * t) / k * (t > s) * np.exp(-6 * np.clip(t - s, 0, None))
        for s, f in ((0, 330), (0.15, 415), (0.3, 550))
        for k in range(1, 5)
    )
    return 0.2 * tones * np.minimum(1, (0.5 - t) * 50)


def song(transpositions=(0, 0, 0, 0), level=1.0, rate=RATE, seconds=6.0):
    out = signals.noise(seconds=seconds, rate=rate, channels=2, level=0.01).samples.astype(np.float64)
    for time, semitones in zip(TIMES, transpositions, strict=True):
        start = round(time * rate)
        out[start : start + rate // 2] += event(semitones, rate)[:, None]
    return Audio.of(level * out, rate)


MARKED = Region(TIMES[0], TIMES[0] + 0.5, 200.0, 5000.0, "bell")


@pytest.mark.parametrize("rate", [22050, 44100])
@pytest.mark.parametrize("level", [1e-6, 1.0, 1e3])
def test_all_places_are_found_and_no_others(rate, level):
    found = find_similar(song(level=level, rate=rate), MARKED)
    assert found[0].region == MARKED
    assert found[0].score == 1.0
    assert sorted(f.region.start_s for f in found) == pytest.approx(TIMES, abs=0.03)
    assert all(f.score > 0.8 and f.region.target == "bell" and f.semitones == 0 for f in found)


def test_transposed_events_are_found_where_they_are_looked_for():
    mix = song((0, 3, -5, 0))
    plain = find_similar(mix, MARKED, least=0.7)
    assert sorted(f.region.start_s for f in plain) == pytest.approx([TIMES[0], TIMES[3]], abs=0.03)
    found = {round(f.region.start_s, 1): f for f in find_similar(mix, MARKED, least=0.7, semitones=6)}
    assert [found[time].semitones for time in (0.5, 2.1, 3.4, 5.0)] == [0, 3, -5, 0]
    assert found[2.1].region.low_hz == pytest.approx(200 * 2**0.25)


def test_at_most_so_many_and_at_least_so_alike():
    assert len(find_similar(song(), MARKED, count=2)) == 3
    assert len(find_similar(song(), MARKED, least=1.0)) == 1
    far = [f.region.start_s for f in find_similar(song(), MARKED, count=20, least=-1.0)]
    assert min(abs(a - b) for k, a in enumerate(far) for b in far[:k]) > 0.3


def test_silence_is_like_nothing():
    mix = song()
    samples = mix.samples.copy()
    samples[3 * RATE :] = 0
    found = find_similar(Audio(samples, RATE), MARKED, least=0.3)
    assert max(f.region.start_s for f in found) < 3
    assert len(find_similar(Audio.silence(RATE * 3, 1, RATE), MARKED)) == 1


@pytest.mark.parametrize("region", [Region(7, 8), Region(1, 1.01), Region(1, 2, 300, 301), Region(1, 2, 20000, 21000)])
def test_regions_in_which_nothing_can_be_seen_are_refused(region):
    with pytest.raises(ParameterError, match="too small, or outside"):
        find_similar(song(), region)


def test_progress_rises():
    told = []
    find_similar(song(), MARKED, semitones=2, progress=lambda fraction, message: told.append(fraction))
    assert told == sorted(told)
    assert told[-1] == 1.0
    find_similar(song(), Region(0.5, 1.0), progress=silent_progress)
