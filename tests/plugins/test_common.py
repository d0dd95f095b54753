from __future__ import annotations

import logging

import numpy as np
import pytest
import signals

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.separation import run
from unbraid.core.separation.guide import Guide
from unbraid.plugins.common import Common

RATE = 22050
SECONDS = 4.0


def sdr(true, found):
    error = true.samples.astype(np.float64) - found.samples
    return 10 * np.log10(np.square(true.samples, dtype=np.float64).sum() / np.square(error).sum())


def plus(*audios):
    return signals.mix(dict(enumerate(audios)))


def scaled(audio, gain):
    return Audio.of(audio.samples * gain, audio.rate)


def later(audio, samples):
    out = np.roll(audio.samples, samples, axis=0)
    if samples > 0:
        out[:samples] = 0
    return Audio.of(out, audio.rate)


def duller(audio):
    x = audio.samples.astype(np.float64)
    return Audio.of(x + 0.3 * np.vstack([0 * x[:1], x[:-1]]), audio.rate)


@pytest.fixture(scope="module")
def bed():
    music = signals.music(seconds=SECONDS, rate=RATE, seed=3)
    return plus(music["bass"], music["drums"], signals.noise(seconds=SECONDS, rate=RATE, level=0.01))


@pytest.fixture(scope="module")
def speakers():
    return [signals.vocals(seconds=SECONDS, rate=RATE, seed=seed) for seed in (11, 12, 13)]


def apart(mix, *versions, **values):
    return run.separate(Common(**values), mix, Guide(references={f"v{k}": v for k, v in enumerate(versions)}))


def gain(bed, mix, *versions, **values):
    return sdr(bed, apart(mix, *versions, **values)["common"]) - sdr(bed, mix)


def test_music_and_effects_under_two_dialogues(bed, speakers):
    mix = plus(bed, speakers[0])
    found = apart(mix, plus(bed, speakers[1]))
    assert tuple(found) == ("common", "specific")
    assert sdr(bed, found["common"]) > sdr(bed, mix) + 10
    assert sdr(speakers[0], found["specific"]) > 8


def test_more_versions_tell_more(bed, speakers):
    mix = plus(bed, speakers[0])
    one, two = plus(bed, speakers[1]), plus(bed, speakers[2])
    assert gain(bed, mix, one, two) > gain(bed, mix, one) + 1


@pytest.mark.parametrize("samples", [-700, -1, 37, 5000])
def test_versions_that_are_earlier_or_later(bed, speakers, samples):
    mix = plus(bed, speakers[0])
    assert gain(bed, mix, later(plus(bed, speakers[1]), samples)) > 7


def test_versions_with_another_level_and_equaliser(bed, speakers):
    mix = plus(bed, speakers[0])
    assert gain(bed, mix, plus(scaled(duller(bed), 0.6), speakers[1])) > 7


def test_mono_beside_stereo(bed, speakers):
    mono = Audio.of(plus(bed, speakers[1]).samples.mean(axis=1), RATE)
    mix = plus(Audio.of(np.repeat(bed.samples.mean(axis=1, keepdims=True), 2, axis=1), RATE), speakers[0])
    found = apart(mix, mono)
    assert sdr(speakers[0], found["specific"]) > 8


def test_the_same_without_dialogue(bed, speakers):
    assert sdr(speakers[0], apart(plus(bed, speakers[0]), bed)["specific"]) > 14


def test_a_version_with_nothing_in_common(bed, speakers, caplog):
    mix = plus(bed, speakers[0])
    other = signals.noise(seconds=SECONDS, rate=RATE, seed=9)
    with caplog.at_level(logging.WARNING):
        found = apart(mix, other)
    assert "no delay of v0 is clear" in caplog.text
    assert sdr(mix, found["specific"]) > 5


@pytest.mark.parametrize("level", [1e-6, 1e3])
def test_loudness_changes_nothing_but_loudness(bed, speakers, level):
    mix, version = plus(bed, speakers[0]), plus(bed, speakers[1])
    plain, loud = apart(mix, version), apart(scaled(mix, level), scaled(version, level))
    assert all(np.abs(loud[n].samples / level - plain[n].samples).max() < 2e-3 for n in plain)


def test_silence(bed):
    silent = Audio.silence(bed.frames, 2, RATE)
    assert not any(stem.samples.any() for stem in apart(silent, silent).values())
    assert not any(stem.samples.any() for stem in apart(silent, bed).values())
    found = apart(bed, silent)
    assert np.abs(found["common"].samples).max() < 1e-3
    assert sdr(bed, found["specific"]) > 40


def test_without_another_version_it_asks_for_one(bed):
    with pytest.raises(ParameterError, match="another version"):
        run.separate(Common(), bed)
    with pytest.raises(ParameterError, match="odd"):
        apart(bed, bed, smooth_bins=2)
