from __future__ import annotations

import math

import numpy as np
import pytest

from unbraid.core import render
from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError


@pytest.fixture
def song() -> tuple[Audio, dict[str, Audio]]:
    rng = np.random.default_rng(1)
    stems = {name: Audio.of(rng.standard_normal((700_000, 2)) * 0.1, 44100) for name in ("vocals", "drums", "rest")}
    return render.total(stems), stems


def test_nothing_changed_is_the_mix_bit_for_bit(song) -> None:
    mix, stems = song
    assert np.array_equal(render.render(mix, stems, {}).samples, mix.samples)
    assert np.array_equal(render.render(mix, stems, {"vocals": 0.0}).samples, mix.samples)


def test_a_stem_at_minus_infinity_is_gone(song) -> None:
    mix, stems = song
    karaoke = render.render(mix, stems, {"vocals": -math.inf}).samples
    assert np.abs(karaoke - (stems["drums"].samples + stems["rest"].samples)).max() < 1e-6


def test_gains_are_decibels(song) -> None:
    mix, stems = song
    louder = render.render(mix, stems, {"drums": 6.0}).samples
    want = mix.samples + (10 ** (6 / 20) - 1) * stems["drums"].samples
    assert np.abs(louder - want).max() < 1e-6


def test_an_unknown_stem_is_named_with_the_known_ones(song) -> None:
    with pytest.raises(ParameterError, match="no stem piano; the stems are vocals, drums, rest"):
        render.render(*song, {"piano": 1.0})


def test_gains_are_read_as_people_write_them() -> None:
    texts = ["vocals=-inf", "drums=+3", "bass=-2.5dB", "other=\u22121"]
    assert render.parse_gains_db(texts) == {"vocals": -math.inf, "drums": 3.0, "bass": -2.5, "other": -1.0}


@pytest.mark.parametrize("text", ["vocals", "vocals=", "=3", "vocals=loud", "vocals=nan", "vocals=inf", "vocals=600"])
def test_a_gain_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="STEM=DECIBELS"):
        render.parse_gains_db([text])


def test_stems_of_two_songs_have_no_sum() -> None:
    with pytest.raises(ParameterError, match="one length"):
        render.total({"a": Audio.silence(5, 1, 8000), "b": Audio.silence(6, 1, 8000)})
