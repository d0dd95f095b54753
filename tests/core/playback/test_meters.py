from __future__ import annotations

import math

import numpy as np
import pytest
import signals

from unbraid.core.audio import Audio
from unbraid.core.document.state import Equaliser, Strip
from unbraid.core.loudness import LoudnessMeter
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.mixing.part import MASTER, RESIDUAL, Part
from unbraid.core.playback.meters import Meters, clipped

RATE = 48000


def measured(mixdown: Mixdown, rate: int = RATE) -> Meters:
    meters, scale = Meters(mixdown, rate), rate / mixdown.rate
    for start in range(0, mixdown.frames, 4000):
        meters.measure(mixdown, round(start * scale), start, min(4000, mixdown.frames - start))
    return meters


@pytest.mark.parametrize("rate", [RATE, 96000])
def test_levels_are_those_of_what_each_strip_gives(rate: int) -> None:
    song = signals.noise(seconds=1.0, rate=RATE)
    half = Audio.of(0.5 * song.samples, RATE)
    strips = {"a": Strip(-6.0), "b": Strip(pan=1.0), "c": Strip(equaliser=Equaliser(3.0)), "d": Strip(mute=True)}
    mixdown = Mixdown(song, tuple(Part(id, half, strip) for id, strip in strips.items()), master_db=-3.0)
    levels = measured(mixdown, rate).reading(round(0.9 * rate))
    assert set(levels) == {"a", "b", "c", RESIDUAL, MASTER}

    def loudness(samples: np.ndarray) -> float:
        meter = LoudnessMeter(RATE, 2, true_peak=False)
        meter.add(samples[: round(0.9 * RATE)].astype(np.float32))
        return meter.momentary()

    assert levels["a"].lufs == pytest.approx(loudness(half.samples * 10 ** (-6 / 20)), abs=0.3)
    assert levels[MASTER].lufs == pytest.approx(loudness(mixdown.block(0, RATE)), abs=0.3)
    peak = 20 * np.log10(np.abs(half.samples[round(0.84 * RATE) : round(0.9 * RATE)]).max(axis=0)) - 6.0
    assert levels["a"].peak_db == pytest.approx(peak, abs=2.0)
    assert levels["b"].peak_db[0] == -math.inf and levels["b"].peak_db[1] > -30.0
    assert levels["c"].lufs == pytest.approx(loudness(half.samples), abs=1.5)


def test_levels_are_of_what_is_heard_not_of_what_is_made() -> None:
    song = Audio.of(np.repeat([[0.001], [0.5], [0.01]], RATE, axis=0), RATE)
    meters = measured(Mixdown(song))
    peaks = [meters.reading(round(t * RATE))[MASTER].peak_db[0] for t in (0.5, 1.5, 2.5)]
    assert peaks == pytest.approx([-60.0, -6.02, -40.0], abs=0.1)


def test_what_will_not_be_heard_is_forgotten() -> None:
    meters = measured(Mixdown(signals.noise(seconds=1.0, rate=RATE)))
    meters.cut(RATE // 2)
    assert meters.reading(RATE // 4)[MASTER].peak_db
    assert meters.reading(round(0.6 * RATE))[MASTER].peak_db == ()


def test_silence_is_minus_infinity() -> None:
    level = measured(Mixdown(Audio.silence(RATE, 2, RATE))).reading(RATE // 2)[MASTER]
    assert level.peak_db == (-math.inf, -math.inf) and level.lufs == -math.inf and level.clips == 0


def test_the_clip_lamp_stays_lit_until_it_is_put_out() -> None:
    samples = np.zeros((RATE, 2), np.float32)
    samples[1000:1004, 0] = 1.0
    samples[2000:2003, 1] = -1.5
    meters = measured(Mixdown(Audio(samples, RATE)))
    assert meters.reading(RATE)[MASTER].clips == 1
    meters.forget_clips([RESIDUAL])
    assert meters.reading(RATE)[MASTER].clips == 1
    meters.forget_clips()
    assert meters.reading(RATE)[MASTER].clips == 0


@pytest.mark.parametrize(("run", "want"), [(3, 0), (4, 1), (50, 1)])
def test_four_samples_of_full_scale_clip(run: int, want: int) -> None:
    block = np.zeros((200, 2), np.float32)
    block[60 : 60 + run, 1] = -1.0
    assert clipped(block) == want
    assert clipped(block[60 : 60 + run]) == want
