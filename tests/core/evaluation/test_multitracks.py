from __future__ import annotations

from pathlib import Path

import pytest

from unbraid.core.errors import AudioFileError
from unbraid.core.evaluation.multitracks import Sound, find, matched


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def stems(folder: Path) -> dict[str, tuple[bool, list[str]]]:
    return {track.name: (track.mix is not None, sorted(track.stems)) for track in find(folder)}


def test_one_song(tmp_path: Path) -> None:
    touch(tmp_path / "Song", "mix.flac", "Vocals.flac", "drums.wav", "notes.txt", ".hidden.wav")
    assert stems(tmp_path / "Song") == {"Song": (True, ["drums", "vocals"])}


def test_musdb_hq_and_museval_s_folders(tmp_path: Path) -> None:
    touch(tmp_path, *(f"test/{song}/{stem}.wav" for song in "AB" for stem in ("mixture", "vocals", "bass")))
    assert stems(tmp_path) == {"test/A": (True, ["bass", "vocals"]), "test/B": (True, ["bass", "vocals"])}


def test_stem_files(tmp_path: Path) -> None:
    touch(tmp_path, "train/Artist - Title.stem.mp4")
    (track,) = find(tmp_path)
    assert track.name == "train/Artist - Title"
    assert track.mix == Sound(tmp_path / "train/Artist - Title.stem.mp4", 0)
    assert {name: sound.stream for name, sound in track.stems.items()} == {
        "drums": 1, "bass": 2, "other": 3, "vocals": 4,
    }  # fmt: skip
    assert find(tmp_path / "train/Artist - Title.stem.mp4")[0].stems == track.stems


def test_dsd100(tmp_path: Path) -> None:
    touch(
        tmp_path, "Mixtures/Dev/001 - X/mixture.wav", "Sources/Dev/001 - X/vocals.wav", "Sources/Dev/001 - X/bass.wav"
    )
    assert stems(tmp_path) == {"Dev/001 - X": (True, ["bass", "vocals"])}


def test_what_unbraid_writes_also_side_by_side(tmp_path: Path) -> None:
    touch(tmp_path, "A - B - vocals.wav", "A - B - drums.wav", "C - vocals.wav")
    assert stems(tmp_path) == {
        f"{tmp_path.name}/A - B": (False, ["drums", "vocals"]),
        f"{tmp_path.name}/C": (False, ["vocals"]),
    }


@pytest.mark.parametrize("names", [(), ("mix.wav",), ("text.txt",)])
def test_a_folder_without_stems_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    touch(tmp_path, *names)
    with pytest.raises(AudioFileError, match="no multitrack"):
        find(tmp_path)
    with pytest.raises(AudioFileError, match="does not exist"):
        find(tmp_path / "nowhere")


def test_songs_are_matched_by_name_or_by_the_last_part_of_it(tmp_path: Path) -> None:
    touch(tmp_path / "true", "test/A/vocals.wav", "test/B/vocals.wav")
    touch(tmp_path / "got", "A/vocals.wav", "Z/vocals.wav", "B/A - B - vocals.wav")
    pairs = matched(find(tmp_path / "got"), find(tmp_path / "true"))
    assert [(a.name, b.name) for a, b in pairs] == [("A", "test/A"), ("B", "test/B")]


def test_two_single_songs_belong_together_whatever_their_names(tmp_path: Path) -> None:
    touch(tmp_path, "mine/vocals.wav", "theirs/vocals.wav")
    assert len(matched(find(tmp_path / "mine"), find(tmp_path / "theirs"))) == 1


def test_songs_that_do_not_match_are_told(tmp_path: Path) -> None:
    touch(tmp_path / "a", "A/vocals.wav", "B/vocals.wav")
    touch(tmp_path / "b", "C/vocals.wav", "D/vocals.wav")
    with pytest.raises(AudioFileError, match=r"estimates are there of A, B, references of C, D"):
        matched(find(tmp_path / "a"), find(tmp_path / "b"))
