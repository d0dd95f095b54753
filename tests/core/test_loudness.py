from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import signals

from unbraid.core import loudness
from unbraid.core.audio import Audio
from unbraid.core.document.state import NEUTRAL, Strip
from unbraid.core.errors import Cancelled
from unbraid.core.loudness import LoudnessMeter, TruePeak, equal_loudness_gain_db, integrated_lufs, measure
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.mixing.part import Part

ENGINES = ("compiled", "scipy")
RATE = 48000


def tones(*levels: tuple[float, float], rate: int = RATE, channels: int = 2) -> Audio:
    """1 kHz at levels in dBFS for so many seconds each, the same in all channels."""
    pieces = [
        10 ** (level / 20) * np.sin(2 * np.pi * 1000 * np.arange(round(seconds * rate)) / rate)
        for level, seconds in levels
    ]
    return Audio.of(np.repeat(np.concatenate(pieces)[:, None], channels, axis=1), rate)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "levels",
    [
        [(-23.0, 20.0)],
        [(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)],
        [(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)],
        [(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)],
    ],
)
def test_tones_of_the_broadcasters_are_minus_23(levels: list[tuple[float, float]], engine: str) -> None:
    """EBU Tech 3341, cases 1, 3, 4, 5."""
    assert measure(tones(*levels), true_peak=False, engine=engine).integrated_lufs == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000, 88200, 96000, 192000])
def test_a_tone_is_as_loud_at_any_rate(rate: int) -> None:
    found = measure(tones((-33.0, 4.0), rate=rate))
    figures = (found.integrated_lufs, found.momentary_max_lufs, found.short_term_max_lufs, found.true_peak_db)
    assert figures == pytest.approx((-33.0,) * 4, abs=0.1)


def test_surround_channels_weigh_more_and_the_low_effects_nothing() -> None:
    """EBU Tech 3341, case 6, with five channels and with six."""
    gains = 10 ** (np.array([-28.0, -28.0, -24.0, -30.0, -30.0]) / 20)
    tone = tones((0.0, 5.0), channels=5).samples * gains
    assert integrated_lufs(Audio.of(tone, RATE)) == pytest.approx(-23.0, abs=0.1)
    with_low = np.insert(tone, 3, 1.0, axis=1)
    assert integrated_lufs(Audio.of(with_low, RATE)) == pytest.approx(-23.0, abs=0.1)
    assert integrated_lufs(tones((-20.0, 2.0), channels=1)) == pytest.approx(-23.0, abs=0.1)


def test_the_filters_are_those_of_the_standard() -> None:
    """BS.1770-4, tables 1 and 2, at 48 kHz."""
    shelf, high_pass = loudness.k_weighting(48000)
    assert shelf[:3] == pytest.approx([1.53512485958697, -2.69169618940638, 1.19839281085285], abs=1e-8)
    assert shelf[4:] == pytest.approx([-1.69065929318241, 0.73248077421585], abs=1e-8)
    assert high_pass[:3].tolist() == [1.0, -2.0, 1.0]
    assert high_pass[4:] == pytest.approx([-1.99004745483398, 0.99007225036621], abs=1e-8)


@pytest.mark.parametrize(("rate", "golden"), [(44100, -13.430), (48000, -13.429), (96000, -13.429)])
def test_music_is_as_loud_as_others_say(rate: int, golden: float) -> None:
    """Figures of pyloudnorm 0.1.1, whose high-pass is normalised otherwise: 0.04 dB less at 48 kHz."""
    song = signals.mix(signals.music(seconds=6.0, rate=rate))
    assert integrated_lufs(song) == pytest.approx(golden, abs=0.06)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("per_cycle", "degrees", "level", "want"),
    [(4, 0.0, 0.5, -6.02), (4, 45.0, 0.5, -6.02), (6, 60.0, 0.5, -6.02), (8, 67.5, 0.5, -6.02), (4, 45.0, 1.41, 2.98)],
)
def test_peaks_between_samples_are_found(
    per_cycle: int, degrees: float, level: float, want: float, engine: str
) -> None:
    """EBU Tech 3341, cases 15 to 19: tolerance +0.2/-0.4 dB; the samples alone miss up to 3 dB."""
    phase = 2 * np.pi * np.arange(RATE) / per_cycle + np.radians(degrees)
    sine = Audio.of(level * np.sin(phase)[2000:-2000] * np.hanning(RATE - 4000) ** 0.01, RATE)
    assert -0.4 <= measure(sine, engine=engine).true_peak_db - want <= 0.2


