"""The listener's side in the worker process: side-information found, the song put in step with it, stems in files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from unbraid.core import atomic, mapped_wav
from unbraid.core.audio import Audio
from unbraid.core.errors import AudioFileError, BitstreamError
from unbraid.core.informed.decoder import Decoder, SideInformation
from unbraid.core.informed.delivery import finding
from unbraid.core.informed.header import Header, StemEntry
from unbraid.core.informed.matching.aligning import aligned
from unbraid.core.informed.matching.frames import edges_hz
from unbraid.core.informed.matching.matching import Match, match
from unbraid.core.informed.parametric.filtering import NoiseOf
from unbraid.core.informed.watermark import reveal
from unbraid.core.progress import Progress, part_of

Doubles = npt.NDArray[np.float64]

STREAM, MIX, WANTED = "side.unb", "mix.wav", "wanted"
"""Files of a folder: the stream, the song on its grid, the sample that is wanted next (text)."""
LOOKED_AT_S = 10.0
"""Of a song, when nobody has said that something is hidden in its samples."""
BLOCK = 1 << 18
MOST_TOLD = 3
"""Places of damage that are told one by one."""


@dataclass(frozen=True)
class Begun:
    """Stems that are about to be decoded. mix: the song on the grid of the stems. paths: of the stems, silent so far.

    stems: what the stream says of each. is_exact: the song is the very mix that was encoded. notes: for the user.
    noise: of a lossy copy, its ratio to the signal in each band. allows_noise: the filter reckons with it.
    """

    mix: Path
    stems: tuple[StemEntry, ...]
    paths: tuple[Path, ...]
    is_exact: bool
    notes: tuple[str, ...]
    title: str = ""
    noise: tuple[float, ...] = ()
    allows_noise: bool = False


def place_of(mix: Path, side: Path | None) -> finding.Place | None:
    """Where the side-information of a song is; None for: in its samples, if anywhere."""
    if side is None:
        return finding.find(mix)
    if not side.is_file():
        raise AudioFileError(f"{side} does not exist; give the {finding.SUFFIX} file of the song, or leave it out")
    return finding.Place(side, embedded=side.suffix.lower() != finding.SUFFIX)


def holds(mix: Path, progress: Progress) -> finding.Place | None:
    """Where the side-information of a song's file is, in a file; for a window that opens it."""
    progress(0.0, "")
    return finding.find(mix)


def in_samples(song: Path, progress: Progress) -> bool:
    """Whether something is hidden in the samples of a song (a mapped WAV file) that begins where it was marked."""
    audio = mapped_wav.open_mapped(song)
    return reveal.find(audio.slice(0, round(LOOKED_AT_S * audio.rate)), progress=progress, cuts=False) is not None


def begin(song: Path, place: finding.Place | None, folder: Path, progress: Progress) -> Begun:
    """Find side-information, put the song (a mapped WAV file) in step with it, make files for the stems.

    BitstreamError where there is none, where it is damaged, and where it was made for another song or master.
    """
    audio, stream = _found(mapped_wav.open_mapped(song), place, part_of(progress, 0.0, 0.5))
    atomic.write_bytes(folder / STREAM, stream, overwrite=True)
    side = SideInformation(stream)
    header = side.header
    found = _compared(header, audio)
    mix = song
    if not found.exact or place is None:
        mix = folder / MIX
        sound = aligned(audio, found, part_of(progress, 0.5, 1.0))
        mapped_wav.create(mix, header.frames, header.channels, header.rate)[:] = sound.samples
    paths = []
    for number in side.shown:
        path = folder / f"stem{number}.wav"
        mapped_wav.create(path, header.frames, header.channels, header.rate)
        paths.append(path)
    stems = tuple(side.sources[number] for number in side.shown)
    noise = () if found.exact else tuple(float(ratio) for ratio in found.noise.mean(axis=0))
    return Begun(mix, stems, tuple(paths), found.exact, _notes(found, side), header.title, noise)


def fill(begun: Begun, folder: Path, rough_first: bool, progress: Progress) -> tuple[str, ...]:
    """Decode every block into the files of the stems, that which is wanted first; what was lost, in words.

    rough_first: all by the filter alone, which is quick, before what it missed is added.
    """
    side = SideInformation(folder / STREAM)
    mix = mapped_wav.open_mapped(begun.mix).samples
    decoder = Decoder(side, mix, noise_of(side, begun.noise) if begun.allows_noise else None)
    files = [np.memmap(path, np.float32, "r+", mapped_wav.DATA_START, mix.shape) for path in begun.paths]
    passes = (True, False) if rough_first and side.residual is not None else (False,)
    total = len(passes) * side.header.blocks
    for number, (rough, block) in enumerate(
        (rough, block) for rough in passes for block in _in_wanted_order(side.header, folder)
    ):
        progress(number / total, "decoding the stems")
        start = block * side.header.block_samples
        stop = min(start + side.header.block_samples, side.header.frames)
        for file, stem in zip(files, decoder.samples(start, stop, rough=rough), strict=True):
            file[start:stop] = stem
    return _lost(side)


