"""Sound kept on disk as a float32 WAV file that any tool opens and that is mapped into memory instead of being read.

The samples begin at byte 128, so the map is aligned. Beyond 4 GiB the same file is RF64: the place for its 64-bit
sizes is reserved from the start. These are working files of the media pool, so they need no atomic rename.
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from unbraid.core import atomic
from unbraid.core.audio import Audio, Samples
from unbraid.core.errors import AudioFileError, ParameterError
from unbraid.core.formats import riff

DATA_START = 128
"""Byte where the samples begin."""

MAX_CHANNELS = 1024
FLOAT_TAG = 3
EXTENSIBLE_TAG = 0xFFFE
FLOAT_GUID = struct.pack("<H", FLOAT_TAG) + bytes.fromhex("000000001000800000aa00389b71")
RIFF_LIMIT = 0xFFFFFFFF


def header(frames: int, channels: int, rate: int) -> bytes:
    """The first 128 bytes of a file of `frames` frames: RIFF, or RF64 when that cannot say how long it is."""
    data = frames * channels * 4
    long = data + DATA_START > RIFF_LIMIT
    if long:
        top = b"RF64" + struct.pack("<I", RIFF_LIMIT) + b"WAVE"
        sizes = b"ds64" + struct.pack("<IQQQI", 28, data + DATA_START - 8, data, frames, 0)
    else:
        top = b"RIFF" + struct.pack("<I", data + DATA_START - 8) + b"WAVE"
        sizes = b"JUNK" + struct.pack("<I", 28) + bytes(28)
    fact = b"fact" + struct.pack("<II", 4, min(frames, RIFF_LIMIT))
    start = top + sizes + _format_chunk(channels, rate) + fact
    padding = DATA_START - len(start) - 16
    start += b"JUNK" + struct.pack("<I", padding) + bytes(padding)
    return start + b"data" + struct.pack("<I", RIFF_LIMIT if long else data)


def _format_chunk(channels: int, rate: int) -> bytes:
    """`fmt ` chunk: plain for mono and stereo, extensible (no speaker positions claimed) for more channels."""
    frame = channels * 4
    common = struct.pack("<HIIHH", channels, rate, min(rate * frame, RIFF_LIMIT), frame, 32)
    if channels <= 2:
        return b"fmt " + struct.pack("<IH", 18, FLOAT_TAG) + common + struct.pack("<H", 0)
    return b"fmt " + struct.pack("<IH", 40, EXTENSIBLE_TAG) + common + struct.pack("<HHI", 22, 32, 0) + FLOAT_GUID


def create(path: Path, frames: int, channels: int, rate: int) -> np.memmap[tuple[int, int], np.dtype[np.float32]]:
    """A new file of `frames` frames of silence, mapped for writing, (N, I) float32.

    The space is reserved on disk where the platform can, so that a full disk is an error here and no crash while
    writing.
    """
    _check(frames, channels, rate)
    size = DATA_START + frames * channels * 4
    atomic.check_target(path.parent, 0)
    try:
        with atomic.scratch(path, "w+b") as file:
            file.write(header(frames, channels, rate))
            file.flush()
            _reserve(file.fileno(), size)
        return np.memmap(path, dtype=np.float32, mode="r+", offset=DATA_START, shape=(frames, channels))
    except OSError as problem:
        path.unlink(missing_ok=True)
        raise AudioFileError(atomic.explain(problem, path, size)) from problem


def store_in(folder: Path) -> Callable[[str, int, int, int], Samples]:
    """A store for `run.separate`: each stem becomes the mapped file `NAME.wav` in `folder`."""
    return lambda name, frames, channels, rate: create(folder / f"{name}.wav", frames, channels, rate)


def _check(frames: int, channels: int, rate: int) -> None:
    """Refuse what no WAV file can be."""
    if frames < 1 or not 1 <= channels <= MAX_CHANNELS or not 1 <= rate < 2**32:
        raise ParameterError(
            f"a mapped file holds at least 1 frame, 1 to {MAX_CHANNELS} channels and a rate above zero, "
            f"not {frames} frames, {channels} channels at {rate} Hz"
        )


def _reserve(descriptor: int, size: int) -> None:
    """Make the file `size` bytes long, with its blocks allocated where the platform can do that."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
    else:
        os.ftruncate(descriptor, size)


