"""One window for each project: a lock that a killed process cannot leave behind.

The file `.unbraid-lock` is held open under an advisory lock of the system, which ends with its process whatever happens
to it. Where file systems do not offer that, the process named in the file must be alive; Windows lets nobody remove a
file that is open. A computer that shares the folder says every half minute that it is still there.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any

from unbraid.core.errors import ProjectFileError

HAS_FLOCK: bool = os.name != "nt"

NAME = ".unbraid-lock"

SILENT_S = 120.0
"""Another computer that has not touched its lock for so long has gone."""


class Lock:
    """The right to write to a project folder; `is_held` is False where a lock cannot be written (read-only media)."""

    def __init__(self, folder: Path, descriptor: int | None) -> None:
        self._path, self._descriptor = folder / NAME, descriptor

    @classmethod
    def take(cls, folder: Path) -> Lock:
        """The lock of `folder`; ProjectFileError that names the other process when somebody has it."""
        path = folder / NAME
        if not HAS_FLOCK:
            _remove_if_nobody_has_it(path)
        for _ in range(100):  # a lock that is released just now is another file a moment later
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
            except OSError:
                return cls(folder, None)
            try:
                _seize(descriptor, path)
                if _is_the_same(descriptor, path):
                    _write(descriptor)
                    return cls(folder, descriptor)
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)
        raise ProjectFileError(f"{folder} is being opened and closed by another window; try again")

    @property
    def is_held(self) -> bool:
        """Whether nobody else can open the folder."""
        return self._descriptor is not None

    def touch(self) -> None:
        """Say to other computers that this one still has the folder."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.utime(self._path)

    def release(self) -> None:
        """Remove the file; calling it twice is harmless."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            with contextlib.suppress(OSError):
                if HAS_FLOCK and _is_the_same(descriptor, self._path):
                    self._path.unlink()
            with contextlib.suppress(OSError):
                os.close(descriptor)
            if not HAS_FLOCK:
                with contextlib.suppress(OSError):
                    self._path.unlink()


def _seize(descriptor: int, path: Path) -> None:
    """Lock the file, or raise ProjectFileError."""
    owner = _read(descriptor)
    if HAS_FLOCK:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _refusal(path, _read(descriptor)) from None
        except OSError:  # no locks here
            if owner.get("host") == _host() and _is_alive(owner):
                raise _refusal(path, owner) from None
    elsewhere = owner.get("host", _host()) != _host()
    if elsewhere and _age(descriptor) < SILENT_S:
        raise _refusal(path, owner)


def _refusal(path: Path, owner: dict[str, Any]) -> ProjectFileError:
    if owner.get("pid") == os.getpid() and owner.get("host") == _host():
        who = "in this Unbraid"
    else:
        who = f"in another Unbraid (process {owner.get('pid', 'unknown')} on {owner.get('host', 'this computer')}"
        who += f", since {owner['since']})" if "since" in owner else ")"
    return ProjectFileError(
        f"{path.parent} is open {who}; close it there, or save a copy from there under another name"
    )


def _write(descriptor: int) -> None:
    """Who we are, for whoever is refused; a full disk is no reason not to open."""
    about = {
        "pid": os.getpid(),
        "host": _host(),
        "started": _started(os.getpid()),
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
    }
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, json.dumps(about).encode())


def _read(descriptor: int) -> dict[str, Any]:
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        about = json.loads(os.read(descriptor, 10_000) or b"{}")
    except (OSError, ValueError, RecursionError):
        return {}
    return about if isinstance(about, dict) else {}


def _is_the_same(descriptor: int, path: Path) -> bool:
    """Whether the file that is locked still has that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _is_alive(owner: dict[str, Any]) -> bool:
    """Whether the process that wrote the lock runs; another one with its number has started at another time."""
    pid = owner.get("pid")
    if type(pid) is not int or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return owner.get("started") in (None, "", _started(pid))


def _started(pid: int) -> str:
    """When a process began, in the system's own count; empty where that is not known."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _host() -> str:
    """What this computer is called."""
    import platform

    return platform.node()


def _age(descriptor: int) -> float:
    return time.time() - os.fstat(descriptor).st_mtime


def _remove_if_nobody_has_it(path: Path) -> None:
    """Windows: a file that is open cannot be removed."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        try:
            owner = json.loads(path.read_bytes())
        except (OSError, ValueError):
            owner = {}
        raise _refusal(path, owner if isinstance(owner, dict) else {}) from None
