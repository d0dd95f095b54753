"""Stems as producers have them are brought onto the mix; what was done is said; sources always add up to the mix."""

from __future__ import annotations

import numpy as np
import pytest

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.informed.sources import GivenStem, gather

RATE = 8000


def noise(seed: int, seconds: float = 2.0, channels: int = 2) -> np.ndarray:
    samples = np.random.default_rng(seed).normal(0, 0.1, (round(seconds * RATE), channels))
    return samples.astype(np.float32)


def stem(name: str, samples: np.ndarray, rate: int = RATE) -> GivenStem:
    return GivenStem(name, Audio.of(samples, rate))


def test_sources_add_up_to_the_mix_whatever_the_stems_are() -> None:
    a, b, rest = noise(1), noise(2), 0.1 * noise(3)
    found = gather(Audio.of(a + b + rest, RATE), [stem("a", a), stem("b", b)])
    assert found.names == ("a", "b", "residual") and found.facts[2].is_hidden
    assert np.abs(found.images.sum(axis=0) - found.mix.samples).max() < 1e-6
    assert np.array_equal(found.images[0], a) and found.notes == ()


def test_a_remainder_that_is_nothing_is_no_source() -> None:
    a, b = noise(1), noise(2)
    assert gather(Audio.of(a + b, RATE), [stem("a", a), stem("b", b)]).names == ("a", "b")


def test_short_silent_and_long_stems() -> None:
    a, b = noise(1), noise(2)
    b[RATE:] = 0
    long = np.concatenate([a, noise(5, 0.5)])
    found = gather(Audio.of(a + b, RATE), [stem("a", long), stem("b", b[:RATE]), stem("c", np.zeros((10, 2)))])
    assert found.names == ("a", "b", "c") and not found.images[2].any()
    assert np.array_equal(found.images[0], a) and not found.images[1, RATE:].any()
    assert "a is 0.50 s longer" in found.notes[0]


@pytest.mark.parametrize("shift", [-700, 900])
def test_a_stem_whose_file_begins_elsewhere_is_moved(shift: int) -> None:
    a, b = noise(1), noise(2)
    moved = a[-shift:] if shift < 0 else np.concatenate([np.zeros((shift, 2), np.float32), a])
    found = gather(Audio.of(a + b, RATE), [stem("a", moved), stem("b", b)])
    here = slice(800, 15_000)
    assert np.array_equal(found.images[0, here], a[here])
    assert "moved" in found.notes[0]


def test_mono_stems_lie_where_the_mix_has_them() -> None:
    a, b = noise(1), noise(2, channels=1)
    mix = a + b * np.float32([0.9, 0.3])
    found = gather(Audio.of(mix, RATE), [stem("a", a), stem("b", b)])
    assert found.names == ("a", "b") or np.abs(found.images[2]).max() < 1e-3
    np.testing.assert_allclose(found.facts[1].gains_db, 20 * np.log10([0.9, 0.3]), atol=0.1)


def test_levels_of_stems_are_found_and_told() -> None:
    a, b = noise(1), noise(2)
    found = gather(Audio.of(0.5 * a + 0.5 * b, RATE), [stem("a", a), stem("b", b)])
    assert found.facts[0].gains_db == pytest.approx((-6.02, -6.02), abs=0.1)
    assert any("levels" in note for note in found.notes)


def test_another_rate_is_resampled() -> None:
    a = noise(1)
    found = gather(Audio.of(a, RATE), [stem("a", noise(4, channels=1), 2 * RATE)])
    assert found.images.shape == (2, 2 * RATE, 2) and "16000 Hz" in found.notes[0]


@pytest.mark.parametrize(
    ("stems", "words"),
    [
        ([], "1 to 16 stems"),
        ([stem("a", noise(1))] * 17, "not 17"),
        ([stem("a", noise(1)), stem("a", noise(2))], "two stems"),
        ([stem("residual", noise(1))], "two stems"),
        ([stem("a\n", noise(1))], "printable"),
        ([stem("x" * 65, noise(1))], "64 bytes"),
        ([stem("a", np.full((9, 2), np.nan))], "no numbers"),
        ([stem("a", noise(1, channels=3))], "3 channels"),
        ([GivenStem("a", Audio.of(noise(1), RATE), priority=0.0)], "priority"),
    ],
)
def test_what_cannot_be_coded_is_refused_in_words(stems: list[GivenStem], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        gather(Audio.of(noise(0), RATE), stems)


def test_surround_and_empty_mixes_are_refused() -> None:
    for mix, words in ((noise(0, channels=6), "mono and stereo"), (noise(0, 0.0), "no sound")):
        with pytest.raises(ParameterError, match=words):
            gather(Audio.of(mix, RATE), [stem("a", noise(1, channels=1))])
