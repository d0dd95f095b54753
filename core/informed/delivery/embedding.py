"""Side-information inside the sound file it belongs to: players play the mix, and not one bit of its sound changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from unbraid.core import atomic
from unbraid.core.errors import AudioFileError
from unbraid.core.formats.sniff import Kind, sniff
from unbraid.core.informed.delivery import envelope, in_flac, in_mp3, in_mp4, in_ogg, in_riff
from unbraid.core.progress import Progress, part_of, silent_progress


class Carrier(Protocol):
    """How side-information lies in one kind of container; the module of that kind."""

    def put(self, path: Path, payload: bytes, /) -> None:
        """Add `payload` to a temporary of ours that has none."""

    def get(self, file: BinaryIO, start: int, /) -> Iterator[bytes]:
        """Parts in a file whose container begins at byte `start`."""

    def drop(self, path: Path, /) -> None:
        """Take all parts out of a temporary of ours."""


CARRIERS: dict[str, Carrier] = {
    "wav": in_riff,
    "aiff": in_riff,
    "flac": in_flac,
    "ogg": in_ogg,
    "mp3": in_mp3,
    "mp4": in_mp4,
}
CARRYING = "WAV, AIFF, FLAC, Ogg Vorbis, Opus, MP3 and M4A/MP4"
COPIED = 1 << 22


def embed(
    mix_path: Path,
    payload: bytes,
    out_path: Path,
    progress: Progress = silent_progress,
    *,
    overwrite: bool = False,
) -> None:
    """Copy a sound file to `out_path` with `payload` inside, in place of any side-information that it held.

    Sound, tags and cover stay as they are. `out_path` may be `mix_path` when `overwrite` is set: the file is exchanged
    whole or not at all.
    """
    envelope.check_payload(payload)
    kind = _checked(mix_path, out_path)
    needed = mix_path.stat().st_size + len(payload) * 3 // 2
    with atomic.replacing(out_path, overwrite=overwrite, needed_bytes=needed) as temporary:
        _copy(mix_path, temporary, part_of(progress, 0.0, 0.7))
        carrier = CARRIERS[kind.container]
        carrier.drop(temporary)
        progress(0.8, f"embedding {atomic.size_text(len(payload))}")
        carrier.put(temporary, payload)
        if extract(temporary) != payload:
            raise AudioFileError(
                f"{mix_path.name} is built in a way in which the side-information is not found again; nothing was "
                f"written; keep it in a file of its own"
            )
        progress(1.0, f"embedded in {out_path.name}")


def extract(path: Path) -> bytes | None:
    """The side-information inside a sound file, None when it holds none.

    AudioFileError for what is no sound file, BitstreamError when the side-information is damaged.
    """
    kind = sniff(path)
    if not _can_carry(path, kind):
        return None
    with path.open("rb") as file:
        try:
            return envelope.join(_found(file, kind))
        except OSError as problem:
            raise AudioFileError(f"{path} cannot be read ({problem.strerror}); get the file again") from problem


def strip(path: Path, out_path: Path, progress: Progress = silent_progress, *, overwrite: bool = False) -> None:
    """Copy a sound file to `out_path` without its side-information."""
    kind = _checked(path, out_path)
    with atomic.replacing(out_path, overwrite=overwrite, needed_bytes=path.stat().st_size) as temporary:
        _copy(path, temporary, part_of(progress, 0.0, 0.9))
        CARRIERS[kind.container].drop(temporary)
        progress(1.0, f"written {out_path.name}")


def can_carry(path: Path) -> bool:
    """Whether side-information can be put into this file, by what it is."""
    return _can_carry(path, sniff(path))


def _can_carry(path: Path, kind: Kind) -> bool:
    """Of Ogg, only Vorbis and Opus have the comments that are used."""
    return kind.container in CARRIERS and not (kind.container == "ogg" and kind.backend != "sndfile")


def _checked(path: Path, out_path: Path) -> Kind:
    """The kind of a file that can carry side-information and keeps its suffix."""
    kind = sniff(path)
    if not _can_carry(path, kind):
        raise AudioFileError(
            f"{path.name} is a {kind.container} file, which cannot carry side-information; {CARRYING} can; keep "
            f"it in a file of its own beside the mix ({path.stem}.unb)"
        )
    if out_path.suffix.lower() != path.suffix.lower():
        raise AudioFileError(
            f"{out_path.name} would be a copy of {path.name} under the name of another kind of file; call it "
            f"{out_path.stem}{path.suffix}"
        )
    return kind


def _found(file: BinaryIO, kind: Kind) -> Iterator[bytes]:
    """Parts of side-information in an opened file."""
    return CARRIERS[kind.container].get(file, kind.start)


def _copy(path: Path, target: Path, progress: Progress) -> None:
    """Copy the bytes of a file into a temporary of ours."""
    size, done = max(1, path.stat().st_size), 0
    try:
        with path.open("rb") as source, atomic.scratch(target, "w+b") as copy:
            while block := source.read(COPIED):
                copy.write(block)
                done += len(block)
                progress(min(1.0, done / size), f"copying {path.name}")
    except PermissionError as problem:
        raise AudioFileError(f"{path} cannot be read ({problem.strerror}); check its permissions") from problem
