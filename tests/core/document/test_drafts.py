"""Drafts have a place of the application's, names of their own, and go only when they are drafts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from unbraid.core.document import drafts
from unbraid.core.document.document import Document
from unbraid.core.errors import ProjectFileError


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNBRAID_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def test_they_are_called_after_the_song() -> None:
    assert drafts.drafts() == []
    first = Document.create(drafts.new_draft("A/Song: live?"))
    second = Document.create(drafts.new_draft("A/Song: live?"))
    assert [first.folder.name, second.folder.name] == ["A_Song_ live_", "A_Song_ live_ 2"]
    assert first.is_draft
    first.close()
    second.close()
    os.utime(first.folder / "history.jsonl", (5e9, 5e9))
    assert [draft.name for draft in drafts.drafts()] == ["A_Song_ live_", "A_Song_ live_ 2"]


@pytest.mark.parametrize("name", ["", "..", "con", "x" * 300, "/", "ü" * 200])
def test_any_name_gives_a_folder_among_the_drafts(name: str) -> None:
    folder = drafts.new_draft(name)
    assert folder.parent == drafts.drafts_folder()
    Document.create(folder).close()


def test_only_drafts_that_are_closed_are_discarded(tmp_path: Path) -> None:
    document = Document.create(drafts.new_draft("Song"))
    with pytest.raises(ProjectFileError, match="is open"):
        drafts.discard(document.folder)
    document.close()
    drafts.discard(document.folder)
    drafts.discard(document.folder)
    assert not document.folder.exists()
    Document.create(tmp_path / "Mine").close()
    for folder in (tmp_path / "Mine", drafts.drafts_folder(), drafts.drafts_folder() / ".." / ".." / "Mine"):
        with pytest.raises(ProjectFileError, match="no draft"):
            drafts.discard(folder)
    (drafts.drafts_folder() / "link").symlink_to(tmp_path / "Mine")
    with pytest.raises(ProjectFileError, match="no draft"):
        drafts.discard(drafts.drafts_folder() / "link")
    assert (tmp_path / "Mine" / "Mine.unbraid").exists()
