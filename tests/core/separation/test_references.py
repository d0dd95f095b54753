from __future__ import annotations

import numpy as np
import pytest
import separators

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError, PluginError
from unbraid.core.separation import references, run
from unbraid.core.separation.guide import Guide


def tone(seconds: float, channels: int = 2, rate: int = 8000) -> Audio:
    t = np.arange(round(seconds * rate)) / rate
    return Audio.of(np.repeat(np.sin(2 * np.pi * 440 * t)[:, None], channels, axis=1), rate)


def fit(reference: Audio, mix: Audio) -> Audio:
    return references.fitted(Guide(references={"voice": reference}), mix).references["voice"]


@pytest.mark.parametrize("seconds", [0.4, 1.0, 1.7])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [8000, 11025])
def test_references_become_like_the_song(seconds: float, channels: int, rate: int) -> None:
    mix = tone(1.0)
    got = fit(tone(seconds, channels, rate), mix)
    assert (got.frames, got.channels, got.rate) == (mix.frames, mix.channels, mix.rate)
    inside = slice(400, round(min(seconds, 1.0) * mix.rate) - 400)
    assert np.abs(got.samples[inside] - mix.samples[inside]).max() < 1e-3
    assert not got.samples[round(seconds * mix.rate) + 400 :].any()


def test_a_reference_that_fits_is_not_copied() -> None:
    mix = tone(1.0)
    assert fit(mix, mix) is mix


def test_channels_that_cannot_be_matched_are_refused_in_words() -> None:
    with pytest.raises(ParameterError, match="voice has 3 channels and the song 2"):
        fit(tone(1.0, 3), tone(1.0))


@pytest.mark.parametrize("channels", [2, 6])
def test_a_separator_sees_the_references_of_its_block_and_channels(channels: int, monkeypatch) -> None:
    monkeypatch.setattr(run, "BLOCK_S", 4.0)
    mix = Audio.of(np.random.default_rng(0).standard_normal((20 * 8000, channels)), 8000)
    stems = run.separate(separators.Echo(), mix, Guide(references={"song": mix, "half": tone(1.0, 1)}))
    assert list(stems) == ["song", "half", "residual"]
    assert np.abs(stems["song"].samples - mix.samples).max() < 1e-5
    assert np.abs(stems["half"].samples[400:7600, -1] - tone(1.0, 1).samples[400:7600, 0]).max() < 1e-5


@pytest.mark.parametrize("names", [(), ("residual",)])
def test_targets_must_be_named_and_not_be_the_residual(names: tuple[str, ...]) -> None:
    mix = tone(0.1)
    with pytest.raises(PluginError, match="echo must name its targets"):
        run.separate(separators.Echo(), mix, Guide(references=dict.fromkeys(names, mix)))


def test_recordings_of_one_song_add_up_to_the_longest_and_widest() -> None:
    got = references.added_up({"near": tone(1.0, 1), "far": tone(0.5, 2)})
    assert (got.frames, got.channels, got.rate) == (8000, 2, 8000)
    assert np.abs(got.samples[:4000] - 2 * tone(0.5).samples).max() < 1e-6
    assert np.abs(got.samples[4000:] - tone(1.0).samples[4000:]).max() < 1e-6
