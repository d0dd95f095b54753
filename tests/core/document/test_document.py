"""A project on the disk: made, opened, saved elsewhere, sent, closed."""

from __future__ import annotations

import json
import os
import shutil
import time
from functools import partial
from pathlib import Path

import pytest
from documents import project, wav

from unbraid.core.document import document as document_module
from unbraid.core.document import drafts, edits, journal, storage
from unbraid.core.document.document import Document
from unbraid.core.document.state import EMPTY, Project
from unbraid.core.errors import ProjectFileError


def names(folder: Path) -> list[str]:
    """What lies in a project folder, media as one."""
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    return sorted(name for name in found if not name.startswith(("media/", "generations/")))


REST = ["My Song.unbraid", "history.jsonl"]


def test_a_new_project_is_on_the_disk_at_once(tmp_path: Path) -> None:
    document = Document.create(tmp_path / "deep" / "My Song")
    assert document.name == "My Song"
    assert document.folder == tmp_path / "deep" / "My Song"
    assert document.state == EMPTY
    assert document.is_written
    assert names(document.folder) == [".unbraid-lock", *REST]
    assert document.close()
    assert document.close()
    assert names(document.folder) == REST


@pytest.mark.parametrize("content", ["file", "full"])
def test_it_is_made_where_there_is_nothing_yet(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "My Song"
    if content == "full":
        folder.mkdir()
        (folder / "mine.txt").write_text("mine")
    else:
        folder.write_text("mine")
    with pytest.raises(ProjectFileError, match="not empty|is a file"):
        Document.create(folder)
    assert (folder / "mine.txt" if content == "full" else folder).read_text() == "mine"


def test_everything_is_there_again(tmp_path: Path) -> None:
    document = project(tmp_path / "My Song")
    document.do("Gain", partial(edits.set_gain, stem="bass", gain_db=-4.0))
    state, steps = document.state, document.steps()
    assert document.close()
    for given in (tmp_path / "My Song", tmp_path / "My Song" / "My Song.unbraid", str(tmp_path / "My Song")):
        document = Document.open(Path(given))
        assert document.warnings == ()
        assert document.state == state
        assert document.steps() == steps
        assert document.missing() == ()
        assert document.media.audio(state.stems[0].media).frames == 800
        document.close()


def test_a_folder_may_get_another_name(tmp_path: Path) -> None:
    project(tmp_path / "My Song").close()
    (tmp_path / "My Song").rename(tmp_path / "Renamed")
    document = Document.open(tmp_path / "Renamed")
    assert document.name == "My Song"
    document.close()


@pytest.mark.parametrize("given", ["nothing", "song.wav", "empty", "text.unbraid", "zip.unbraid"])
def test_what_is_no_project_is_refused_in_words(tmp_path: Path, given: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "zip.unbraid").write_bytes(b"PK\x03\x04....")
    for name in ("song.wav", "text.unbraid"):
        (tmp_path / name).write_text("hello")
    with pytest.raises(ProjectFileError, match="does not exist|no Unbraid project|archive"):
        Document.open(tmp_path / given)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty", "song.wav", "text.unbraid", "zip.unbraid"]


def test_a_second_window_is_refused(tmp_path: Path) -> None:
    document = project(tmp_path / "My Song")
    with pytest.raises(ProjectFileError, match="is open in this Unbraid"):
        Document.open(tmp_path / "My Song")
    document.do("Gain", partial(edits.set_gain, stem="bass", gain_db=-4.0))
    assert document.is_written
    document.close()
    Document.open(tmp_path / "My Song").close()


def test_five_generations_are_kept(tmp_path: Path) -> None:
    document = project(tmp_path / "My Song")
    for number in range(9):
        document.do("Notes", partial(edits.set_notes, notes=f"{number}"))
        document.save()
        document.save()
    kept = sorted((document.folder / "generations").iterdir())
    assert [p.name for p in kept] == [f"My Song.unbraid.{n}" for n in range(1, 6)]
    assert [json.loads(p.read_text())["notes"] for p in kept] == ["7", "6", "5", "4", "3"]
    document.close()


def test_time_writes_the_document_but_not_always_a_generation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = project(tmp_path / "My Song")
    document.save()
    document.do("Notes", partial(edits.set_notes, notes="x"))
    document.tick()
    assert json.loads(document.path.read_text())["notes"] == ""
    monkeypatch.setattr(storage, "AUTOSAVE_S", 0.0)
    document.tick()
    assert json.loads(document.path.read_text())["notes"] == "x"
    stamp = document.path.stat().st_mtime_ns
    document.tick()
    assert document.path.stat().st_mtime_ns == stamp
    count = len(list((document.folder / "generations").iterdir()))
    for number in range(3):
        document.do("Notes", partial(edits.set_notes, notes=f"{number}"))
        document.tick()
    assert len(list((document.folder / "generations").iterdir())) == count
    document.close()


def test_media_that_no_step_needs_is_swept_on_closing(tmp_path: Path) -> None:
    document = project(tmp_path / "My Song")
    unused = document.media.adopt(wav(tmp_path / "x.wav", 99))
    for stem in document.state.stems:
        document.do("Remove", partial(edits.remove_stem, stem=stem.id))
    document.close()
    assert not document.media.has(unused)
    document = Document.open(tmp_path / "My Song")
    document.go_to(document.steps()[1].number)
    assert document.missing() == ()
    assert len(document.state.stems) == 3
    document.close()


def test_old_steps_hold_only_so_much_media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_module, "HISTORY_MEDIA_BYTES", 5000)
    document = project(tmp_path / "My Song")
    for seed in range(10, 16):
        id = document.media.adopt(wav(tmp_path / "x.wav", seed))
        document.do("Again", partial(edits.set_media, stem="bass", media=id))
    state = document.state
    document.close()
    assert len(list((tmp_path / "My Song" / "media").iterdir())) <= 5
    document = Document.open(tmp_path / "My Song")
    assert document.warnings == ()
    assert document.state == state
    while document.can_undo:
        document.undo()
        assert document.missing() == ()
    document.close()