def test_both_engines_agree() -> None:
    sound = signals.noise(seconds=3.3, rate=44100, channels=3)
    one, other = (measure(sound, engine=engine) for engine in ENGINES)
    for a, b in zip(vars(one).values(), vars(other).values(), strict=True):
        assert a == pytest.approx(b, abs=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_blocks_do_not_matter(engine: str) -> None:
    sound = signals.noise(seconds=4.2, rate=11025)
    rng, meter = np.random.default_rng(3), LoudnessMeter(sound.rate, sound.channels, engine=engine)
    edges = [0, *np.sort(rng.integers(0, sound.frames, 40)).tolist(), sound.frames]
    for a, b in itertools.pairwise(edges):
        meter.add(sound.samples[a:b])
    whole, parts = measure(sound, engine=engine), meter.result()
    assert list(vars(parts).values()) == pytest.approx(list(vars(whole).values()), abs=1e-6)


def test_momentary_and_short_term_are_of_the_last_moments() -> None:
    meter = LoudnessMeter(RATE, 2, true_peak=False)
    meter.add(tones((-40.0, 5.0)).samples)
    meter.add(tones((-20.0, 0.4)).samples)
    assert meter.momentary() == pytest.approx(-20.0, abs=0.1)
    energy = (0.4 * 10**-2 + 2.6 * 10**-4) / 3
    assert meter.short_term() == pytest.approx(10 * math.log10(energy), abs=0.1)


@pytest.mark.parametrize("level", [1e-6, 1e3])
def test_any_level_is_measured_relative_to_any_other(level: float) -> None:
    sound = signals.noise(seconds=1.0)
    scaled = Audio.of(level * sound.samples, sound.rate)
    change = measure(scaled).momentary_max_lufs - measure(sound).momentary_max_lufs
    assert change == pytest.approx(20 * math.log10(level), abs=0.01)


def test_silence_and_next_to_nothing_have_no_loudness() -> None:
    assert set(vars(measure(Audio.silence(RATE, 2, RATE))).values()) == {-math.inf}
    assert set(vars(measure(Audio.silence(0, 1, RATE))).values()) == {-math.inf}
    assert measure(signals.noise(seconds=0.3)).integrated_lufs == -math.inf


@pytest.mark.parametrize("engine", ENGINES)
def test_silence_after_sound_does_not_slow_the_filter_down(engine: str) -> None:
    weighing = loudness.Weighing(RATE, 1, 4800, engine)
    weighing.add(signals.noise(seconds=0.1, rate=RATE, channels=1).samples)
    for _ in range(30):
        weighing.add(np.zeros((RATE // 5, 1), np.float32))
    assert not weighing._state.any()


def test_a_true_peak_at_the_very_end_counts() -> None:
    peak = TruePeak(RATE, 1, "scipy")
    peak.add(np.array([[0.0], [0.9], [0.9]], np.float32))
    assert peak.peak_db > 20 * math.log10(0.95)


def test_the_original_is_made_as_loud_as_the_remix() -> None:
    stems = signals.music(seconds=3.0)
    song = signals.mix(stems)

    def remix(strip: Strip) -> Mixdown:
        return Mixdown(song, tuple(Part(n, s, strip if n == "vocals" else NEUTRAL) for n, s in stems.items()))

    told: list[float] = []
    gain_db = equal_loudness_gain_db(song, remix(Strip(mute=True)), lambda f, m: told.append(f))
    assert gain_db < -0.5 and told == sorted(told) and told[-1] == 1.0
    level = 10 ** (gain_db / 20)
    assert integrated_lufs(Audio.of(level * song.samples, song.rate)) == pytest.approx(
        integrated_lufs(remix(Strip(mute=True))), abs=1e-3
    )
    assert equal_loudness_gain_db(song, remix(NEUTRAL)) == 0.0
    silence = Audio.silence(RATE, 2, RATE)
    assert equal_loudness_gain_db(silence, Mixdown(silence)) == 0.0


def test_measuring_stops_when_it_is_told_to() -> None:
    def stop(fraction: float, message: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        integrated_lufs(signals.noise(seconds=1.0), stop)
