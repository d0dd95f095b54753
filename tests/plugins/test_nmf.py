from __future__ import annotations

import numpy as np
import pytest

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.separation import run
from unbraid.core.separation.guide import Guide, Onsets, Region

RATE = 22050


def sdr(true: np.ndarray, estimate: np.ndarray) -> float:
    return 10 * float(np.log10(np.sum(true**2.0) / np.sum((true - estimate) ** 2.0)))


def tones(freqs_hz: tuple[float, ...], on: np.ndarray) -> np.ndarray:
    t = np.arange(len(on)) / RATE
    return on * sum(np.sin(2 * np.pi * f * t) for f in freqs_hz) / len(freqs_hz)


def gate(seconds: float, period_s: float, duty: float, shift_s: float = 0.0) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE + shift_s
    return np.convolve((t % period_s < duty * period_s).astype(float), np.hanning(400) / 200, "same")


SECONDS = 8.0
LOW = tones((220.0, 440.0, 660.0), gate(SECONDS, 1.0, 0.6))
HIGH = tones((1030.0, 2090.0, 3170.0), gate(SECONDS, 1.3, 0.5, 0.4))


def stereo(mono: np.ndarray, pan: float = 0.5) -> np.ndarray:
    return np.stack([np.cos(pan * np.pi / 2) * mono, np.sin(pan * np.pi / 2) * mono], axis=1)


def best(true: np.ndarray, stems: dict[str, Audio]) -> float:
    return max(sdr(true, stem.samples) for stem in stems.values())


def test_sounds_that_differ_become_parts() -> None:
    low, high = stereo(LOW), stereo(HIGH)
    stems = run.separate("nmf", Audio.of(low + high, RATE), values={"parts": 2, "components": 2})
    assert best(low, stems) > 10
    assert best(high, stems) > 10


@pytest.mark.parametrize(
    "values",
    [{"divergence": d} for d in ("levy", "cauchy")]
    + [pytest.param({"divergence": "stable"}, marks=pytest.mark.slow)]
    + [{"divergence": "beta", "beta": b} for b in (-1, 0.5, 3)],
    ids=str,
)
def test_every_divergence_finds_sounds_that_differ(values: dict[str, object]) -> None:
    low, high = stereo(LOW), stereo(HIGH)
    mix = Audio.of(low + high, RATE)
    stems = run.separate("nmf", mix, values={"parts": 2, "components": 2, **values})
    assert best(low, stems) > 8
    assert best(high, stems) > 8
    for gain in (1e-6, 1e3):
        loud = run.separate("nmf", Audio.of(gain * mix.samples, RATE), values={"parts": 2, "components": 2, **values})
        assert all(np.isfinite(stem.samples).all() for stem in loud.values())


def test_beta_is_the_divergences_with_a_name() -> None:
    mix = Audio.of(stereo(LOW + HIGH), RATE)
    for beta, name in ((0, "is"), (1, "kl"), (2, "euclidean")):
        named, number = (
            run.separate("nmf", mix, values=v) for v in ({"divergence": name}, {"divergence": "beta", "beta": beta})
        )
        assert all(np.array_equal(named[part].samples, number[part].samples) for part in named)


def test_what_is_taken_by_itself_depends_on_the_passages() -> None:
    mix, told = Audio.of(stereo(LOW + HIGH), RATE), Guide(regions=(Region(0.0, 0.5, target="low"),))
    for guide, name in ((Guide(), "levy"), (told, "cauchy")):
        auto, named = (run.separate("nmf", mix, guide, values={"divergence": d}) for d in ("auto", name))
        assert all(np.array_equal(auto[part].samples, named[part].samples) for part in named)


def test_sampling_refuses_passages_in_words() -> None:
    guide = Guide(regions=(Region(0.0, 1.9, target="low"),))
    with pytest.raises(ParameterError, match="take cauchy"):
        run.separate("nmf", Audio.of(stereo(LOW), RATE), guide, values={"divergence": "stable"})


def test_a_passage_teaches_what_plays_alone_in_it() -> None:
    high = HIGH.copy()
    high[: 2 * RATE] = 0
    low, high = stereo(LOW), stereo(high)
    guide = Guide(regions=(Region(0.0, 1.9, target="low"),))
    stems = run.separate("nmf", Audio.of(low + high, RATE), guide, values={"learned": 3, "components": 4})
    assert list(stems) == ["low", "rest"]
    assert sdr(low, stems["low"].samples) > 10


def test_a_passage_outside_of_the_song_is_refused_in_words() -> None:
    guide = Guide(regions=(Region(50.0, 60.0, target="low"),))
    with pytest.raises(ParameterError, match=r"50-60 s of low lies outside of the song"):
        run.separate("nmf", Audio.of(stereo(LOW), RATE), guide)


def strokes(times_s: list[float]) -> np.ndarray:
    rng = np.random.default_rng(3)
    drums = np.zeros(len(LOW))
    for time in times_s:
        start = round(time * RATE)
        burst = rng.standard_normal(2000) * np.exp(-np.arange(2000) / 400)
        drums[start : start + 2000] += burst[: len(drums) - start]
    return 0.5 * drums


def test_drums_are_what_begins_with_strokes() -> None:
    times = list(np.arange(0.25, 7.9, 0.5))
    drums, chord = stereo(strokes(times)), stereo(tones((220.0, 277.0, 330.0), np.ones(len(LOW))))
    mix = Audio.of(drums + chord, RATE)
    found = run.separate("nmf_drums", mix)
    told = run.separate("nmf_drums", mix, Guide(onsets=(Onsets("drums", tuple(times)),)))
    nothing = sdr(drums, mix.samples)
    assert sdr(drums, found["drums"].samples) > nothing + 8
    assert sdr(drums, told["drums"].samples) > nothing + 8


def test_given_onsets_are_the_only_strokes() -> None:
    first, second = strokes([0.5, 1.5, 2.5, 3.5]), strokes([4.5, 5.5, 6.5])
    mix = Audio.of(stereo(first + second), RATE)
    drums = run.separate("nmf_drums", mix, Guide(onsets=(Onsets("drums", (0.5, 1.5, 2.5, 3.5)),)))["drums"].samples
    early, late = drums[: 4 * RATE], drums[4 * RATE :]
    assert np.sum(early**2) > 0.5 * np.sum(mix.samples[: 4 * RATE] ** 2)
    assert np.sum(late**2) < 0.7 * np.sum(mix.samples[4 * RATE :] ** 2)


def test_place_helps_where_sounds_overlap() -> None:
    low, high = stereo(LOW, 0.2), stereo(HIGH, 0.8)
    values = {"parts": 2, "components": 6}
    stems = run.separate("nmf_multichannel", Audio.of(low + high, RATE), values=values)
    assert best(low, stems) > 10
    assert best(high, stems) > 10


@pytest.mark.parametrize("method", ["nmf", "nmf_drums", "nmf_multichannel"])
def test_another_seed_is_another_start(method: str) -> None:
    mix = Audio.of(np.random.default_rng(0).standard_normal((RATE, 2)), RATE)
    one, two = (run.separate(method, mix, values={"seed": seed}) for seed in (0, 1))
    assert any(not np.array_equal(one[name].samples, two[name].samples) for name in one)
