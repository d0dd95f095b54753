"""The one door through which files of the user are written: whole or not at all, whatever happens in between.

A file is written under a temporary name in the folder where it will live, synced, and renamed into place; then the
folder is synced. The order is exactly write, fsync(file), replace or link, fsync(folder). A kill at any moment leaves
the old file or the new one, and at worst a stale temporary that `sweep` removes.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from unbraid.core.errors import AudioFileError, UnbraidError

TEMPORARY = ".unbraid-"
"""How the name of every temporary begins; 8 hexadecimal digits and `.tmp` or `.old` follow."""

MARGIN = 1.1
"""Free space asked for beforehand, as a multiple of the estimate."""

FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
"""What the system says when there is no room."""

DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)

ErrorType = type[UnbraidError]


@dataclass(frozen=True)
class _Place:
    """One file on its way: where it is written now, where it shall be, and where the file it replaces waits."""

    target: Path
    temporary: Path
    backup: Path


@contextlib.contextmanager
def replacing(
    path: Path, *, overwrite: bool = False, error: ErrorType = AudioFileError, needed_bytes: int | None = None
) -> Iterator[Path]:
    """A temporary path in the folder of `path`; what is written there becomes `path` when the block ends well.

    When the block raises (`Cancelled` and KeyboardInterrupt included), the temporary is gone and `path` is as it was.
    Without `overwrite` an existing file is never replaced, not even one that appears meanwhile. Trouble with the disk
    is raised as `error`; `needed_bytes` is named in it.
    """
    with replacing_all([path], overwrite=overwrite, error=error, needed_bytes=needed_bytes) as temporaries:
        yield temporaries[path]


@contextlib.contextmanager
def replacing_all(
    paths: Iterable[Path],
    *,
    overwrite: bool = False,
    error: ErrorType = AudioFileError,
    needed_bytes: int | None = None,
) -> Iterator[dict[Path, Path]]:
    """Like `replacing` for files that belong together: all of them appear, or none.

    Everything is written and synced first; only then come the renames, a matter of microseconds. An exception between
    them, Ctrl-C included, takes back those already done. Only a kill or a power cut in these microseconds can leave
    some of the set new and others old; each single file is whole even then.
    """
    places: dict[Path, _Place] = {}
    current, outside = Path(), False
    try:
        for current in paths:
            places[current] = _prepare(current, overwrite, error)
        outside = True
        yield {path: place.temporary for path, place in places.items()}
        outside = False
        for place in places.values():
            current = place.target
            _sync_file(place.temporary)
        _place_all(list(places.values()), overwrite)
    except FileExistsError as problem:
        raise error(exists_message(current)) from problem
    except OSError as problem:
        if outside and not _is_ours(problem, places.values()):
            raise
        raise error(explain(problem, current, needed_bytes)) from problem
    finally:
        for place in places.values():
            for leftover in (place.temporary, place.backup):
                with contextlib.suppress(OSError):
                    leftover.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes, *, overwrite: bool = False, error: ErrorType = AudioFileError) -> None:
    """Write `data` to `path`, whole or not at all."""
    with (
        replacing(path, overwrite=overwrite, error=error, needed_bytes=len(data)) as temporary,
        scratch(temporary, "w+b") as file,
    ):
        file.write(data)


def write_text(path: Path, text: str, *, overwrite: bool = False, error: ErrorType = AudioFileError) -> None:
    """Write `text` as UTF-8 with the line ends it has, whole or not at all."""
    write_bytes(path, text.encode("utf-8"), overwrite=overwrite, error=error)


def append_line(path: Path, line: str, *, error: ErrorType = AudioFileError) -> None:
    """Add a line to a journal of ours and sync it; a torn last line, left by a kill, is ended first."""
    try:
        with path.open("a+b") as file:
            if file.tell() and not _ends_a_line(file):
                file.write(b"\n")
            file.write(line.encode("utf-8") + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as problem:
        raise error(explain(problem, path, len(line) + 1)) from problem


def _ends_a_line(file: BinaryIO) -> bool:
    """Whether the last byte is the end of a line."""
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def scratch(path: Path, mode: Literal["w+b", "r+b"]) -> BinaryIO:
    """A temporary or a working file of our own, opened for writing; never a file that the user knows by name."""
    return path.open(mode)


def check_target(folder: Path, needed_bytes: int, *, error: ErrorType = AudioFileError) -> None:
    """Refuse before anything is computed when `folder` cannot be written or has not 1.1 times `needed_bytes` free.

    Creates nothing: for a folder that does not exist yet, the nearest parent that does is checked.
    """
    parent = nearest_folder(folder)
    if not parent.is_dir():
        raise error(f"{parent} is a file, so nothing can be written into it; choose a folder")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise error(f"the folder {parent} may not be written to; choose another folder or change its permissions")
    free = shutil.disk_usage(parent).free
    if free < MARGIN * needed_bytes:
        raise error(
            f"not enough space in {parent}: {size_text(MARGIN * needed_bytes)} needed "
            f"({int(MARGIN * needed_bytes)} bytes), {size_text(free)} free ({free} bytes); "
            f"free some space or choose another folder"
        )


def check_file(path: Path, *, overwrite: bool = False, error: ErrorType = AudioFileError) -> bool:
    """Refuse a file that exists (unless it may be replaced), is a folder, or has an impossible name.

    Returns whether there is a file to be replaced.
    """
    try:
        os.lstat(path)
    except FileNotFoundError:
        return False
    except OSError as problem:
        raise error(explain(problem, path)) from problem
    if path.is_dir():
        raise error(f"{path} is a folder, not a file; choose another name")
    if not overwrite:
        raise error(exists_message(path))
    return True


def sweep(folder: Path, *, age_s: float = 86400.0) -> int:
    """Remove temporaries of ours in `folder` that nobody has written to for `age_s` seconds; returns how many."""
    removed = 0
    for path in folder.glob(f"{TEMPORARY}????????.*"):
        with contextlib.suppress(OSError):
            if path.suffix in (".tmp", ".old") and time.time() - path.stat().st_mtime >= age_s:
                path.unlink()
                removed += 1
    return removed


def nearest_folder(folder: Path) -> Path:
    """`folder` itself, or the closest parent that exists."""
    folder = Path.cwd() / folder
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    return folder


def size_text(size: float) -> str:
    """A number of bytes for people: `12.3 MB`."""
    if size < 1000:
        return f"{size:.0f} bytes"
    power = min(4, int(math.log10(size)) // 3)
    return f"{size / 1000**power:.1f} {('kB', 'MB', 'GB', 'TB')[power - 1]}"


def exists_message(path: Path) -> str:
    """Why an existing file is left alone."""
    return f"{path} exists already and is left as it is; choose another name or allow overwriting"


def explain(problem: OSError, path: Path, needed_bytes: int | None = None) -> str:
    """What the system said about writing `path`, with what to do next."""
    folder = nearest_folder(path.parent)
    if problem.errno in FULL:
        free = shutil.disk_usage(folder).free
        needed = "" if needed_bytes is None else f"{size_text(needed_bytes)} needed ({needed_bytes} bytes), "
        why = "a limit on file sizes was reached" if problem.errno == errno.EFBIG else "the disk is full"
        return (
            f"{path} could not be written, {why}: {needed}{size_text(free)} free ({free} bytes) in {folder}; "
            f"nothing was changed; free some space or choose another folder"
        )
    if problem.errno in DENIED:
        return f"{path} may not be written ({problem.strerror}); choose another folder or change its permissions"
    if problem.errno == errno.ENAMETOOLONG:
        length = len(os.fsencode(path.name))
        return f"the name {path.name!r} is too long for this folder ({length} bytes); choose a shorter one"
    if problem.errno in (errno.ENOENT, errno.ENOTDIR):
        return f"{path} cannot be written because the folder {path.parent} does not exist; create it or choose another"
    return f"{path} could not be written: {problem.strerror or problem}; nothing was changed"


def _prepare(path: Path, overwrite: bool, error: ErrorType) -> _Place:
    """Reserve a temporary beside `path`; raises when the target exists, is a folder, or its name is impossible."""
    replaces = check_file(path, overwrite=overwrite, error=error)
    target = Path(os.path.realpath(path)) if overwrite and path.is_symlink() else path
    stem = f"{TEMPORARY}{secrets.token_hex(4)}"
    place = _Place(target, target.with_name(stem + ".tmp"), target.with_name(stem + ".old"))
    os.close(os.open(place.temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))
    if replaces:
        with contextlib.suppress(OSError):
            shutil.copymode(target, place.temporary)
    return place


def _is_ours(problem: OSError, places: Iterable[_Place]) -> bool:
    """Whether an OSError is about the files being written, and not about something else that the caller did."""
    if problem.errno in FULL:
        return True
    names = {os.fspath(name) for place in places for name in (place.temporary, place.target, place.backup)}
    return problem.filename is None or os.fsdecode(problem.filename) in names or TEMPORARY in str(problem.filename)


def _sync_file(path: Path) -> None:
    """Wait until the content of `path` is on the disk."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """Wait until the names in `folder` are on the disk, where the platform can; the files are in place either way."""
    if hasattr(os, "O_DIRECTORY"):
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _place_all(places: list[_Place], overwrite: bool) -> None:
    """Give all files their names, or take back those that already had them."""
    begun: list[_Place] = []
    try:
        for place in places:
            if overwrite and len(places) > 1:
                _keep_old(place)
            begun.append(place)
            _place(place, overwrite)
    except BaseException:
        for place in begun:
            _take_back(place)
        raise
    for folder in {place.target.parent for place in places}:
        _sync_folder(folder)


def _place(place: _Place, overwrite: bool) -> None:
    """Rename the temporary to the target; without `overwrite` only if there is none, decided by the system."""
    if overwrite:
        place.temporary.replace(place.target)
        return
    try:
        os.link(place.temporary, place.target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links; on Windows rename itself refuses to replace
        if os.path.lexists(place.target):
            raise FileExistsError(errno.EEXIST, "exists", str(place.target)) from None
        place.temporary.rename(place.target)
    else:
        place.temporary.unlink()


def _keep_old(place: _Place) -> None:
    """A second name for the file about to be replaced, so that a failed set can put it back."""
    with contextlib.suppress(OSError):
        os.link(place.target, place.backup)


def _take_back(place: _Place) -> None:
    """Undo `_place` if it was done: the old file returns, a new one goes."""
    if place.backup.exists():
        with contextlib.suppress(OSError):
            place.backup.replace(place.target)
    elif not place.temporary.exists() or _same_file(place):
        with contextlib.suppress(OSError):
            place.target.unlink(missing_ok=True)


def _same_file(place: _Place) -> bool:
    """Whether the target is already a link to the temporary."""
    try:
        return place.target.samefile(place.temporary)
    except OSError:
        return False
