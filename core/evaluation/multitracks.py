"""Multitracks: songs with their true stems, or with estimates of them, in the folders that the field uses.

Known are: MUSDB18 (`Track.stem.mp4`), MUSDB18-HQ and museval (`train/Track/vocals.wav`), DSD100 (`Sources/Dev/Track`,
`Mixtures/Dev/Track`), and what Unbraid writes (`Song/Song - vocals.wav`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from unbraid.core.audio_files import looks_like_sound
from unbraid.core.errors import AudioFileError

MIXES = ("mix", "mixture", "linear_mixture")
"""Names of what is no stem but the song itself, the best first."""

STEM_FILE = ".stem.mp4"
STEM_FILE_ORDER = ("drums", "bass", "other", "vocals")
"""What the sounds of a MUSDB18 stem file are, after the mix, which comes first."""


@dataclass(frozen=True)
class Sound:
    """A sound file, or one of the sounds of a container with several, counted from 0."""

    path: Path
    stream: int | None = None


@dataclass(frozen=True)
class Multitrack:
    """A song: its mix, where there is a file of it, and its stems by name."""

    name: str
    mix: Sound | None
    stems: Mapping[str, Sound]


def find(folder: Path) -> list[Multitrack]:
    """All multitracks in `folder` and below, in the order of their names; AudioFileError where there is none.

    Names are paths relative to `folder`; a multitrack that is the folder itself is called like it. `folder` may be one
    stem file.
    """
    if not folder.exists():
        raise AudioFileError(f"{folder} does not exist; give a folder with the stems of a song, or of several")
    found = sorted(_found(folder), key=lambda track: track.name.casefold())
    if not found:
        raise AudioFileError(
            f"there is no multitrack in {folder}; it should hold vocals.wav, drums.wav, ... of one song, "
            "or a folder of such for each song"
        )
    return found


def _found(folder: Path) -> Iterator[Multitrack]:
    if folder.is_file():
        yield from _stem_files([folder], folder.parent)
        return
    if (folder / "Sources").is_dir():
        yield from _dsd100(folder)
        return
    for place in _folders(folder):
        files = sorted(path for path in place.iterdir() if looks_like_sound(path))
        yield from _stem_files(files, folder)
        yield from _of_files([p for p in files if not p.name.lower().endswith(STEM_FILE)], _name(place, folder))


def _folders(folder: Path) -> Iterator[Path]:
    """The folder and all below it, but for hidden ones and links."""
    yield folder
    for inner in sorted(folder.iterdir()):
        if inner.is_dir() and not inner.is_symlink() and not inner.name.startswith("."):
            yield from _folders(inner)


def _name(place: Path, folder: Path) -> str:
    return folder.resolve().name if place == folder else place.relative_to(folder).as_posix()


def _dsd100(folder: Path) -> Iterator[Multitrack]:
    for place in _folders(folder / "Sources"):
        name = place.relative_to(folder / "Sources").as_posix()
        mixes = folder / "Mixtures" / name
        files = [path for path in sorted(place.iterdir()) if looks_like_sound(path)]
        mix = [path for path in sorted(mixes.iterdir()) if looks_like_sound(path)] if mixes.is_dir() else []
        yield from _of_files([*files, *mix], name)


def _stem_files(files: Iterable[Path], folder: Path) -> Iterator[Multitrack]:
    for path in files:
        if path.name.lower().endswith(STEM_FILE):
            stems = {name: Sound(path, number) for number, name in enumerate(STEM_FILE_ORDER, 1)}
            name = path.relative_to(folder).as_posix()[: -len(STEM_FILE)]
            yield Multitrack(name, Sound(path, 0), stems)


def _of_files(files: Iterable[Path], name: str) -> Iterator[Multitrack]:
    """The songs whose stems lie side by side: one, or several told apart by what stands before ` - `."""
    songs: dict[str, dict[str, Sound]] = {}
    for path in files:
        song, _, stem = path.stem.rpartition(" - ")
        songs.setdefault(song, {}).setdefault(stem.strip().lower(), Sound(path))
    for song, sounds in songs.items():
        mix = next((sounds[key] for key in MIXES if key in sounds), None)
        stems = {key: sound for key, sound in sounds.items() if key not in MIXES}
        if stems:
            yield Multitrack(f"{name}/{song}" if len(songs) > 1 and song else name, mix, stems)


def matched(estimates: list[Multitrack], references: list[Multitrack]) -> list[tuple[Multitrack, Multitrack]]:
    """Pairs of one song: by name, by the last part of the name, or the only two there are."""
    if len(estimates) == len(references) == 1:
        return [(estimates[0], references[0])]
    by_name = {track.name.casefold(): track for track in references}
    by_last = {_last(track): track for track in references}
    if len(by_last) < len(references):
        by_last = {}
    pairs = [(track, by_name.get(track.name.casefold()) or by_last.get(_last(track))) for track in estimates]
    found = [(estimate, reference) for estimate, reference in pairs if reference is not None]
    if not found:
        raise AudioFileError(
            f"no song has both: estimates are there of {_few(estimates)}, references of {_few(references)}; "
            "the folders of a song must have the same name in both"
        )
    return found


def _last(track: Multitrack) -> str:
    return track.name.rpartition("/")[2].casefold()


def _few(tracks: list[Multitrack]) -> str:
    names = [track.name for track in tracks[:3]]
    return ", ".join(names) + (f" and {len(tracks) - 3} more" if len(tracks) > 3 else "")
