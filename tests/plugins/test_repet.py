import numpy as np
import pytest
from repeating import PERIOD_S, RATE, glide, loop, sdr

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.separation.contract import silent_progress
from unbraid.core.separation.guide import Guide, MarkedRepetition, Region
from unbraid.plugins.repet import Repet
from unbraid.plugins.repet.repet import marked_period_s


def separate(x, separator=None, guide=None, progress=silent_progress):
    stems = (separator or Repet()).separate(Audio(x, RATE), guide or Guide(), progress)
    return stems["vocals"].samples, stems["accompaniment"].samples


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_a_voice_over_a_loop_is_found(channels):
    voice, backing = glide(channels=channels), loop(channels=channels)
    vocals, accompaniment = separate(voice + backing)
    assert sdr(voice, vocals) > 12
    assert sdr(backing, accompaniment) > 12
    assert np.abs(vocals + accompaniment - voice - backing).max() < 1e-6


def test_the_period_is_told():
    told = []
    separate(loop() + glide(), progress=lambda fraction, message: told.append(message))
    said = next(m for m in told if "repeats every" in m)
    assert float(said.split()[2]) == pytest.approx(PERIOD_S, abs=0.01)


def test_where_nothing_repeats_it_says_so_and_the_voice_has_most():
    x = np.random.default_rng(0).standard_normal((RATE * 8, 1)).astype(np.float32)
    told = []
    vocals, _ = separate(x, Repet(high_pass_hz=0.0), progress=lambda fraction, message: told.append(message))
    assert any("hardly anything repeats" in m for m in told)
    assert np.isfinite(vocals).all()


def test_marked_repetitions_give_the_period():
    regions = tuple(Region(start, start + 1.0) for start in (0.2, 0.2 + PERIOD_S, 0.2 + 2 * PERIOD_S))
    assert marked_period_s([MarkedRepetition(regions)]) == pytest.approx(PERIOD_S)
    assert marked_period_s([MarkedRepetition(regions[:1])]) == 0
    told = []
    separate(loop() + glide(), Repet(), Guide(repetitions=(MarkedRepetition(regions),)), lambda f, m: told.append(m))
    assert any("repeats every 1.30 s (100 % alike)" in m for m in told)


def test_a_typed_period_goes_first():
    right = separate(loop() + glide(), Repet(period_s=PERIOD_S))[0]
    wrong = separate(loop() + glide(), Repet(period_s=0.77 * PERIOD_S))[0]
    assert sdr(glide(), right) > sdr(glide(), wrong) + 3


def test_bounds_in_the_wrong_order_are_refused():
    with pytest.raises(ParameterError, match="period_min_s"):
        separate(loop(1.0), Repet(period_min_s=5.0, period_max_s=2.0))


@pytest.mark.parametrize("frames", [1, 100, 3000])
def test_too_short_to_repeat(frames):
    x = loop(1.0)[:frames]
    vocals, accompaniment = separate(x)
    assert np.abs(vocals + accompaniment - x).max() < 1e-6
