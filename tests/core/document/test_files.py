"""The document file: found, read with suspicion, replaced as a whole, with its predecessors beside it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from unbraid.core.document import files, migrations
from unbraid.core.document.files import Saved
from unbraid.core.errors import ProjectFileError

SAVED = Saved(migrations.VERSION, 7, 3, "Gain", 12.5, {"notes": "ü\udc80", "new": [1]})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "My Song"
    folder.mkdir()
    return files.document_path(folder)


def test_what_is_written_is_read_and_readable(path: Path) -> None:
    files.write_document(path, SAVED)
    assert files.read_document(path) == SAVED
    assert '\n "notes": "ü' in path.read_text(encoding="utf-8")


def test_the_order_is_write_sync_rename_sync_folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write_document(path, SAVED)
    calls: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def spy_fsync(descriptor: int) -> None:
        about = os.fstat(descriptor)
        calls.append("folder" if stat.S_ISDIR(about.st_mode) else "file")
        fsync(descriptor)

    def spy_replace(source: Path, target: Path) -> Path:
        calls.append(f"replace {Path(target).name}")
        return replace(source, target)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(Path, "replace", spy_replace)
    files.write_document(path, SAVED)
    assert calls == ["file", "replace My Song.unbraid", "folder"]


def test_a_step_is_written_and_synced_before_it_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from unbraid.core.document import edits
    from unbraid.core.document.document import Document

    document = Document.create(tmp_path / "My Song")
    synced: list[int] = []
    fsync = os.fsync

    def spy(descriptor: int) -> None:
        fsync(descriptor)
        synced.append(os.fstat(descriptor).st_size)

    monkeypatch.setattr(os, "fsync", spy)
    document.do("Notes", lambda p: edits.set_notes(p, "x"))
    assert synced == [(tmp_path / "My Song" / "history.jsonl").stat().st_size]
    document.close()


def test_a_checksum_tells_what_others_changed(path: Path) -> None:
    files.write_document(path, SAVED)
    path.write_text(path.read_text(encoding="utf-8").replace('"new"', '"now"'), encoding="utf-8")
    assert not files.read_document(path).is_intact


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b'{"format": "other"}',
        b'{"format": "unbraid project"}',
        b"\xff",
        b'{"format": "unbraid project", "version": "1.0", "serial": "x"}',
        b'{"format": "unbraid project", "version": "1.0", "time": []}',
    ],
)
def test_damage_is_a_value_error(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ValueError, match="."):
        files.read_document(path)
    path.unlink()
    with pytest.raises(ValueError, match="No such file"):
        files.read_document(path)


def test_a_document_too_large_is_not_read(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(files.LARGEST_BYTES + 1)
    with pytest.raises(ValueError, match="bytes"):
        files.read_document(path)


def test_generations_are_good_ones_newest_first(path: Path) -> None:
    for number in range(8):
        files.write_document(path, Saved(migrations.VERSION, number, 1, "", 0.0, {"notes": str(number)}))
    assert [files.read_document(one).serial for one in files.generations(path)] == [6, 5, 4, 3, 2]
    path.write_bytes(b"damaged")
    files.write_document(path, SAVED)
    assert [files.read_document(one).serial for one in files.generations(path)] == [6, 5, 4, 3, 2]
    files.write_document(path, SAVED, by_itself=True)
    assert [files.read_document(one).serial for one in files.generations(path)] == [6, 5, 4, 3, 2]


def test_generations_without_hard_links(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(1, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    for _ in range(3):
        files.write_document(path, SAVED)
    assert len(files.generations(path)) == 2


def test_a_document_that_leads_elsewhere_is_not_written(path: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("mine")
    path.symlink_to(tmp_path / "secret")
    with pytest.raises(ProjectFileError, match="leads"):
        files.write_document(path, SAVED)
    assert (tmp_path / "secret").read_text() == "mine"


@pytest.mark.parametrize("name", ["x", "ü" * 120, "x" * 255, "🎸 a b", "a.unbraid"])
def test_any_name_of_a_folder_works(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    path = files.document_path(folder)
    files.write_document(path, SAVED)
    files.write_document(path, SAVED)
    assert files.locate(folder) == files.locate(path) == path
    assert len(files.generations(path)) == 1


def test_the_document_of_a_folder_is_found(path: Path) -> None:
    folder = path.parent
    with pytest.raises(ProjectFileError, match="no Unbraid project"):
        files.locate(folder)
    (folder / "history.jsonl").write_text("")
    assert files.locate(folder) == path
    (folder / "generations").mkdir()
    (folder / "generations" / "Old Name.unbraid.2").write_text("")
    assert files.locate(folder) == folder / "Old Name.unbraid"
    files.write_document(folder / "Other.unbraid", SAVED)
    assert files.locate(folder) == folder / "Other.unbraid"
    files.write_document(path, SAVED)
    assert files.locate(folder) == path
    assert json.loads(path.read_text(encoding="utf-8"))["serial"] == 7
