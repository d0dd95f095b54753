"""Every version that was ever written opens for ever; a newer one is refused or kept."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest

from unbraid.core.document import edits, journal, migrations
from unbraid.core.document.document import Document
from unbraid.core.document.state import EMPTY, RESIDUAL, Equaliser, Marker, Project, Span, Strip
from unbraid.core.errors import ProjectFileError

SAMPLES = Path(__file__).parents[2] / "golden" / "projects"


def sample(version: str, tmp_path: Path) -> Path:
    """A copy of a saved project that may be changed."""
    return Path(shutil.copytree(SAMPLES / version / "A Song", tmp_path / "A Song"))


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def check_0_9(project: Project) -> None:
    assert project.song is not None
    assert [stem.name for stem in project.stems] == ["vocals", "drums", "bass"]
    assert [stem.strip for stem in project.stems] == [
        Strip(pytest.approx(-6.0206, abs=1e-4)),
        Strip(0.0, 0.25, mute=True),
        Strip(-math.inf),
    ]
    assert project.master_db == pytest.approx(6.0206, abs=1e-4)
    assert project.loop == Span(0.01, 0.05)
    assert project.markers == (Marker(0.0, "Intro"), Marker(0.02, "Chörus"))


def check_1_0(project: Project) -> None:
    assert project.song is not None
    assert project.song.bits == 24
    assert project.song.cover.endswith(".png")
    assert [stem.name for stem in project.stems] == ["vocals", "kick", "bass"]
    assert project.stems[0].strip == Strip(-6.0, solo=True, equaliser=Equaliser(3.0, 0.0, -2.5))
    assert project.stems[1].strip == Strip(pan=0.25, mute=True)
    assert project.stems[1].origin == ("drums",)
    recipe = project.stems[1].recipe
    assert recipe is not None
    assert recipe.values == (("kernel", 31), ("margin", 1.5), ("soft", True), ("mode", "ratio"))
    assert recipe.high_hz == math.inf
    assert project.stems[2].colour == "#d55e00"
    assert project.residual == Strip(invert=True)
    assert project.master_db == -1.5
    assert project.markers == (Marker(0.02, "Chörus"),)


CHECKS = {"0.9": (check_0_9, 5, "Notes"), "1.0": (check_1_0, 15, "Notes")}


def test_there_is_a_sample_and_a_check_for_each_version() -> None:
    versions = sorted(p.name for p in SAMPLES.iterdir() if p.is_dir())
    assert versions == sorted(CHECKS) == sorted([*migrations._STEPS, migrations.VERSION])


@pytest.mark.parametrize("version", CHECKS)
def test_it_opens_with_its_history_and_is_not_touched_before_an_edit(version: str, tmp_path: Path) -> None:
    folder = sample(version, tmp_path)
    before = bytes_of(folder)
    check, steps, redo = CHECKS[version]
    document = Document.open(folder)
    assert document.warnings == ()
    assert document.missing() == ()
    check(document.state)
    assert len(document.steps()) == steps + 1
    assert document.redo_title == redo
    document.tick()
    assert document.close()
    assert bytes_of(folder) == before


@pytest.mark.parametrize("version", CHECKS)
def test_it_can_be_edited_undone_and_saved_in_todays_form(version: str, tmp_path: Path) -> None:
    folder = sample(version, tmp_path)
    check, steps, _ = CHECKS[version]
    document = Document.open(folder)
    document.do("Notes", lambda p: edits.set_notes(p, "new"))
    assert document.close()
    written = json.loads((folder / "A Song.unbraid").read_text(encoding="utf-8"))
    assert written["version"] == migrations.VERSION
    document = Document.open(folder)
    assert document.warnings == ()
    assert document.state.notes == "new"
    document.undo()
    check(document.state)
    assert len(document.steps()) == steps + 1
    while document.can_undo:
        document.undo()
    assert document.state == EMPTY
    document.close()


@pytest.mark.parametrize("version", CHECKS)
@pytest.mark.parametrize("lost", ["A Song.unbraid", "history.jsonl"])
def test_one_of_its_two_halves_is_enough(version: str, lost: str, tmp_path: Path) -> None:
    folder = sample(version, tmp_path)
    (folder / lost).unlink()
    document = Document.open(folder)
    assert document.warnings
    CHECKS[version][0](document.state)
    document.close()
    document = Document.open(folder)
    assert document.warnings == ()
    CHECKS[version][0](document.state)
    document.close()


def newer(folder: Path, version: str, **fields: Any) -> None:
    """What a newer Unbraid would have written."""
    path = folder / "A Song.unbraid"
    document = json.loads(path.read_text(encoding="utf-8")) | {"version": version} | fields
    del document["check"]
    path.write_text(json.dumps(document), encoding="utf-8")
    records, _ = journal.read(folder / journal.NAME)
    records[0] |= {"version": version}
    records[0]["project"] |= fields
    (folder / journal.NAME).write_text("".join(journal.line_of(r) + "\n" for r in records), encoding="utf-8")


@pytest.mark.parametrize("version", ["2.0", "17.3"])
@pytest.mark.parametrize("lost", [None, "A Song.unbraid"])
def test_a_newer_major_version_is_refused_and_untouched(version: str, lost: str | None, tmp_path: Path) -> None:
    folder = sample("1.0", tmp_path)
    newer(folder, version)
    if lost:
        (folder / lost).unlink()
    before = bytes_of(folder)
    with pytest.raises(ProjectFileError, match=rf"version {version}.*{migrations.VERSION}"):
        Document.open(folder)
    assert bytes_of(folder) == before


def test_what_a_newer_minor_version_added_survives(tmp_path: Path) -> None:
    folder = sample("1.0", tmp_path)
    newer(folder, "1.7", mood={"happy": [1, 2]})
    document = Document.open(folder)
    assert document.warnings == ()
    check_1_0(document.state)
    assert document.state.unknown[""] == {"mood": {"happy": [1, 2]}}
    document.do("Gain", lambda p: edits.set_gain(p, "vocals", -1.0))
    document.undo()
    document.do("Gain", lambda p: edits.set_gain(p, RESIDUAL, -1.0))
    document.close()
    written = json.loads((folder / "A Song.unbraid").read_text(encoding="utf-8"))
    assert written["mood"] == {"happy": [1, 2]}
    assert written["version"] == "1.7"
    (folder / "A Song.unbraid").unlink()
    document = Document.open(folder)
    assert document.state.unknown[""] == {"mood": {"happy": [1, 2]}}
    document.close()


def test_the_naive_reader_loses_what_is_new_and_cannot_read_what_is_old() -> None:
    """Fields straight into the class: the contrast to what the tests above ask for."""
    with pytest.raises(TypeError):
        Project(mood=1)
    with pytest.raises(TypeError):
        Project(**json.loads((SAMPLES / "0.9" / "A Song" / "A Song.unbraid").read_text(encoding="utf-8")))


@pytest.mark.parametrize("version", ["", "1", "x.y", "1.0.0", "-1.0", None, 1.0, "9" * 10 + ".0"])
def test_what_is_no_version_is_damage(version: Any) -> None:
    with pytest.raises(ValueError, match="no version"):
        migrations.number_of(version)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {"tracks": 5},
        {"tracks": [5]},
        {"loop": [1]},
        {"markers": []},
        {"master": "x"},
        {"tracks": [{"gain": []}]},
    ],
)
def test_an_old_document_of_another_form_is_damage(document: Any) -> None:
    with pytest.raises(ValueError, match="form of its version"):
        migrations.migrate(document, "0.9")


def test_a_version_nobody_wrote_is_damage() -> None:
    with pytest.raises(ValueError, match="unknown"):
        migrations.migrate({}, "0.3")
