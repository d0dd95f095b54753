from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from unbraid.core.separation import remainder


def settled(mix: np.ndarray, stems: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return remainder.settle(mix, {n: s.copy() for n, s in stems.items()}, lambda name: np.zeros_like(mix))


def sum_error_db(mix: np.ndarray, stems: dict[str, np.ndarray]) -> float:
    """Peak of sum minus mix in dB below the peak of the mix."""
    error = np.abs(sum(s.astype(np.float64) for s in stems.values()) - mix).max(initial=0)
    return float(20 * np.log10(error / max(np.abs(mix).max(initial=0), 1e-30) + 1e-30))


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.integers(1, 3000), st.integers(1, 6), st.integers(1, 5), st.floats(-6, 3), st.booleans(), st.integers(0, 99))
def test_stems_add_up_whatever_they_are(
    frames: int, channels: int, count: int, loudness: float, complete: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    mix = (10.0**loudness * rng.standard_normal((frames, channels))).astype(np.float32)
    stems = {f"s{j}": (mix * w).astype(np.float32) for j, w in enumerate(rng.dirichlet(np.ones(count)))}
    if not complete:
        stems["s0"] = stems["s0"] * np.float32(0.5)
    out = settled(mix, stems)
    assert (remainder.NAME in out) == (not complete)
    assert sum_error_db(mix, out) < -120


def test_silence_stays_silent() -> None:
    mix = np.zeros((100, 2), np.float32)
    out = settled(mix, {"a": mix, "b": mix})
    assert list(out) == ["a", "b"]
    assert not any(s.any() for s in out.values())


def test_rounding_goes_into_the_loudest_stem_and_no_silent_one_wakes_up() -> None:
    mix = np.random.default_rng(0).standard_normal((1000, 1)).astype(np.float32)
    out = settled(mix, {"quiet": np.zeros_like(mix), "loud": mix * np.float32(1 + 1e-7)})
    assert not out["quiet"].any()


def test_no_stem_is_rescaled() -> None:
    mix = np.ones((10, 1), np.float32)
    out = settled(mix, {"a": mix * np.float32(0.25)})
    assert np.array_equal(out["a"], mix * np.float32(0.25))
    assert np.array_equal(out["residual"], mix * np.float32(0.75))
