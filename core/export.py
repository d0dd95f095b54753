"""What is written to files, where and how: planned and looked at before anything is computed, then written as a set.

Sounds are plain here, by the name of their file. `core/material.py` makes them of a song and its mixer; a written plan
that failed can be tried elsewhere with the same sounds.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from unbraid.core import atomic, audio_files, naming, stem_file
from unbraid.core.audio import Audio
from unbraid.core.audio_files import SetReport, WriteOptions
from unbraid.core.clipping import Clipping
from unbraid.core.errors import AudioFileError, ParameterError
from unbraid.core.formats import stem_mp4, table
from unbraid.core.formats.dawproject import Arrangement
from unbraid.core.formats.tags import Tags
from unbraid.core.progress import Progress, silent_progress
from unbraid.core.render import without
from unbraid.core.stem_file import Groups

What = Literal["stems", "remix", "karaoke", "stem_file", "workstation"]
"""stems: a file for each. remix: one file. karaoke: one file without some stems. stem_file: the mix with four stems in
one file. workstation: numbered WAV files and a project file that opens them in a workstation."""

Existing = Literal["refuse", "replace", "number"]
"""What happens to files that are there: nothing is written, they are replaced, or the new ones get `-2` and so on."""

TEMPLATES: dict[What, str] = {
    "stems": naming.TEMPLATE,
    "remix": "{track} - {stem}.{ext}",
    "karaoke": "{track} - {stem}.{ext}",
    "stem_file": "{track}.{ext}",
    "workstation": "{track} - tracks/{number} {stem}.{ext}",
}
"""The usual names."""

MIX = "mix"
PROJECT = "project"
MOST_COPIES = 1000


@dataclass(frozen=True)
class Export:
    """What is wanted.

    extension: without a dot; stem files have their own. template: of the names, the usual one when empty. only: these
    stems alone, all when empty. two_stems: that stem and `no_STEM`, the sum of all others. left_out: what karaoke goes
    without. groups: the four of a stem file, as `stem_file.suggested_groups` where empty. as_heard: through the mixer;
    otherwise every stem as it is. self_contained: the project file of a workstation holds the sounds once more.
    """

    folder: Path
    extension: str = "wav"
    template: str = ""
    write: WriteOptions = field(default_factory=WriteOptions)
    clipping: Clipping = "common_gain"
    only: tuple[str, ...] = ()
    two_stems: str = ""
    existing: Existing = "refuse"
    what: What = "stems"
    left_out: tuple[str, ...] = ()
    groups: Groups = field(default_factory=dict)
    as_heard: bool = False
    self_contained: bool = True

    def names(self, stems: Iterable[str]) -> tuple[str, ...]:
        """What the files hold when there are these `stems`."""
        there = tuple(stems)
        missing = sorted({*self.only, *self.left_out, *filter(None, [self.two_stems])} - {*there})
        if missing:
            raise ParameterError(f"there is no stem {', '.join(missing)}; the stems are {', '.join(there)}")
        if self.what == "remix":
            return ("remix",)
        if self.what == "karaoke":
            if not self.left_out:
                raise ParameterError(f"say which stems are left out; the stems are {', '.join(there)}")
            return (f"without {' and '.join(self.left_out)}",)
        if self.what == "stem_file":
            return (MIX,)
        if self.two_stems and self.only:
            raise ParameterError("give either some stems or two stems, not both")
        if self.two_stems:
            return (self.two_stems, f"no_{self.two_stems}")
        return tuple(name for name in there if not self.only or name in self.only)

    def paths(self, track: str, stems: Iterable[str]) -> dict[str, Path]:
        """Where each file goes, by what it holds; the project file of a workstation among them."""
        extension = stem_mp4.SUFFIXES[0].lstrip(".") if self.what == "stem_file" else self.extension
        template = self.template or TEMPLATES[self.what]
        paths = naming.stem_paths(self.folder, track, self.names(stems), extension, template)
        if self.what == "workstation" and paths:
            project = naming.stem_paths(
                next(iter(paths.values())).parent, track, [PROJECT], "dawproject", "{track}.{ext}"
            )
            paths |= project
        return _numbered(paths, self.what) if self.existing == "number" else paths

    def grouping(self, stems: Iterable[str]) -> Groups:
        """Which stems go into which stream of a stem file."""
        there = tuple(stems)
        groups = self.groups or stem_file.suggested_groups(there)
        stem_file.check_groups(groups, there)
        return groups

    def chosen(self, song: Audio, stems: Mapping[str, Audio]) -> dict[str, Audio]:
        """The sounds of the files, of stems as they are: `stems` and `stem_file` only, for the command line."""
        if self.what == "stem_file":
            return {MIX: song, **stems}
        if self.two_stems:
            one = self.two_stems
            return dict(zip(self.names(stems), (stems[one], without(stems, one)), strict=True))
        return {name: stems[name] for name in self.names(stems)}


@dataclass(frozen=True)
class PlannedFile:
    """A file that would be written. what: the name of its sound. form: its format in words. bytes: at most."""

    path: Path
    what: str
    form: str
    bytes: int
    replaces: bool


@dataclass(frozen=True)
class Plan:
    """All files of an export. free_bytes: of the disk. problem: why it could not be written now, or empty."""

    export: Export
    track: str
    files: tuple[PlannedFile, ...]
    free_bytes: int
    problem: str = ""

    @property
    def bytes(self) -> int:
        """Upper estimate of all files."""
        return sum(file.bytes for file in self.files)

    @property
    def replaced(self) -> tuple[Path, ...]:
        """Files that are there and would go."""
        return tuple(file.path for file in self.files if file.replaces)

    @property
    def folders(self) -> tuple[Path, ...]:
        """Folders that files go to."""
        return tuple(dict.fromkeys(file.path.parent for file in self.files))

    def path(self, what: str) -> Path:
        """Where the file of a sound goes."""
        return next(file.path for file in self.files if file.what == what)

    def check(self) -> None:
        """Raise when it could not be written: files that are there and shall stay, a full or read-only disk."""
        if self.problem:
            raise AudioFileError(self.problem)
        there = self.replaced
        if there and self.export.existing != "replace":
            listed = ", ".join(str(path) for path in there[:4]) + (" ..." if len(there) > 4 else "")
            raise AudioFileError(
                f"{len(there)} of the files exist already: {listed}; choose another folder or overwrite them"
            )


def plan(export: Export, track: str, song: Audio, stems: Iterable[str]) -> Plan:
    """The files that `export` would write of a song with these stems; raises where a format cannot hold the sound."""
    there = tuple(stems)
    paths = export.paths(track, there)
    if not paths:
        raise ParameterError("there is nothing to write: no stem is chosen")
    size = {what: _size(export, path, song) for what, path in paths.items() if what != PROJECT}
    if PROJECT in paths:
        size[PROJECT] = 10_000 + (sum(size.values()) if export.self_contained else 0)
    files = tuple(
        PlannedFile(path, what, _form(export, path, song), size[what], os.path.lexists(path))
        for what, path in paths.items()
    )
    nearest = atomic.nearest_folder(files[0].path.parent)
    drafted = Plan(export, track, files, shutil.disk_usage(nearest).free)
    return replace(drafted, problem=_problem(drafted, there))


def _problem(drafted: Plan, stems: tuple[str, ...]) -> str:
    """Why the plan could not be carried out now."""
    try:
        if drafted.export.what == "stem_file":
            drafted.export.grouping(stems)
        for folder in drafted.folders:
            atomic.check_target(folder, sum(file.bytes for file in drafted.files if file.path.parent == folder))
        for file in drafted.files:
            atomic.check_file(file.path, overwrite=True)
    except (AudioFileError, ParameterError) as error:
        return str(error)
    return ""


def _size(export: Export, path: Path, song: Audio) -> int:
    if export.what == "stem_file":
        return stem_mp4.size(stem_mp4.plan(path, song.frames, song.channels, song.rate, export.write))
    return audio_files.estimate_bytes(path, song, export.write)


def _form(export: Export, path: Path, song: Audio) -> str:
    """A format in words: `WAV 24 bit`, `MP3 320 kbit/s`."""
    if path.suffix == ".dawproject":
        return "DAWproject"
    if export.what == "stem_file":
        planned = stem_mp4.plan(path, song.frames, song.channels, song.rate, export.write)
        return f"Stem {'ALAC' if planned.bits else 'AAC'} 5 × {_depth(planned)}"
    planned = table.plan(path, song.frames, song.channels, song.rate, export.write)
    return f"{planned.kind.name.upper()} {_depth(planned)}"


def _depth(planned: table.Plan) -> str:
    if planned.kbps is not None:
        return f"{planned.kbps} kbit/s"
    return "32 bit float" if planned.bits is None else f"{planned.bits} bit"


def _numbered(paths: dict[str, Path], what: What) -> dict[str, Path]:
    """The paths with the same `-2`, `-3` ... so that none is there; a workstation's folder gets it."""
    for number in range(1, MOST_COPIES):
        tried = {name: _copy(path, number, of_folder=what == "workstation") for name, path in paths.items()}
        if not any(os.path.lexists(path) for path in tried.values()):
            return tried
    raise AudioFileError(
        f"there are {MOST_COPIES} copies of {next(iter(paths.values()))} already; choose another folder"
    )


