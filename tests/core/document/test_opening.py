"""Damage of any kind: what is intact opens, in words and in time."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from documents import NAMES, project, wav

from unbraid.core.document import edits, journal
from unbraid.core.document.document import Document
from unbraid.core.document.state import Project
from unbraid.core.errors import ProjectFileError

DOCUMENT = "My Song.unbraid"
JOURNAL = journal.NAME


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A closed project: song and stems, ten steps, saved after the fifth, not closed properly after the tenth."""
    document = project(tmp_path / "My Song")
    for number in range(1, 11):
        document.do(f"Gain {number}", partial(edits.set_gain, stem="vocals", gain_db=-float(number)))
        if number in (2, 5):
            document.save()
    document.media.close()
    document._storage.lock.release()
    return tmp_path / "My Song"


def gain_of(document: Document) -> float:
    return document.state.stem("vocals").strip.gain_db


def checked(folder: Path, gain_db: float, *, words: str = "") -> tuple[str, ...]:
    """The project opens with that gain, can be edited, and is as it should be ever after."""
    document = Document.open(folder)
    warnings = document.warnings
    assert bool(warnings) == bool(words)
    assert words in " ".join(warnings)
    assert gain_of(document) == gain_db
    document.close()
    document = Document.open(folder)
    assert document.warnings == ()
    assert gain_of(document) == gain_db
    document.do("Gain", partial(edits.set_gain, stem="vocals", gain_db=3.0))
    document.undo()
    assert gain_of(document) == gain_db
    document.close()
    return warnings


