"""Files appear whole or not at all, whatever goes wrong and wherever."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from unbraid.core import atomic
from unbraid.core.errors import AudioFileError, Cancelled, ProjectFileError

CALLS = ("open", "fsync", "link", "replace")


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_what_is_written_appears_under_its_name(tmp_path: Path) -> None:
    with atomic.replacing(tmp_path / "a.bin") as temporary:
        assert temporary.parent == tmp_path
        temporary.write_bytes(b"new")
        assert names(tmp_path) == [temporary.name]
    assert names(tmp_path) == ["a.bin"]
    assert (tmp_path / "a.bin").read_bytes() == b"new"


def test_an_existing_file_is_left_alone_unless_allowed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    atomic.write_text(path, "old")
    with pytest.raises(AudioFileError, match="exists already"):
        atomic.write_text(path, "new")
    assert path.read_text() == "old"
    atomic.write_text(path, "new\n", overwrite=True)
    assert path.read_bytes() == b"new\n"


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with pytest.raises(AudioFileError, match="exists already"), atomic.replacing(path) as temporary:
        temporary.write_text("mine")
        path.write_text("theirs")
    assert path.read_text() == "theirs"
    assert names(tmp_path) == ["a.txt"]


def test_without_hard_links_it_works_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "a.txt"
    atomic.write_text(path, "one")
    with pytest.raises(AudioFileError, match="exists already"):
        atomic.write_text(path, "two")
    with pytest.raises(AudioFileError, match="exists already"), atomic.replacing(tmp_path / "b.txt") as temporary:
        temporary.write_text("mine")
        (tmp_path / "b.txt").write_text("theirs")
    assert names(tmp_path) == ["a.txt", "b.txt"]
    assert path.read_text() == "one"


@pytest.mark.parametrize("stop", [Cancelled, KeyboardInterrupt, ValueError, MemoryError])
@pytest.mark.parametrize("old", [None, "old"])
def test_an_interruption_leaves_everything_as_it_was(
    tmp_path: Path, stop: type[BaseException], old: str | None
) -> None:
    path = tmp_path / "a.txt"
    if old:
        path.write_text(old)
    with pytest.raises(stop), atomic.replacing(path, overwrite=True) as temporary:
        temporary.write_text("half")
        raise stop
    assert names(tmp_path) == (["a.txt"] if old else [])
    assert not old or path.read_text() == old


def test_the_order_is_write_sync_rename_sync_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, calls = tmp_path / "a.txt", []
    fsync, replace = os.fsync, Path.replace

    def spy_fsync(descriptor: int) -> None:
        mode = os.fstat(descriptor)
        size = mode.st_size
        calls.append("folder" if stat.S_ISDIR(mode.st_mode) else f"file of {size}")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(Path, "replace", lambda a, b: (calls.append("replace"), replace(a, b))[1])
    atomic.write_text(path, "12345", overwrite=True)
    assert calls == ["file of 5", "replace", "folder"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("overwrite", [True, False])
def test_a_fault_at_each_call_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int, overwrite: bool
) -> None:
    path = tmp_path / "a.txt"
    if overwrite:
        path.write_text("old")

    def fault(*args: object, **_: object) -> None:
        raise OSError(code, os.strerror(code), str(args[0]))

    def attempt() -> None:
        with (
            atomic.replacing(path, overwrite=overwrite, error=ProjectFileError, needed_bytes=12345) as temporary,
            temporary.open("wb") as file,
        ):
            file.write(b"new")

    with monkeypatch.context() as patch:
        patch.setattr(Path if call == "replace" else os, call, fault)
        passes = (call == "link" and overwrite) or (call == "replace" and not overwrite) or call == "link"
        if passes:
            attempt()
        else:
            with pytest.raises(ProjectFileError) as told:
                attempt()
            if code in (errno.ENOSPC, errno.EDQUOT):
                assert "12345 bytes" in str(told.value)
                assert "free" in str(told.value)
    assert names(tmp_path) == (["a.txt"] if overwrite or passes else [])
    assert not (overwrite and not passes) or path.read_text() == "old"


def test_trouble_of_the_caller_is_not_renamed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic.replacing(tmp_path / "a.txt"):
        (tmp_path / "missing").read_text()
    assert names(tmp_path) == []


class TestSet:
    def test_all_appear_together(self, tmp_path: Path) -> None:
        paths = [tmp_path / name for name in "abc"]
        with atomic.replacing_all(paths) as temporaries:
            for path in paths:
                temporaries[path].write_text(path.name)
            assert len(names(tmp_path)) == 3
        assert names(tmp_path) == ["a", "b", "c"]

    @pytest.mark.parametrize("overwrite", [True, False])
    @pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError(errno.EIO, "broken")])
    def test_an_interruption_between_the_names_takes_all_back(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overwrite: bool, stop: BaseException
    ) -> None:
        paths = [tmp_path / name for name in "abc"]
        for path in paths[:2] if overwrite else []:
            path.write_text("old " + path.name)
        before = {p.name: p.read_text() for p in tmp_path.iterdir()}
        place, done = atomic._place, []

        def stops_at_the_third(where: atomic._Place, over: bool) -> None:
            if len(done) == 2:
                raise stop
            done.append(where)
            place(where, over)

        monkeypatch.setattr(atomic, "_place", stops_at_the_third)
        with (
            pytest.raises((KeyboardInterrupt, AudioFileError)),
            atomic.replacing_all(paths, overwrite=overwrite) as temporaries,
        ):
            for path in paths:
                temporaries[path].write_text("new")
        assert {p.name: p.read_text() for p in tmp_path.iterdir()} == before

    def test_one_that_exists_stops_all_before_anything_is_written(self, tmp_path: Path) -> None:
        (tmp_path / "b").write_text("old")
        with (
            pytest.raises(AudioFileError, match="exists already"),
            atomic.replacing_all([tmp_path / "a", tmp_path / "b"]),
        ):
            raise AssertionError("not reached")
        assert names(tmp_path) == ["b"]


class TestNames:
    @pytest.mark.parametrize(
        "name", ["🎸 a b.wav", "أغنية.wav", "ü" * 125 + ".wav", "x" * 251 + ".wav", "-rf.wav", "a:b.wav"]
    )
    def test_any_name_works(self, tmp_path: Path, name: str) -> None:
        atomic.write_bytes(tmp_path / name, b"x")
        assert names(tmp_path) == [name]

    def test_a_name_that_is_too_long_is_refused_before_writing(self, tmp_path: Path) -> None:
        with pytest.raises(AudioFileError, match="too long"), atomic.replacing(tmp_path / ("x" * 256)):
            raise AssertionError("not reached")

    def test_a_folder_is_not_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        with pytest.raises(AudioFileError, match="is a folder"):
            atomic.write_bytes(tmp_path / "a", b"", overwrite=True)

    def test_a_missing_folder_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(AudioFileError, match="does not exist"):
            atomic.write_bytes(tmp_path / "no" / "a", b"")

    def test_the_file_behind_a_link_is_replaced(self, tmp_path: Path) -> None:
        real, link = tmp_path / "real", tmp_path / "link"
        real.write_text("old")
        link.symlink_to(real)
        atomic.write_text(link, "new", overwrite=True)
        assert link.is_symlink()
        assert real.read_text() == "new"

    def test_permissions_stay(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.write_text("old")
        path.chmod(0o640)
        atomic.write_text(path, "new", overwrite=True)
        assert path.stat().st_mode & 0o777 == 0o640


class TestBeforehand:
    def test_room_enough_is_fine_and_nothing_is_created(self, tmp_path: Path) -> None:
        atomic.check_target(tmp_path / "new" / "folder", 1000)
        assert names(tmp_path) == []

    def test_too_little_room_names_both_numbers(self, tmp_path: Path) -> None:
        with pytest.raises(AudioFileError, match=r"1\.1 EB|TB.*needed.*free"):
            atomic.check_target(tmp_path, 10**18)

    def test_a_read_only_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "access", lambda path, mode: False)
        with pytest.raises(AudioFileError, match="may not be written"):
            atomic.check_target(tmp_path, 0)

    def test_a_file_in_place_of_the_folder(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("")
        with pytest.raises(AudioFileError, match="is a file"):
            atomic.check_target(tmp_path / "a" / "b", 0)


def test_stale_temporaries_are_swept_and_nothing_else(tmp_path: Path) -> None:
    kept = [".unbraid-.tmp", ".unbraid-01234567.wav", "song.tmp", ".unbraid-89abcdef.tmp"]
    for name in [*kept, ".unbraid-01234567.tmp", ".unbraid-01234567.old"]:
        (tmp_path / name).write_text("")
        if name != kept[3]:
            os.utime(tmp_path / name, (time.time() - 90000,) * 2)
    assert atomic.sweep(tmp_path) == 2
    assert names(tmp_path) == sorted(kept)


def test_a_journal_grows_by_lines_and_mends_a_torn_one(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    atomic.append_line(path, "one")
    with path.open("ab") as file:
        file.write(b"tor")
    atomic.append_line(path, "zwölf")
    assert path.read_text(encoding="utf-8") == "one\ntor\nzwölf\n"


@pytest.mark.parametrize(
    ("size", "text"), [(999, "999 bytes"), (1000, "1.0 kB"), (12_300_000, "12.3 MB"), (10**15, "1000.0 TB")]
)
def test_sizes_read_well(size: int, text: str) -> None:
    assert atomic.size_text(size) == text


FULL_DISK = """
import resource, sys
from pathlib import Path
from unbraid.core import atomic
from unbraid.core.errors import AudioFileError
path, limit = Path(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    atomic.write_bytes(path, bytes(100_000), overwrite=True)
except AudioFileError as problem:
    print(problem)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs limits on file sizes")
@pytest.mark.parametrize("limit", [0, 1, 50_000, 99_999])
def test_a_real_limit_on_file_sizes(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path), str(limit)], capture_output=True, text=True, check=True
    )
    assert "100000 bytes" in done.stdout
    assert "free" in done.stdout
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a"]
