from __future__ import annotations

from pathlib import Path

import pytest

from unbraid.core import batch
from unbraid.core.errors import AudioFileError


def test_results_in_the_same_folder_are_no_songs(tmp_path: Path) -> None:
    for name in ("a.wav", "out/a/a - vocals.wav", "sub/a.wav", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = batch.items(tmp_path, tmp_path / "out")
    assert [(i.path.relative_to(tmp_path).as_posix(), i.folder.as_posix(), i.track) for i in found] == [
        ("a.wav", ".", "a"), ("sub/a.wav", "sub", "a"),
    ]  # fmt: skip


def test_what_is_no_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00binary")
    with pytest.raises(AudioFileError, match="neither a folder nor a text file"):
        batch.items(tmp_path / "x", tmp_path)


def test_a_torn_or_strange_journal_line_is_passed_over(tmp_path: Path) -> None:
    stem = tmp_path / "s.wav"
    stem.touch()
    batch.record(tmp_path, batch.Entry("a", "done", "k1", stems={"s": str(stem)}))
    batch.record(tmp_path, batch.Entry("b", "failed", "k2", error="no"))
    batch.record(tmp_path, batch.Entry("c", "done", "k3", stems={"s": str(tmp_path / "gone.wav")}))
    with (tmp_path / batch.JOURNAL).open("a") as journal:
        journal.write('[]\n{"other": 1}\nnull\n{"file": "d", "sta')
    assert set(batch.finished(tmp_path)) == {"k1"}


def test_the_key_changes_with_the_file_and_the_request(tmp_path: Path) -> None:
    song = tmp_path / "a.wav"
    song.write_bytes(b"1")
    first = batch.key_of(song, {"method": "hpss"})
    assert batch.key_of(song, {"method": "hpss"}) == first
    assert batch.key_of(song, {"method": "repet"}) != first
    song.write_bytes(b"22")
    assert batch.key_of(song, {"method": "hpss"}) != first
