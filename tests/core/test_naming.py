from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unbraid.core import naming
from unbraid.core.errors import ParameterError


def test_the_song_s_name_comes_first() -> None:
    paths = naming.stem_paths(Path("out"), "My Song", ["vocals", "drums"], "flac")
    assert paths["vocals"] == Path("out/My Song/My Song - vocals.flac")


@pytest.mark.parametrize("track", ["é" * 200, "🎵" * 100, "x" * 255, "أغنية" * 60])
def test_long_names_are_cut_and_the_stem_stays(track: str) -> None:
    path = naming.stem_paths(Path("out"), track, ["vocals"], "flac")["vocals"]
    assert path.name.endswith(" - vocals.flac")
    assert all(len(part.encode()) <= 255 for part in path.parts)


@settings(derandomize=True)
@given(st.text(max_size=40))
def test_any_name_is_one_safe_path_part(name: str) -> None:
    cleaned = naming.safe(name)
    assert cleaned and cleaned not in {".", ".."} and not set(cleaned) & set('<>:"/\\|?*\0')
    assert cleaned == naming.safe(cleaned)


@pytest.mark.parametrize("name", ["CON", "nul.wav", "LPT1"])
def test_words_that_windows_keeps_for_itself(name: str) -> None:
    assert naming.safe(name).startswith("_")


@pytest.mark.parametrize("template", ["{track}.{ext}", "{song}-{stem}", "/{stem}", "../{stem}", "{stem", "{0}"])
def test_a_template_that_cannot_work_is_refused(template: str) -> None:
    with pytest.raises(ParameterError, match="template"):
        naming.stem_paths(Path("out"), "t", ["a", "b"], "wav", template)


@pytest.mark.parametrize(
    "path", ["a/Song.flac", "a/Song.stem.mp4", "Song/mix.wav", "Song/Mixture.flac", "Song.x/Song.mp3"]
)
def test_a_song_is_called_after_its_file_or_its_folder(path: str) -> None:
    assert naming.song_of(Path(path)) == "Song"