def open_mapped(path: Path) -> Audio:
    """A float32 WAV or RF64 file as read-only Audio, mapped; a header that the length contradicts is not believed."""
    try:
        with path.open("rb") as file:
            if file.read(4) not in (b"RIFF", b"RF64"):
                raise AudioFileError(f"{path} is no WAV file; import it first")
            layout = riff.wav_layout(file)
    except OSError as problem:
        raise AudioFileError(f"{path} cannot be read: {problem.strerror}") from problem
    except AudioFileError as problem:
        raise AudioFileError(f"{path} cannot be mapped: {problem}") from problem
    _check_mappable(path, layout)
    frames = layout.present // layout.frame_bytes
    shape = (frames, layout.channels)
    if frames == 0:
        return Audio(np.zeros(shape, np.float32), layout.rate)
    return Audio(np.memmap(path, dtype=np.float32, mode="r", offset=layout.data_start, shape=shape), layout.rate)


def _check_mappable(path: Path, layout: riff.WavLayout) -> None:
    """Refuse what is not float32 or not as long as its header says."""
    if layout.tag != FLOAT_TAG or layout.bits != 32 or layout.data_start % 4:
        raise AudioFileError(f"{path} holds no aligned 32-bit float samples and cannot be mapped; import it first")
    if not 1 <= layout.channels <= MAX_CHANNELS or layout.frame_bytes != 4 * layout.channels or layout.rate < 1:
        raise AudioFileError(
            f"{path}: the header contradicts itself: {layout.channels} channels in frames of "
            f"{layout.frame_bytes} bytes at {layout.rate} Hz"
        )
    if layout.declared is None or layout.declared > layout.present:
        raise AudioFileError(
            f"{path}: the header promises {layout.declared or 'an unknown number of'} bytes of sound, "
            f"the file holds {layout.present}; import it again"
        )


class MappedWavWriter:
    """Writes a mappable file whose length is not known beforehand; an exception inside `with` removes it."""

    def __init__(self, path: Path, channels: int, rate: int) -> None:
        _check(1, channels, rate)
        self.path, self.channels, self.rate, self.frames = path, channels, rate, 0
        try:
            self._file = atomic.scratch(path, "w+b")
            self._file.write(header(0, channels, rate))
        except OSError as problem:
            raise AudioFileError(atomic.explain(problem, path)) from problem

    def append(self, block: Samples | npt.NDArray[np.float32]) -> None:
        """Add a block of samples, (n, I) float32."""
        if block.ndim != 2 or block.shape[1] != self.channels or block.dtype != np.float32:
            raise ParameterError(
                f"a block is (n, {self.channels}) float32, not {block.dtype} of shape {tuple(map(int, block.shape))}"
            )
        try:
            self._file.write(np.ascontiguousarray(block).data)
        except OSError as problem:
            size = DATA_START + (self.frames + len(block)) * self.channels * 4
            raise AudioFileError(atomic.explain(problem, self.path, size)) from problem
        self.frames += len(block)

    def close(self) -> None:
        """Put the right sizes into the header; the file can be mapped from now on."""
        if self._file.closed:
            return
        try:
            self._file.seek(0)
            self._file.write(header(self.frames, self.channels, self.rate))
            self._file.close()
        except OSError as problem:
            self.discard()
            raise AudioFileError(atomic.explain(problem, self.path)) from problem

    def discard(self) -> None:
        """Close and remove the file."""
        with contextlib.suppress(OSError):  # closing writes what is buffered, and the disk may be full
            self._file.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> MappedWavWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()
