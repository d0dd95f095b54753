"""The journal `history.jsonl`: every step as it happens, a line each, safe on disk before the next one.

A line is `{"check":"<CRC-32 of the record's text>","record":{…}}`. Records have serial numbers `n` that only grow:

- `base`: a whole document, what the steps after it build on; the first line of the file, and with the `version` of
  the document's form, in which all that follows is written
- `step`: a new step, with a patch from the document before it (`patches.py`)
- `amend`: the current step goes on (a drag), with a patch
- `go`: undo, redo, or a jump to the step of that number, with a patch, so that the document is known in any case

A line whose check is wrong (torn by a kill, damaged) is passed over; records are used as far as their serial numbers
have no gap.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from unbraid.core import atomic
from unbraid.core.document.history import History
from unbraid.core.document.json_text import LARGEST_BYTES, JsonObject, compact, encode, parse
from unbraid.core.errors import ProjectFileError

NAME = "history.jsonl"
FORMAT = "unbraid history"

COMPACT_BYTES = 16 << 20
"""A journal larger than this is written anew, with the history as it then is."""

_LINE = re.compile(rb'\{"check":"([0-9a-f]{8})","record":(\{.*\})\}')


def line_of(record: JsonObject) -> str:
    """A record as a line, without its end."""
    text = encode(compact(record))
    return f'{{"check":"{zlib.crc32(text):08x}","record":{text.decode()}}}'


def record_of(line: bytes) -> JsonObject | None:
    """The record of a line, None when it is damaged or no record."""
    match = _LINE.fullmatch(line.rstrip(b"\r\n"))
    if match is None or int(match[1], 16) != zlib.crc32(match[2]):
        return None
    try:
        record = parse(match[2])
    except ValueError:
        return None
    return record if isinstance(record, dict) and type(record.get("n")) is int else None


def read(path: Path) -> tuple[list[JsonObject], bool]:
    """All intact records of a journal, and whether its end is damaged; a file that is too large is nothing but damage.

    A torn last line is no damage: it is the step in flight when the process was killed. Damage before the end shows as
    a gap in the serial numbers.
    """
    try:
        if path.is_symlink() or path.stat().st_size > LARGEST_BYTES:
            return [], True
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return [], False
    records = [record_of(line) for line in lines]
    ended = [record for record, line in zip(records[:-1], lines, strict=False) if line]
    return [record for record in records if record is not None], bool(ended) and ended[-1] is None


def base_record(serial: int, version: str, number: int, title: str, time: float, project: JsonObject) -> JsonObject:
    """The first record of a journal."""
    return {
        "n": serial, "kind": "base", "format": FORMAT, "version": version, "step": number, "title": title,
        "time": time, "project": project,
    }  # fmt: skip


def records_of(history: History, serial: int, version: str, go: list[list[Any]]) -> list[JsonObject]:
    """A journal of the whole history from `serial` on; `go` leads from the last step to the current one."""
    first = history.entries[0]
    records = [base_record(serial, version, first.number, first.title, first.time, history.base)]
    for entry in history.entries[1:]:
        serial += 1
        records.append(step_record(serial, "step", entry.number, entry.time, entry.patch, entry.title))
    if history.can_redo:
        records.append(step_record(serial + 1, "go", history.current.number, history.current.time, go))
    return records


def step_record(
    serial: int, kind: str, number: int, time: float, patch: list[list[Any]], title: str = ""
) -> JsonObject:
    """A `step`, `amend` or `go`."""
    record: JsonObject = {"n": serial, "kind": kind, "step": number, "time": time, "patch": patch}
    return {**record, "title": title} if kind in ("step", "amend") else record


class Journal:
    """Writes the journal of one document. What the disk refuses waits in `pending` and is tried again."""

    def __init__(self, path: Path, serial: int, size: int) -> None:
        self.path, self.serial, self.size = path, serial, size
        self.pending: list[str] = []
        self.limit = COMPACT_BYTES

    def add(self, kind: str, number: int, time: float, patch: list[list[Any]], title: str = "") -> None:
        """Take the next record; `flush` brings it to the disk."""
        self.serial += 1
        self.pending.append(line_of(step_record(self.serial, kind, number, time, patch, title)))

    def flush(self) -> None:
        """Append what waits; raises ProjectFileError, and all of it still waits."""
        if self.pending:
            text = "\n".join(self.pending)
            atomic.append_line(self.path, text, error=ProjectFileError)
            self.size += len(text.encode()) + 1
            self.pending.clear()

    @property
    def is_whole(self) -> bool:
        """Whether the file is at least as long as what was written to it, and no link to elsewhere."""
        try:
            return not self.path.is_symlink() and self.path.stat().st_size >= self.size
        except OSError:
            return False

    def rewrite(self, records: Sequence[JsonObject]) -> None:
        """Put a whole journal in place of the old one, which stays as it is when that fails."""
        data = _file_of(records)
        if self.path.is_symlink():
            self.path.unlink(missing_ok=True)
        atomic.write_bytes(self.path, data, overwrite=True, error=ProjectFileError)
        self.serial, self.size = records[-1]["n"], len(data)
        self.limit = min(max(COMPACT_BYTES, 2 * len(data)), LARGEST_BYTES - COMPACT_BYTES)
        self.pending.clear()


def _file_of(records: Iterable[JsonObject]) -> bytes:
    return "".join(line_of(record) + "\n" for record in records).encode()
