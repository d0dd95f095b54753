"""The additivity meter finds the exponent that sounds were made to add up with."""

from __future__ import annotations

import numpy as np
import pytest
import signals

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.separation.additivity import ALPHAS, measure

FEW = (0.5, 1.0, 1.5, 2.0)


def discrepancies(found):
    return found.power, found.itakura_saito, found.kullback_leibler


def test_stems_in_phase_add_up_at_one():
    voice = signals.vocals(seconds=1.0)
    found = measure({"a": voice, "b": Audio(voice.samples * np.float32(0.5), voice.rate)})
    assert found.alphas.shape == (50,)
    assert found.best == pytest.approx(dict.fromkeys(found.best, 1.0), abs=0.03)


def test_stems_a_quarter_turn_apart_add_up_at_two():
    t = np.arange(22050) / 22050
    stems = {"a": Audio.of(np.sin(2 * np.pi * 1000 * t), 22050), "b": Audio.of(np.cos(2 * np.pi * 1000 * t), 22050)}
    cut = {name: Audio(s.samples, s.rate) for name, s in stems.items()}
    assert measure(cut, alphas=ALPHAS).best["kullback_leibler"] == pytest.approx(2.0, abs=0.05)


def test_stems_that_never_meet_are_additive_at_any_alpha():
    frames = 44100
    early, late = np.zeros((2, frames, 1), np.float32)
    noise = signals.noise(seconds=1.0, channels=1).samples
    early[:15000], late[25000:] = noise[:15000], noise[25000:]
    found = measure({"early": Audio(early, 44100), "late": Audio(late, 44100)}, alphas=FEW)
    assert max(float(d.max()) for d in discrepancies(found)) < 1e-4


def test_independent_music_adds_up_best_between_one_half_and_two():
    found = measure(signals.music(seconds=2.0), alphas=ALPHAS[::3])
    assert all(0.5 <= alpha <= 1.8 for alpha in found.best.values())
    assert found.itakura_saito[0] > 1.5 * found.itakura_saito.min()


@pytest.mark.parametrize("gain", [1e-6, 1e3])
def test_loudness_changes_nothing(gain):
    stems = signals.music(seconds=0.7)
    loud = {name: Audio(s.samples * np.float32(gain), s.rate) for name, s in stems.items()}
    for plain, scaled in zip(*map(discrepancies, (measure(stems, alphas=FEW), measure(loud, alphas=FEW))), strict=True):
        assert np.allclose(plain, scaled, rtol=5e-3)


def test_discrepancies_are_their_definitions():
    """One channel, recomputed bin by bin in float64."""
    from unbraid.core.dsp.stft import StftParams, stft

    stems = {name: Audio(s.samples[:9000, :1].copy(), s.rate) for name, s in signals.music(seconds=0.5).items()}
    found = measure(stems, alphas=FEW)
    params = StftParams(3528, 706)
    p_j = np.abs([stft(s.samples, params) for s in stems.values()]).astype(np.float64)
    p = np.abs(sum(stft(s.samples, params) for s in stems.values())).astype(np.float64)
    heard = p_j.max(axis=0) > 1e-6 * p_j.max(axis=(0, 1), keepdims=True)[0]
    p, p_j = np.maximum(p, 1e-6 * p_j.max(axis=0))[heard], p_j[:, heard]
    for i, a in enumerate(FEW):
        total = (p_j**a).sum(axis=0)
        r = p**a / total
        kullback_leibler = (p**a * np.log(r) - p**a + total) / p.mean() ** a
        assert found.power[i] == pytest.approx((np.abs(p**a - total) ** (1 / a)).mean() / p.mean(), rel=1e-3)
        assert found.itakura_saito[i] == pytest.approx((r - np.log(r) - 1).mean(), rel=1e-3)
        assert found.kullback_leibler[i] == pytest.approx(kullback_leibler.mean(), rel=1e-3)


def test_long_songs_are_looked_at_here_and_there():
    stems = {name: signals.noise(seconds=6.0, channels=1, seed=seed) for seed, name in enumerate("ab")}
    told = []
    all_of_it = measure(stems, alphas=FEW, frames=10**6)
    a_part = measure(stems, alphas=FEW, frames=100, progress=lambda f, m: told.append(f))
    assert len(told) < 10
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert np.allclose(a_part.itakura_saito, all_of_it.itakura_saito, rtol=0.1)


def test_silence_has_no_discrepancy_and_short_sounds_are_measured():
    silent = measure({"a": Audio.silence(5000, 2, 8000), "b": Audio.silence(5000, 2, 8000)}, alphas=FEW)
    assert not any(d.any() for d in discrepancies(silent))
    short = {name: s.slice(0, 10) for name, s in signals.music(seconds=0.2).items()}
    assert all(np.isfinite(d).all() for d in discrepancies(measure(short, alphas=FEW)))


def test_progress_can_stop_the_work():
    def stop(fraction, message):
        if fraction > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(signals.music(seconds=2.0), alphas=FEW, progress=stop)


def test_what_cannot_be_compared_is_refused():
    music = signals.music(seconds=0.2)
    with pytest.raises(ParameterError, match="two or more"):
        measure({"bass": music["bass"]})
    with pytest.raises(ParameterError, match="one rate"):
        measure({"bass": music["bass"], "drums": music["drums"].slice(0, 100)})
    with pytest.raises(ParameterError, match="alphas"):
        measure(music, alphas=(0.0, 1.0))
    with pytest.raises(ParameterError, match="overlap"):
        measure(music, overlap=1.0)
