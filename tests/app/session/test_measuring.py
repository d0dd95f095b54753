from __future__ import annotations

import threading

import numpy as np
import pytest
import signals

from unbraid.app.session.measuring import OutOfDateError, measure, null_test_db
from unbraid.core import loudness
from unbraid.core.audio import Audio
from unbraid.core.document.state import Strip
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.mixing.part import Part

STEMS = signals.music(seconds=1.0, rate=22050)
MIX = signals.mix(STEMS)


def mixdown(*strips: Strip, names: tuple[str, ...] = tuple(STEMS), song: Audio = MIX) -> Mixdown:
    given = [*strips, *[Strip()] * (len(names) - len(strips))]
    return Mixdown(song, tuple(Part(n, STEMS[n], s) for n, s in zip(names, given, strict=True)))


def test_song_and_remix_are_measured_as_they_sound() -> None:
    neutral = measure(mixdown(), threading.Event())
    assert neutral.song_lufs == neutral.remix_lufs == loudness.measure(MIX, true_peak=False).integrated_lufs
    softer = mixdown(Strip(-12.0), Strip(mute=True))
    found = measure(softer, threading.Event())
    rendered = loudness.measure(softer.render(), true_peak=False).integrated_lufs
    assert found.remix_lufs == pytest.approx(rendered, abs=1e-6) and found.song_lufs == neutral.song_lufs


def test_the_null_test_tells_what_the_stems_leave_and_that_nothing_is_lost() -> None:
    residual_db, null_db = null_test_db(mixdown(), threading.Event())
    assert residual_db < -130 and null_db < -130
    residual_db, null_db = null_test_db(mixdown(names=("vocals", "drums")), threading.Event())
    assert residual_db == pytest.approx(20 * np.log10(np.abs(STEMS["bass"].samples).max()), abs=0.01)
    assert null_db < -130


@pytest.mark.parametrize("song", [Audio.silence(1000, 1, 8000), signals.noise(seconds=0.01, rate=8000)])
def test_silence_and_very_short_songs_have_no_loudness(song: Audio) -> None:
    found = measure(Mixdown(song, (Part("a", song),)), threading.Event())
    assert found.song_lufs == -np.inf and found.residual_db == found.null_db == -np.inf


def test_what_is_out_of_date_stops() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(OutOfDateError):
        measure(mixdown(), stop)
    with pytest.raises(OutOfDateError):
        null_test_db(mixdown(), stop)
