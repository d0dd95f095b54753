"""A project folder: `My Song/My Song.unbraid`, `history.jsonl`, `media/`, and five earlier documents in `generations/`.

The document is JSON for people to read: a header (`format`, `version`, `serial`: the journal's record it stands for,
`step`, `check`), then the fields of the state (`codec.py`). It is always replaced as a whole.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

from unbraid.core import atomic
from unbraid.core.document import codec, journal, media, migrations
from unbraid.core.document.json_text import LARGEST_BYTES, JsonObject, canonical, encode, parse, pretty
from unbraid.core.errors import ProjectFileError

SUFFIX = ".unbraid"
FORMAT = "unbraid project"
GENERATIONS = "generations"
KEPT = 5
DAMAGED = ".damaged"

APART_S = 300.0
"""Documents that are written by themselves are kept as generations when they are at least so long apart."""

LONGEST_NAME_BYTES = 200

HEADER = ("format", "version", "written_by", "serial", "step", "title", "time", "check")


@dataclass(frozen=True)
class Saved:
    """A document as it lies on the disk. is_intact: its content is what was written there."""

    version: str
    serial: int
    step: int
    title: str
    time: float
    project: JsonObject
    is_intact: bool = True


def document_path(folder: Path) -> Path:
    """Where the document of a project folder lies when it is made."""
    name = folder.name
    while len(os.fsencode(name)) > LONGEST_NAME_BYTES:
        name = name[:-1]
    return folder / (name + SUFFIX)


def locate(given: Path) -> Path:
    """The document that a folder or a file means; it may be missing when there is something to restore it from."""
    path = Path(os.path.realpath(given))
    if path.is_dir():
        return _document_in(path)
    if not path.exists():
        if path.suffix == SUFFIX and path.parent.is_dir() and _has_remains(path.parent):
            return path
        raise ProjectFileError(f"{given} does not exist; choose a project folder or a document *{SUFFIX}")
    if _is_archive(path):
        raise ProjectFileError(f"{given} is an archive of a project; unpack it into a folder first (Open archive)")
    if path.suffix.lower() != SUFFIX:
        raise ProjectFileError(f"{given} is no Unbraid project; choose a project folder or a document *{SUFFIX}")
    return path


def _document_in(folder: Path) -> Path:
    usual = document_path(folder)
    found = [p for p in folder.glob(f"*{SUFFIX}") if p.is_file() and not p.is_symlink()]
    if usual in found:
        return usual
    if found:
        return max(found, key=lambda p: (p.stat().st_mtime_ns, p.name))
    if _has_remains(folder):
        kept = sorted((folder / GENERATIONS).glob(f"*{SUFFIX}.[1-{KEPT}]"))
        return folder / kept[0].stem if kept else usual
    raise ProjectFileError(
        f"{folder} is no Unbraid project: there is no document *{SUFFIX} in it; choose another folder"
    )


def _has_remains(folder: Path) -> bool:
    """Whether there is something to restore a document from."""
    return (
        (folder / journal.NAME).is_file()
        or any((folder / GENERATIONS).glob(f"*{SUFFIX}.[1-{KEPT}]"))
        or bool(media.MediaPool(folder / media.FOLDER).ids())
    )


def _is_archive(path: Path) -> bool:
    with contextlib.suppress(OSError), path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"
    return False


def read_document(path: Path) -> Saved:
    """A document; ValueError when it is damaged or none, ProjectFileError when a newer major version wrote it."""
    try:
        size = path.stat().st_size
        if path.is_symlink() or size > LARGEST_BYTES:
            raise ValueError(f"it has {size} bytes")
        document = parse(path.read_bytes())
    except OSError as problem:
        raise ValueError(problem.strerror) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError("it is no document of Unbraid")
    migrations.check_major(document.get("version", ""), path.name)
    serial, step, moment = (document.get(name, 0) for name in ("serial", "step", "time"))
    if type(serial) is not int or type(step) is not int or not isinstance(moment, (int, float)):
        raise ValueError("its header is damaged")
    project = {name: value for name, value in document.items() if name not in HEADER}
    is_intact = document.get("check", check_of(project)) == check_of(project)
    title = str(document.get("title", ""))
    return Saved(document["version"], serial, step, title, float(moment), project, is_intact)


def check_of(project: JsonObject) -> str:
    """What tells a document that another program changed, or that is damaged and still JSON."""
    return hashlib.sha256(canonical(project).encode()).hexdigest()[:16]


def write_document(path: Path, saved: Saved, *, by_itself: bool = False) -> None:
    """Replace the document, keeping the old one as a generation; by itself not more often than every five minutes.

    Raises ProjectFileError, and the old document is as it was.
    """
    data = encode_document(saved)
    newest = _generation(path, 1)
    if not (by_itself and newest.exists() and time.time() - newest.stat().st_mtime < APART_S):
        keep_generation(path)
    if path.is_symlink():
        raise ProjectFileError(f"{path} leads to another place; put a real file there or save under another name")
    atomic.write_bytes(path, data, overwrite=True, error=ProjectFileError)


def encode_document(saved: Saved) -> bytes:
    """A document as it is written."""
    header = {
        "format": FORMAT, "version": saved.version, "written_by": f"unbraid {_program_version()}",
        "serial": saved.serial, "step": saved.step, "title": saved.title, "time": saved.time,
        "check": check_of(saved.project),
    }  # fmt: skip
    return encode(pretty({**header, **saved.project}))


@functools.cache
def _program_version() -> str:
    import importlib.metadata

    try:
        return importlib.metadata.version("unbraid")
    except (importlib.metadata.PackageNotFoundError, OSError):
        return "unknown"


def generations(path: Path) -> list[Path]:
    """Earlier documents, newest first."""
    kept = [_generation(path, number) for number in range(1, KEPT + 1)]
    return [one for one in kept if one.is_file() and not one.is_symlink()]


def media_of_generations(path: Path) -> set[str]:
    """Ids of all media that earlier documents name, and files that were put aside: they shall be of use."""
    found: set[str] = set()
    for one in (path.parent / GENERATIONS).glob("*"):
        with contextlib.suppress(OSError):
            if one.is_file() and not one.is_symlink() and one.stat().st_size <= LARGEST_BYTES:
                found.update(codec.MEDIA_ID.findall(one.read_bytes().decode("utf-8", errors="replace")))
    return found


def keep_generation(path: Path) -> None:
    """Make the document the newest generation; a disk that refuses must not keep a new document from being written."""
    with contextlib.suppress(OSError, ProjectFileError):
        if not _may_use_generations(path) or not path.is_file() or not _is_sound(path):
            return
        for number in range(KEPT, 1, -1):
            older = _generation(path, number - 1)
            if older.exists():
                older.replace(_generation(path, number))
        _second_name(path, _generation(path, 1))


def keep_damaged(path: Path) -> None:
    """Put a damaged file aside, where a person may look at it."""
    with contextlib.suppress(OSError, ProjectFileError):
        if path.is_file() and not path.is_symlink() and _may_use_generations(path):
            _second_name(path, path.parent / GENERATIONS / (path.name + DAMAGED))


def _generation(path: Path, number: int) -> Path:
    return path.parent / GENERATIONS / f"{path.name}.{number}"


def _may_use_generations(path: Path) -> bool:
    """Make their folder; a link that a stranger put there would lead out of the project."""
    folder = path.parent / GENERATIONS
    folder.mkdir(exist_ok=True)
    return not folder.is_symlink()


def _is_sound(path: Path) -> bool:
    try:
        return read_document(path).is_intact
    except (ValueError, ProjectFileError):
        return False


def _second_name(path: Path, name: Path) -> None:
    """The same content under another name; documents are replaced, never written into, so a link will do."""
    name.unlink(missing_ok=True)
    try:
        os.link(path, name)
    except OSError:
        atomic.write_bytes(name, path.read_bytes(), overwrite=True, error=ProjectFileError)
    os.utime(name)


def sweep(folder: Path) -> int:
    """Remove temporaries that a kill left; only for whoever has the lock."""
    folders = [one for one in (folder, folder / GENERATIONS, folder / media.FOLDER) if not one.is_symlink()]
    return sum(atomic.sweep(one, age_s=0.0) for one in folders)
