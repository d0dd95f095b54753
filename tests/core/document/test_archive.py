"""A project as one file: complete, and harmless whoever made it."""

from __future__ import annotations

import os
import random
import shutil
import struct
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from documents import project

from unbraid.core.document import archive, edits
from unbraid.core.document.document import Document
from unbraid.core.errors import ProjectFileError


@pytest.fixture
def document(tmp_path: Path) -> Iterator[Document]:
    made = project(tmp_path / "My Song")
    yield made
    made.close()


@pytest.fixture
def sent(document: Document, tmp_path: Path) -> Path:
    document.do("Remove", partial(edits.remove_stem, stem="bass"))
    document.archive(tmp_path / "sent.zip")
    return tmp_path / "sent.zip"


def test_it_holds_the_document_and_its_media_and_no_history(document: Document, sent: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(sent) as file:
        media = [f"My Song/media/{id}" for id in sorted(document.state.media())]
        assert file.namelist() == ["My Song/My Song.unbraid", *media]
        assert file.testzip() is None
    received = Document.open_archive(sent, tmp_path / "Received")
    assert received.warnings == ()
    assert received.state == document.state
    assert received.missing() == ()
    assert received.name == "Received"
    received.do("Gain", partial(edits.set_gain, stem="vocals", gain_db=-1.0))
    received.close()
    received = Document.open(tmp_path / "Received")
    assert received.warnings == ()
    assert [step.title for step in received.steps()][1:] == ["Gain"]
    received.close()


def test_an_existing_file_is_left_alone(document: Document, sent: Path) -> None:
    before = sent.read_bytes()
    with pytest.raises(ProjectFileError, match="exists already"):
        document.archive(sent)
    assert sent.read_bytes() == before
    document.archive(sent, overwrite=True)


def test_missing_media_is_left_out_and_told_there(document: Document, tmp_path: Path) -> None:
    document.media.close()
    document.media.path(document.state.stem("drums").media).unlink()
    document.archive(tmp_path / "sent.zip")
    received = Document.open_archive(tmp_path / "sent.zip", tmp_path / "Received")
    assert "drums is missing" in received.warnings[0]
    received.close()


def test_the_folder_must_be_new(sent: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    with pytest.raises(ProjectFileError, match="not empty"):
        Document.open_archive(sent, tmp_path / "full")
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["mine"]


def hostile(path: Path, members: dict[str, bytes], *, document: bool = True) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, data in ({"a/a.unbraid": b"{}"} if document else {}).items():
            file.writestr(name, data)
        for name, data in members.items():
            file.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/evil", "a/../../evil", "a\\..\\evil", "C:/evil", "a/media/../../../evil.wav", "C:\\evil"],
)
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    path = hostile(tmp_path / "x.zip", {name: b"evil"})
    with pytest.raises(ProjectFileError, match="hostile|no archive"):
        archive.unpack(path, tmp_path / "out" / "Song")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["x.zip"]


@pytest.mark.parametrize(
    ("members", "has_document"),
    [({}, False), ({"b/b.unbraid": b"{}"}, True), ({"a/b/c.unbraid": b"{}"}, False), ({}, True)],
)
def test_what_is_no_project_is_refused(tmp_path: Path, members: dict[str, bytes], has_document: bool) -> None:
    path = hostile(tmp_path / "x.zip", members, document=has_document)
    with pytest.raises(ProjectFileError, match="no archive"):
        archive.unpack(path, tmp_path / "Song")
    assert not (tmp_path / "Song").exists()


def test_bombs_are_refused_by_what_they_claim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "ALWAYS_FINE", 1 << 20)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a/a.unbraid", b"{}")
        file.writestr("a/media/" + "0" * 32 + ".wav", bytes(20 << 20))
    with pytest.raises(ProjectFileError, match=r"hostile.*21\.0 MB"):
        archive.unpack(path, tmp_path / "Song")
    monkeypatch.setattr(archive, "MOST_FILES", 1)
    with pytest.raises(ProjectFileError, match="2 files"):
        archive.unpack(path, tmp_path / "Song")
    monkeypatch.undo()
    monkeypatch.setattr(archive, "LARGEST_BYTES", 1)
    with pytest.raises(ProjectFileError, match="document would have"):
        archive.unpack(path, tmp_path / "Song")
    assert not (tmp_path / "Song").exists()


def test_a_lie_about_the_size_unpacks_no_more_than_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lie.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a/media/" + "0" * 32 + ".wav", bytes(5 << 20))
        file.writestr("a/a.unbraid", b"{}")
    data = path.read_bytes().replace(struct.pack("<I", 5 << 20), struct.pack("<I", 100))
    path.write_bytes(data)
    with pytest.raises(ProjectFileError, match="no archive"):
        archive.unpack(path, tmp_path / "Song")
    assert not (tmp_path / "Song").exists()


def test_content_that_is_not_what_its_name_says_is_left_out(document: Document, sent: Path, tmp_path: Path) -> None:
    forged = tmp_path / "forged.zip"
    drums = document.state.stem("drums").media
    with zipfile.ZipFile(sent) as old, zipfile.ZipFile(forged, "w") as new:
        for info in old.infolist():
            new.writestr(info, b"RIFFevil" if info.filename.endswith(drums) else old.read(info))
    received = Document.open_archive(forged, tmp_path / "Received")
    assert "damaged in the archive" in received.warnings[0]
    assert received.missing() == (drums,)
    received.close()


def test_damaged_archives_open_or_are_refused_in_words(sent: Path, tmp_path: Path) -> None:
    rng = random.Random(3)
    whole = sent.read_bytes()
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(rng.choice([1, 4, 40])):
            data[rng.randrange(len(data))] = rng.randrange(256)
        (tmp_path / "x.zip").write_bytes(data[: rng.choice([len(data), len(data), rng.randrange(len(data))])])
        try:
            Document.open_archive(tmp_path / "x.zip", tmp_path / "out" / "Song").close()
        except ProjectFileError:
            assert not (tmp_path / "out" / "Song").exists()
        shutil.rmtree(tmp_path / "out", ignore_errors=True)


def test_a_full_disk_leaves_nothing(sent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ProjectFileError, match="full"):
        archive.unpack(sent, tmp_path / "Song")
    assert not (tmp_path / "Song").exists()
