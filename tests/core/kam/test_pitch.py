import itertools

import numpy as np
import numpy.typing as npt
import pytest

from unbraid.core.dsp.stft import StftParams, stft
from unbraid.core.errors import ParameterError
from unbraid.core.kam.magnitudes import joint_magnitude
from unbraid.core.kam.pitch import TrackedPitch, best_path, harmonic_weights, pitch_grid, salience, track_pitch
from unbraid.core.kam.resolution import stft_at
from unbraid.core.separation.guide import Guide

Series = npt.NDArray[np.float64]
SECONDS = 2.0


def tone(pitch: Series, rate: int, *, partials: int = 20, weights: Series | None = None) -> Series:
    """A harmonic tone of this pitch in Hz at every sample; silent where it is 0."""
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    levels = 0.9 ** np.arange(partials) if weights is None else weights
    heard = [a * np.sin((h + 1) * phase) * ((h + 1) * pitch < 0.45 * rate) * (pitch > 0) for h, a in enumerate(levels)]
    return np.sum(heard, axis=0)


def tracked(x: Series, rate: int, **how: object) -> TrackedPitch:
    params = stft_at(4096, 1024, rate)
    V = joint_magnitude(stft(x.astype(np.float32)[:, None], params))
    return track_pitch(V, params, rate, **how)  # type: ignore[arg-type]


def cents(track: TrackedPitch, pitch: Series, rate: int) -> Series:
    """Errors in cents of the frames that lie well within the tone."""
    places = np.round(track.times_s * rate).astype(int)
    inside = (places > 0.15 * rate) & (places < len(pitch) - 0.15 * rate)
    assert np.all(track.freqs_hz[inside] > 0)
    return 1200 * np.log2(track.freqs_hz[inside] / pitch[places[inside]])


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000, 96000])
@pytest.mark.parametrize("pitch", [95.0, 220.0, 431.7])
def test_a_steady_tone_is_found_at_any_rate(rate: int, pitch: float) -> None:
    f = np.full(round(SECONDS * rate), pitch)
    track = tracked(tone(f, rate), rate)
    assert np.abs(cents(track, f, rate)).max() < 12
    assert track.confidence.mean() > 0.85


def test_glides_are_followed() -> None:
    rate = 44100
    t = np.arange(round(SECONDS * rate)) / rate
    f = 180 * 2 ** (0.9 * t) * (1 + 0.01 * np.sin(2 * np.pi * 5 * t))  # nearly an octave a second, and vibrato
    assert np.abs(cents(tracked(tone(f, rate), rate), f, rate)).max() < 45


@pytest.mark.parametrize(
    "weights",
    [
        np.array([0.05, *[1.0] * 9]),  # a weak fundamental
        np.array([1.0, 0.1, 1.0, 0.1, 1.0, 0.1, 1.0]),  # odd partials, as of a clarinet
        np.array([0.3, 1.0, 0.3, 1.0, 0.3, 1.0, 0.3]),  # strong even ones
        np.array([1.0]),  # a sine
    ],
)
def test_octaves_are_not_mistaken(weights: Series) -> None:
    f = np.full(44100, 247.0)
    assert np.abs(cents(tracked(tone(f, 44100, weights=weights), 44100), f, 44100)).max() < 15


def test_jumps_and_rests_are_where_they_are() -> None:
    rate = 22050
    f = np.concatenate([np.full(rate, 150.0), np.zeros(rate // 2), np.full(rate, 330.0), np.full(rate, 200.0)])
    track = tracked(tone(f, rate), rate)
    at = {s: track.freqs_hz[np.argmin(np.abs(track.times_s - s))] for s in (0.5, 1.25, 2.0, 3.0)}
    assert at[1.25] == 0
    assert [at[s] for s in (0.5, 2.0, 3.0)] == pytest.approx([150, 330, 200], rel=0.01)
    moved = [s for s in np.diff(np.log2(track.freqs_hz[track.freqs_hz > 0])) if abs(s) > 0.05]
    assert len(moved) == 2


def test_the_stronger_of_two_tones_is_followed_through_the_other() -> None:
    rate = 44100
    f = np.full(2 * rate, 210.0)
    x = tone(f, rate) + 0.4 * tone(np.full(2 * rate, 293.0), rate)
    x += 0.3 * np.random.default_rng(0).standard_normal(len(x))
    assert np.abs(cents(tracked(x, rate), f, rate)).max() < 15


@pytest.mark.parametrize("colour", ["white", "brown"])
def test_noise_has_hardly_any_pitch(colour: str) -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal(3 * 22050)
    if colour == "brown":
        spectrum = np.fft.rfft(x)
        x = np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), 100), len(x))
    track = tracked(x, 22050)
    assert np.mean(track.freqs_hz > 0) < 0.12
    assert track.confidence.mean() < 0.2