def damage(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def test_a_journal_newer_than_the_document_wins(folder: Path) -> None:
    assert json.loads((folder / DOCUMENT).read_text())["stems"][0]["strip"]["gain_db"] == -5.0
    checked(folder, -10.0)


@pytest.mark.parametrize(
    "how", [damage, Path.unlink, lambda p: p.write_bytes(b""), lambda p: p.write_bytes(os.urandom(999))]
)
def test_a_damaged_document_comes_back_from_the_journal(folder: Path, how: Callable[[Path], object]) -> None:
    how(folder / DOCUMENT)
    left = (folder / DOCUMENT).read_bytes() if (folder / DOCUMENT).exists() else b""
    checked(folder, -10.0, words="restored from its history")
    aside = folder / "generations" / f"{DOCUMENT}.damaged"
    assert (aside.read_bytes() if aside.exists() else b"") == left
    document = Document.open(folder)
    assert [step.title for step in document.steps()][-2:] == ["Gain 10", "Gain"]
    document.close()


@pytest.mark.parametrize("how", [Path.unlink, lambda p: p.write_bytes(b"\x00" * 5000)])
def test_a_damaged_journal_leaves_the_document(folder: Path, how: Callable[[Path], object]) -> None:
    how(folder / JOURNAL)
    checked(folder, -5.0, words="missing or damaged")


def test_both_damaged_leaves_the_newest_good_generation(folder: Path) -> None:
    (folder / JOURNAL).write_bytes(b"x")
    damage(folder / DOCUMENT)
    checked(folder, -2.0, words="generations/My Song.unbraid.1")


def test_a_damaged_document_and_the_beginning_of_the_journal_leave_a_generation_and_its_end(folder: Path) -> None:
    lines = (folder / JOURNAL).read_bytes().split(b"\n")
    lines[0] = b"damaged"
    (folder / JOURNAL).write_bytes(b"\n".join(lines))
    damage(folder / DOCUMENT)
    document = Document.open(folder)
    assert gain_of(document) == -10.0
    assert [step.title for step in document.steps()][-10:] == [f"Gain {n}" for n in range(1, 11)]
    document.close()
    checked(folder, -10.0)


def test_a_hole_in_the_journal_is_bridged_by_the_document(folder: Path) -> None:
    lines = (folder / JOURNAL).read_bytes().split(b"\n")
    lines[4] = lines[4][:-9] + b"ee" + lines[4][-7:]
    (folder / JOURNAL).write_bytes(b"\n".join(lines))
    document = Document.open(folder)
    assert gain_of(document) == -10.0
    titles = [step.title for step in document.steps()]
    assert titles == ["New project", "Separate", "Gain 1", "Gain 2", *(f"Gain {n}" for n in range(5, 11))]
    for step in reversed(document.steps()):
        document.go_to(step.number)
    document.close()


def test_a_hole_after_the_document_loses_what_follows_and_says_so(folder: Path) -> None:
    lines = (folder / JOURNAL).read_bytes().split(b"\n")
    del lines[9]
    (folder / JOURNAL).write_bytes(b"\n".join(lines))
    before = (folder / JOURNAL).read_bytes()
    checked(folder, -7.0, words="steps that were only there are lost")
    assert (folder / "generations" / f"{JOURNAL}.damaged").read_bytes() == before


def test_a_torn_last_line_is_the_edit_in_flight(folder: Path) -> None:
    data = (folder / JOURNAL).read_bytes()
    (folder / JOURNAL).write_bytes(data[:-20])
    checked(folder, -9.0)


def test_everything_but_media_damaged_offers_the_sounds(folder: Path) -> None:
    for path in [folder / DOCUMENT, folder / JOURNAL, *(folder / "generations").iterdir()]:
        path.write_bytes(b"\xff" * 100)
    count = len(list((folder / "media").iterdir()))
    document = Document.open(folder)
    assert "cannot be read" in document.warnings[0]
    assert document.state.song is not None
    assert [stem.name for stem in document.state.stems] == ["sound 1", "sound 2", "sound 3"]
    assert document.missing() == ()
    document.do("Remove", partial(edits.remove_stem, stem=document.state.stems[0].id))
    assert document.close()
    assert len(list((folder / "media").iterdir())) == count
    document = Document.open(folder)
    assert document.warnings == ()
    assert len(document.state.stems) == 2
    document.close()


def test_nothing_left_is_refused_and_untouched(folder: Path) -> None:
    shutil.rmtree(folder / "media")
    for path in [folder / DOCUMENT, folder / JOURNAL, *(folder / "generations").iterdir()]:
        path.write_bytes(b"\xff" * 100)
    with pytest.raises(ProjectFileError, match="backup"):
        Document.open(folder)
    assert (folder / DOCUMENT).read_bytes() == (folder / JOURNAL).read_bytes() == b"\xff" * 100
    assert not (folder / ".unbraid-lock").exists()


def test_a_document_that_was_changed_by_hand_is_not_newer_than_the_journal(folder: Path) -> None:
    text = (folder / DOCUMENT).read_text()
    (folder / DOCUMENT).write_text(text.replace("-5.0", "-5.5"))
    checked(folder, -10.0, words="changed by another program")
    (folder / JOURNAL).unlink()
    text = (folder / DOCUMENT).read_text()
    (folder / DOCUMENT).write_text(text.replace("-10.0", "-5.5"))
    checked(folder, -5.5, words="what it says was taken")


def test_a_bad_value_falls_back_alone_and_is_told(folder: Path) -> None:
    (folder / JOURNAL).unlink()
    document = json.loads((folder / DOCUMENT).read_text())
    document["stems"][1]["strip"]["pan"] = "left"
    document["stems"][2]["media"] = "../../../etc/passwd"
    del document["check"]
    (folder / DOCUMENT).write_text(json.dumps(document))
    warnings = checked(folder, -5.0, words="stems/drums/strip/pan")
    assert any("etc/passwd" in warning for warning in warnings)


def test_links_are_not_followed(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    shutil.move(folder / JOURNAL, secret)
    (folder / JOURNAL).symlink_to(secret)
    before = secret.read_bytes()
    checked(folder, -5.0, words="missing or damaged")
    assert secret.read_bytes() == before
    assert not (folder / JOURNAL).is_symlink()
    shutil.rmtree(folder / "generations")
    (tmp_path / "elsewhere").mkdir()
    (folder / "generations").symlink_to(tmp_path / "elsewhere")
    checked(folder, -5.0)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("victim", [DOCUMENT, JOURNAL, "both"])
def test_any_damaged_byte_opens_or_is_refused_in_words(folder: Path, tmp_path: Path, victim: str) -> None:
    rng = random.Random(7)
    victims = [DOCUMENT, JOURNAL] if victim == "both" else [victim]
    started = time.monotonic()
    for _ in range(25):
        copy = tmp_path / "copy"
        shutil.copytree(folder, copy)
        for name in victims:
            data = bytearray((copy / name).read_bytes())
            for _ in range(rng.choice([1, 1, 5, 50])):
                data[rng.randrange(len(data))] = rng.randrange(256)
            (copy / name).write_bytes(data[: rng.choice([len(data), len(data), rng.randrange(len(data))])])
        document = Document.open(copy)
        assert {stem.name for stem in document.state.stems} <= {*NAMES}
        state: Project = document.state
        document.close()
        document = Document.open(copy)
        assert document.state == state
        document.close()
        shutil.rmtree(copy)
    assert time.monotonic() - started < 60


def test_hostile_texts_are_no_trouble(folder: Path) -> None:
    for text in (
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"format":"unbraid project","version":' + b"9" * 5000 + b"}",
        b'"' * 99,
    ):
        (folder / DOCUMENT).write_bytes(text)
        (folder / JOURNAL).write_bytes(text)
        document = Document.open(folder)
        assert document.state.song is not None
        document.media.close()
        document._storage.lock.release()


def rewritten(folder: Path, change: Callable[[list[dict[str, Any]]], None]) -> None:
    """Let `change` forge the records of the journal, with checks that are right."""
    records, _ = journal.read(folder / JOURNAL)
    change(records)
    (folder / JOURNAL).write_text("".join(journal.line_of(record) + "\n" for record in records))


def test_a_journal_of_a_version_nobody_wrote_leaves_the_document(folder: Path) -> None:
    rewritten(folder, lambda records: records[0].update(version="0.3"))
    checked(folder, -5.0, words="0.3")


@pytest.mark.parametrize(
    "forged",
    [
        {"kind": "boo"},
        {"step": "x"},
        {"step": 1},
        {"time": None},
        {"patch": 5},
        {"patch": [["set", [], 5]]},
        {"time": []},
        {"patch": [["set", ["stems", 99], 1]]},
        {"title": None, "kind": None},
    ],
)
def test_a_forged_record_is_where_the_journal_ends(folder: Path, forged: dict[str, Any]) -> None:
    rewritten(folder, lambda records: records[9].update(forged))
    checked(folder, -7.0, words="steps that were only there are lost")


def test_steps_with_bad_values_are_mended_when_one_goes_there(folder: Path) -> None:
    rewritten(folder, lambda records: records[4].update(patch=[["set", ["stems", 0, "strip", "gain_db"], 99.0]]))
    document = Document.open(folder)
    assert document.warnings == ()
    document.go_to(document.steps()[4].number)
    assert gain_of(document) == 0.0
    document.do("Pan", partial(edits.set_pan, stem="drums", pan=0.5))
    state = document.state
    document._storage.must_rewrite()
    document.save()
    document.undo()
    document.undo()
    assert gain_of(document) == -2.0
    document.redo()
    document.redo()
    document.close()
    document = Document.open(folder)
    assert document.warnings == ()
    assert document.state == state
    assert [step.title for step in document.steps()][-3:] == ["Gain 2", "Gain 3", "Pan"]
    document.close()


def test_the_newest_steps_are_kept_when_all_must_be_mended(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unbraid.core.document.opening.MOST_CONVERTED", 3)
    rewritten(folder, lambda records: records[1]["patch"].append(["set", ["residual", "pan"], "left"]))
    document = Document.open(folder)
    assert "residual/pan" in document.warnings[0]
    assert [step.title for step in document.steps()] == ["Gain 7", "Gain 8", "Gain 9", "Gain 10"]
    document.undo()
    assert gain_of(document) == -9.0
    document.close()
    checked(folder, -9.0)


def test_media_that_earlier_documents_name_is_not_swept(folder: Path) -> None:
    """A project that came back from an old document must not lose what the damaged files knew of."""
    document = Document.open(folder)
    later = document.media.adopt(wav(folder.parent / "later.wav", 50))
    document.do("Better", partial(edits.set_media, stem="bass", media=later))
    document.media.close()
    document._storage.lock.release()
    lines = (folder / JOURNAL).read_bytes().split(b"\n")
    (folder / JOURNAL).write_bytes(b"\n".join([*lines[:8], *lines[9:]]))
    document = Document.open(folder)
    assert document.warnings
    assert document.state.stem("bass").media != later
    document.close()
    document = Document.open(folder)
    document.close()
    assert document.media.has(later)
