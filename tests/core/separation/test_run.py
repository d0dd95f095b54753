from __future__ import annotations

import numpy as np
import pytest
import separators
from hypothesis import given, settings
from hypothesis import strategies as st

from unbraid.core import render
from unbraid.core.audio import Audio
from unbraid.core.errors import Cancelled, ParameterError, PluginError
from unbraid.core.separation import run
from unbraid.core.separation.guide import Guide, Region


def noise(seconds: float, channels: int = 2, rate: int = 8000, gain: float = 0.3) -> Audio:
    rng = np.random.default_rng(3)
    return Audio((gain * rng.standard_normal((round(seconds * rate), channels))).astype(np.float32), rate)


def assert_adds_up(mix: Audio, stems: dict[str, Audio]) -> None:
    total = sum(s.samples.astype(np.float64) for s in stems.values())
    assert np.abs(total - mix.samples).max() <= 1e-6 * np.abs(mix.samples).max()
    for stem in stems.values():
        assert (stem.frames, stem.channels, stem.rate) == (mix.frames, mix.channels, mix.rate)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(
    st.sampled_from([separators.Halves, separators.Partial, separators.AtEightKilohertz, separators.StereoOnly]),
    st.integers(1, 5000), st.integers(1, 8), st.sampled_from([8000, 11025, 44100, 192000]), st.floats(-6, 3),
)  # fmt: skip
def test_stems_add_up_at_any_length_rate_and_loudness(
    separator: type, frames: int, channels: int, rate: int, loudness: float
) -> None:
    samples = np.random.default_rng(frames).standard_normal((frames, channels)) * 10.0**loudness
    mix = Audio.of(samples, rate)
    assert_adds_up(mix, run.separate(separator(), mix))


def test_blocks_give_what_the_whole_song_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    mix = noise(60)
    monkeypatch.setattr(run, "BLOCK_S", 10.0)
    in_blocks = run.separate(separators.Smoother(), mix)
    monkeypatch.setattr(run, "context_s", lambda separator, rate: None)
    whole = run.separate(separators.Smoother(), mix)
    assert np.abs(in_blocks["left"].samples - whole["left"].samples).max() < 1e-6
    assert_adds_up(mix, in_blocks)


def test_the_missing_part_becomes_a_residual() -> None:
    mix = noise(0.5)
    stems = run.separate(separators.Partial(), mix)
    assert list(stems) == ["left", "rest", "residual"]
    assert np.allclose(stems["residual"].samples, 0.25 * mix.samples, atol=1e-7)


def test_what_lies_above_a_separator_s_band_goes_to_the_residual() -> None:
    t = np.arange(44100) / 44100
    mix = Audio.of(0.3 * np.sin(2 * np.pi * 1000 * t) + 0.2 * np.sin(2 * np.pi * 10000 * t), 44100)
    stems = run.separate(separators.AtEightKilohertz(), mix)
    spectrum = np.abs(np.fft.rfft(stems["residual"].samples[:, 0])) / 22050
    assert spectrum[10000] == pytest.approx(0.2, abs=0.002)
    assert spectrum[1000] < 0.002
    assert_adds_up(mix, stems)


@pytest.mark.parametrize(("channels", "groups"), [
    (3, [[0, 1], [2]]), (4, [[0, 1], [2, 3]]), (6, [[0, 1], [2], [3], [4, 5]]), (7, [[0, 1], [2, 3], [4, 5], [6]]),
])  # fmt: skip
def test_surround_is_cut_into_pairs(channels: int, groups: list[list[int]]) -> None:
    assert [list(g) for g in run.channel_groups(channels)] == groups


def test_blocks_shrink_when_memory_runs_out() -> None:
    mix = noise(50, channels=1, rate=44100)
    assert_adds_up(mix, run.separate(separators.HungryInBlocks(), mix))


def test_memory_that_runs_out_for_good_is_reported_with_the_number_that_was_too_big(monkeypatch) -> None:
    monkeypatch.setattr(run, "SHORTEST_BLOCK_S", 20.0)
    with pytest.raises(PluginError, match=r"hungry ran out of memory on a block of \d+ s"):
        run.separate(separators.HungryInBlocks(), noise(50, channels=1))


@pytest.mark.parametrize(
    ("separator", "words"),
    [
        (separators.WrongShape, "wrong_shape returned left as"),
        (separators.WrongNames, "wrong_names must return the stems left, rest; it returned left"),
        (separators.NotNumbers, "not_numbers returned left with samples that are no numbers"),
    ],
)
def test_a_broken_contract_names_the_plugin_and_what_it_did(separator: type, words: str) -> None:
    with pytest.raises(PluginError, match=words):
        run.separate(separator(), noise(0.1))


def test_an_empty_song_is_refused() -> None:
    with pytest.raises(ParameterError, match="no samples"):
        run.separate(separators.Halves(), Audio.silence(0, 2, 44100))


def test_a_name_and_values_make_the_separator() -> None:
    mix = noise(0.1)
    stems = run.separate("tests/separators.py:Halves", mix, values={"share": "0.5"})
    assert np.allclose(stems["left"].samples, mix.samples / 2)


def test_progress_only_grows_and_ends_at_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BLOCK_S", 10.0)
    seen: list[float] = []
    run.separate(separators.Halves(), noise(60), progress=lambda f, m: seen.append(f))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_progress_cancels() -> None:
    def stop(fraction: float, message: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        run.separate(separators.Halves(), noise(1), progress=stop)


def test_a_guide_that_is_not_used_is_told(caplog: pytest.LogCaptureFixture) -> None:
    run.separate(separators.Halves(), noise(0.1), Guide(regions=(Region(0, 1),)))
    assert "halves does not use regions" in caplog.text


def test_all_stems_but_one_are_the_rest_of_the_song() -> None:
    mix = noise(0.1)
    stems = run.separate(separators.Partial(), mix)
    rest = render.without(stems, "left")
    assert np.allclose(rest.samples + stems["left"].samples, mix.samples, atol=1e-6)
    with pytest.raises(ParameterError, match="the stems are left, rest"):
        render.without(stems, "vocals")
