"""What a project folder holds, whatever happened to it: the journal, the document and its generations, put together.

Each of them is a place to start from: a document and the serial number of the journal it stands for. From each, the
records that follow without a gap are applied, and the start that comes furthest wins; so a journal newer than the
document wins, a damaged journal leaves the document, a damaged document leaves its newest generation and the journal.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from unbraid.core.document import codec, files, journal, media, migrations, patches
from unbraid.core.document.history import Entry, History
from unbraid.core.document.json_text import JsonObject
from unbraid.core.document.patches import Patch
from unbraid.core.document.state import Project, Song
from unbraid.core.errors import ProjectFileError

MOST_CONVERTED = 1000
"""Steps that are kept when every one must be migrated or mended: that takes a millisecond each."""

FIRST_TITLE = "Open"


@dataclass(frozen=True)
class Recovered:
    """All there is to go on with.

    saved_serial: what the document on the disk stands for, -1 when it must be written in any case. is_stale: the
    journal must be written anew before anything is added to it. damaged: files to be put aside before they are
    replaced. is_guess: nothing but media was found, which must not be swept.
    """

    history: History
    serial: int
    version: str
    saved_serial: int
    warnings: tuple[str, ...] = ()
    is_stale: bool = False
    damaged: tuple[Path, ...] = ()
    is_guess: bool = False


@dataclass(frozen=True)
class _Start:
    """A document, and the record of the journal it stands for."""

    serial: int
    version: str
    number: int
    title: str
    time: float
    project: JsonObject
    is_intact: bool = True
    where: str = ""


@dataclass
class _Raw:
    """A step before it is decoded."""

    number: int
    title: str
    time: float
    patch: Patch
    document: JsonObject


@dataclass
class _Chain:
    """A start with the records that follow it."""

    start: _Start
    steps: list[_Raw]
    index: int
    serial: int

    @property
    def document(self) -> JsonObject:
        return self.steps[self.index].document


def recover(path: Path) -> Recovered:
    """The project whose document is at `path`.

    ProjectFileError for a newer major version, which is not touched, and when nothing at all can be used.
    """
    records, is_torn = journal.read(path.parent / journal.NAME)
    base = _base_of(records, path)
    saved, trouble = _document(path)
    starts = [start for start in (base, saved) if start is not None]
    if saved is None:
        starts += _generations(path)
    chains = [_replay(start, records, base) for start in starts]
    chains.sort(key=lambda c: (c.serial, c.start.is_intact, -c.start.serial), reverse=True)
    warnings: list[str] = []
    for chain in chains:
        try:
            project, mended = _decode(chain.document, chain.start.version)
        except ValueError as problem:
            warnings.append(f"the document in {chain.start.where} cannot be used: {problem}")
            continue
        if trouble:
            warnings.append(f"{path.name} is damaged ({trouble}); its content was restored from {chain.start.where}")
        elif saved is not None and not saved.is_intact:
            kept = "what it says was taken" if chain.start is saved else "the history was taken instead"
            warnings.append(f"{path.name} was changed by another program or is damaged; {kept}")
        lost = (
            is_torn or chain.serial < max((r["n"] for r in records), default=0) or (base is None and chain.serial > 0)
        )
        if lost:
            warnings.append(f"{journal.NAME} is missing or damaged; steps that were only there are lost")
        if base is not None and chain.start is not base:
            _join_history(chain, _replay(base, records, base))
        result = _result(chain, project, lost or chain.start is not base or bool(mended))
        damaged = (*([path] if trouble else []), *([path.parent / journal.NAME] if lost else []))
        warnings += mended
        saved_serial = -1 if saved is None or warnings else saved.serial
        return dataclasses.replace(
            result, warnings=tuple(warnings), saved_serial=saved_serial, damaged=damaged
        )  # fmt: skip
    return _guess(path, trouble, warnings)


def _document(path: Path) -> tuple[_Start | None, str]:
    """The document as a start, or why it is none."""
    try:
        saved = files.read_document(path)
    except ValueError as problem:
        return None, str(problem)
    return _start_of(saved, path.name), ""


def _generations(path: Path) -> list[_Start]:
    starts = []
    for one in files.generations(path):
        try:
            starts.append(_start_of(files.read_document(one), f"{files.GENERATIONS}/{one.name}"))
        except ValueError:
            continue
    return starts


def _start_of(saved: files.Saved, where: str) -> _Start:
    title = saved.title or FIRST_TITLE
    return _Start(
        saved.serial, saved.version, saved.step, title, saved.time, saved.project, saved.is_intact, where
    )  # fmt: skip


def _base_of(records: Sequence[JsonObject], path: Path) -> _Start | None:
    """The first record of the journal, when it is a document."""
    first = records[0] if records else {}
    fields: dict[str, type | tuple[type, ...]] = {
        "version": str,
        "step": int,
        "title": str,
        "time": (int, float),
        "project": dict,
    }
    if first.get("kind") != "base" or not all(isinstance(first.get(n), kind) for n, kind in fields.items()):
        return None
    try:
        migrations.check_major(first["version"], path.name)
    except ValueError:
        return None
    return _Start(
        first["n"], first["version"], first["step"], first["title"], first["time"], first["project"],
        where="its history",
    )  # fmt: skip


def _replay(start: _Start, records: Sequence[JsonObject], base: _Start | None) -> _Chain:
    """The records after `start`, up to a gap or one that does not fit."""
    first = _Raw(start.number, start.title, start.time, [], start.project)
    chain = _Chain(start, [first], 0, start.serial)
    if base is not None and base.version != start.version:
        return chain
    for record in records:
        if record["n"] <= chain.serial or record.get("kind") == "base":
            continue
        if record["n"] != chain.serial + 1:
            break
        try:
            _follow(chain, record)
        except (ValueError, KeyError, TypeError):
            break
        chain.serial = record["n"]
    return chain


def _follow(chain: _Chain, record: JsonObject) -> None:
    """One record more; ValueError, KeyError or TypeError when it does not fit, and the chain is as it was."""
    kind, number, moment = record["kind"], record["step"], float(record["time"])
    document = patches.apply(chain.document, record["patch"])
    if type(number) is not int or not isinstance(document, dict):
        raise ValueError("a step has a number and is a document")
    if kind == "step":
        if number <= chain.steps[chain.index].number:
            raise ValueError("numbers of steps grow")
        del chain.steps[chain.index + 1 :]
        chain.steps.append(_Raw(number, str(record["title"]), moment, record["patch"], document))
        chain.index += 1
    elif kind == "amend":
        current = chain.steps[chain.index]
        before = chain.steps[chain.index - 1].document if chain.index else document
        current.patch, current.document, current.time = patches.diff(before, document), document, moment
        current.title = str(record.get("title", current.title))
    elif kind == "go":
        _go(chain, number, moment, document)
    else:
        raise ValueError(f"there is no kind of record {kind!r}")


def _go(chain: _Chain, number: int, moment: float, document: JsonObject) -> None:
    """Undo and the like; a step that is not known here becomes the only one."""
    for place, step in enumerate(chain.steps):
        if step.number == number and not patches.diff(step.document, document):
            chain.index = place
            return
    chain.steps[:] = [_Raw(number, FIRST_TITLE, moment, [], document)]
    chain.index = 0


def _join_history(chain: _Chain, older: _Chain) -> None:
    """Put the steps of a journal that ends too early before those of the chain that was chosen."""
    first = chain.steps[0]
    before = [step for step in older.steps[: older.index + 1] if step.number < first.number]
    if before and older.start.version == chain.start.version and older.serial < chain.start.serial:
        first.patch = patches.diff(before[-1].document, first.document)
        chain.steps[:0] = before
        chain.index += len(before)


def _decode(document: JsonObject, version: str) -> tuple[Project, list[str]]:
    return codec.from_json(migrations.migrate(document, version))


def _result(chain: _Chain, project: Project, is_stale: bool) -> Recovered:
    """The history of a chain, as it was written where that is today's form, otherwise step by step in today's."""
    version = chain.start.version
    is_clean = not migrations.is_old(version) and not patches.diff(codec.to_json(project), chain.document)
    if is_clean:
        entries = [_entry(step, version) for step in chain.steps]
        history = History(chain.steps[0].document, entries, chain.index)
    else:
        history = _converted(chain)
        version = max(version, migrations.VERSION, key=migrations.number_of)
    history.trim()
    history.current.__dict__["value"] = project
    return Recovered(history, chain.serial, version, -1, is_stale=is_stale or not is_clean)


def _entry(step: _Raw, version: str) -> Entry:
    return Entry(step.number, step.title, step.time, step.patch, lambda: _decode(step.document, version)[0])


def _converted(chain: _Chain) -> History:
    """Every step decoded and encoded again; those that cannot be are left out."""
    first = max(0, chain.index - MOST_CONVERTED)
    entries: list[Entry] = []
    base: JsonObject = {}
    before, index = base, 0
    for place, step in enumerate(chain.steps[first : chain.index + MOST_CONVERTED], first):
        try:
            value = _decode(step.document, chain.start.version)[0]
        except ValueError:
            continue
        document = codec.to_json(value)
        base = base if entries else document
        patch = patches.diff(before, document) if entries else []
        entries.append(Entry(step.number, step.title, step.time, patch, lambda value=value: value))  # type: ignore[misc]
        before = document
        if place <= chain.index:
            index = len(entries) - 1
    return History(base, entries, index)


def _guess(path: Path, trouble: str, warnings: list[str]) -> Recovered:
    """A project of the media alone: the oldest sound as the song, all others as stems."""
    from unbraid.core.document.edits import new_stem, set_stems

    pool = media.MediaPool(path.parent / media.FOLDER)
    sounds = {id: pool.audio(id) for id in pool.ids() if id.endswith(media.SOUND) and pool.has(id)}
    if not sounds:
        why = f" ({trouble})" if trouble else ""
        raise ProjectFileError(
            f"{path} is no Unbraid project, or nothing of it can be read{why}; it was not changed; "
            f"choose another one or restore it from a backup"
        )
    (id, audio), *others = sounds.items()
    song = Song(id, path.stem, audio.frames, audio.channels, audio.rate)
    stems = [new_stem(f"sound {place}", one) for place, (one, _) in enumerate(others, 1)]
    project = set_stems(Project(song=song), stems)
    warnings.append(
        f"{path.name}, its history and its earlier copies cannot be read; what lies in {media.FOLDER} was put together "
        f"as far as it goes: the oldest sound as the song, {len(stems)} more as stems without their names"
    )
    entry = Entry(1, "Restore from media", time.time(), [], lambda: project)
    damaged = (path, path.parent / journal.NAME)
    return Recovered(
        History(codec.to_json(project), [entry], 0), 1, migrations.VERSION, -1, tuple(warnings), True, damaged,
        is_guess=True,
    )  # fmt: skip
