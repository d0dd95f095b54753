from __future__ import annotations

import numpy as np
import pytest
import signals

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.mixing.splice import splice

RATE = 44100


def two_ways(seconds: float = 2.0, channels: int = 2) -> tuple[dict[str, Audio], dict[str, Audio]]:
    """One song taken apart twice."""
    parts = [signals.noise(seconds=seconds, rate=RATE, channels=channels, seed=k).samples for k in range(3)]
    old = {"vocals": parts[0], "rest": parts[1] + parts[2]}
    new = {"vocals": parts[1], "drums": parts[0] + parts[2]}
    return tuple({n: Audio.of(s, RATE) for n, s in way.items()} for way in (old, new))  # type: ignore[return-value]


def total(stems: dict[str, Audio]) -> np.ndarray:
    return np.sum([stem.samples.astype(np.float64) for stem in stems.values()], axis=0)


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("band", [None, (500.0, 4000.0), (0.0, 1000.0)])
@pytest.mark.parametrize("span", [(0.5, 1.2), (0.0, 0.7), (1.1, 2.0), (0.0, 9.0)])
def test_the_sum_stays_what_it_was(span: tuple[float, float], band: tuple[float, float] | None, channels: int) -> None:
    old, new = two_ways(channels=channels)
    spliced = splice(old, new, span, band)
    assert set(spliced) == {"vocals", "rest", "drums"}
    assert np.abs(total(spliced) - total(old)).max() < 1e-6


def test_outside_the_old_ones_stay_and_inside_are_the_new() -> None:
    old, new = two_ways()
    spliced = splice(old, new, (0.5, 1.2))
    a, b, ramp = round(0.5 * RATE), round(1.2 * RATE), round(0.02 * RATE)
    for name in ("vocals", "rest", "drums"):
        before = old[name].samples if name in old else np.zeros_like(old["vocals"].samples)
        after = new[name].samples if name in new else np.zeros_like(before)
        got = spliced[name].samples
        assert np.array_equal(got[:a], before[:a]) and np.array_equal(got[b:], before[b:])
        assert np.abs(got - after)[a + ramp : b - ramp].max() < 1e-6


def test_in_a_band_nothing_else_changes() -> None:
    seconds = 1.5
    low, high = (signals.sine(f, seconds=seconds, rate=RATE, channels=2).samples for f in (300.0, 6000.0))
    old = {"a": Audio.of(low + high, RATE), "b": Audio.of(0 * low, RATE)}
    new = {"a": Audio.of(0 * low, RATE), "b": Audio.of(low + high, RATE)}
    spliced = splice(old, new, (0.2, 1.3), (3000.0, 20000.0))
    inside = slice(round(0.5 * RATE), round(1.0 * RATE))
    assert np.abs(spliced["a"].samples - low)[inside].max() < 1e-3
    assert np.abs(spliced["b"].samples - high)[inside].max() < 1e-3


def test_nothing_clicks_at_the_joints() -> None:
    """A sine that changes stems: the naive joint jumps, this one does not."""
    sine = signals.sine(200.0, seconds=1.0, rate=RATE)
    silence = Audio.silence(sine.frames, 1, RATE)
    span = (0.30125, 0.70125)
    got = splice({"a": sine}, {"a": silence}, span)["a"].samples[:, 0].astype(np.float64)
    naive = sine.samples[:, 0].astype(np.float64)
    naive[round(span[0] * RATE) : round(span[1] * RATE)] = 0.0
    smooth = np.abs(np.diff(sine.samples[:, 0], 2)).max()
    assert np.abs(np.diff(got, 2)).max() < 2 * smooth
    assert np.abs(np.diff(naive, 2)).max() > 50 * smooth


def test_stems_are_stored_where_told() -> None:
    old, new = two_ways(seconds=0.5)
    made: dict[str, np.ndarray] = {}

    def store(name: str, frames: int, channels: int, rate: int) -> np.ndarray:
        made[name] = np.zeros((frames, channels), np.float32)
        return made[name]

    spliced = splice(old, new, (0.1, 0.3), None, store)
    assert all(np.shares_memory(spliced[name].samples, made[name]) for name in made) and len(made) == 3


def test_what_cannot_be_joined_is_refused() -> None:
    old, new = two_ways(seconds=0.5)
    with pytest.raises(ParameterError, match="a passage ends after its beginning"):
        splice(old, new, (0.4, 0.4))
    with pytest.raises(ParameterError, match="one length"):
        splice(old, {"a": Audio.silence(5, 2, RATE)}, (0.1, 0.2))
