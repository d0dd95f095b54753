"""Many songs, one after another: what is to be done, what is done already, and the journal that knows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from unbraid.core import atomic
from unbraid.core.audio_files import looks_like_sound
from unbraid.core.errors import AudioFileError

JOURNAL = "unbraid-batch.jsonl"


@dataclass(frozen=True)
class Item:
    """A song of a batch; its stems go to `folder`, relative to the output folder."""

    path: Path
    folder: Path
    track: str


@dataclass(frozen=True)
class Entry:
    """A line of the journal. state: done or failed. key: what would make the result another one."""

    file: str
    state: str
    key: str
    seconds: float = 0.0
    stems: dict[str, str] = field(default_factory=dict)
    error: str = ""


def items(source: Path, output: Path) -> list[Item]:
    """The songs in a folder and those below it, or those that a text file lists, one path a line.

    What lies in the output folder is none of them; two songs that would share a folder get numbers (`Song-2`).
    """
    if source.is_dir():
        inside = output.resolve()
        found = [p for p in sorted(source.rglob("*")) if looks_like_sound(p) and inside not in p.resolve().parents]
        return _numbered((p, p.relative_to(source).parent) for p in found)
    try:
        lines = source.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AudioFileError(f"{source} is neither a folder nor a text file with one path a line ({error})") from None
    listed = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return _numbered((source.parent / line, Path()) for line in listed)


def _numbered(found: Iterable[tuple[Path, Path]]) -> list[Item]:
    taken: set[Path] = set()
    numbered = []
    for path, folder in found:
        track, count = path.stem, 1
        while folder / track in taken:
            count += 1
            track = f"{path.stem}-{count}"
        taken.add(folder / track)
        numbered.append(Item(path, folder, track))
    return numbered


def key_of(path: Path, request: Mapping[str, object]) -> str:
    """Changes with the file (its size and time of change) and with everything that was asked for."""
    try:
        about = path.stat()
        stamp = [about.st_size, about.st_mtime_ns]
    except OSError:
        stamp = []
    text = json.dumps([str(path.resolve()), stamp, request], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def finished(output: Path) -> dict[str, Entry]:
    """Entries by key of what is done and still there; a torn or strange line is passed over."""
    try:
        lines = (output / JOURNAL).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    entries = {}
    for line in lines:
        try:
            entry = Entry(**json.loads(line))
            there = entry.state == "done" and all(Path(p).is_file() for p in entry.stems.values())
        except (ValueError, TypeError, AttributeError):
            continue
        if there:
            entries[entry.key] = entry
    return entries


def record(output: Path, entry: Entry) -> None:
    """Append a line to the journal, safe on disk when this returns."""
    output.mkdir(parents=True, exist_ok=True)
    atomic.append_line(output / JOURNAL, json.dumps(asdict(entry), ensure_ascii=False))
