from __future__ import annotations

import numpy as np
import pytest

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.evaluation.targets import accompaniment, estimates_of, true_sources

RNG = np.random.default_rng(0)


def noise(frames: int = 400) -> Audio:
    return Audio.of(RNG.standard_normal((frames, 2)), 8000)


def added(*parts: Audio) -> Audio:
    return Audio(sum(part.samples for part in parts), 8000)


VOICE, DRUMS, BASS = noise(), noise(), noise()
MIX = added(VOICE, DRUMS, BASS)


def same(a: Audio, b: Audio) -> bool:
    return bool(np.allclose(a.samples, b.samples, atol=1e-5))


def test_beside_a_single_stem_the_rest_of_the_mix_is_a_source() -> None:
    sources = true_sources({"vocals": VOICE}, MIX)
    assert list(sources) == ["vocals", "accompaniment"]
    assert same(sources["accompaniment"], added(DRUMS, BASS))
    assert list(true_sources({"drums": DRUMS}, MIX)) == ["drums", "no_drums"]


def test_a_song_without_stems_is_refused() -> None:
    with pytest.raises(ParameterError, match="no true stem"):
        true_sources({}, MIX)


def test_shorter_stems_are_continued_with_silence() -> None:
    assert true_sources({"vocals": VOICE.slice(0, 100), "drums": DRUMS}, MIX)["vocals"].frames == MIX.frames


@pytest.mark.parametrize(("stem", "stands_for"), [("percussive", "drums"), ("center", "vocals"), ("vocals", "vocals")])
def test_stems_stand_for_sources_under_other_names(stem: str, stands_for: str) -> None:
    sources = true_sources({"vocals": VOICE, "drums": DRUMS, "bass": BASS}, MIX)
    guess = noise()
    found = estimates_of({stem: guess, "residual": MIX}, sources, MIX)
    assert list(found) == [stands_for]
    assert found[stands_for] is guess


def test_a_stem_stands_for_one_source_only() -> None:
    sources = true_sources({"vocals": VOICE, "melody": DRUMS}, MIX)
    guess = noise()
    assert estimates_of({"vocals": guess}, sources, MIX)["vocals"] is guess
    assert same(estimates_of({"vocals": guess}, sources, MIX)["melody"], Audio(MIX.samples - guess.samples, 8000))


def test_of_two_sources_the_other_is_the_rest_of_the_mix() -> None:
    sources = true_sources({"vocals": VOICE, "accompaniment": added(DRUMS, BASS)}, MIX)
    found = estimates_of({"background": DRUMS}, sources, MIX)
    assert list(found) == ["vocals", "accompaniment"]
    assert same(found["vocals"], added(VOICE, BASS))


def test_the_accompaniment_is_what_is_no_voice() -> None:
    sources = true_sources({"vocals": VOICE, "drums": DRUMS, "bass": BASS}, MIX)
    true, estimated = accompaniment(sources, {"vocals": DRUMS}, MIX)
    assert same(true["accompaniment"], added(DRUMS, BASS))
    assert same(estimated["accompaniment"], added(VOICE, BASS))
    assert accompaniment(sources, {"drums": DRUMS}, MIX) is None
    no_voice = true_sources({"flute": VOICE, "drums": DRUMS, "bass": BASS}, MIX)
    assert accompaniment(no_voice, {"vocals": VOICE}, MIX) is None
    assert accompaniment(true, estimated, MIX) is None
    assert accompaniment(sources, {"vocals": DRUMS, "accompaniment": BASS}, MIX)[1]["accompaniment"] is BASS
    two = true_sources({"vocals": VOICE, "drums": DRUMS}, MIX)
    assert accompaniment(two, two, MIX) is None  # the drums are all that is no voice


def test_parts_without_names_stand_for_what_they_are_most_like() -> None:
    sources = true_sources({"vocals": VOICE, "drums": DRUMS, "bass": BASS}, MIX)
    found = estimates_of({"part_1": BASS, "part_2": VOICE, "part_3": noise(), "part_4": DRUMS}, sources, MIX)
    assert {name: found[name] for name in sources} == {"vocals": VOICE, "drums": DRUMS, "bass": BASS}
    assert list(estimates_of({"part_1": BASS}, sources, MIX)) == ["bass"]
