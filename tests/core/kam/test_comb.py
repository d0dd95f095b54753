import numpy as np
import pytest
from slow_kernels import song

from unbraid.core.kam.comb import confidence_at, on_partials, pitch_at
from unbraid.core.kam.kernels import Comb
from unbraid.core.kam.pitch import TrackedPitch
from unbraid.core.kam.smoothers import bind
from unbraid.core.kam.surroundings import Surroundings
from unbraid.core.separation.guide import Guide, PitchTrack


def track(times: list[float], freqs: list[float]) -> PitchTrack:
    return PitchTrack("", np.array(times, np.float32), np.array(freqs, np.float32))


def test_a_pitch_is_interpolated_in_glides_and_not_across_rests_and_jumps() -> None:
    drawn = track([0.0, 0.1, 0.2, 0.3, 0.4], [100.0, 110.0, 0.0, 200.0, 400.0])
    times = np.array([-0.06, -0.04, 0.05, 0.1, 0.14, 0.16, 0.26, 0.34, 0.36, 0.44, 0.46])
    expected = [0, 100, 105, 110, 110, 0, 200, 200, 400, 400, 0]
    assert pitch_at(drawn, times) == pytest.approx(expected, abs=1e-3)


def test_short_tracks_are_pitches_too() -> None:
    assert pitch_at(track([], []), np.arange(3.0)).tolist() == [0, 0, 0]
    assert pitch_at(track([1.0], [50.0]), np.array([0.9, 1.0, 1.1])).tolist() == [0, 50, 0]


def test_what_is_drawn_is_sure_and_what_is_followed_says_how_sure() -> None:
    drawn = track([0.0, 1.0], [100.0, 100.0])
    assert confidence_at(drawn, np.array([0.0, 0.5])).tolist() == [1, 1]
    followed = TrackedPitch("", drawn.times_s, drawn.freqs_hz, np.array([0.0, 1.0], np.float32))
    assert confidence_at(followed, np.array([0.25, 2.0])).tolist() == [0.25, 1]


def test_partials_have_a_width_and_begin_at_the_pitch() -> None:
    got = on_partials(np.array([60.0, 0.0]), song(33, 2), 20.0)
    assert np.flatnonzero(got[0]).tolist() == [5, 6, 7, 11, 12, 13, 17, 18, 19, 23, 24, 25, 29, 30, 31]
    assert not got[1].any()


def test_where_a_pitch_is_unsure_the_picture_is_left_in_part() -> None:
    known = song(33, 20)
    z = np.zeros((20, 33), np.float32).T
    z[6::6] = 1.0
    z[9] = 8.0  # a line between partials
    sure = TrackedPitch("", *(np.array(a, np.float32) for a in ([0, 0.5], [60, 60], [0.5, 0.5])))
    known = Surroundings(known.params, known.rate, 20, None, Guide(pitches=(sure,)))
    got = bind(Comb(width_hz=20.0, between=0.0), known)(z)
    assert got[9] == pytest.approx(4.0)
    assert got[6] == pytest.approx(1.0)


def test_a_voice_stays_and_what_is_no_partial_of_it_goes() -> None:
    from unbraid.core.dsp.stft import StftParams, stft
    from unbraid.core.kam.magnitudes import joint_magnitude

    rate, params = 16000, StftParams(2048, 512)
    t = np.arange(2 * rate) / rate
    voice = sum(np.sin(2 * np.pi * 200 * h * t) for h in range(1, 13))
    other = 1.5 * np.sin(2 * np.pi * 473.0 * t)
    V, only, rest = (
        joint_magnitude(stft(x.astype(np.float32)[:, None], params)) for x in (voice + other, voice, other)
    )
    got = bind(Comb(), Surroundings(params, rate, V.shape[1], V))(V)[:, 10:-10]  # which follows the pitch itself
    assert got[56:66].max() < 0.05 * rest[56:66].max()
    partials = np.round(200.0 * np.arange(1, 13) / 7.8125).astype(int)
    assert got[partials] == pytest.approx(only[partials, 10:-10], rel=0.25)
