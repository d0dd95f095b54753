"""Stems into files: which ones, where, in what format; everything that can go wrong is looked for before computing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from unbraid.core import atomic, audio_files, naming
from unbraid.core.audio import Audio
from unbraid.core.audio_files import SetReport, WriteOptions
from unbraid.core.clipping import Clipping
from unbraid.core.errors import AudioFileError, ParameterError
from unbraid.core.formats.tags import Tags
from unbraid.core.progress import Progress, silent_progress
from unbraid.core.render import without


@dataclass(frozen=True)
class Export:
    """How stems are written.

    only: these stems alone, all when empty. two_stems: that stem and `no_STEM`, the sum of all others.
    """

    folder: Path
    extension: str = "wav"
    template: str = naming.TEMPLATE
    write: WriteOptions = field(default_factory=WriteOptions)
    clipping: Clipping = "common_gain"
    only: tuple[str, ...] = ()
    two_stems: str = ""
    overwrite: bool = False

    def names(self, stems: Iterable[str]) -> tuple[str, ...]:
        """Names of the files' stems when a separation gives `stems`."""
        there = tuple(stems)
        missing = sorted({*self.only, *filter(None, [self.two_stems])} - {*there})
        if missing:
            raise ParameterError(f"there is no stem {', '.join(missing)}; the stems are {', '.join(there)}")
        if self.two_stems and self.only:
            raise ParameterError("give either some stems or two stems, not both")
        if self.two_stems:
            return (self.two_stems, f"no_{self.two_stems}")
        return tuple(name for name in there if not self.only or name in self.only)

    def paths(self, track: str, stems: Iterable[str]) -> dict[str, Path]:
        """Where each stem goes."""
        return naming.stem_paths(self.folder, track, self.names(stems), self.extension, self.template)

    def chosen(self, stems: Mapping[str, Audio]) -> dict[str, Audio]:
        """The stems that are written."""
        if self.two_stems:
            one = self.two_stems
            return dict(zip(self.names(stems), (stems[one], without(stems, one)), strict=True))
        return {name: stems[name] for name in self.names(stems)}


def check(export: Export, track: str, targets: Iterable[str], song: Audio) -> None:
    """Raise before anything is computed: files that are there, formats that cannot, a full or read-only disk.

    targets: all stems that may come, a residual among them.
    """
    paths = export.paths(track, targets)
    there = [path for path in paths.values() if os.path.lexists(path)]
    if there and not export.overwrite:
        listed = ", ".join(str(path) for path in there[:4]) + (" ..." if len(there) > 4 else "")
        raise AudioFileError(
            f"{len(there)} of the files exist already: {listed}; choose another folder or overwrite them"
        )
    for path in paths.values():
        audio_files.check_format(path, song.rate, song.channels, export.write)
    needed = sum(audio_files.estimate_bytes(path, song, export.write) for path in paths.values())
    atomic.check_target(next(iter(paths.values())).parent, needed)


def write(
    export: Export,
    track: str,
    stems: Mapping[str, Audio],
    *,
    tags: Tags | None = None,
    progress: Progress = silent_progress,
) -> tuple[dict[str, Path], SetReport]:
    """Write the chosen stems, all or none; returns where they are and what was done to them."""
    chosen = export.chosen(stems)
    paths = export.paths(track, stems)
    report = audio_files.write_set(
        {paths[name]: audio for name, audio in chosen.items()},
        export.write,
        clipping=export.clipping,
        tags=tags,
        overwrite=export.overwrite,
        progress=progress,
    )
    return paths, report
