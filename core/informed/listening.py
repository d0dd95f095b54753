"""The listener's side in the worker process: side-information found, the song put in step with it, stems in files."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from unbraid.core import atomic, mapped_wav
from unbraid.core.audio import Audio
from unbraid.core.errors import BitstreamError
from unbraid.core.informed.decoder import Decoder, SideInformation
from unbraid.core.informed.delivery import finding
from unbraid.core.informed.header import Header, StemEntry
from unbraid.core.informed.matching.aligning import aligned
from unbraid.core.informed.matching.matching import Match, match
from unbraid.core.informed.parametric.filtering import NoiseOf
from unbraid.core.informed.watermark import reveal
from unbraid.core.progress import Progress, part_of

Doubles = npt.NDArray[np.float64]

STREAM, MIX, MATCH, WANTED = "side.unb", "mix.wav", "match.json", "wanted"
"""Files of a folder: the stream, the song on its grid, how it differs, the sample that is wanted next (text)."""
NOISY = 1e-4
"""Ratio of noise and signal above which a copy of the mix counts as lossy."""


@dataclass(frozen=True)
class Begun:
    """Stems that are about to be decoded. mix: the song on the grid of the stems. paths: of the stems, silent so far.

    stems: what the stream says of each. is_exact: the song is the very mix that was encoded. notes: for the user.
    """

    mix: Path
    stems: tuple[StemEntry, ...]
    paths: tuple[Path, ...]
    is_exact: bool
    notes: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True)
class Decoded:
    """Stems, all of them."""

    begun: Begun
    seconds: float
    notes: tuple[str, ...]

    @property
    def is_exact(self) -> bool:
        """Whether the song was the very mix that was encoded."""
        return self.begun.is_exact

    def mix_audio(self) -> Audio:
        """The song on the grid of its stems."""
        return mapped_wav.open_mapped(self.begun.mix)

    def stem_audio(self) -> dict[str, Audio]:
        """Stems by name."""
        stems = zip(self.begun.stems, self.begun.paths, strict=True)
        return {stem.name: mapped_wav.open_mapped(path) for stem, path in stems}


def place_of(mix: Path, side: Path | None) -> finding.Place | None:
    """Where the side-information of a song is; None for: in its samples, if anywhere."""
    if side is None:
        return finding.find(mix)
    return finding.Place(side, embedded=side.suffix.lower() != finding.SUFFIX)


def holds(mix: Path, progress: Progress) -> finding.Place | None:
    """Where the side-information of a song's file is, in a file; for a window that opens it."""
    progress(0.0, "")
    try:
        return finding.find(mix)
    except BitstreamError:
        return None


def in_samples(song: Path, progress: Progress) -> bool:
    """Whether something is hidden in the samples of a song (a mapped WAV file) that begins where it was marked."""
    audio = mapped_wav.open_mapped(song)
    return reveal.find(audio, progress=progress, cuts=False) is not None


def begin(song: Path, place: finding.Place | None, folder: Path, progress: Progress) -> Begun:
    """Find side-information, put the song (a mapped WAV file) in step with it, make files for the stems.

    BitstreamError where there is none, where it is damaged, and where it was made for another song or master.
    """
    audio, stream = _found(mapped_wav.open_mapped(song), place, part_of(progress, 0.0, 0.5))
    atomic.write_bytes(folder / STREAM, stream, overwrite=True)
    side = SideInformation(stream)
    header = side.header
    found = match(header.mix.data, audio, title=header.title or "this song")
    told = {"exact": found.exact, "noise": found.noise.tolist()}
    atomic.write_text(folder / MATCH, json.dumps(told), overwrite=True)
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
    return Begun(mix, stems, tuple(paths), found.exact, _notes(found, side), header.title)


def fill(begun: Begun, folder: Path, rough_first: bool, progress: Progress) -> tuple[str, ...]:
    """Decode every block into the files of the stems, that which is wanted first; what was lost, in words.

    rough_first: all by the filter alone, which is quick, before what it missed is added.
    """
    side = SideInformation(folder / STREAM)
    mix = mapped_wav.open_mapped(begun.mix).samples
    told = json.loads((folder / MATCH).read_text())
    decoder = Decoder(side, mix, None if told["exact"] else noise_of(side, np.array(told["noise"])))
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
    return _damage(side)


def decode(song: Path, place: finding.Place | None, folder: Path, progress: Progress) -> Decoded:
    """All stems of a song."""
    started = time.perf_counter()
    begun = begin(song, place, folder, part_of(progress, 0.0, 0.2))
    lost = fill(begun, folder, False, part_of(progress, 0.2, 1.0))
    return Decoded(begun, time.perf_counter() - started, (*begun.notes, *lost))


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


def noise_of(side: SideInformation, ratios: Doubles) -> NoiseOf | None:
    """Power of the noise of a lossy copy, from its ratio to the signal in each band; None where there is hardly any."""
    from unbraid.core.informed.matching.frames import edges_hz

    ratio = ratios[0] if len(ratios) == 1 else ratios.mean(axis=0)
    if ratio.max() < NOISY:
        return None
    band = np.clip(np.searchsorted(edges_hz(), side.layer.grid.centres_hz) - 1, 0, len(ratio) - 1)
    share = ratio[band][:, None]

    def noise(first: int, last: int) -> Doubles:
        powers = np.concatenate([v.sum(axis=2) for v, _ in side.model(first, last)], axis=1)
        return np.asarray(share * powers)

    return noise


def _notes(found: Match, side: SideInformation) -> tuple[str, ...]:
    if found.exact:
        return _damage(side)
    return (*found.notes, *_damage(side))


def _damage(side: SideInformation) -> tuple[str, ...]:
    words = [damage.words for damage in side.reader.damage[:3]]
    lost = sorted(side.damaged | set(side.residual.damage if side.residual else ()))
    if lost:
        seconds = side.header.block_samples / side.header.rate
        places = ", ".join(f"{n * seconds:.0f} s" for n in lost[:5])
        words.append(f"{len(lost)} of {side.header.blocks} blocks are damaged (at {places}): stems are rough there")
    return tuple(words)