@pytest.mark.parametrize("frames", [1, 2, 30])
def test_silence_has_none(frames: int) -> None:
    track = track_pitch(np.zeros((frames, 2049), np.float32).T, StftParams(4096, 1024), 44100, target="voice")
    assert track.target == "voice"
    assert len(track.freqs_hz) == len(track.times_s) == len(track.confidence) == frames
    assert not track.freqs_hz.any()
    assert not track.confidence.any()


def test_loudness_changes_nothing() -> None:
    rate = 16000
    x = tone(np.linspace(150, 300, rate), rate) + 0.1 * np.random.default_rng(0).standard_normal(rate)
    quiet, loud = tracked(1e-6 * x, rate), tracked(1e3 * x, rate)
    np.testing.assert_allclose(quiet.freqs_hz, loud.freqs_hz, rtol=1e-3)
    np.testing.assert_allclose(quiet.confidence, loud.confidence, atol=1e-2)


@pytest.mark.parametrize("bins", [1, 2, 9])
def test_pictures_too_small_for_any_partial_have_no_pitch(bins: int) -> None:
    track = track_pitch(np.ones((bins, 5), np.float32), StftParams(max(1, 2 * bins - 2), 1), 8000)
    assert not track.freqs_hz.any()


def test_a_track_is_a_pitch_of_the_guide_and_moves_with_it() -> None:
    rate = 16000
    track = tracked(tone(np.full(rate, 200.0), rate), rate, target="voice")
    moved = Guide(pitches=(track,)).moved(0.25, 1.0).pitches[0]
    assert isinstance(moved, TrackedPitch)
    assert moved.times_s[0] == pytest.approx(-0.25)
    assert moved.target == "voice"


def test_the_range_is_kept() -> None:
    rate = 16000
    track = tracked(tone(np.full(rate, 400.0), rate), rate, low_hz=100.0, high_hz=300.0)
    assert np.all((track.freqs_hz == 0) | ((track.freqs_hz >= 98) & (track.freqs_hz <= 305)))


@pytest.mark.parametrize("seed", range(4))
def test_the_best_path_is_the_best_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gain = rng.normal(size=(6, 5)).astype(np.float32)
    glides, jump = 0.7 * np.abs(np.arange(-2, 3.0)), 1.1

    def cost(a: int, b: int) -> float:
        return min(jump, glides[b - a + 2] if abs(a - b) <= 2 else np.inf)

    def score(path: tuple[int, ...]) -> float:
        gains = sum(float(gain[t, p]) for t, p in enumerate(path))
        return gains - sum(cost(a, b) for a, b in itertools.pairwise(path))

    best = max(score(path) for path in np.ndindex(*(5,) * 6))
    for engine in ("compiled", "scipy"):
        assert score(tuple(best_path(gain, glides, jump, engine=engine))) == pytest.approx(best)  # type: ignore[arg-type]


def test_engines_take_the_same_path() -> None:
    rng = np.random.default_rng(0)
    gain = rng.normal(size=(300, 40)).astype(np.float32)
    gain[100:120] = 0  # where all are equal
    glides = 0.3 * np.abs(np.arange(-3, 4.0))
    np.testing.assert_array_equal(
        best_path(gain, glides, 2.0, engine="compiled"), best_path(gain, glides, 2.0, engine="scipy")
    )


def test_partials_weigh_against_what_lies_between() -> None:
    weights = harmonic_weights(200, np.array([10.0, 30.5]), 1.0)
    assert weights[10, 0] == pytest.approx(1.0)
    assert weights[5, 0] == pytest.approx(-0.5)
    assert weights[15, 0] == pytest.approx(-0.5 - 0.5 * 0.8)
    assert weights[[30, 31], 1] == pytest.approx([0.5, 0.5])
    np.testing.assert_allclose(weights.sum(axis=0), 0, atol=1e-5)
    gain, total = salience(np.ones((200, 3), np.float32), np.array([10.0, 30.5]), 1.0)
    np.testing.assert_allclose(gain, 0, atol=1e-5)
    assert np.all(total > 1)


@pytest.mark.parametrize(
    ("low", "high", "step"), [(0.0, 900.0, 25.0), (500.0, 400.0, 25.0), (80.0, 900.0, 0.1), (np.nan, 9, 25)]
)
def test_nonsense_is_refused(low: float, high: float, step: float) -> None:
    with pytest.raises(ParameterError, match="try"):
        pitch_grid(low, high, step)
