"""Finding the side-information of a song: inside it, beside it under either name, or nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from signals import vocals

from unbraid.core import audio_files
from unbraid.core.errors import BitstreamError
from unbraid.core.informed.delivery import finding
from unbraid.core.informed.delivery.embedding import embed


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "my.song.flac"
    audio_files.write(path, vocals(seconds=0.2))
    return path


def test_nowhere(song: Path) -> None:
    assert finding.find(song) is None


@pytest.mark.parametrize("name", ["my.song.unb", "my.song.flac.unb"])
def test_beside_the_song(song: Path, name: str) -> None:
    song.with_name(name).write_bytes(b"beside")
    place = finding.find(song)
    assert place is not None and not place.embedded
    assert place.path.name == name and place.load() == b"beside"


def test_inside_comes_first(song: Path) -> None:
    song.with_suffix(".unb").write_bytes(b"beside")
    embed(song, b"inside", song, overwrite=True)
    place = finding.find(song)
    assert place is not None and place.embedded and place.load() == b"inside"


def test_what_is_damaged_inside_is_told_unless_there_is_a_file_beside(song: Path) -> None:
    embed(song, b"inside" * 100, song, overwrite=True)
    song.write_bytes(song.read_bytes().replace(b"insideinside", b"insideINSIDE", 1))
    with pytest.raises(BitstreamError, match="damaged"):
        finding.find(song)
    song.with_suffix(".unb").write_bytes(b"beside")
    place = finding.find(song)
    assert place is not None and place.load() == b"beside"
