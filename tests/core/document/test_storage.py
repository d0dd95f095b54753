"""A disk that refuses: everything stays in memory, is told, and reaches the disk when it can."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from documents import project

from unbraid.core.document import edits, storage
from unbraid.core.document.document import Document
from unbraid.core.document.state import Project


@pytest.fixture
def document(tmp_path: Path) -> Iterator[Document]:
    made = project(tmp_path / "My Song")
    yield made
    made.close()


def gain(gain_db: float) -> partial[Project]:
    return partial(edits.set_gain, stem="vocals", gain_db=gain_db)


def refuse(monkeypatch: pytest.MonkeyPatch, call: str, code: int) -> None:
    """Let a call of the system fail; reading goes on."""
    owner = Path if call in ("replace", "open", "unlink", "mkdir") else os
    real = getattr(owner, call)

    def fault(*args: object, **options: object) -> object:
        if call == "open" and "b" in str(args[1:]) and "a" not in str(args[1:]) and "+" not in str(args[1:]):
            return real(*args, **options)
        raise OSError(code, os.strerror(code), str(args[0]))

    monkeypatch.setattr(owner, call, fault)


STOPPING = {"open": "both", "fsync": "both", "replace": "document", "os.open": "document"}


@pytest.mark.parametrize("call", ["open", "fsync", "replace", "os.open", "link", "unlink", "utime", "mkdir"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EDQUOT])
def test_a_fault_at_each_call_loses_nothing(
    document: Document, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    told: list[str] = []
    document.trouble.connect(told.append)
    name = call.removeprefix("os.")
    with monkeypatch.context() as patch:
        if call == "os.open":
            real = os.open

            def fault(path: object, flags: int, *rest: int) -> int:
                if flags & os.O_CREAT:
                    raise OSError(code, os.strerror(code), str(path))
                return real(path, flags, *rest)  # type: ignore[arg-type]

            patch.setattr(os, "open", fault)
        else:
            refuse(patch, name, code)
        for number in range(3):
            document.do("Gain", gain(-1.0 - number))
        document.save()
        state, steps = document.state, document.steps()
        assert state.stem("vocals").strip.gain_db == -3.0
        assert len(steps) == 5
        assert bool(document.problem) == (call in STOPPING)
        assert bool(told) == (call in STOPPING)
        assert document.is_written == (STOPPING.get(call) != "both")
        document.undo()
        document.redo()
        assert document.state == state
    document.save()
    assert document.problem == ""
    assert told == [] or told[-1] == ""
    assert document.is_written
    assert not list(document.folder.rglob("*.tmp"))
    copy = document.folder.with_name("copy")
    shutil.copytree(document.folder, copy, ignore=shutil.ignore_patterns(".unbraid-lock"))
    again = Document.open(copy)
    assert again.state == state
    assert again.steps() == steps
    assert again.warnings == ()
    again.close()


def test_the_next_step_tries_again(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        refuse(patch, "fsync", errno.ENOSPC)
        document.do("Gain", gain(-1.0))
        assert "full" in document.problem
        assert "free" in document.problem
        assert not document.is_written
    document.do("Gain", gain(-2.0))
    assert document.problem == ""
    assert document.is_written


def test_time_tries_again(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        refuse(patch, "fsync", errno.ENOSPC)
        document.do("Gain", gain(-1.0))
        patch.setattr(storage, "RETRY_S", 0.0)
        document.tick()
        assert document.problem
    document.tick()
    assert document.problem
    monkeypatch.setattr(storage, "RETRY_S", 0.0)
    document.tick()
    assert document.problem == ""
    assert document.is_written


def test_closing_says_what_would_be_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = project(tmp_path / "My Song")
    with monkeypatch.context() as patch:
        refuse(patch, "fsync", errno.ENOSPC)
        document.do("Gain", gain(-1.0))
        assert not document.close()
    again = Document.open(tmp_path / "My Song")
    assert len(again.state.stems) == 3
    assert again.close()


def test_a_project_that_cannot_be_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from unbraid.core.errors import ProjectFileError

    with monkeypatch.context() as patch:
        refuse(patch, "fsync", errno.ENOSPC)
        with pytest.raises(ProjectFileError, match="full"):
            Document.create(tmp_path / "My Song")
    assert list(tmp_path.iterdir()) == []


def test_read_only_media_opens_and_can_be_saved_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path / "My Song").close()
    before = {p: p.read_bytes() for p in (tmp_path / "My Song").rglob("*") if p.is_file()}
    real = os.open

    def read_only(path: object, flags: int, *rest: int) -> int:
        if flags & (os.O_CREAT | os.O_RDWR | os.O_WRONLY) and "My Song" in str(path):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return real(path, flags, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", read_only)
    document = Document.open(tmp_path / "My Song")
    assert "in memory only" in document.problem
    document.do("Gain", gain(-1.0))
    assert not document.is_written
    assert {p: p.read_bytes() for p in (tmp_path / "My Song").rglob("*") if p.is_file()} == before
    document.save_as(tmp_path / "Copy")
    assert document.problem == ""
    assert document.is_written
    assert document.close()
    document = Document.open(tmp_path / "Copy")
    assert document.state.stem("vocals").strip.gain_db == -1.0
    assert len(document.steps()) == 3
    document.close()


def test_a_folder_that_vanishes_is_only_a_problem(tmp_path: Path) -> None:
    document = project(tmp_path / "My Song")
    (tmp_path / "My Song").rename(tmp_path / "unplugged")
    document.do("Gain", gain(-1.0))
    document.do("Gain", gain(-2.0))
    assert document.problem
    (tmp_path / "unplugged").rename(tmp_path / "My Song")
    document.do("Gain", gain(-3.0))
    assert document.problem == ""
    assert document.close()
    again = Document.open(tmp_path / "My Song")
    assert again.state.stem("vocals").strip.gain_db == -3.0
    assert len(again.steps()) == 5
    again.close()


@pytest.mark.parametrize("what", ["gone", "shortened", "link"])
def test_a_journal_that_somebody_spoils_is_written_anew(document: Document, tmp_path: Path, what: str) -> None:
    path = document.folder / "history.jsonl"
    data = path.read_bytes()
    path.unlink()
    if what == "shortened":
        path.write_bytes(data[:100])
    elif what == "link":
        (tmp_path / "other").write_bytes(data + b"x" * 1000)
        path.symlink_to(tmp_path / "other")
    document.do("Gain", gain(-1.0))
    steps = document.steps()
    copy = tmp_path / "copy"
    shutil.copytree(document.folder, copy, ignore=shutil.ignore_patterns(".unbraid-lock"))
    again = Document.open(copy)
    assert again.warnings == ()
    assert again.steps() == steps
    again.close()


LIMITED = """
import resource, sys
from functools import partial
from pathlib import Path
from unbraid.core.document import edits
from unbraid.core.document.document import Document
document, limit = Document.open(Path(sys.argv[1])), int(sys.argv[2])
before = document.path.read_bytes()
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
for number in range(3):
    document.do("Gain", partial(edits.set_gain, stem="vocals", gain_db=-1.0 - number))
