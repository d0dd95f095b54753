"""The table of files we write: what each can hold, what is chosen when nothing is said, what is refused with advice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from unbraid.core.errors import AudioFileError, ParameterError
from unbraid.core.formats.source import AudioInfo
from unbraid.core.resample import resampled_frames

Bits = Literal["16", "24", "32f"]

RIFF_ROOM = 1 << 20
"""Bytes kept free for headers and tags below 4 GiB; anything longer becomes RF64."""


@dataclass(frozen=True)
class FileType:
    """A kind of file that can be written.

    suffixes: the first is the usual one. bits: depths it can have, empty for lossy kinds. rates: the only ones
    possible, None for any. channels: the numbers possible. kbps: (least, default, most) for stereo.
    """

    name: str
    suffixes: tuple[str, ...]
    backend: Literal["sndfile", "libav"]
    bits: tuple[Bits, ...] = ()
    default_bits: Bits = "24"
    rates: tuple[int, ...] | None = None
    channels: tuple[int, ...] = tuple(range(1, 33))
    kbps: tuple[int, int, int] = (0, 0, 0)

    @property
    def is_lossy(self) -> bool:
        """Whether something is thrown away."""
        return not self.bits


MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
AAC_RATES = (7350, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
UP_TO_6 = tuple(range(1, 7))
UP_TO_8 = tuple(range(1, 9))

TYPES = {
    kind.name: kind
    for kind in (
        FileType("wav", (".wav", ".wave", ".rf64"), "sndfile", ("16", "24", "32f")),
        FileType("aiff", (".aiff", ".aif"), "sndfile", ("16", "24", "32f")),
        FileType("flac", (".flac",), "sndfile", ("16", "24"), channels=UP_TO_8),
        FileType("mp3", (".mp3",), "sndfile", rates=MP3_RATES, channels=(1, 2), kbps=(32, 320, 320)),
        FileType("ogg", (".ogg", ".oga"), "sndfile", channels=UP_TO_8, kbps=(64, 256, 500)),
        FileType("opus", (".opus",), "sndfile", channels=UP_TO_8, kbps=(12, 192, 512)),
        FileType("m4a", (".m4a", ".mp4"), "libav", rates=AAC_RATES, channels=UP_TO_6, kbps=(32, 256, 512)),
        FileType("alac", (".m4a", ".mp4"), "libav", ("16", "24"), channels=UP_TO_6),
    )
}
"""By the name that `WriteOptions.format` takes."""

SUFFIXES = {suffix: kind for kind in reversed(TYPES.values()) for suffix in kind.suffixes}
"""The kind that a suffix stands for when no format is given (`.m4a` is AAC)."""


@dataclass(frozen=True)
class WriteOptions:
    """How files are written; None everywhere means: what is best.

    format: a name from `TYPES`, None: by the suffix. bits: depth of lossless files, None: 24; lossy ones have none.
    bitrate_kbps: of lossy files, for the whole file. quality: 0 to 1, variable bitrate for MP3 and OGG, instead of a
    bitrate. dither: None or True for triangular dither wherever samples do not fit the depth exactly, False for
    rounding. seed: of the dither.
    """

    format: str | None = None
    bits: Bits | None = None
    bitrate_kbps: int | None = None
    quality: float | None = None
    dither: bool | None = None
    seed: int = 0


@dataclass(frozen=True)
class Plan:
    """Everything decided about one file before it is written.

    file_rate: differs from the rate of the sound for Opus only. bits: None for float and lossy files. level, mode:
    what libsndfile calls compression level and bitrate mode.
    """

    path: Path
    kind: FileType
    channels: int
    rate: int
    file_rate: int
    frames: int
    bits: int | None
    kbps: int | None
    sf_format: str = ""
    subtype: str = ""
    level: float | None = None
    mode: str | None = None

    @property
    def is_float(self) -> bool:
        """Whether samples go into the file as they are, full scale or beyond."""
        return self.bits is None and not self.kind.is_lossy

    @property
    def file_frames(self) -> int:
        """Frames that the file will have."""
        return resampled_frames(self.frames, self.rate, self.file_rate)

    @property
    def bytes(self) -> int:
        """Upper estimate of the size; lossless packing is not counted on."""
        if self.kbps is not None:
            return int(self.frames / self.rate * self.kbps * 125) + 100_000
        return self.file_frames * self.channels * ((self.bits or 32) // 8) + 4096


def plan(path: Path, frames: int, channels: int, rate: int, options: WriteOptions) -> Plan:
    """Decide how `path` is written; everything impossible is refused here, before anything is computed."""
    kind = kind_of(path, options.format)
    _check_sound(path, kind, frames, channels, rate)
    file_rate = rate if kind.name != "opus" or rate in OPUS_RATES else 48000
    first = Plan(path, kind, channels, rate, file_rate, frames, None, None)
    return _plan_lossy(first, options) if kind.is_lossy else _plan_lossless(first, options)


def kind_of(path: Path, name: str | None) -> FileType:
    """The kind of file that a format name or else the suffix stands for; the two must not contradict each other."""
    suffix = path.suffix.lower()
    if name is None and suffix not in SUFFIXES:
        given = f"has the suffix {suffix}" if suffix else "has no suffix"
        raise AudioFileError(f"{path.name} {given}; files can be written as {', '.join(sorted(SUFFIXES))}")
    if name is not None and name not in TYPES:
        raise ParameterError(f"the format is one of {', '.join(TYPES)}, not {name!r}")
    kind = SUFFIXES[suffix] if name is None else TYPES[name]
    if suffix in SUFFIXES and suffix not in kind.suffixes:
        raise AudioFileError(
            f"{path.name} would be a {kind.name} file under the name of another; use {kind.suffixes[0]}"
        )
    return kind


def _check_sound(path: Path, kind: FileType, frames: int, channels: int, rate: int) -> None:
    """Refuse sound that this kind of file cannot hold."""
    if frames < 1:
        raise AudioFileError(f"there is nothing to write to {path.name}: the sound has no samples")
    if channels not in kind.channels:
        allowed = ", ".join(map(str, kind.channels)) if len(kind.channels) < 10 else f"1 to {kind.channels[-1]}"
        raise AudioFileError(
            f"{path.name}: {kind.name} files can have {allowed} channels, this sound has {channels}; "
            f"use .flac (up to 8) or .wav"
        )
    if kind.rates is not None and rate not in kind.rates:
        raise AudioFileError(
            f"{path.name}: {kind.name} files can have {', '.join(map(str, kind.rates))} Hz, this sound has {rate} Hz; "
            f"use .flac or .wav, or resample it first"
        )
    if not 1 <= rate <= (655_350 if kind.name == "flac" else 200_000 if kind.name == "ogg" else 2**31 - 1):
        raise AudioFileError(f"{path.name}: {kind.name} files cannot have {rate} Hz; use .wav")


def _plan_lossless(first: Plan, options: WriteOptions) -> Plan:
    """Depth and container of a lossless file."""
    kind, bits = first.kind, options.bits or first.kind.default_bits
    if bits not in kind.bits:
        raise AudioFileError(
            f"{first.path.name}: {kind.name} files can have {', '.join(kind.bits)} bits, not {bits}; use .wav for 32f"
        )
    if options.bitrate_kbps is not None or options.quality is not None:
        raise ParameterError(
            f"{kind.name} files are lossless and have no bitrate or quality; leave them out or choose mp3"
        )
    depth = None if bits == "32f" else int(bits)
    planned = replace(first, bits=depth, subtype="FLOAT" if depth is None else f"PCM_{bits}")
    container = {"wav": "WAV", "aiff": "AIFF", "flac": "FLAC", "alac": ""}[kind.name]
    long = planned.bytes + RIFF_ROOM > 0xFFFFFFFF
    if container == "AIFF" and long:
        raise AudioFileError(f"{first.path.name} would pass 4 GiB, which AIFF cannot hold; use .wav or .flac")
    if container == "WAV":
        container = "RF64" if long else "WAVEX" if first.channels > 2 else "WAV"
    return replace(planned, sf_format=container)


def _plan_lossy(first: Plan, options: WriteOptions) -> Plan:
    """Bitrate of a lossy file and how libsndfile is told."""
    kind = first.kind
    kbps = _bitrate(first, options)
    if kind.name == "mp3":
        level, mode = _mp3_level(first.rate, kbps), "CONSTANT"
        if options.quality is not None:
            level, mode = min(0.99, 1.0 - options.quality), "VARIABLE"
        return replace(first, kbps=kbps, sf_format="MP3", subtype="MPEG_LAYER_III", level=level, mode=mode)
    if kind.name == "ogg":
        level = 1.0 - (options.quality if options.quality is not None else _vorbis_quality(kbps, first.channels))
        return replace(first, kbps=kbps, sf_format="OGG", subtype="VORBIS", level=level)
    if kind.name == "opus":
        per_channel = min(256.0, max(6.0, kbps / first.channels))
        return replace(first, kbps=kbps, sf_format="OGG", subtype="OPUS", level=1.0 - (per_channel - 6.0) / 250.0)
    return replace(first, kbps=kbps, subtype="aac")


def _bitrate(first: Plan, options: WriteOptions) -> int:
    """Bitrate of the whole file in kbit/s; the defaults are for stereo and grow with the channels."""
    least, default, most = first.kind.kbps
    if options.quality is not None:
        if not 0.0 <= options.quality <= 1.0:
            raise ParameterError(f"quality is 0 to 1, not {options.quality}")
        if options.bitrate_kbps is not None:
            raise ParameterError("give a bitrate or a quality, not both")
        if first.kind.name not in ("mp3", "ogg"):
            raise ParameterError(f"{first.kind.name} files take a bitrate, not a quality; try {default}")
    if options.bitrate_kbps is None:
        return default if first.kind.name == "mp3" else max(1, default * first.channels // 2)
    most = most * max(2, first.channels) // 2
    if not least <= options.bitrate_kbps <= most:
        raise ParameterError(
            f"the bitrate of a {first.kind.name} file is {least} to {most} kbit/s, not {options.bitrate_kbps}"
        )
    return options.bitrate_kbps


def _mp3_level(rate: int, kbps: int) -> float:
    """Level at which libsndfile takes this bitrate: it levels evenly over those MP3 has."""
    low, high = (32, 320) if rate >= 32000 else (8, 160) if rate >= 16000 else (8, 64)
    return min(0.99, max(0.0, (high - kbps) / (high - low)))


VORBIS_KBPS = (64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 500)
"""Nominal bitrate of stereo at 44.1 kHz for the qualities 0, 0.1 ... 1."""


def _vorbis_quality(kbps: int, channels: int) -> float:
    """Quality whose nominal bitrate is closest."""
    stereo = kbps * 2 / channels
    return min(range(11), key=lambda q: abs(VORBIS_KBPS[q] - stereo)) / 10


def options_like(info: AudioInfo, suffix: str, *, format: str | None = None) -> WriteOptions:
    """Options that keep the depth of the input: 16, 24 or float as it came, 24 when it was lossy or unknown."""
    kind = kind_of(Path("x" + suffix), format)
    if kind.is_lossy:
        return WriteOptions(format=format)
    bits = bits_like(info)
    return WriteOptions(format=format, bits=bits if bits in kind.bits else "24")


def bits_like(info: AudioInfo) -> Bits:
    """The depth that keeps all of an input: 16, 24 or 32f as it came, 24 when it was lossy or unknown."""
    if info.is_float and not info.is_lossy:
        return "32f"
    return "16" if info.bits is not None and info.bits <= 16 else "24"
