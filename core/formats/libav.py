"""FLAC, MP3, M4A, Matroska, video and other containers through libav (PyAV), decoded packet by packet.

A packet that cannot be decoded becomes silence of the same length with a note, so that what follows stays in time. The
length that the container counts (gapless header of MP3, edit list of MP4) is given exactly: padding of the codec is
cut off.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from unbraid.core.audio import Samples
from unbraid.core.errors import AudioFileError
from unbraid.core.formats import mp4, riff, sniff
from unbraid.core.formats.source import DamagedError, Description, batched

if TYPE_CHECKING:
    import av
    from av.audio.frame import AudioFrame

LOSSLESS = {"flac", "alac", "wavpack", "ape", "tta", "truehd", "mlp"}
CHECKED = {"err_detect": "crccheck+bitstream+buffer+explode"}
"""Damage in a lossless stream shall be seen, not heard."""

MAX_HOLE_S = 10.0
MAX_FAILURES = 1000
"""Packets in a row that may fail before the rest is given up."""

NAMES_TO_SCALE = {"u8": 2.0**-7, "s16": 2.0**-15, "s32": 2.0**-31}


class Bytes:
    """An open file as libav reads it: jumps to impossible places, which damaged files ask for, fail silently.

    start: byte where the sound file begins, after tags and rubbish. Names of files stay Python's affair, so any name
    works, and libav can open nothing else.
    """

    def __init__(self, file: BinaryIO, start: int = 0) -> None:
        self._file, self._start = file, start
        self.read = file.read
        file.seek(start)

    def tell(self) -> int:
        """Place in bytes after the start."""
        return self._file.tell() - self._start

    def seek(self, offset: int, whence: int = 0) -> int:
        """New place in bytes, -1 when there is no such place."""
        try:
            return self._file.seek(offset + (self._start if whence == 0 else 0), whence) - self._start
        except (OSError, ValueError):
            return -1


class LibavSource:
    """An opened file (see `source.Source`)."""

    def __init__(
        self, container: av.container.InputContainer, path: Path, kind: sniff.Kind, stream: int | None
    ) -> None:
        self._container, self._path, self._kind = container, path, kind
        self.notes: list[str] = []
        self._stream = _sound_stream(container, path, stream)
        self._first = _first_frame(container, self._stream, path)
        self.description = self._describe()
        container.seek(0)
        self._stream.codec_context.flush_buffers()

    def _describe(self) -> Description:
        """What the container and the first decoded frame say (HE-AAC has another rate than its header)."""
        frame, codec = self._first, self._stream.codec_context.name
        frames, exact = self._promised_frames(frame.sample_rate)
        lossy = codec not in LOSSLESS and not codec.startswith("pcm_")
        floating = frame.format.name.startswith(("flt", "dbl")) and not lossy
        return Description(
            container=self._kind.container,
            codec=codec.removesuffix("float"),
            rate=frame.sample_rate,
            channels=frame.layout.nb_channels,
            frames=frames,
            exact_frames=exact,
            bits=None if lossy else _depth(self._stream, frame),
            is_float=floating,
            is_lossy=lossy,
        )

    def _promised_frames(self, rate: int) -> tuple[int | None, bool]:
        """(length in frames or None, whether it is a count and no estimate)."""
        stream = self._stream
        by_stream = None if not stream.duration else round(stream.duration * stream.time_base * rate)
        if self._kind.container == "mp4":
            note = {**stream.metadata, **self._container.metadata}.get("iTunSMPB", "")
            return mp4.exact_frames(self._path, stream.id, rate) or mp4.itunes_frames(note) or by_stream, True
        if self._kind.container == "flac":
            return by_stream, True
        if self._kind.container == "caf":  # a cut one, which libsndfile does not open
            with self._path.open("rb") as file:
                return riff.declared_frames(file) or by_stream, True
        if self._kind.container == "mp3" and by_stream is not None:
            return by_stream, sniff.has_frame_count(self._path, self._kind.start)
        whole = self._container.duration
        return by_stream or (round(whole * rate / 1_000_000) if whole and whole > 0 else None), False

    def blocks(self, start: int) -> Iterator[Samples]:
        """Blocks (n, I) float32 from frame `start`; FLAC and ALAC jump there, others are decoded from the beginning."""
        return batched(self._cut(start))

    def _cut(self, start: int) -> Iterator[Samples]:
        """Decoded frames between `start` and the counted end."""
        position = self._jump(start)
        counted = self.description.frames if self.description.exact_frames else None
        for block in self._decoded(position):
            first = max(0, start - position)
            last = len(block) if counted is None else min(len(block), counted - position)
            position += len(block)
            if first < last:
                yield block[first:last]

    def _jump(self, start: int) -> int:
        """Seek to before `start` where places are exact; returns the frame at which decoding begins."""
        if not start or self.description.codec not in ("flac", "alac") or self._kind.container not in ("flac", "mp4"):
            return 0
        import av

        stream = self._stream
        try:
            self._container.seek(int(start / self.description.rate / stream.time_base), stream=stream)
            frame = next(self._container.decode(stream))
            place = self._place(frame)
            if place is not None and place <= start:
                self._container.seek(int(start / self.description.rate / stream.time_base), stream=stream)
                stream.codec_context.flush_buffers()
                return place
        except (av.error.FFmpegError, StopIteration):
            pass
        self._container.seek(0)
        stream.codec_context.flush_buffers()
        return 0

    def _place(self, frame: AudioFrame) -> int | None:
        """Frame number of the start of a decoded frame by its time stamp."""
        if frame.pts is None or frame.time_base is None:
            return None
        begin = self._first.pts or 0
        return round((frame.pts - begin) * frame.time_base * self.description.rate)

    def _decoded(self, position: int) -> Iterator[Samples]:
        """All decoded frames from the present place on; holes left by damaged packets are filled with silence."""
        hole, failures = False, 0
        for packet in self._packets():
            frames = _decode(packet)
            if frames is None:
                hole, failures = True, failures + 1
                if failures > MAX_FAILURES:
                    raise DamagedError("nothing after this place can be decoded")
                continue
            for frame in frames:
                if hole or self._lost(frame, position):
                    yield from self._silence(frame, position)
                    position, hole = max(position, self._place(frame) or position), False
                failures = 0
                block = self._samples(frame)
                position += len(block)
                yield block
        if hole:
            raise DamagedError("the end cannot be decoded")

    def _lost(self, frame: AudioFrame, position: int) -> bool:
        """Whether damaged frames of FLAC, each of which carries its number, were dropped before this one."""
        return self._kind.container == "flac" and (self._place(frame) or 0) > position

    def _packets(self) -> Iterator[Any]:
        """Packets of the chosen stream; a container that breaks off ends them."""
        import av

        try:
            yield from self._container.demux(self._stream)
        except av.error.FFmpegError as problem:
            raise DamagedError(str(problem.strerror)) from problem

    def _silence(self, frame: AudioFrame, position: int) -> Iterator[Samples]:
        """Silence from `position` to where `frame` belongs."""
        rate = self.description.rate
        missing = (self._place(frame) or position) - position
        if 0 < missing <= MAX_HOLE_S * rate:
            self.notes.append(
                f"{missing / rate:.3f} s at {position / rate:.3f} s are damaged and were replaced by silence"
            )
            yield np.zeros((missing, self.description.channels), np.float32)
        elif missing > 0:
            raise DamagedError(f"{missing / rate:.1f} s are missing")
        else:
            self.notes.append(f"damage at {position / rate:.3f} s was skipped")

    def _samples(self, frame: AudioFrame) -> Samples:
        """Samples of a decoded frame, (n, I) float32; a change of rate or channels ends the file."""
        if frame.sample_rate != self.description.rate or frame.layout.nb_channels != self.description.channels:
            raise DamagedError(
                f"it changes to {frame.layout.nb_channels} channels at {frame.sample_rate} Hz, which a file cannot hold"
            )
        return samples_of(frame)


def samples_of(frame: AudioFrame) -> Samples:
    """Samples of a decoded frame, (n, I) float32, exact for integers of up to 24 bits."""
    frame = _safe_planes(frame)
    array = frame.to_ndarray()
    array = array.T if frame.format.is_planar else array.reshape(-1, frame.layout.nb_channels)
    name = frame.format.name.removesuffix("p")
    if name == "flt":
        return np.ascontiguousarray(array, dtype=np.float32)
    if name == "dbl":
        return array.astype(np.float32)
    if name not in NAMES_TO_SCALE:
        raise DamagedError(f"samples of kind {name} cannot be read")
    return ((array.astype(np.float64) - (128 if name == "u8" else 0)) * NAMES_TO_SCALE[name]).astype(np.float32)


def _safe_planes(frame: AudioFrame) -> AudioFrame:
    """The same samples, interleaved when there are 8 channels or more: PyAV reads beyond the planes of such frames."""
    if not frame.format.is_planar or frame.layout.nb_channels < 8:
        return frame
    import av

    return av.AudioResampler(frame.format.packed.name, frame.layout, frame.sample_rate).resample(frame)[0]


def _sound_stream(container: av.container.InputContainer, path: Path, number: int | None) -> Any:
    """The sound of a file: stream `number` of its sounds, or the default one, otherwise the first."""
    streams = [stream for stream in container.streams.audio if stream.codec_context is not None]
    if not streams:
        raise AudioFileError(f"{path} holds no sound that can be decoded; give a file with an audio stream")
    if number is not None:
        if not 0 <= number < len(streams):
            raise AudioFileError(f"{path} holds {len(streams)} sounds; number {number} (from 0) is not there")
        return streams[number]
    import av

    for stream in streams:
        if stream.disposition & av.stream.Disposition.default:
            return stream
    return streams[0]


def _first_frame(container: av.container.InputContainer, stream: Any, path: Path) -> AudioFrame:
    """The first frame that can be decoded: it knows rate, channels and kind of samples better than the header."""
    import av

    if stream.codec_context.name in LOSSLESS:
        stream.codec_context.options = CHECKED
    failures = 0
    try:
        for packet in container.demux(stream):
            frames = _decode(packet)
            if frames:
                return frames[0]
            failures += frames is None
            if failures > MAX_FAILURES:
                break
    except av.error.FFmpegError:
        pass
    raise AudioFileError(f"{path}: no sound could be decoded; the file is empty, damaged or cut off at the beginning")


def _decode(packet: Any) -> list[AudioFrame] | None:
    """Frames of a packet, None when it is damaged."""
    import av

    try:
        return [frame for frame in packet.decode() if frame.samples]
    except EOFError:
        return []
    except av.error.FFmpegError:
        return None


def _depth(stream: Any, frame: AudioFrame) -> int:
    """Bits of a lossless stream: FLAC and ALAC say in their header how many of the decoded 32 are used."""
    extra = bytes(stream.codec_context.extradata or b"")
    if stream.codec_context.name == "flac" and len(extra) >= 34:
        return ((extra[12] & 1) << 4 | extra[13] >> 4) + 1
    if stream.codec_context.name == "alac" and len(extra) >= 18 and extra[4:8] == b"alac":
        return extra[17]
    return int(frame.format.bits)


NO_TITLE = {"SoundHandler", "GPAC ISO Audio Handler", "Core Media Audio"}
"""Names that programs give to the sounds of all their files."""


def titles(path: Path, kind: sniff.Kind) -> list[str]:
    """Titles of the sounds of a container, empty where they have none."""
    import av

    with path.open("rb") as file:
        try:
            with av.open(Bytes(file, kind.start), "r", kind.demuxer, metadata_errors="replace") as container:
                about = [stream.metadata for stream in container.streams.audio if stream.codec_context is not None]
        except (av.error.FFmpegError, ValueError) as problem:
            raise AudioFileError(f"{path} cannot be decoded; it is damaged or cut off at the beginning") from problem
    given = [data.get("title") or data.get("handler_name") or "" for data in about]
    return ["" if title in NO_TITLE else title for title in given]


@contextlib.contextmanager
def opened(path: Path, kind: sniff.Kind, stream: int | None = None) -> Iterator[LibavSource]:
    """The file at `path`, open for decoding with the demuxer of its kind and no other; one of its sounds."""
    import av

    with path.open("rb") as file:
        try:
            container = av.open(Bytes(file, kind.start), "r", kind.demuxer, metadata_errors="replace")
        except (av.error.FFmpegError, ValueError) as problem:
            raise AudioFileError(f"{path} cannot be decoded; it is damaged or cut off at the beginning") from problem
        with container:
            yield LibavSource(container, path, kind, stream)
