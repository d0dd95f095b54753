"""File names of stems: the song's name first, safe on every system, never read back for meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from unbraid.core.errors import ParameterError

TEMPLATE = "{track}/{track} - {stem}.{ext}"
LONGEST_NAME_BYTES = 255
MIXES = ("mix", "mixture")
"""Names of files that say nothing about the song: their folder does."""
STEM_FILE = ".stem.mp4"
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def safe(name: str) -> str:
    """`name` without what some file system refuses: separators, control characters, reserved words, end dots."""
    cleaned = _UNSAFE.sub("_", name).strip().rstrip(". ")
    if not cleaned:
        return "untitled"
    return f"_{cleaned}" if _RESERVED.match(cleaned) else cleaned


def song_of(path: Path) -> str:
    """What a song is called after its file: `Song` for `Song.flac`, `Song.stem.mp4`, and `Song/mix.flac`."""
    name = path.name[: -len(STEM_FILE)] if path.name.lower().endswith(STEM_FILE) else path.stem
    return path.parent.name if name.lower() in MIXES and path.parent.name else name


def stem_paths(
    folder: Path, track: str, stems: Iterable[str], extension: str, template: str = TEMPLATE
) -> dict[str, Path]:
    """Where each stem goes: `template` with {track}, {stem}, {number} and {ext}; the stem's name is never cut."""
    paths = {
        stem: folder / _fill(template, safe(track), safe(stem), f"{number:02d}", extension)
        for number, stem in enumerate(stems, 1)
    }
    if len(set(paths.values())) < len(paths):
        raise ParameterError(f"the name template {template!r} gives several stems one file; put {{stem}} into it")
    return paths


def _fill(template: str, track: str, stem: str, number: str, extension: str) -> Path:
    while True:
        try:
            path = Path(template.format(track=track, stem=stem, number=number, ext=extension))
        except (KeyError, IndexError, ValueError, AttributeError):
            raise ParameterError(
                f"the name template {template!r} may hold {{track}}, {{stem}}, {{number}} and {{ext}} only, "
                f"e.g. {TEMPLATE!r}"
            ) from None
        if path.is_absolute() or ".." in path.parts:
            raise ParameterError(f"the name template {template!r} must stay inside the output folder")
        if max(len(part.encode()) for part in path.parts) <= LONGEST_NAME_BYTES or len(track) <= 1:
            return path
        track = track[:-1].rstrip()
