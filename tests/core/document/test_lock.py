"""One window for each project, and no killed process in the way."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from unbraid.core.document import lock
from unbraid.core.document.lock import Lock
from unbraid.core.errors import ProjectFileError

HOLDER = """
import sys, time
from pathlib import Path
from unbraid.core.document.lock import Lock
held = Lock.take(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_it_is_taken_once_and_leaves_nothing(tmp_path: Path) -> None:
    first = Lock.take(tmp_path)
    assert first.is_held
    with pytest.raises(ProjectFileError, match="open in this Unbraid"):
        Lock.take(tmp_path)
    first.touch()
    first.release()
    first.release()
    first.touch()
    assert list(tmp_path.iterdir()) == []
    second = Lock.take(tmp_path)
    assert second.is_held
    second.release()


def test_another_process_is_named_and_its_death_frees_the_folder(tmp_path: Path) -> None:
    process = holder(tmp_path)
    try:
        with pytest.raises(ProjectFileError, match=rf"process {process.pid} on {platform.node()}"):
            Lock.take(tmp_path)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert (tmp_path / lock.NAME).exists()
    taken = Lock.take(tmp_path)
    assert taken.is_held
    taken.release()
    assert list(tmp_path.iterdir()) == []


def test_the_naive_lock_stays_after_a_kill(tmp_path: Path) -> None:
    """A file that says "locked" by being there is in the way for ever: what `Lock` must not do."""
    code = "import sys; open(sys.argv[1], 'x'); import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "naive.lock")], check=False)
    with pytest.raises(FileExistsError):
        (tmp_path / "naive.lock").open("x")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": "x"}', b'{"pid": 1}', b"\xff\xff"])
def test_a_stale_file_of_any_content_is_taken_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / lock.NAME).write_bytes(content)
    if content == b'{"pid": 1}':
        os.utime(tmp_path / lock.NAME, (time.time() - 1000,) * 2)
    taken = Lock.take(tmp_path)
    assert json.loads((tmp_path / lock.NAME).read_bytes())["pid"] == os.getpid()
    taken.release()


def test_another_computer_is_respected_while_it_gives_signs_of_life(tmp_path: Path) -> None:
    path = tmp_path / lock.NAME
    path.write_text(json.dumps({"pid": 1, "host": "another-computer"}))
    with pytest.raises(ProjectFileError, match="another-computer"):
        Lock.take(tmp_path)
    os.utime(path, (time.time() - 1000,) * 2)
    Lock.take(tmp_path).release()
    assert not path.exists()


@pytest.mark.parametrize(("pid", "started", "is_free"), [(0, None, False), (0, "1", True), (2**22 + 1, "", True)])
def test_without_locks_of_the_system_the_process_must_be_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pid: int, started: str | None, is_free: bool
) -> None:
    import fcntl

    def no_locks(*_: object) -> None:
        raise OSError("no locks on this file system")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    (tmp_path / lock.NAME).write_text(
        json.dumps({"pid": pid or os.getpid(), "host": platform.node(), "started": started})
    )
    if is_free:
        Lock.take(tmp_path).release()
    else:
        with pytest.raises(ProjectFileError, match="open in this Unbraid"):
            Lock.take(tmp_path)


def test_where_open_files_cannot_be_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way of Windows."""
    monkeypatch.setattr(lock, "HAS_FLOCK", False)
    (tmp_path / lock.NAME).write_text("{}")
    taken = Lock.take(tmp_path)
    with monkeypatch.context() as patch:

        def in_use(*_: object, **__: object) -> None:
            raise PermissionError("in use")

        patch.setattr(Path, "unlink", in_use)
        with pytest.raises(ProjectFileError, match="open in this Unbraid"):
            Lock.take(tmp_path)
    taken.release()
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_there_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(*_: object) -> None:
        raise OSError(30, "read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", read_only)
        taken = Lock.take(tmp_path)
    assert not taken.is_held
    taken.release()
