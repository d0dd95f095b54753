"""Decoding any sound file block by block with the checks that every file from outside gets."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from unbraid.core.audio import Samples
from unbraid.core.errors import AudioFileError, ParameterError
from unbraid.core.formats import libav, sndfile
from unbraid.core.formats.sniff import sniff
from unbraid.core.formats.source import (
    MAX_HOURS,
    DamagedError,
    Source,
    check_description,
)
from unbraid.core.progress import Progress


@dataclass
class Excerpt:
    """Which part is read and how, and what was found on the way. start, stop: frames; bad: samples not finite."""

    path: Path
    start: int
    stop: int | None
    repair: bool
    frames: int = 0
    bad: int = 0
    first_bad: int = 0
    notes: list[str] = field(default_factory=list)


@contextlib.contextmanager
def opened(path: Path, stream: int | None = None) -> Iterator[Source]:
    """The file at `path` with the library that knows it; its numbers have been checked.

    stream: which of the sounds of a container with several, counted from 0; None for the one that players play.
    """
    kind, reason = sniff(path), ""
    if kind.backend == "sndfile" and stream:
        raise AudioFileError(f"{path} holds one sound; number {stream} (from 0) is not there")
    if kind.backend == "sndfile":
        try:
            with sndfile.opened(path, kind) as source:
                check_description(path, source.description)
                yield source
                return
        except sndfile.CannotOpenError as problem:
            reason = str(problem)
            if not kind.demuxer:
                raise AudioFileError(
                    f"{path} cannot be decoded ({problem}); it is damaged or of a rare kind"
                ) from problem
    with libav.opened(path, kind, stream) as other:
        check_description(path, other.description)
        if reason == sndfile.NO_LENGTH:
            other.notes.append(reason)
        yield other


def excerpt_of(path: Path, source: Source, start_s: float, duration_s: float | None, repair: bool) -> Excerpt:
    """The frames that a time range means; raises ParameterError for impossible times."""
    for name, value in (("start", start_s), ("duration", duration_s)):
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise ParameterError(f"the {name} of an excerpt is a time in seconds from 0 on, not {value}")
    rate = source.description.rate
    start = round(start_s * rate)
    stop = None if duration_s is None else start + max(1, round(duration_s * rate))
    return Excerpt(path, start, stop, repair)


def decode(source: Source, excerpt: Excerpt, progress: Progress) -> Iterator[Samples]:
    """Blocks (n, I) float32 of the excerpt, which collects counts and notes; the unusable is refused at the end."""
    description = source.description
    rate = description.rate
    wanted = None if excerpt.stop is None else excerpt.stop - excerpt.start
    try:
        for block in source.blocks(excerpt.start):
            block = block[: None if wanted is None else wanted - excerpt.frames]
            yield _checked(block, excerpt)
            excerpt.frames += len(block)
            if excerpt.frames > MAX_HOURS * 3600 * rate:
                raise AudioFileError(f"{excerpt.path} lasts more than {MAX_HOURS} hours; cut it first")
            progress(_fraction(source, excerpt), f"reading {excerpt.path.name}, {excerpt.frames / rate:.0f} s")
            if wanted is not None and excerpt.frames >= wanted:
                break
    except DamagedError as problem:
        place = (excerpt.start + excerpt.frames) / rate
        excerpt.notes.append(f"the file is damaged at {place:.3f} s ({problem}); the part before was read")
    _finish(source, excerpt)


def _fraction(source: Source, excerpt: Excerpt) -> float:
    """How much of the excerpt is done, 0 to 1."""
    stop = excerpt.stop if excerpt.stop is not None else source.description.frames
    return min(1.0, excerpt.frames / max(1, (stop or 1) - excerpt.start)) if stop else 0.0


def _checked(block: Samples, excerpt: Excerpt) -> Samples:
    """The block with samples that are not finite counted and set to zero."""
    finite = np.isfinite(block)
    if finite.all():
        return block
    if not excerpt.bad:
        excerpt.first_bad = excerpt.start + excerpt.frames + int(np.argmax(~finite.all(axis=1)))
    excerpt.bad += int(finite.size - np.count_nonzero(finite))
    return np.where(finite, block, np.float32(0.0))


def _finish(source: Source, excerpt: Excerpt) -> None:
    """Raise what makes the result useless, note what the user should know."""
    path, rate, promised = excerpt.path, source.description.rate, source.description.frames
    excerpt.notes[:0] = source.notes
    if excerpt.frames == 0:
        why = f": {excerpt.notes[-1]}" if excerpt.notes else ""
        if excerpt.start and promised and excerpt.start >= promised:
            raise AudioFileError(
                f"{path} lasts {promised / rate:.3f} s, so nothing begins at {excerpt.start / rate:.3f} s"
            )
        raise AudioFileError(f"{path} holds no sound (0 samples{why}); get the file again")
    if excerpt.bad:
        where = f"{excerpt.bad} samples are not finite numbers, the first at {excerpt.first_bad / rate:.3f} s"
        if not excerpt.repair:
            raise AudioFileError(f"{path}: {where}; read it with repair to replace them by silence")
        excerpt.notes.append(f"{where}; they were replaced by silence")
    stopped_early = excerpt.stop is None or excerpt.frames < excerpt.stop - excerpt.start
    ends = excerpt.start + excerpt.frames
    if stopped_early and promised and source.description.exact_frames and ends < promised:
        excerpt.notes.append(
            f"the file ends after {ends / rate:.3f} s although its header says {promised / rate:.3f} s; "
            f"the part that is there was read"
        )