document.save()
assert document.problem, "no problem"
assert document.state.stem("vocals").strip.gain_db == -3.0
assert limit >= len(before) or document.path.read_bytes() == before
assert not list(document.folder.rglob("*.tmp"))
print(document.problem, flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
document.undo()
assert not document.problem, document.problem
assert document.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs limits on file sizes")
@pytest.mark.parametrize("share", [0.0, 0.0005, 0.5, 1.0])
def test_a_real_limit_on_file_sizes(tmp_path: Path, share: float) -> None:
    """At 0, 1, half and all bytes of the journal; a step more never fits."""
    folder = tmp_path / "My Song"
    project(folder).close()
    limit = int(share * (folder / "history.jsonl").stat().st_size)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(folder), str(limit)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "limit on file sizes" in done.stdout
    document = Document.open(folder)
    assert document.state.stem("vocals").strip.gain_db == -2.0
    assert len(document.steps()) == 5
    assert document.warnings == ()
    document.close()


def test_the_naive_writer_loses_the_old_file_when_the_disk_is_full(tmp_path: Path) -> None:
    path = tmp_path / "naive.json"
    path.write_text("{}" * 5000)
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "open(sys.argv[1], 'w').write('[]' * 5000)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, check=False)
    assert done.returncode != 0
    assert path.read_text() != "{}" * 5000
