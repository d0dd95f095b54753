from __future__ import annotations

import numpy as np
import pytest
import signals

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.separation import run
from unbraid.core.separation.guide import Guide
from unbraid.plugins.kamir import Kamir

RATE = 22050


def melody(seed, seconds=5.0, rate=RATE):
    """Random notes with rests: decaying harmonics, at full scale 0.3."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate)) / rate
    out = np.zeros_like(t)
    for start in np.arange(0, seconds, 0.25):
        if rng.random() < 0.65:
            since = t - start - 0.1 * rng.random()
            pitch = 110 * 2 ** (rng.integers(0, 30) / 12)
            note = sum(np.sin(2 * np.pi * k * pitch * since) / k for k in range(1, 9))
            out += note * np.exp(-4 * np.clip(since, 0, None)) * (since > 0) * np.clip(since * 200, 0, 1)
    return Audio.of(0.3 * out / np.abs(out).max(), rate)


def room(delay, gain, seed=0):
    """A direct sound and a short tail of the same energy."""
    rng = np.random.default_rng(seed)
    tail = rng.standard_normal(2000) * np.exp(-np.arange(2000) / 400)
    path = np.zeros(delay + 2000)
    path[delay] = 1
    path[delay:] += tail / np.linalg.norm(tail)
    return gain * path / np.sqrt(2)


def recorded(voices, paths):
    """What microphones hear: their own voice, and that of others through `paths`, (to, from): samples."""
    heard = {}
    for name, voice in voices.items():
        sound = voice.samples.astype(np.float64)
        for (to, other), path in paths.items():
            if to == name:
                add = [np.convolve(c, path)[: len(sound)] for c in voices[other].samples.T]
                sound = sound + np.stack(add, axis=1)
        heard[name] = Audio.of(sound, voice.rate)
    return heard


def cleaned(microphones, **values):
    return run.separate(Kamir(**{"places": 1, **values}), signals.mix(microphones), Guide(references=microphones))


def sdr(true, found):
    error = true.samples.astype(np.float64) - found.samples
    return 10 * np.log10(np.square(true.samples, dtype=np.float64).sum() / np.square(error).sum())


def gain(voices, microphones, **values):
    found = cleaned(microphones, **values)
    return float(np.mean([sdr(voices[n], found[n]) - sdr(voices[n], microphones[n]) for n in voices]))


@pytest.fixture(scope="module")
def voices():
    return {"violin": melody(1), "cello": melody(2), "flute": melody(3)}


PAIRS = [(a, b) for a in ("violin", "cello", "flute") for b in ("violin", "cello", "flute") if a != b]
PLAIN = {pair: np.array([0.15 + 0.03 * k]) for k, pair in enumerate(PAIRS)}
ROOM = {pair: room(40 + 30 * k, 0.15 + 0.03 * k, seed=k) for k, pair in enumerate(PAIRS)}


@pytest.mark.parametrize(("paths", "least"), [(PLAIN, 10), (ROOM, 6)])
def test_bleed_is_taken_out(voices, paths, least):
    microphones = recorded(voices, paths)
    assert gain(voices, microphones, places=2) > least
    assert gain(voices, microphones, filter="each") > 3.5


@pytest.mark.parametrize("filter", ["together", "each"])
def test_clean_microphones_stay_as_they_are(voices, filter):
    found = cleaned(voices, filter=filter)
    assert all(sdr(voice, found[name]) > 40 for name, voice in voices.items())


def test_noises_that_never_rest_are_no_bleed():
    noises = {name: signals.noise(seconds=4.0, rate=RATE, channels=1, seed=k) for k, name in enumerate("ab")}
    found = cleaned(noises)
    assert all(sdr(noise, found[name]) > 30 for name, noise in noises.items())


def test_one_way_only(voices):
    """The violin is heard by the flute's microphone; the violin's own is left alone."""
    microphones = recorded(voices, {("flute", "violin"): room(100, 0.3)})
    found = cleaned(microphones)
    assert sdr(voices["flute"], found["flute"]) > sdr(voices["flute"], microphones["flute"]) + 6
    assert sdr(voices["violin"], found["violin"]) > 25
    assert sdr(voices["cello"], found["cello"]) > 40


def test_names_lengths_and_what_was_taken_out(voices):
    microphones = recorded(voices, ROOM)
    found = cleaned(microphones, filter="each")
    assert tuple(found) == (*voices, "residual")
    taken = sum(microphones[name].samples - found[name].samples for name in voices)
    assert np.abs(found["residual"].samples - taken).max() < 1e-5


def test_stereo_beside_mono(voices):
    """A single channel is heard on both sides, and is cleaned there."""
    mono = recorded(voices, ROOM)
    stereo = dict(mono, cello=Audio.of(mono["cello"].samples * [1.0, 0.5], RATE))
    mix = signals.mix({name: Audio.of(m.samples * [1.0, 1.0], RATE) for name, m in stereo.items()})
    found = run.separate(Kamir(filter="each"), mix, Guide(references=stereo))
    both = voices["violin"].samples * [1, 1]
    assert sdr(Audio.of(both, RATE), found["violin"]) > sdr(voices["violin"], mono["violin"]) + 3


@pytest.mark.parametrize("level", [1e-6, 1e3])
def test_loudness_changes_nothing_but_loudness(voices, level):
    microphones = recorded(voices, ROOM)
    short = {name: m.slice(0, RATE) for name, m in microphones.items()}
    plain = cleaned(short)
    loud = cleaned({name: Audio.of(m.samples * level, RATE) for name, m in short.items()})
    assert all(np.abs(loud[n].samples / level - plain[n].samples).max() < 1e-3 for n in short)


def test_silence_and_silent_microphones(voices):
    silent = {name: Audio.silence(3000, 1, RATE) for name in "ab"}
    assert not any(stem.samples.any() for stem in cleaned(silent).values())
    broken = Audio.silence(voices["cello"].frames, 1, RATE)
    microphones = {"cello": voices["cello"], "flute": voices["flute"], "broken": broken}
    found = cleaned(microphones)
    assert np.abs(found["broken"].samples).max() < 1e-6
    assert sdr(voices["cello"], found["cello"]) > 40


def test_one_microphone_is_refused(voices):
    with pytest.raises(ParameterError, match="two or more"):
        run.separate(Kamir(), voices["cello"], Guide(references={"cello": voices["cello"]}))


def test_many_microphones_are_filtered_each_by_itself():
    noises = {f"m{k}": signals.noise(seconds=0.5, rate=8000, channels=1, seed=k) for k in range(10)}
    assert tuple(cleaned(noises))[:10] == tuple(noises)
