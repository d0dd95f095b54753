import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unbraid.core.kam.periods import (
    FLOOR,
    beat_spectrogram,
    beat_spectrum,
    choose_period,
    choose_periods,
    lag_bounds,
    parabolic_offset,
    period_track,
)


def repeating(period, frames, *, bins=40, seed=0, foreground=0.0):
    """A random pattern of `period` frames over and over, with something else on top. (F, T) float32."""
    rng = np.random.default_rng(seed)
    pattern = rng.gamma(0.5, size=(bins, period))
    V = np.tile(pattern, -(-frames // period))[:, :frames]
    return (V + foreground * rng.gamma(0.5, size=V.shape)).astype(np.float32)


def found(V, shortest=5, longest=200):
    low, high = lag_bounds(V.shape[1], shortest, longest)
    return choose_period(beat_spectrum(V, high + 1), low, high, V.shape[1])


@given(st.integers(8, 60), st.integers(0, 100))
@settings(max_examples=25, deadline=None)
def test_period_is_found_exactly(period, seed):
    got = found(repeating(period, 6 * period + 3, seed=seed))
    assert got.frames == pytest.approx(period, abs=0.1)
    assert got.confidence > 0.9


@pytest.mark.parametrize("loudness", [1e-6, 1.0, 1e3])
def test_period_is_found_under_something_else_at_any_loudness(loudness):
    got = found(np.float32(loudness) * repeating(33, 400, foreground=1.0))
    assert round(got.frames) == 33
    assert 0.2 < got.confidence < 0.9


def test_noise_repeats_with_no_confidence():
    V = np.random.default_rng(3).gamma(0.5, size=(200, 500)).astype(np.float32)
    assert found(V).confidence < 0.1


@pytest.mark.parametrize("V", [np.zeros((20, 50)), np.ones((20, 50)), np.ones((20, 1)), np.zeros((20, 2))])
def test_nothing_that_changes_gives_no_confidence(V):
    got = found(V.astype(np.float32))
    assert got.confidence == 0
    assert got.frames >= 1


def test_beat_spectrum_is_the_unbiased_autocovariance_of_levels():
    V = repeating(11, 80, foreground=2.0)
    level = np.log(V.astype(np.float64) / V.max() + FLOOR)
    level -= level.mean(axis=1, keepdims=True)
    expected = np.array([(level[:, : 80 - lag] * level[:, lag:]).sum() / (80 - lag) for lag in range(41)])
    assert np.allclose(beat_spectrum(V, 40), expected / expected[0], atol=1e-4)


def test_at_least_three_repetitions_fit():
    assert lag_bounds(300, 20, 500) == (20, 100)
    assert lag_bounds(12, 20, 500) == (4, 4)
    assert lag_bounds(1, 20, 500) == (1, 1)


def test_of_two_equal_periods_the_shorter_is_chosen():
    assert round(found(repeating(20, 400), 5, 130).frames) == 20


def test_beat_spectrogram_follows_a_change_of_period():
    V = np.concatenate([repeating(20, 300), repeating(31, 300, seed=1)], axis=1)
    periods = {
        centre: round(choose_period(beat, 10, 40, 150).frames)
        for centre, beat in beat_spectrogram(V, 41, segment=150, step=50)
    }
    assert [periods[c] for c in (0, 50, 150, 200)] == [20] * 4
    assert [periods[c] for c in (400, 450, 550)] == [31] * 3


def test_parabola_finds_a_peak_between_samples():
    x = np.arange(10)
    assert parabolic_offset(-((x - 4.3) ** 2.0), 4) == pytest.approx(0.3)
    assert parabolic_offset(x.astype(float), 9) == 0
    assert parabolic_offset(x.astype(float), 5) == 0


def test_a_period_between_frames_is_found_from_its_multiples():
    period, frames = 40.3, 1000
    rng = np.random.default_rng(6)
    pattern = rng.gamma(0.5, size=(60, 4030))  # a hundred steps a frame
    smooth = np.cumsum(np.concatenate([pattern[:, -100:], pattern], axis=1), axis=1)
    fine = smooth[:, 100:] - smooth[:, :-100]
    V = fine[:, (np.arange(frames) * 100) % 4030].astype(np.float32)
    low, high = lag_bounds(frames, 10, 100)
    assert choose_period(beat_spectrum(V, frames // 2), low, high, frames).frames == pytest.approx(period, abs=0.03)


def periods_of(V, count, shortest=5, longest=130):
    low, high = lag_bounds(V.shape[1], shortest, longest)
    return choose_periods(beat_spectrum(V, V.shape[1] // 2), low, high, V.shape[1], count=count)


def test_several_periods_are_found_and_each_once():
    parts = [repeating(period, 600, bins=20, seed=period) for period in (23, 37, 61)]
    got = periods_of(np.concatenate(parts), 6)
    assert sorted(round(p.frames) for p in got[:3]) == [23, 37, 61]
    assert all(0.1 < p.confidence <= 1 for p in got[:3])


def test_multiples_of_a_period_are_told_already():
    got = periods_of(repeating(20, 400), 6)
    assert [round(p.frames) for p in got] == [20]


def test_a_multiple_after_which_more_repeats_is_a_period_of_its_own():
    drums, chords = repeating(20, 600, bins=20), repeating(80, 600, bins=20, seed=1)
    got = periods_of(np.concatenate([drums, chords]), 6)
    assert sorted(round(p.frames) for p in got) == [20, 80]


def test_the_first_of_several_periods_is_the_one_chosen_alone():
    for seed in range(5):
        V = repeating(31, 500, seed=seed, foreground=2.0)
        low, high = lag_bounds(500, 5, 130)
        beat = beat_spectrum(V, 250)
        assert choose_periods(beat, low, high, 500, count=1) == [choose_period(beat, low, high, 500)]
        assert choose_periods(beat, low, high, 500, count=4)[0] == choose_period(beat, low, high, 500)


def test_noise_and_silence_have_few_periods():
    noise = np.random.default_rng(3).gamma(0.5, size=(200, 500)).astype(np.float32)
    assert len(periods_of(noise, 6)) == 1
    assert [p.confidence for p in periods_of(np.zeros((5, 50), np.float32), 6)] == [0]
    assert len(periods_of(np.ones((5, 1), np.float32), 6)) == 1


def test_every_frame_has_the_period_of_its_surroundings():
    V = np.concatenate([repeating(20, 300), repeating(31, 300, seed=1)], axis=1)
    low, high = lag_bounds(150, 10, 40)
    track = period_track(V, low, high, segment=150, step=25)
    assert track.shape == (600,)
    assert np.all(np.round(track[:200]) == 20)
    assert np.all(np.round(track[400:]) == 31)
