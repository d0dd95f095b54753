"""Whether side-information still gives the stems when the song was transcoded, in the worker process.

A folder holds what the checks share: the stream, and the stems that the very mix gives (`given.npy`) or the true ones
(`true.npy`), (J, N, I) float32 each.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from unbraid.core import audio_files, mapped_wav
from unbraid.core.audio import Audio
from unbraid.core.errors import BitstreamError, ParameterError
from unbraid.core.formats.table import TYPES
from unbraid.core.informed import listening
from unbraid.core.informed.decoder import Decoder, SideInformation
from unbraid.core.informed.delivery import finding
from unbraid.core.informed.matching.aligning import aligned
from unbraid.core.informed.matching.matching import Match, match
from unbraid.core.informed.sources import GivenStem, gather
from unbraid.core.progress import Progress, part_of
from unbraid.core.resample import resample

GIVEN, TRUE = "given.npy", "true.npy"
LEAST_KBPS, MOST_KBPS = 8, 512
COMMON_RATES = (44100, 48000)
"""What a song of a rate that a codec does not know is brought to: the one that divides it, or 48 kHz."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Codec:
    """A lossy format, by its name in `audio_files.TYPES`, and a bitrate."""

    format: str
    kbps: int

    @property
    def words(self) -> str:
        """As in `MP3 128 kbit/s`."""
        name = {"mp3": "MP3", "m4a": "AAC", "ogg": "Vorbis", "opus": "Opus"}[self.format]
        return f"{name} {self.kbps} kbit/s"


DEFAULT_CODECS = tuple(
    Codec(format, kbps)
    for format, kbps in (
        ("mp3", 320), ("mp3", 192), ("mp3", 128), ("m4a", 256), ("m4a", 128), ("ogg", 160), ("opus", 128), ("opus", 96)
    )
)  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """What copies are measured beside. sdr_db: of the stems from the very mix beside the true ones, empty without them.

    is_exact: the song is the very mix that was encoded.
    """

    names: tuple[str, ...]
    is_exact: bool
    sdr_db: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """A copy of the song. refusal: why it is not recognised, or empty. delay_s: by how much it is later.

    speed: of the copy, 1 for that of the song. rate: of the copy in Hz. noise_db: of the copy beside the song in the
    middle one of all bands, about. sdr_db: of the stems, in the order of the names of the ground.
    """

    refusal: str
    rate: int = 0
    is_exact: bool = False
    delay_s: float = 0.0
    gain_db: float = 0.0
    speed: float = 1.0
    noise_db: float = -math.inf
    sdr_db: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()


def codec_of(text: str) -> Codec:
    """A codec that was given as `mp3:128`; ParameterError for what is none."""
    name, colon, rate = text.lower().partition(":")
    name = {"aac": "m4a", "vorbis": "ogg"}.get(name.strip(), name.strip())
    lossy = [known for known, kind in TYPES.items() if kind.is_lossy]
    if name not in lossy:
        raise ParameterError(f"a codec is one of {', '.join(lossy)} and a bitrate, as in mp3:128, not {text!r}")
    if colon and not (rate.strip().isdecimal() and LEAST_KBPS <= int(rate) <= MOST_KBPS):
        raise ParameterError(f"a bitrate is {LEAST_KBPS} to {MOST_KBPS} kbit/s, as in mp3:128, not {text!r}")
    return Codec(name, int(rate) if colon else TYPES[name].kbps[1])


def prepare(
    song: Path, place: finding.Place | None, stems: Mapping[str, Path], folder: Path, progress: Progress
) -> Ground:
    """Decode the stems from the song (a mapped WAV file) and, when the true ones are given, measure them.

    BitstreamError where the song has no side-information or another song's.
    """
    begun = listening.begin(song, place, folder, part_of(progress, 0.0, 0.2))
    side = SideInformation(folder / listening.STREAM)
    names = tuple(stem.name for stem in begun.stems)
    mix = mapped_wav.open_mapped(begun.mix)
    given = _new(folder / GIVEN, (len(names), mix.frames, mix.channels))
    for start, part in _stems(side, mix.samples):
        progress(0.2 + 0.6 * start / mix.frames, "decoding the stems of the mix")
        given[:, start : start + part.shape[1]] = part
    if not stems:
        return Ground(names, begun.is_exact, (), begun.notes)
    notes = _true(mix, names, stems, folder, part_of(progress, 0.8, 1.0))
    true = np.load(folder / TRUE, mmap_mode="r")
    sums = np.zeros((2, len(names)))
    for start in range(0, mix.frames, side.header.block_samples):
        stop = start + side.header.block_samples
        sums += _energies(true[:, start:stop], given[:, start:stop])
    return Ground(names, begun.is_exact, _decibels(sums), (*begun.notes, *notes))


