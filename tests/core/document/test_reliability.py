"""Killed at any moment: nothing is lost but the edit in flight. The naive ways, beside it, must fail."""

from __future__ import annotations

import itertools
import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import documents
import pytest

from unbraid.core.document.document import Document
from unbraid.core.document.state import Project

PARENT = Path(documents.__file__).parent


def killed(command: list[str], delay_s: float) -> int:
    """Run a script that prints numbers, kill it so long after its first; returns the last number it printed."""
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    last = process.stdout.readline()
    assert last == "0\n", last
    time.sleep(delay_s)
    process.kill()
    lines, _ = process.communicate()
    complete = [line for line in lines.splitlines(keepends=True) if line.endswith("\n")]
    return int(complete[-1]) if complete else 0


def allowed(start: Project, seed: int, last: int, folder: Path) -> list[Project]:
    """What the document may be when `last` gestures were acknowledged: after them, or in or after the one in flight."""
    document = Document.create(folder, start)
    seen = [document.state]
    document.changed.connect(lambda old, new: None if document._is_grouping else seen.append(new))
    steps = documents.gestures(document, seed)
    for _ in itertools.islice(steps, last):
        seen[:] = [document.state]
    next(steps)
    seen.append(document.state)
    document.media.close()
    document._storage.lock.release()
    shutil.rmtree(folder)
    return seen


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_while_editing_nothing_is_lost_but_the_edit_in_flight(tmp_path: Path, kills: int) -> None:
    folder = tmp_path / "My Song"
    documents.project(folder).close()
    rng = random.Random(kills)
    acknowledged = 0
    for kill in range(kills):
        document = Document.open(folder)
        start, before = document.state, document.steps()
        document.close()
        last = killed([str(PARENT / "documents.py"), str(folder), str(kill)], rng.uniform(0.0, 0.15))
        document = Document.open(folder)
        assert document.warnings == ()
        assert document.state in allowed(start, kill, last, tmp_path / "scratch")
        assert document.steps()[: len(before) - 1] == before[:-1] or document.steps()[0].number > 1
        while document.can_undo:
            document.undo()
        document.go_to(document.steps()[-1].number)
        document.close()
        assert sorted(p.name for p in folder.iterdir()) == ["My Song.unbraid", "generations", "history.jsonl", "media"]
        acknowledged += last
    assert acknowledged > kills


SAVING = """
import sys
from pathlib import Path
from unbraid.core.document import edits
from unbraid.core.document.document import Document
document = Document.open(Path(sys.argv[1]))
print(0, flush=True)
number = 0
while True:
    number += 1
    document.do("Notes", lambda p: edits.set_notes(p, f"{number} " + "x" * 1_000_000))
    document.save()
    print(number, flush=True)
"""

NAIVE = """
import itertools, json, sys
print(0, flush=True)
for number in itertools.count(1):
    with open(sys.argv[1], "w") as file:
        json.dump({"notes": f"{number} " + "x" * 1_000_000, "more": list(range(20_000))}, file)
    print(number, flush=True)
"""


@pytest.mark.parametrize("kills", [3, pytest.param(100, marks=pytest.mark.slow)])
def test_killed_while_saving_a_megabyte_the_project_opens(tmp_path: Path, kills: int) -> None:
    folder = tmp_path / "My Song"
    documents.project(folder).close()
    rng = random.Random(1)
    for _ in range(kills):
        last = killed(["-c", SAVING, str(folder)], rng.uniform(0.0, 0.3))
        json.loads((folder / "My Song.unbraid").read_bytes())
        document = Document.open(folder)
        assert document.warnings == ()
        assert last == 0 or int(document.state.notes.split()[0]) in (last, last + 1)
        assert not list(folder.rglob("*.tmp"))
        document.close()


def test_killed_while_saving_the_naive_writer_leaves_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "naive.json"
    rng = random.Random(1)
    for _ in range(60):
        killed(["-c", NAIVE, str(path)], rng.uniform(0.0, 0.1))
        try:
            json.loads(path.read_bytes() if path.exists() else b"{}")
        except ValueError:
            return
    raise AssertionError("the naive writer survived 60 kills: this test no longer shows anything")


def test_the_naive_autosave_that_is_damaged_is_in_the_way(tmp_path: Path) -> None:
    """A recovery file that is simply loaded stops the start when it is torn; ours does not (`test_opening.py`)."""
    path = tmp_path / "autosave.jsonl"
    path.write_text('{"step": 1}\n{"st')
    with pytest.raises(ValueError, match="."):
        [json.loads(line) for line in path.read_text().splitlines()]


def test_the_naive_way_to_open_stops_at_the_first_missing_sound(tmp_path: Path) -> None:
    """Opening every sound before showing anything; ours opens and tells (`test_document.py`)."""
    document = documents.project(tmp_path / "My Song")
    document.media.path(document.state.stems[0].media).unlink()
    with pytest.raises(FileNotFoundError):
        [document.media.path(stem.media).read_bytes() for stem in document.state.stems]
    document.close()


def test_after_closing_only_the_project_is_there(tmp_path: Path) -> None:
    document = documents.project(tmp_path / "My Song")
    for _ in itertools.islice(documents.gestures(document, 5), 30):
        document.tick()
    document.close()
    found = {p.relative_to(tmp_path / "My Song").parts[0] for p in (tmp_path / "My Song").rglob("*")}
    assert found == {"My Song.unbraid", "generations", "history.jsonl", "media"}
    assert all(p.name.startswith("My Song.unbraid.") for p in (tmp_path / "My Song" / "generations").iterdir())


def test_opening_a_damaged_project_is_quick(tmp_path: Path) -> None:
    document = documents.project(tmp_path / "My Song")
    for _ in itertools.islice(documents.gestures(document, 5), 200):
        pass
    document.close()
    (tmp_path / "My Song" / "My Song.unbraid").write_bytes(b"\xff" * 1000)
    path = tmp_path / "My Song" / "history.jsonl"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] + b"\xff" * 1000)
    start = time.process_time()
    document = Document.open(tmp_path / "My Song")
    assert time.process_time() - start < 5.0
    assert document.warnings
    document.close()