def test_a_large_journal_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "COMPACT_BYTES", 20_000)
    monkeypatch.setattr("unbraid.core.document.history.LIMIT_BYTES", 5_000)
    document = project(tmp_path / "My Song")
    document._storage.journal.limit = 20_000
    sizes = []
    for number in range(400):
        document.do("Notes", partial(edits.set_notes, notes=f"{number} " * 5))
        sizes.append((document.folder / journal.NAME).stat().st_size)
    assert max(sizes) < 21_000
    assert min(sizes[300:]) < 12_000
    state, steps = document.state, document.steps()
    assert 5 < len(steps) < 100
    document.close()
    document = Document.open(tmp_path / "My Song")
    assert document.state == state
    assert document.steps() == steps
    document.undo()
    assert document.state.notes.startswith("398")
    document.close()


class TestSaveAs:
    def test_it_goes_on_in_the_copy_with_its_history(self, tmp_path: Path) -> None:
        document = project(tmp_path / "My Song")
        told: list[str] = []
        document.trouble.connect(told.append)
        document.save_as(tmp_path / "Copy")
        assert document.folder == tmp_path / "Copy"
        assert document.name == "Copy"
        document.do("Gain", partial(edits.set_gain, stem="bass", gain_db=-4.0))
        assert document.media.folder == tmp_path / "Copy" / "media"
        assert names(tmp_path / "My Song") == REST
        original = Document.open(tmp_path / "My Song")
        assert original.state.stem("bass").strip.gain_db == 0.0
        original.close()
        document.close()
        document = Document.open(tmp_path / "Copy")
        assert len(document.steps()) == 3
        assert document.state.stem("bass").strip.gain_db == -4.0
        assert document.missing() == ()
        document.close()
        assert told == []

    def test_where_it_cannot_it_stays_where_it_is(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        document = project(tmp_path / "My Song")
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "mine").write_text("mine")
        with pytest.raises(ProjectFileError, match="not empty"):
            document.save_as(tmp_path / "full")

        def refuse(*_: object, **__: object) -> None:
            raise ProjectFileError("the disk is full")

        with monkeypatch.context() as patch:
            patch.setattr("unbraid.core.document.media.MediaPool.add_copy", refuse)
            with pytest.raises(ProjectFileError, match="full"):
                document.save_as(tmp_path / "Copy")
        assert not (tmp_path / "Copy").exists()
        document.do("Gain", partial(edits.set_gain, stem="bass", gain_db=-4.0))
        assert document.is_written
        assert document.folder == tmp_path / "My Song"
        document.close()

    def test_a_draft_gets_its_place(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("UNBRAID_DATA", str(tmp_path / "data"))
        document = project(drafts.new_draft("My Song"))
        assert document.is_draft
        document.save_as(tmp_path / "My Song")
        assert not document.is_draft
        assert drafts.drafts() == []
        assert document.missing() == ()
        document.close()


def test_missing_media_does_not_stop_anything_and_comes_back(tmp_path: Path) -> None:
    document = project(tmp_path / "My Song")
    state = document.state
    document.close()
    (tmp_path / "backup").mkdir()
    lost = [state.stem("bass").media, state.stem("drums").media]
    for id in lost:
        shutil.move(document.media.path(id), tmp_path / "backup" / f"renamed {id}")
    document = Document.open(tmp_path / "My Song")
    assert document.state == state
    assert "drums, bass is missing" in document.warnings[0]
    assert document.missing() == tuple(sorted(lost))
    told: list[Project] = []
    document.changed.connect(lambda old, new: told.append(new))
    assert sorted(document.relink(tmp_path / "backup")) == sorted(lost)
    assert document.missing() == ()
    assert told == [state]
    document.close()


def test_stale_temporaries_are_gone_after_opening(tmp_path: Path) -> None:
    document = project(tmp_path / "My Song")
    document.save()
    document.close()
    for folder in (".", "media", "generations"):
        (tmp_path / "My Song" / folder / ".unbraid-01234567.tmp").write_text("x")
    document = Document.open(tmp_path / "My Song")
    assert not list((tmp_path / "My Song").rglob(".unbraid-*.tmp"))
    document.close()


def test_opening_is_fast_whatever_the_history(tmp_path: Path) -> None:
    document = project(tmp_path / "My Song")
    for number in range(300):
        document.do("Gain", partial(edits.set_gain, stem="bass", gain_db=-number / 10 - 0.1))
    document.close()
    start = time.process_time()
    document = Document.open(tmp_path / "My Song")
    assert time.process_time() - start < 1.0
    document.close()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_media_for_users(tmp_path: Path) -> None:
    document = project(tmp_path / "My Song")
    document.close()
    (tmp_path / "My Song").chmod(0o555)
    try:
        document = Document.open(tmp_path / "My Song")
        assert "may not be written" in document.problem
        document.close()
    finally:
        (tmp_path / "My Song").chmod(0o755)


def test_a_result_takes_the_place_of_its_draft_as_one_step(tmp_path: Path) -> None:
    document = Document.create(tmp_path / "Song")
    document.do("Draft", lambda project: edits.set_notes(project, "draft"))
    number = next(step.number for step in document.steps() if step.is_current)
    assert document.revise(number, "Result", lambda project: edits.set_notes(project, "result"))
    assert not document.revise(number + 7, "Other", lambda project: edits.set_notes(project, "other"))
    document.close()
    again = Document.open(tmp_path / "Song")
    assert [step.title for step in again.steps()] == ["New project", "Result"]
    assert again.state.notes == "result"
    again.undo()
    assert again.state.notes == ""
    again.redo()
    assert again.state.notes == "result"
    again.close()