def transcoded(song: Path, codec: Codec, folder: Path, progress: Progress) -> Path:
    """The song (a mapped WAV file) through a codec and back, as a mapped WAV file in `folder`."""
    audio = mapped_wav.open_mapped(song)
    kind = TYPES[codec.format]
    if kind.rates is not None:
        audio = _at_one_of(audio, kind.rates)
    path = folder / f"copy{kind.suffixes[0]}"
    progress(0.1, f"encoding as {codec.words}")
    options = audio_files.WriteOptions(format=codec.format, bitrate_kbps=codec.kbps)
    audio_files.write(path, audio, options, overwrite=True, progress=part_of(progress, 0.1, 0.7))
    target = folder / "copy-decoded.wav"
    audio_files.import_audio(path, target, progress=part_of(progress, 0.7, 1.0))
    return target


def check(folder: Path, copy: Path, progress: Progress) -> Check:
    """Recognise a copy of the song (a mapped WAV file), put it in step, and measure the stems that it gives."""
    side = SideInformation(folder / listening.STREAM)
    audio = mapped_wav.open_mapped(copy)
    try:
        found = match(side.header.mix.data, audio, title=side.header.title or "this song")
    except BitstreamError as refusal:
        return Check(str(refusal), audio.rate)
    mix = aligned(audio, found, part_of(progress, 0.1, 0.3)).samples
    sdr_db = _measured(side, mix, folder, part_of(progress, 0.3, 1.0))
    noise_db = -math.inf if found.exact else 10 * math.log10(float(np.median(found.noise)))
    return Check("", audio.rate, found.exact, *_differences(found, audio), noise_db, sdr_db, found.notes)


def _differences(found: Match, audio: Audio) -> tuple[float, float, float]:
    """Delay in seconds, gain in dB, speed."""
    speed = audio.rate / (found.rate_ratio * found.rate)
    return found.delay_samples / found.rate, 20 * math.log10(found.gain), speed


def _measured(side: SideInformation, mix: Floats, folder: Path, progress: Progress) -> tuple[float, ...]:
    """SDR of the stems that a copy gives beside the true ones or, without them, those of the very mix."""
    path = folder / TRUE
    beside = np.load(path if path.exists() else folder / GIVEN, mmap_mode="r")
    sums = np.zeros((2, len(beside)))
    for start, part in _stems(side, mix):
        progress(start / len(mix), "decoding the stems of the copy")
        sums += _energies(beside[:, start : start + part.shape[1]], part)
    return _decibels(sums)


def _stems(side: SideInformation, mix: Floats) -> Iterator[tuple[int, Floats]]:
    """Start and stems (J, n, I) of every block."""
    decoder, size = Decoder(side, mix), side.header.block_samples
    for start in range(0, len(mix), size):
        yield start, decoder.samples(start, min(start + size, len(mix)))


def _true(
    mix: Audio, names: tuple[str, ...], stems: Mapping[str, Path], folder: Path, progress: Progress
) -> tuple[str, ...]:
    """Keep the true stems as they are in the mix; what was done to them."""
    if set(stems) != set(names):
        raise ParameterError(
            f"the side-information has the stems {', '.join(names)}, and {', '.join(stems)} were given; "
            "give all of them, under these names, or none"
        )
    given = [GivenStem(name, mapped_wav.open_mapped(stems[name])) for name in names]
    sources = gather(mix, given, store=lambda shape: _new(folder / "sources.npy", shape), progress=progress)
    _new(folder / TRUE, (len(names), mix.frames, mix.channels))[:] = sources.images[: len(names)]
    return sources.notes


def _at_one_of(audio: Audio, rates: tuple[int, ...]) -> Audio:
    """Sound at a rate that a format has."""
    if audio.rate in rates:
        return audio
    return resample(audio, next((rate for rate in COMMON_RATES if audio.rate % rate == 0), COMMON_RATES[-1]))


def _energies(true: Floats, estimate: Floats) -> npt.NDArray[np.float64]:
    """Of stems (J, n, I) and of what is wrong with their estimates, (2, J)."""
    wrong = np.square(true - estimate, dtype=np.float64).sum(axis=(1, 2))
    return np.stack([np.square(true, dtype=np.float64).sum(axis=(1, 2)), wrong])


def _decibels(sums: npt.NDArray[np.float64]) -> tuple[float, ...]:
    """SDR of each stem: inf where nothing is wrong, NaN for a silent one."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return tuple(float(value) for value in np.where(sums[0] > 0, 10 * np.log10(sums[0] / sums[1]), np.nan))


def _new(path: Path, shape: tuple[int, ...]) -> np.memmap[tuple[int, ...], np.dtype[np.float32]]:
    return np.lib.format.open_memmap(path, "w+", np.float32, shape)
