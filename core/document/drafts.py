"""Projects that have no place of the user's choice yet: as safe as any other, in the application's own folder."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from unbraid.core.document.files import SUFFIX
from unbraid.core.document.lock import Lock
from unbraid.core.errors import ProjectFileError
from unbraid.core.folders import data_folder
from unbraid.core.naming import safe

LONGEST_NAME = 80


@dataclass(frozen=True)
class Draft:
    """A project among the drafts. modified: seconds since 1970."""

    folder: Path
    name: str
    modified: float


def drafts_folder() -> Path:
    """Where drafts lie (`UNBRAID_DATA` moves it); need not be there."""
    return data_folder() / "drafts"


def is_draft(folder: Path) -> bool:
    """Whether a project folder lies among the drafts."""
    return Path(os.path.realpath(folder)).parent == Path(os.path.realpath(drafts_folder()))


def new_draft(name: str) -> Path:
    """A folder for `Document.create`, called after a song: `Song`, `Song 2`, … It does not exist yet."""
    name = safe(name)[:LONGEST_NAME].rstrip(". ") or "untitled"
    folder, count = drafts_folder() / name, 1
    while os.path.lexists(folder):
        count += 1
        folder = drafts_folder() / f"{name} {count}"
    return folder


def drafts() -> list[Draft]:
    """All drafts, the last one worked on first."""
    found = []
    with contextlib.suppress(OSError):
        for folder in drafts_folder().iterdir():
            with contextlib.suppress(OSError):
                if folder.is_dir() and not folder.is_symlink() and any(folder.iterdir()):
                    found.append(Draft(folder, folder.name, _modified(folder)))
    return sorted(found, key=lambda draft: -draft.modified)


def discard(folder: Path) -> None:
    """Delete a draft with all it holds; ProjectFileError for what is none, or is open."""
    if not is_draft(folder) or folder.is_symlink():
        raise ProjectFileError(f"{folder} is no draft, so it is not deleted; delete it as any other folder")
    if folder.is_dir():
        lock = Lock.take(folder)
        try:
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            lock.release()


def _modified(folder: Path) -> float:
    """When something was last done there."""
    files = [folder, *folder.glob("*.jsonl"), *folder.glob(f"*{SUFFIX}")]
    return max(file.stat().st_mtime for file in files)