def noise_of(side: SideInformation, ratios: Sequence[float]) -> NoiseOf | None:
    """Power of the noise of a lossy copy, from its ratio to the signal in each band; None where there is none."""
    if not ratios:
        return None
    edges = edges_hz()
    band = np.clip(np.searchsorted(edges, side.layer.grid.centres_hz) - 1, 0, len(ratios) - 1)
    share = np.array(ratios)[band][:, None]

    def noise(first: int, last: int) -> Doubles:
        powers = np.concatenate([v.sum(axis=2) for v, _ in side.model(first, last)], axis=1)
        return np.asarray(share * powers)

    return noise


def rest(begun: Begun, folder: Path, progress: Progress) -> Path:
    """What decoded stems leave of the song, in a file beside them: with it they add up to the song."""
    mix, stems = mapped_wav.open_mapped(begun.mix), [mapped_wav.open_mapped(path) for path in begun.paths]
    path = folder / "rest.wav"
    out = mapped_wav.create(path, mix.frames, mix.channels, mix.rate)
    for start in range(0, mix.frames, BLOCK):
        progress(start / mix.frames, "adding up what is left")
        part = slice(start, start + BLOCK)
        out[part] = mix.samples[part] - sum(stem.samples[part].astype(np.float64) for stem in stems)
    return path


def want(folder: Path, sample: int) -> None:
    """Say, from another process, which sample is to be decoded next."""
    atomic.write_text(folder / WANTED, str(sample), overwrite=True)


def _in_wanted_order(header: Header, folder: Path) -> Iterable[int]:
    """All blocks once, each next after the one before it or from where somebody wants to hear."""
    left = dict.fromkeys(range(header.blocks))
    block = 0
    while left:
        try:
            text = (folder / WANTED).read_text()
            (folder / WANTED).unlink()
            block = min(max(int(text) // header.block_samples, 0), header.blocks - 1)
        except (OSError, ValueError):
            pass
        block = next((n for n in range(block, header.blocks) if n in left), next(iter(left)))
        del left[block]
        yield block


def _compared(header: Header, audio: Audio) -> Match:
    """How the song differs from the mix that was encoded; a stream without a print takes one of the same shape."""
    if header.mix.data:
        return match(header.mix.data, audio, title=header.title or "this song")
    if (audio.frames, audio.channels, audio.rate) != (header.frames, header.channels, header.rate):
        raise BitstreamError(
            f"the side-information has no print of its mix, which lasts {header.frames} samples in {header.channels} "
            f"channels at {header.rate} Hz; this song has {audio.frames} in {audio.channels} at {audio.rate} Hz"
        )
    nothing = np.zeros((1, 1))
    words = ("nothing in the side-information tells whether it belongs to this song",)
    return Match(True, 0.0, 1.0, 1.0, False, False, nothing, 0.0, header.rate, header.frames, header.channels, words)


def _found(audio: Audio, place: finding.Place | None, progress: Progress) -> tuple[Audio, bytes]:
    """The mix that was coded against, and the stream."""
    if place is not None:
        return audio, place.load()
    revealed = reveal.find(audio, progress=progress)
    if revealed is None or revealed.payload is None:
        raise BitstreamError(
            "there is no side-information in this song, beside it, or in its samples; give the file song.unb that "
            "belongs to it"
        )
    return revealed.host, revealed.payload


def _notes(found: Match, side: SideInformation) -> tuple[str, ...]:
    """How the song differs from the mix, and what is wrong with the stream."""
    damage = tuple(f"the side-information is damaged: {damage.words}" for damage in side.reader.damage[:MOST_TOLD])
    return damage if found.exact else (*found.notes, *damage)


def _lost(side: SideInformation) -> tuple[str, ...]:
    """Blocks that could not be decoded."""
    lost = sorted(side.damaged | set(side.residual.damage if side.residual else ()))
    if not lost:
        return ()
    seconds = side.header.block_samples / side.header.rate
    places = ", ".join(f"{n * seconds:.0f} s" for n in lost[:5]) + (" ..." if len(lost) > 5 else "")
    return (f"{len(lost)} of {side.header.blocks} blocks are damaged (at {places}): stems are rough there",)
