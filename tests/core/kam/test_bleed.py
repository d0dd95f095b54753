from __future__ import annotations

import numpy as np
import pytest

from unbraid.core.kam import bleed
from unbraid.core.kam.recordings import Rounds

TRUE = np.array([[1.0, 0.3, 0.0], [0.1, 1.0, 0.2], [0.25, 0.0, 1.0]])
"""Amplitudes that microphones hear of voices: a row for each microphone."""


def voices(frames=400, bins=129):
    """Complex noise that sounds now and then, differently in each bin, (J, T, F)."""
    rng = np.random.default_rng(1)
    level = rng.random((3, frames // 20, bins // 8 + 1)) < 0.3
    noise = rng.standard_normal((3, frames, bins)) + 1j * rng.standard_normal((3, frames, bins))
    return np.repeat(np.repeat(level, 20, axis=1), 8, axis=2)[:, :, :bins] * noise + 1e-3 * noise


def heard(s, amplitudes=TRUE):
    return np.einsum("ij,jtf->itf", amplitudes, s)[:, None].astype(np.complex64)


def test_gains_are_found_and_no_bleed_is_none():
    gains = bleed.learn_gains(heard(voices()))
    assert gains.shape == (3, 3, 129)
    assert np.median(gains, axis=2) == pytest.approx(TRUE**2, rel=0.6, abs=0.01)
    assert np.all(gains[range(3), range(3)] == 1)
    clean = bleed.learn_gains(heard(voices(), np.eye(3)))
    assert clean[~np.eye(3, dtype=bool)].max() < 1e-3


@pytest.mark.parametrize("level", [1e-6, 1e3])
def test_gains_do_not_depend_on_loudness(level):
    x = heard(voices())
    loud = bleed.learn_gains((level * x).astype(np.complex64))
    assert np.abs(loud - bleed.learn_gains(x)).max() < 1e-3


def test_powers_fit_what_is_heard():
    P = np.abs(voices()).astype(np.float32) ** 2
    gains = np.repeat((TRUE**2)[:, :, None], 129, axis=2).astype(np.float32)
    V = np.einsum("ijf,jtf->itf", gains, P)
    found = bleed.voices(V, gains, Rounds(20, 1, 1))
    assert np.abs(np.einsum("ijf,jtf->itf", gains, found) - V).sum() < 0.05 * V.sum()
    shares = bleed.own_shares(found, gains)
    assert shares.min() >= 0
    assert shares.max() <= 1 + 1e-6


def test_without_bleed_everything_is_its_own():
    V = np.abs(voices()).astype(np.float32) ** 2
    gains = np.repeat(np.eye(3)[:, :, None], 129, axis=2).astype(np.float32)
    P = bleed.voices(V, gains, Rounds())
    assert np.abs(bleed.own_shares(P, gains) - 1).max() < 1e-5


def test_places_tell_voices_apart_better_than_powers():
    s = voices()
    x = heard(s) / np.float32(np.abs(s).max())
    gains = bleed.learn_gains(x)
    P = bleed.voices(bleed.powers(x), gains, Rounds())
    own = s / np.abs(s).max()

    def error(found):
        return float(np.square(np.abs(found[:, 0] - own)).sum() / np.square(np.abs(own)).sum())

    alone = x * bleed.own_shares(P, gains)[:, None]
    together = bleed.own_voices(x, P, bleed.learn_places(x, P, gains, 3))
    assert error(together) < 0.5 * error(alone) < 0.5 * error(x)


def test_silence():
    x = np.zeros((2, 1, 20, 17), np.complex64)
    gains = bleed.learn_gains(x)
    assert not gains[~np.eye(2, dtype=bool)].any()
    P = bleed.voices(bleed.powers(x), gains, Rounds())
    assert not P.any()
    assert not bleed.own_voices(x, P, bleed.learn_places(x, P, gains, 1)).any()