def _copy(path: Path, number: int, *, of_folder: bool) -> Path:
    if number == 1:
        return path
    if of_folder:
        return path.parent.with_name(f"{path.parent.name}-{number}") / path.name
    suffix = next((s for s in stem_mp4.SUFFIXES if path.name.endswith(s)), path.suffix)
    return path.with_name(f"{path.name.removesuffix(suffix)}-{number}{suffix}")


def write(
    planned: Plan,
    sounds: Mapping[str, Audio],
    *,
    tags: Tags | None = None,
    colours: Mapping[str, str] | None = None,
    arrangement: Callable[[float], Arrangement] | None = None,
    progress: Progress = silent_progress,
) -> tuple[dict[str, Path], SetReport]:
    """Write the planned files that there are sounds for, all or none; returns where they are and what was done to them.

    sounds: by what the files hold; of a stem file `mix` and all its stems. colours: "#RRGGBB" by stem. arrangement: for
    a workstation, the session as it stands once the files were lowered by a gain (a factor). Lengths are read back
    from the files before they get their names, and samples that are not finite are refused.
    """
    planned.check()
    export = planned.export
    overwrite = export.existing == "replace"
    if export.what == "stem_file":
        stems = {name: audio for name, audio in sounds.items() if name != MIX}
        path = planned.path(MIX)
        report = stem_file.write(
            path, sounds[MIX], stems, export.write, groups=export.grouping(stems), colours=colours,
            clipping_policy=export.clipping, tags=tags, overwrite=overwrite, progress=progress,
        )  # fmt: skip
        return {MIX: path}, report
    paths = {file.what: file.path for file in planned.files if file.what in sounds}
    beside: dict[Path, audio_files.Beside] = {}
    if arrangement is not None and export.what == "workstation":
        beside[planned.path(PROJECT)] = _project(arrangement, paths, export.self_contained)
    report = audio_files.write_set(
        {path: sounds[what] for what, path in paths.items()},
        export.write,
        clipping=export.clipping,
        tags=tags,
        overwrite=overwrite,
        beside=beside,
        progress=progress,
    )
    return {file.what: file.path for file in planned.files if file.path in {*paths.values(), *beside}}, report


def _project(
    arrangement: Callable[[float], Arrangement], paths: Mapping[str, Path], self_contained: bool
) -> audio_files.Beside:
    """Writes the project file when the sounds are written, and their gain is known."""
    from unbraid.core.formats import dawproject

    def make(temporary: Path, files: Mapping[Path, Path], gain: float) -> None:
        inside = {path.name: files[path] for path in paths.values()} if self_contained else {}
        dawproject.write(temporary, arrangement(gain), {what: path.name for what, path in paths.items()}, inside)

    return make
