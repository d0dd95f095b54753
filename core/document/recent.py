"""Projects opened lately, for the first screen; a list that is lost or damaged is an empty list, never an error."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from unbraid.core import atomic
from unbraid.core.errors import UnbraidError
from unbraid.core.folders import data_folder

logger = logging.getLogger(__name__)

MOST = 20
VERSION = 1
LARGEST_BYTES = 1 << 20


@dataclass(frozen=True)
class Recent:
    """A project that was open. time: when, in seconds since 1970."""

    folder: str
    name: str
    time: float

    @property
    def is_there(self) -> bool:
        """Whether the folder can be seen now; it may be on a disk that is not plugged in."""
        return Path(self.folder).is_dir()


def recent_file() -> Path:
    """Where the list lies (`UNBRAID_DATA` moves it)."""
    return data_folder() / "recent.json"


def recent() -> list[Recent]:
    """The list, the last one opened first."""
    try:
        if recent_file().stat().st_size > LARGEST_BYTES:
            return []
        document = json.loads(recent_file().read_bytes())
        entries = [Recent(str(one["folder"]), str(one["name"]), float(one["time"])) for one in document["projects"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
    return sorted(entries, key=lambda one: -one.time)[:MOST]


def remember(folder: Path, name: str) -> None:
    """Put a project at the top of the list."""
    path = str(Path(folder).absolute())
    others = [one for one in recent() if one.folder != path]
    _write([Recent(path, name, time.time()), *others])


def forget(folder: Path | str) -> None:
    """Take a project off the list; its files stay."""
    _write(one for one in recent() if one.folder != str(folder))


def clear() -> None:
    """Forget all of them; their files stay."""
    _write([])


def _write(entries: Iterable[Recent]) -> None:
    """A list that cannot be written is no reason to trouble anyone."""
    document = {"version": VERSION, "projects": [asdict(one) for one in list(entries)[:MOST]]}
    try:
        recent_file().parent.mkdir(parents=True, exist_ok=True)
        atomic.write_text(recent_file(), json.dumps(document, indent=1) + "\n", overwrite=True)
    except (OSError, UnbraidError) as problem:
        logger.warning("the list of recent projects could not be written: %s", problem)
