"""The front door for sound files: any file in, any file out, with lengths, loudness and tags kept.

Reading decides by content, decodes block by block, and says in `notes` what was not as it should be. Writing checks
everything beforehand, never replaces a file silently, treats a set of stems as one, and shows no file before all are
complete.
Formats and what each can hold: `formats/table.py`; what is read: `formats/sniff.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from unbraid.core import atomic
from unbraid.core.audio import Audio, Samples
from unbraid.core.clipping import Clipping, check_policy
from unbraid.core.errors import AudioFileError, ParameterError
from unbraid.core.formats import reading, stem_mp4, tags, writing
from unbraid.core.formats.sniff import SUFFIXES_READ
from unbraid.core.formats.source import BLOCK, AudioInfo, Source
from unbraid.core.formats.table import (
    TYPES,
    Bits,
    FileType,
    Plan,
    WriteOptions,
    bits_like,
    kind_of,
    options_like,
    plan,
)
from unbraid.core.formats.tags import Tags
from unbraid.core.formats.together import work_together
from unbraid.core.formats.writing import PEAK_SHARE, WrittenFile
from unbraid.core.mapped_wav import MappedWavWriter, open_mapped
from unbraid.core.progress import Progress, part_of, silent_progress

__all__ = [
    "TYPES", "AudioInfo", "Beside", "Bits", "Clipping", "FileType", "Imported", "SetReport", "Tags", "WriteOptions",
    "WrittenFile", "bits_like", "check_format", "check_target", "estimate_bytes", "import_audio", "looks_like_sound",
    "options_like", "probe", "read", "write", "write_set",
]  # fmt: skip

logger = logging.getLogger(__name__)

Beside = Callable[[Path, Mapping[Path, Path], float], None]
"""Writes a file that belongs to a set of sound files: where, where those files are now, and the factor they got."""

DEFAULT_OPTIONS = WriteOptions()

FIRST_ROOM = 1 << 20
"""Frames for which `read` makes room at first; it grows with what is decoded, not with what a header claims."""


@dataclass(frozen=True)
class Imported:
    """A file brought into the media pool: mapped sound, what it was, its tags, and what the user should know."""

    audio: Audio
    info: AudioInfo
    tags: Tags
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SetReport:
    """A set of files in place. gain_db: the one gain of all of it, 0 for none. peak: before it; 1 is full scale."""

    files: tuple[WrittenFile, ...]
    gain_db: float
    peak: float
    notes: tuple[str, ...] = ()


def looks_like_sound(path: Path) -> bool:
    """Whether a file found in a folder is worth trying, by its name: a broken one shall be reported, not overlooked."""
    return path.suffix.lower() in SUFFIXES_READ and not path.name.startswith(".") and path.is_file()


def check_format(path: Path, rate: int, channels: int, options: WriteOptions = DEFAULT_OPTIONS) -> None:
    """Raise when sound of this rate and number of channels cannot be written to `path`, before it is computed."""
    _check_name(Path(path))
    plan(Path(path), 1, channels, rate, options)


def _check_name(path: Path) -> None:
    """Refuse the name of a stem file for one sound."""
    if stem_mp4.is_stem_path(path):
        raise AudioFileError(
            f"{path.name}: a stem file holds a mix and its stems, this is one sound; call it .m4a, or write a stem file"
        )


def check_target(path: Path, needed_bytes: int = 0, *, overwrite: bool = False) -> None:
    """Raise when `path` exists, is of no kind we write, or lies where nothing can be written."""
    kind_of(path, None)
    atomic.check_file(path, overwrite=overwrite)
    atomic.check_target(path.parent, needed_bytes)


def estimate_bytes(path: Path, audio: Audio, options: WriteOptions = DEFAULT_OPTIONS) -> int:
    """Upper estimate of the size of a file, for asking beforehand whether the disk has room."""
    return plan(Path(path), audio.frames, audio.channels, audio.rate, options).bytes


def probe(path: Path) -> AudioInfo:
    """What a sound file is, from its header; only a stream that does not know its length is decoded for it."""
    path = Path(path)
    with reading.opened(path) as source:
        frames = source.description.frames
        if frames is None:
            excerpt = reading.excerpt_of(path, source, 0.0, None, repair=True)
            frames = sum(len(block) for block in reading.decode(source, excerpt, silent_progress))
        return _info(path, source, frames, tags.read(path))


def _info(path: Path, source: Source, frames: int, tag: Tags) -> AudioInfo:
    """The public description of an opened file."""
    what = source.description
    return AudioInfo(
        path, what.container, what.codec, what.rate, what.channels, frames, what.bits, what.is_float, what.is_lossy,
        tag.cover is not None, tag.text,
    )  # fmt: skip


def read(
    path: Path,
    *,
    start_s: float = 0.0,
    duration_s: float | None = None,
    repair: bool = False,
    stream: int | None = None,
) -> Audio:
    """A sound file, or the part of it from `start_s` on, as Audio in memory; exact to the sample.

    stream: which of the sounds of a container with several (a stem file), None for the one that players play.
    repair: replace samples that are not finite numbers by silence instead of refusing the file. Notes (a truncated
    file, damage that was bridged) are logged as warnings; `import_audio` returns them.
    """
    path = Path(path)
    with reading.opened(path, stream) as source:
        excerpt = reading.excerpt_of(path, source, start_s, duration_s, repair)
        samples = np.empty((FIRST_ROOM, source.description.channels), np.float32)
        done = 0
        for block in reading.decode(source, excerpt, silent_progress):
            if done + len(block) > len(samples):
                samples = _grown(samples, done, source.description.frames)
            samples[done : done + len(block)] = block
            done += len(block)
        _log(path, excerpt.notes)
        return Audio(samples[:done] if done > FIRST_ROOM // 2 else samples[:done].copy(), source.description.rate)


def _grown(samples: Samples, done: int, promised: int | None) -> Samples:
    """Room for at least a block more: the promised length once half of it has arrived, otherwise twice as much."""
    room = 2 * len(samples)
    if promised is not None and done + BLOCK < promised < room:
        room = promised
    grown = np.empty((room, samples.shape[1]), np.float32)
    grown[:done] = samples[:done]
    return grown


def import_audio(
    path: Path,
    target: Path,
    *,
    start_s: float = 0.0,
    duration_s: float | None = None,
    repair: bool = False,
    stream: int | None = None,
    progress: Progress = silent_progress,
) -> Imported:
    """Decode a sound file of any length into a float32 WAV file at `target` and map it, in memory that does not grow.

    stream: which of the sounds of a container with several (a stem file), None for the one that players play.

    `target` is a working file of the media pool and is removed again when anything goes wrong or the user stops.
    """
    path = Path(path)
    tag = tags.read(path)
    with reading.opened(path, stream) as source:
        what = source.description
        excerpt = reading.excerpt_of(path, source, start_s, duration_s, repair)
        atomic.check_target(target.parent, _import_bytes(source, excerpt))
        with MappedWavWriter(target, what.channels, what.rate) as writer:
            for block in reading.decode(source, excerpt, progress):
                writer.append(block)
        info = _info(
            path, source, excerpt.start + excerpt.frames if duration_s is None else what.frames or writer.frames, tag
        )
    _log(path, excerpt.notes)
    return Imported(open_mapped(target), info, tag, tuple(excerpt.notes))


def _import_bytes(source: Source, excerpt: reading.Excerpt) -> int:
    """Size of the working file by what the header promises, 0 when it promises nothing."""
    frames = source.description.frames or 0
    if excerpt.stop is not None:
        frames = min(frames, excerpt.stop)
    return max(0, frames - excerpt.start) * source.description.channels * 4


def _log(path: Path, notes: list[str]) -> None:
    """Notes of a file as warnings."""
    for note in notes:
        logger.warning("%s: %s", path, note)


def write(
    path: Path,
    audio: Audio,
    options: WriteOptions = DEFAULT_OPTIONS,
    *,
    clipping: Clipping = "common_gain",
    tags: Tags | None = None,
    overwrite: bool = False,
    progress: Progress = silent_progress,
) -> WrittenFile:
    """Write one sound file, whole or not at all; see `write_set`."""
    report = write_set(
        {Path(path): audio}, options, clipping=clipping, tags=tags, overwrite=overwrite, progress=progress
    )
    return report.files[0]


def write_set(
    stems: Mapping[Path, Audio],
    options: WriteOptions = DEFAULT_OPTIONS,
    *,
    clipping: Clipping = "common_gain",
    tags: Tags | Mapping[Path, Tags] | None = None,
    overwrite: bool = False,
    beside: Mapping[Path, Beside] | None = None,
    progress: Progress = silent_progress,
) -> SetReport:
    """Write files that belong together: all of them appear complete, or none.

    clipping: what happens when a file of integers or a lossy one cannot hold the loudest sample of the set: nothing
    (`none`, integers are cut at full scale), one gain for the whole set (`common_gain`), a tanh knee (`soft`) or
    `clamp`. Files of 32-bit float are never touched, and no stem ever gets a gain of its own. tags: for all files, or
    by path. beside: other files of the set, written when all sounds are.
    """
    jobs = _plan_set({Path(path): audio for path, audio in stems.items()}, options, clipping, overwrite)
    loudness = writing.measure(jobs, clipping, progress)
    needed = sum(job.bytes for job, _ in jobs.values())
    for folder in {path.parent for path in jobs}:
        folder.mkdir(parents=True, exist_ok=True)
    order, others = list(jobs), beside or {}
    with atomic.replacing_all([*order, *others], overwrite=overwrite, needed_bytes=needed) as temporaries:

        def encode(path: Path, part: Progress) -> WrittenFile:
            tag = tags.get(path) if isinstance(tags, Mapping) else tags
            return writing.encode(temporaries[path], *jobs[path], loudness, options, tag, order.index(path), part)

        written = work_together(encode, order, part_of(progress, PEAK_SHARE, 1.0))
        for path, make in others.items():
            make(temporaries[path], temporaries, 10.0 ** (_gain_db(written) / 20.0))
        progress(1.0, f"{len(written)} files written")  # the last chance to stop: nothing has its name yet
    notes = tuple(dict.fromkeys(note for file in written for note in file.notes))
    return SetReport(tuple(written), _gain_db(written), loudness.peak, notes)


def _gain_db(written: Iterable[WrittenFile]) -> float:
    """The one gain of a set."""
    return max((file.gain_db for file in written), key=abs)


def _plan_set(
    stems: dict[Path, Audio], options: WriteOptions, policy: str, overwrite: bool
) -> dict[Path, tuple[Plan, Audio]]:
    """Refuse everything that can be refused before anything is computed or created."""
    check_policy(policy)
    if not stems:
        raise ParameterError("there is nothing to write: the set of files is empty")
    jobs = {path: (plan(path, a.frames, a.channels, a.rate, options), a) for path, a in stems.items()}
    if len({str(path).casefold() for path in jobs}) < len(jobs):
        raise AudioFileError("two files of the set have names that differ in upper and lower case only; rename one")
    for path in jobs:
        _check_name(path)
        atomic.check_file(path, overwrite=overwrite)
    for folder in {path.parent for path in jobs}:
        atomic.check_target(folder, sum(job.bytes for path, (job, _) in jobs.items() if path.parent == folder))
    return jobs
