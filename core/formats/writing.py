"""Writing a set of sound files: decide, check, limit, dither, encode, tag, verify; names are given when all is done."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from unbraid.core import atomic, clipping, dither
from unbraid.core.audio import Audio, Samples
from unbraid.core.errors import AudioFileError
from unbraid.core.formats import libav_write, reading, sndfile, tags
from unbraid.core.formats.layouts import to_vorbis
from unbraid.core.formats.source import BLOCK, WriteStoppedError
from unbraid.core.formats.table import Plan, WriteOptions
from unbraid.core.progress import Progress
from unbraid.core.resample import resample_exactly

PEAK_SHARE = 0.15
"""Part of the progress that looking for the loudest sample takes."""


@dataclass(frozen=True)
class WrittenFile:
    """A file that is in place. frames: at `rate`, the file's own. gain_db: applied to the whole set, 0 for none."""

    path: Path
    frames: int
    rate: int
    gain_db: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loudness:
    """What was decided for a set: the policy in force (`none` when nothing clips), its one gain, the highest peak."""

    policy: clipping.Clipping
    gain: float
    peak: float


def measure(jobs: Mapping[Path, tuple[Plan, Audio]], policy: clipping.Clipping, progress: Progress) -> Loudness:
    """Decide once for all files: nothing happens unless a file that cannot hold the loudest sample is among them."""
    peaks, ceilings = [], []
    for k, (plan, audio) in enumerate(jobs.values()):
        progress(PEAK_SHARE * k / len(jobs), f"measuring {plan.path.name}")
        value = clipping.peak(audio)
        peaks.append(value)
        if not plan.is_float:
            ceilings.append((value, clipping.ceiling_of(plan.bits)))
    highest = max((value for value, _ in ceilings), default=0.0)
    if highest <= 1.0:
        return Loudness("none", 1.0, max(peaks))
    gain = clipping.common_gain([highest], min(c for _, c in ceilings)) if policy == "common_gain" else 1.0
    return Loudness(policy, gain, max(peaks))


def encode(
    temporary: Path,
    plan: Plan,
    audio: Audio,
    loudness: Loudness,
    options: WriteOptions,
    tag: tags.Tags | None,
    stream: int,
    progress: Progress,
) -> WrittenFile:
    """Write one file of a set to `temporary` and prove that it is complete. stream: number of its dither noise."""
    blocks = encoder_blocks(plan, audio, loudness, options, stream, progress)
    backend = libav_write if plan.kind.backend == "libav" else sndfile
    try:
        backend.encode(temporary, blocks, plan)
        written = reading_frames(temporary, plan)
    except WriteStoppedError as problem:
        raise stopped(plan, problem.frames) from problem
    if written != plan.file_frames:
        raise stopped(plan, written)
    tags.write(temporary, plan.kind.name, tag)
    assert reading_frames(temporary, plan) == written, "tags must not touch the sound"
    return WrittenFile(plan.path, written, plan.file_rate, gain_db_of(plan, loudness), notes_of(plan, loudness))


def gain_db_of(plan: Plan, loudness: Loudness) -> float:
    """The gain that a file got."""
    return 0.0 if plan.is_float else clipping.decibels(loudness.gain)


def encoder_blocks(
    plan: Plan, audio: Audio, loudness: Loudness, options: WriteOptions, stream: int, progress: Progress
) -> Iterator[Samples | npt.NDArray[np.int32]]:
    """A sound as its encoder takes it: limited, at the rate of the file, quantised. stream: number of its dither."""
    rng = None if options.dither is False else np.random.default_rng([options.seed, stream])
    return _quantised(plan, _limited(plan, audio, loudness, progress), rng)


def _limited(plan: Plan, audio: Audio, loudness: Loudness, progress: Progress) -> Iterator[Samples]:
    """Blocks of the sound after the clipping policy; float files get the samples as they are."""
    ceiling = clipping.ceiling_of(plan.bits)
    for k, block in enumerate(clipping.blocks(audio.samples, BLOCK)):
        progress(k * BLOCK / max(1, audio.frames), f"writing {plan.path.name}, {k * BLOCK / audio.rate:.0f} s")
        yield block if plan.is_float else clipping.limit(block, loudness.policy, loudness.gain, ceiling)


def _quantised(
    plan: Plan, blocks: Iterator[Samples], rng: np.random.Generator | None
) -> Iterator[Samples | npt.NDArray[np.int32]]:
    """Blocks as the encoder takes them: at its rate, in its order of channels, quantised to its depth."""
    if plan.file_rate != plan.rate:
        blocks = resample_exactly(blocks, plan.rate, plan.file_rate, plan.channels, plan.file_frames)
    for block in blocks:
        if plan.bits is not None:
            yield dither.quantise(block, plan.bits, rng) << (32 - plan.bits)
        elif plan.sf_format == "OGG":
            yield to_vorbis(block)
        else:
            yield np.ascontiguousarray(block)


def reading_frames(path: Path, plan: Plan) -> int:
    """Frames of a file just written, as a reader will find them."""
    if plan.kind.backend == "sndfile":
        return sndfile.count_frames(path)
    try:
        with reading.opened(path) as source:
            return source.description.frames or 0
    except AudioFileError:
        return 0


def stopped(plan: Plan, written: int) -> AudioFileError:
    """The encoder gave up or lost something; libraries do not say why, but a full disk is nearly always the reason."""
    folder = atomic.nearest_folder(plan.path.parent)
    free = shutil.disk_usage(folder).free
    return AudioFileError(
        f"{plan.path} could not be written completely ({written} of {plan.file_frames} samples): about "
        f"{atomic.size_text(plan.bytes)} needed ({plan.bytes} bytes), {atomic.size_text(free)} free ({free} bytes) "
        f"in {folder}; "
        f"nothing was changed; free some space, or choose another folder"
    )


def notes_of(plan: Plan, loudness: Loudness) -> tuple[str, ...]:
    """What the user should know about a file."""
    notes = []
    if plan.file_rate != plan.rate:
        notes.append(f"{plan.kind.name.capitalize()} has no {plan.rate} Hz: resampled to {plan.file_rate} Hz")
    if loudness.policy == "common_gain" and loudness.gain != 1.0 and not plan.is_float:
        notes.append(
            f"all files of the set were lowered by {-clipping.decibels(loudness.gain):.2f} dB so that none clips"
        )
    elif loudness.policy in ("soft", "clamp") and not plan.is_float:
        notes.append(
            f"peaks of the set reach {clipping.decibels(loudness.peak):+.2f} dBFS and were limited ({loudness.policy})"
        )
    elif loudness.policy == "none" and loudness.peak > 1.0 and plan.bits is not None:
        notes.append(
            f"peaks of the set reach {clipping.decibels(loudness.peak):+.2f} dBFS; this file is cut at full scale"
        )
    return tuple(notes)
