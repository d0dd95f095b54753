"""Separation by other recordings: copies that are late, equalised, cut off or slow, other takes, and estimates."""

from __future__ import annotations

import numpy as np
import pytest
import signals

from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import StftParams, istft, stft
from unbraid.core.errors import ParameterError
from unbraid.core.evaluation.sdr import sdr
from unbraid.core.separation import run
from unbraid.core.separation.contract import targets
from unbraid.core.separation.guide import Guide
from unbraid.plugins.oracle import OracleWiener
from unbraid.plugins.referenced import Referenced
from unbraid.plugins.referenced.alignment import Reach, in_step, warped
from unbraid.plugins.referenced.powers import References

PARAMS = StftParams(2048, 512)


@pytest.fixture(scope="module")
def stems():
    return signals.music(seconds=4.0)


@pytest.fixture(scope="module")
def mix(stems):
    return signals.mix(stems)


def changed(audio, samples):
    return Audio(np.asarray(samples, np.float32), audio.rate)


def equalised(audio, gain):
    """After a gain in each bin, a function of hertz."""
    x = stft(audio.samples, PARAMS) * gain(PARAMS.freqs_hz(audio.rate))[:, None, None]
    return changed(audio, istft(x.astype(np.complex64), PARAMS, audio.frames))


def noisy(audio, below_db=20, seed=0):
    noise = np.random.default_rng(seed).standard_normal(audio.samples.shape)
    return changed(audio, audio.samples + audio.samples.std() * 10 ** (-below_db / 20) * noise)


def late(audio, samples):
    return changed(audio, np.concatenate([np.zeros((samples, audio.channels)), audio.samples[:-samples]]))


def mean_sdr(stems, found):
    return np.mean([sdr(stem, found[name]) for name, stem in stems.items()])


def test_noisy_stems_become_better_than_they_are(stems, mix):
    told = {name: noisy(stem, 15, seed) for seed, (name, stem) in enumerate(stems.items())}
    found = run.separate(Referenced(), mix, Guide(references=told))
    assert mean_sdr(stems, found) > mean_sdr(stems, told) + 3
    oracle = run.separate(OracleWiener(), mix, Guide(references=stems))
    assert mean_sdr(stems, found) > mean_sdr(stems, oracle)


def test_a_poor_instrumental_gives_the_vocals(stems, mix):
    name = next(iter(stems))
    rest = changed(mix, mix.samples - stems[name].samples)
    poor = late(equalised(rest, lambda f: -0.5 * (f < 9000) * (1.2 + np.cos(f / 1000))), 1764)
    found = run.separate(Referenced(), mix, Guide(references={"instrumental": noisy(poor, 30)}))
    assert set(found) == {"instrumental", "vocals"}
    assert sdr(stems[name], found["vocals"]) > 10
    assert np.abs(found["vocals"].samples + found["instrumental"].samples - mix.samples).max() < 1e-5


def test_another_take_is_better_than_nothing_known(stems, mix):
    """Phases by chance: only powers are left."""
    rng, told = np.random.default_rng(0), {}
    for name, stem in stems.items():
        x = np.abs(stft(stem.samples, PARAMS))
        x = x * np.exp(2j * np.pi * rng.random(x.shape[:2]))[:, :, None]
        told[name] = changed(stem, 0.5 * istft(x.astype(np.complex64), PARAMS, stem.frames))
    found = run.separate(Referenced(reach_s=0.0), mix, Guide(references=told))
    alike = {name: changed(mix, mix.samples / len(stems)) for name in stems}
    assert mean_sdr(stems, found) > mean_sdr(stems, alike) + 3


def test_estimates_of_another_separator_are_recognised_and_not_worsened(stems, mix):
    blurred = {name: equalised(stem, lambda f: 0.2 + (f < 4000)) for name, stem in stems.items()}
    told = run.separate(OracleWiener(window=512, hop=128), mix, Guide(references=blurred))
    told = {name: told[name] for name in stems}
    found = run.separate(Referenced(), mix, Guide(references=told))
    assert mean_sdr(stems, found) > mean_sdr(stems, told) - 0.5


def test_what_no_reference_has_is_left_over(stems, mix):
    names = list(stems)[1:]
    found = run.separate(Referenced(rest="yes"), mix, Guide(references={n: noisy(stems[n], 25) for n in names}))
    assert tuple(found) == (*names, "residual")
    missing = next(iter(stems))
    assert sdr(stems[missing], found["residual"]) > 5


@pytest.mark.parametrize("delay", [0, 1764, -900])
def test_references_are_brought_in_step(mix, delay):
    moved = late(mix, delay) if delay > 0 else changed(mix, np.roll(mix.samples, delay, axis=0))
    back = in_step(mix, moved, Reach(0.2))
    inside = slice(2000, -2000)
    assert np.abs(back[inside] - mix.samples[inside]).max() < 0.02 * np.abs(mix.samples).max()


def test_another_speed_is_undone(mix):
    slow = warped(mix.samples, -0.003 * np.arange(mix.frames))
    back = in_step(mix, changed(mix, slow), Reach(0.2))
    inside = slice(mix.frames // 4, -mix.frames // 4)
    true, found = changed(mix, mix.samples[inside]), changed(mix, back[inside])
    assert sdr(true, found) > sdr(true, changed(mix, slow[inside])) + 6


def test_cutoffs_are_seen_and_natural_slopes_are_not(mix):
    cut = equalised(noisy(mix, 30), lambda f: f < 8000).samples
    told = References.of([cut, noisy(mix, 30).samples], PARAMS)
    assert 7500 < PARAMS.freqs_hz(mix.rate)[told.cutoffs[0]] < 9000
    assert told.cutoffs[1] == PARAMS.bins
    p = told.powers(0, 20)
    assert p[0, -5].max() > 0


def test_names_and_refusals(mix):
    assert targets(Referenced(), Guide(references={"vocals": mix})) == ("vocals", "accompaniment")
    assert targets(Referenced(), Guide(references={"a": mix, "b": mix})) == ("a", "b")
    for guide in (Guide(), Guide(references={"residual": mix})):
        with pytest.raises(ParameterError, match="references"):
            run.separate(Referenced(), mix, guide)
    with pytest.raises(ParameterError, match="shape"):
        Referenced().separate(mix, Guide(references={"a": mix.slice(0, 100)}), lambda *_: None)
