"""Stem files (`.stem.mp4`): one MP4 that plays as the mix in any player and holds four stems beside it.

The format is Native Instruments' (Stem File Specification, 2015): five stereo streams of one length, the mix first
and alone enabled; a box `moov/udta/stem` with JSON that names and colours the stems, and says what a compressor and a
limiter shall do to their sum. Ours are off, so that the sum of the stems is what we say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.errors import AudioFileError, ParameterError
from unbraid.core.formats import libav_write, mp4, mp4_tags, reading, table, tags, writing
from unbraid.core.formats.source import WriteStoppedError
from unbraid.core.formats.table import Plan, WriteOptions
from unbraid.core.formats.writing import Loudness, WrittenFile
from unbraid.core.progress import Progress, silent_progress
from unbraid.core.resample import resampled_frames

SUFFIXES = (".stem.mp4", ".stem.m4a")
STEMS = 4
RATES = (44100, 48000)
"""The rates that players of stem files know."""

KBPS = 256
"""Of each of the five streams, as in the files that are sold."""

MAX_MANIFEST = 1 << 18
MAX_STEMS = 32
MAX_NAME = 64
"""What is believed of a stranger's file."""

PLACE = (b"moov", b"udta", b"stem")
NEUTRAL = {
    "compressor": {
        "enabled": False, "ratio": 10, "output_gain": 0, "release": 1.0, "attack": 0.0001, "input_gain": 0,
        "threshold": 0, "hp_cutoff": 20, "dry_wet": 100,
    },
    "limiter": {"enabled": False, "release": 1.0, "threshold": 0, "ceiling": 0},
}  # fmt: skip
"""The `mastering_dsp` that changes nothing, in values that players are known to take."""

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True)
class Label:
    """A stem as players show it. colour: "#RRGGBB", or empty where a file has none."""

    name: str
    colour: str


@dataclass(frozen=True)
class Manifest:
    """What the `stem` box of a file says. is_processed: it asks players to compress or limit the sum of the stems."""

    stems: tuple[Label, ...]
    is_processed: bool = False


def is_stem_path(path: Path) -> bool:
    """Whether a file is named as a stem file."""
    return path.name.lower().endswith(SUFFIXES)


def file_rate(rate: int) -> int:
    """The rate that a stem file has for sound of `rate`."""
    return rate if rate in RATES else 44100 if rate % 44100 == 0 else 48000


def plan(path: Path, frames: int, channels: int, rate: int, options: WriteOptions) -> Plan:
    """How each of the streams is written; options.format: `m4a` (AAC, the default) or `alac`."""
    if not is_stem_path(path):
        raise AudioFileError(f"{path.name}: the name of a stem file ends with {SUFFIXES[0]}")
    if options.format not in (None, "m4a", "alac"):
        raise ParameterError(f"a stem file holds m4a (AAC) or alac, not {options.format}")
    if channels not in (1, 2):
        raise AudioFileError(f"{path.name}: stem files are stereo, this sound has {channels} channels; use .wav files")
    if options.format != "alac" and options.bitrate_kbps is None:
        options = replace(options, bitrate_kbps=KBPS)
    new = file_rate(rate)
    planned = table.plan(path, max(1, resampled_frames(frames, rate, new)), 2, new, options)
    kind = replace(planned.kind, name="stem file")
    return replace(planned, kind=kind, frames=frames, rate=rate)


def size(planned: Plan) -> int:
    """Upper estimate of the bytes of a whole stem file."""
    return (1 + STEMS) * planned.bytes


def write(
    temporary: Path,
    planned: Plan,
    sounds: Sequence[Audio],
    labels: Sequence[Label],
    loudness: Loudness,
    options: WriteOptions,
    tag: tags.Tags | None = None,
    progress: Progress = silent_progress,
) -> WrittenFile:
    """Write the mix and its stems (`sounds`, the mix first) to `temporary` and prove that it is complete."""
    assert len(sounds) == 1 + len(labels) == 1 + STEMS
    blocks = [
        writing.encoder_blocks(planned, stereo(sound), loudness, options, k, silent_progress if k else progress)
        for k, sound in enumerate(sounds)
    ]
    try:
        libav_write.encode_streams(temporary, blocks, planned, ["mix", *(label.name for label in labels)])
        tags.write(temporary, "alac" if planned.bits else "m4a", tag)
        mp4_tags.add_box(temporary, PLACE[-1], manifest(labels))
        for stream in range(1 + STEMS):
            progress(1.0, f"checking {planned.path.name}")
            _check(temporary, planned, stream)
    except WriteStoppedError as problem:
        raise writing.stopped(planned, problem.frames) from problem
    return WrittenFile(
        planned.path, planned.file_frames, planned.file_rate, writing.gain_db_of(planned, loudness),
        writing.notes_of(planned, loudness),
    )  # fmt: skip


def _check(temporary: Path, planned: Plan, stream: int) -> None:
    """Raise when a stream has not the length it should have."""
    with reading.opened(temporary, stream) as source:
        frames = source.description.frames or 0
    if frames != planned.file_frames:
        raise WriteStoppedError(frames)


def stereo(sound: Audio) -> Audio:
    """Mono as two equal channels, nothing copied."""
    if sound.channels == 2:
        return sound
    return Audio(np.broadcast_to(sound.samples, (sound.frames, 2)), sound.rate)


def silence(like: Audio) -> Audio:
    """As long as another sound, in no memory."""
    return Audio(np.broadcast_to(np.float32(0.0), (like.frames, 2)), like.rate)


def manifest(labels: Sequence[Label]) -> bytes:
    """The content of the `stem` box."""
    stems = [{"name": label.name, "color": label.colour.upper()} for label in labels]
    return json.dumps({"version": 1, "mastering_dsp": NEUTRAL, "stems": stems}, separators=(",", ":")).encode("utf-8")


def read_manifest(path: Path) -> Manifest | None:
    """What the `stem` box of a file says, None when it has none that can be read; nothing in it is believed."""
    with path.open("rb") as file:
        box = mp4.find(file, PLACE, 0, file.seek(0, 2))
        if box is None or box.end - box.content > MAX_MANIFEST:
            return None
        file.seek(box.content)
        raw = file.read(box.end - box.content).rstrip(b"\0")  # some writers end it like a string of C
    try:
        content = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    stems = content.get("stems") if isinstance(content, dict) else None
    if not isinstance(stems, list) or len(stems) > MAX_STEMS:
        return None
    return Manifest(tuple(_label(stem) for stem in stems), _is_processed(content.get("mastering_dsp")))


def shown(name: object) -> str:
    """A name out of a file, without what cannot be shown."""
    return "".join(c for c in name if c.isprintable())[:MAX_NAME].strip() if isinstance(name, str) else ""


def _label(stem: object) -> Label:
    """A stem of the box."""
    given = stem if isinstance(stem, dict) else {}
    colour = given.get("color")
    is_colour = isinstance(colour, str) and _COLOUR.fullmatch(colour)
    return Label(shown(given.get("name")), str(colour) if is_colour else "")


def _is_processed(dsp: object) -> bool:
    """Whether the compressor or the limiter is on."""
    parts = dsp.values() if isinstance(dsp, Mapping) else ()
    return any(isinstance(part, Mapping) and part.get("enabled") is True for part in parts)
