"""WAV, RF64, AIFF, CAF, AU, W64, Ogg Vorbis and Opus through libsndfile; FLAC and MP3 are written with it too."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Samples
from unbraid.core.errors import AudioFileError
from unbraid.core.formats import ogg, riff
from unbraid.core.formats.layouts import from_vorbis
from unbraid.core.formats.sniff import Kind
from unbraid.core.formats.source import BLOCK, DamagedError, Description, WriteStoppedError, native

if TYPE_CHECKING:
    from unbraid.core.formats.table import Plan

ALLOWED = {"WAV", "WAVEX", "RF64", "W64", "AIFF", "CAF", "AU", "OGG", "FLAC", "MP3"}

BITS = {
    "PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32, "FLOAT": 32, "DOUBLE": 64,
    "ALAC_16": 16, "ALAC_20": 20, "ALAC_24": 24, "ALAC_32": 32,
    "DWVW_12": 12, "DWVW_16": 16, "DWVW_24": 24,
}  # fmt: skip
"""Depth of the lossless codings; all others are lossy."""

UNKNOWN_LENGTH = 1 << 62
"""libsndfile gives about 2**63 frames to streams that do not know their length."""


NO_LENGTH = "the header does not say how long the file is, so everything up to its end was read"


class CannotOpenError(Exception):
    """libsndfile does not read this file; perhaps libav does."""


class SndfileSource:
    """An opened file (see `source.Source`)."""

    def __init__(self, file: Any, path: Path, kind: Kind) -> None:
        self._file, self._path = file, path
        self.notes: list[str] = []
        self._is_ogg = file.format == "OGG"
        bits = BITS.get(file.subtype)
        self.description = Description(
            container="opus" if file.subtype == "OPUS" else kind.container,
            codec=file.subtype.lower(),
            rate=file.samplerate,
            channels=file.channels,
            frames=self._promised_frames(),
            exact_frames=True,
            bits=bits,
            is_float=file.subtype in ("FLOAT", "DOUBLE"),
            is_lossy=bits is None,
        )

    def _promised_frames(self) -> int | None:
        """Length by the header: libsndfile tells what the file holds, a cut WAV file promises more."""
        frames = int(self._file.frames)
        if self._file.format in ("WAV", "WAVEX", "RF64"):
            with self._path.open("rb") as file, contextlib.suppress(AudioFileError):
                layout = riff.wav_layout(file)
                if self._file.subtype in BITS and layout.declared_frames is not None:
                    return max(frames, layout.declared_frames)
                if layout.declared is None:
                    self.notes.append(NO_LENGTH)
        if self._file.format == "AIFF" and self._file.subtype in BITS:
            with self._path.open("rb") as file:
                return max(frames, riff.declared_frames(file) or 0)
        if self._is_ogg:
            self.notes.extend(ogg.defects(self._path))
        return frames if frames < UNKNOWN_LENGTH else None

    def blocks(self, start: int) -> Iterator[Samples]:
        """Blocks (n, I) float32 from frame `start`; lossy codecs are decoded from the beginning: cuts are exact."""
        import soundfile

        if self._is_ogg and (broken := ogg.damaged_pages(self._path)):
            self.notes.append(
                f"{broken} parts of the file are damaged; sound is missing there, so what follows may be early"
            )
        position = start if not self.description.is_lossy else 0
        try:
            if position:
                self._file.seek(min(position, self._file.frames))
            while True:
                block: Samples = self._file.read(BLOCK, dtype="float32", always_2d=True)
                if len(block) == 0:
                    return
                first = max(0, start - position)
                position += len(block)
                if first < len(block):
                    yield from_vorbis(block[first:]) if self._is_ogg else block[first:]
        except soundfile.SoundFileError as problem:
            raise DamagedError(str(problem)) from problem


@contextlib.contextmanager
def opened(path: Path, kind: Kind) -> Iterator[SndfileSource]:
    """The file at `path`, open for decoding; CannotOpenError when libsndfile does not know its inside."""
    import soundfile

    try:
        file = soundfile.SoundFile(native(path))
    except (soundfile.SoundFileError, ValueError, TypeError) as problem:
        raise CannotOpenError(str(problem).rpartition(": ")[2]) from problem
    with file:
        if file.format not in ALLOWED:
            raise CannotOpenError(f"{file.format} is not on the list of formats")
        if kind.container == "wav" and _is_unfinished(path):
            raise CannotOpenError(NO_LENGTH)
        yield SndfileSource(file, path, kind)


def _is_unfinished(path: Path) -> bool:
    """A WAV whose recorder was switched off says it has no sound; libsndfile believes that, libav reads to the end."""
    with path.open("rb") as file, contextlib.suppress(AudioFileError):
        layout = riff.wav_layout(file)
        return layout.declared is None and layout.present > 0 and not _says_unknown(file, layout)
    return False


def _says_unknown(file: Any, layout: riff.WavLayout) -> bool:
    """Whether the size of the data is "unknown" rather than zero."""
    file.seek(layout.data_start - 4)
    return bool(file.read(4) == b"\xff\xff\xff\xff")


def encode(path: Path, blocks: Iterable[Samples | npt.NDArray[np.int32]], plan: Plan) -> None:
    """Write blocks to `path` as `plan` says: (n, I) float32, or int32 with the depth of the plan in its upper bits."""
    import soundfile

    done = 0
    try:
        with soundfile.SoundFile(
            native(path), "w", plan.file_rate, plan.channels, plan.subtype, format=plan.sf_format,
            compression_level=plan.level, bitrate_mode=plan.mode,
        ) as file:  # fmt: skip
            for block in blocks:
                file.write(block)
                done += len(block)
    except (soundfile.SoundFileError, AssertionError) as problem:
        # libsndfile keeps the reason to itself, and soundfile asserts that everything was written
        raise WriteStoppedError(done) from problem


def count_frames(path: Path) -> int:
    """Frames of a file just written, decoded at its end too: headers alone would not notice a missing tail."""
    import soundfile

    try:
        with soundfile.SoundFile(native(path)) as file:
            start = max(0, file.frames - 4096)
            file.seek(start)
            tail = 0
            while len(block := file.read(4096, dtype="float32", always_2d=True)):
                tail += len(block)
            return int(start + tail)
    except soundfile.SoundFileError:
        return 0
