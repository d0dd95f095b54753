import numpy as np
import pytest
from repeating import RATE, glide, loop, sdr

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.separation.contract import silent_progress
from unbraid.core.separation.guide import Guide
from unbraid.plugins.repet import Repet
from unbraid.plugins.repet_adaptive import RepetAdaptive


def separate(x, separator=None):
    stems = (separator or RepetAdaptive()).separate(Audio(x, RATE), Guide(), silent_progress)
    return stems["vocals"].samples, stems["accompaniment"].samples


def test_a_voice_over_a_loop_is_found():
    voice, backing = glide(), loop()
    vocals, accompaniment = separate(voice + backing)
    assert sdr(voice, vocals) > 10
    assert sdr(backing, accompaniment) > 10


def test_a_change_of_period_is_followed():
    backing = np.concatenate([loop(15.0, 1, 1.3), loop(15.0, 1, 0.94, seed=5)])
    voice = glide(30.0, 1)
    vocals, accompaniment = separate(voice + backing, RepetAdaptive(segment_s=8.0))
    fixed = Repet().separate(Audio(voice + backing, RATE), Guide(), silent_progress)["vocals"].samples
    assert sdr(voice, vocals) > sdr(voice, fixed) + 3
    assert np.abs(vocals + accompaniment - voice - backing).max() < 1e-6


@pytest.mark.parametrize("frames", [1, 700, 9000])
def test_too_short_to_repeat(frames):
    x = loop(1.0)[:frames]
    vocals, accompaniment = separate(x)
    assert np.abs(vocals + accompaniment - x).max() < 1e-6


def test_bounds_in_the_wrong_order_are_refused():
    with pytest.raises(ParameterError, match="period_min_s"):
        separate(loop(1.0), RepetAdaptive(period_min_s=5.0, period_max_s=2.0))
