"""Where the side-information of a song is: inside its sound file, or in a file of the same name beside it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from unbraid.core import atomic
from unbraid.core.errors import AudioFileError, BitstreamError
from unbraid.core.informed.delivery import embedding

SUFFIX = ".unb"
MAX_SIDECAR = 2 << 30
"""Bytes of a file of side-information that are read at once."""


@dataclass(frozen=True)
class Place:
    """Side-information of a song. path: the file that holds it. embedded: whether that is the sound file itself."""

    path: Path
    embedded: bool

    def load(self) -> bytes:
        """The side-information."""
        if self.embedded:
            payload = embedding.extract(self.path)
            if payload is None:
                raise BitstreamError(f"{self.path} holds no side-information any more; find its {SUFFIX} file")
            return payload
        return _read(self.path)


def sidecar_paths(mix_path: Path) -> tuple[Path, ...]:
    """Names that the side-information of a song may have, the closer one first: `song.flac.unb`, `song.unb`."""
    return mix_path.with_name(mix_path.name + SUFFIX), mix_path.with_suffix(SUFFIX)


def find(mix_path: Path) -> Place | None:
    """Side-information of a song, None when there is none: in the file itself first, since it was made for it."""
    damaged: BitstreamError | None = None
    try:
        if embedding.extract(mix_path) is not None:
            return Place(mix_path, embedded=True)
    except BitstreamError as problem:
        damaged = problem
    for path in sidecar_paths(mix_path):
        with contextlib.suppress(OSError):  # a name may be too long for a file
            if path.is_file():
                return Place(path, embedded=False)
    if damaged is not None:
        raise damaged
    return None


def _read(path: Path) -> bytes:
    """All bytes of a file of side-information."""
    try:
        size = path.stat().st_size
        if size > MAX_SIDECAR:
            raise BitstreamError(
                f"{path} takes {atomic.size_text(size)}; up to {atomic.size_text(MAX_SIDECAR)} can be read; is it "
                f"side-information?"
            )
        return path.read_bytes()
    except OSError as problem:
        raise AudioFileError(f"{path} cannot be read ({problem.strerror}); check its permissions") from problem
