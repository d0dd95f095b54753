"""What a song and its mixer give to be exported: the sounds of each file, and the session for a workstation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from unbraid.core import clipping
from unbraid.core import export as exporting
from unbraid.core.audio import Audio
from unbraid.core.audio_files import Bits, SetReport
from unbraid.core.document.media import MediaPool
from unbraid.core.document.sounding import mixdown_of, sounding
from unbraid.core.document.state import NEUTRAL, Marker, Project, Song, Strip
from unbraid.core.export import MIX, Export, Plan
from unbraid.core.formats.dawproject import LOUDEST, Arrangement, Track
from unbraid.core.formats.tags import Tags
from unbraid.core.mixing.mixdown import Mixdown, gain_of_db
from unbraid.core.mixing.part import RESIDUAL, is_heard
from unbraid.core.progress import Progress, part_of, silent_progress


@dataclass(frozen=True, eq=False)
class Material:
    """A song with its stems as they stand in the mixer.

    names: of the mixdown's parts, in their order. leaves_residual: whether the stems leave something of the song, which
    is then one more stem. colours: "#rrggbb" by name. bits: depth of the song's file.
    """

    name: str
    mixdown: Mixdown
    names: tuple[str, ...] = ()
    leaves_residual: bool = False
    colours: Mapping[str, str] = field(default_factory=dict)
    markers: tuple[Marker, ...] = ()
    tags: Tags = field(default_factory=Tags)
    bits: Bits = "24"

    @property
    def song(self) -> Audio:
        """The song as it was opened."""
        return self.mixdown.song

    def stems(self, wanted: Export) -> tuple[str, ...]:
        """Names of the stems that can be exported so: through the mixer only those that are heard."""
        rest = RESIDUAL if RESIDUAL not in self.names else "remainder"
        everything = (*self.names, *([rest] if self.leaves_residual else ()))
        if not wanted.as_heard or wanted.what in ("workstation", "karaoke", "remix"):
            return everything
        return tuple(name for name in everything if self._is_heard(name))

    def plan(self, wanted: Export) -> Plan:
        """The files that would be written."""
        return exporting.plan(wanted, self.name, self.song, self.stems(wanted))

    def sounds(self, wanted: Export, progress: Progress = silent_progress) -> dict[str, Audio]:
        """The sounds of all files, by what they hold: nothing that depends on the folder, the format or the names."""
        works = self._works(wanted)
        return {
            what: work(part_of(progress, k / len(works), (k + 1) / len(works)))
            for k, (what, work) in enumerate(works.items())
        }

    def write(self, planned: Plan, sounds: Mapping[str, Audio], progress: Progress = silent_progress) -> SetReport:
        """Write `sounds` as planned, with tags, colours, and the session of a workstation."""
        _, report = exporting.write(
            planned, sounds, tags=self.tags, colours=self.colours,
            arrangement=lambda gain: self.arrangement(planned.export, tuple(sounds), gain), progress=progress,
        )  # fmt: skip
        return report

    def arrangement(self, wanted: Export, what: Iterable[str], gain: float = 1.0) -> Arrangement:
        """The session that sounds as the mixer does. gain: factor of the files, which the master takes back."""
        strips = {name: self._strip(name) if wanted.as_heard else NEUTRAL for name in what}
        tracks = tuple(
            Track(
                name, name.replace("_", " ").capitalize(), self.colours.get(name, ""),
                min(gain_of_db(strip.gain_db), LOUDEST), strip.pan, strip.mute, strip.solo,
            )
            for name, strip in strips.items()
        )  # fmt: skip
        song = self.song
        return Arrangement(
            self.name, tracks, song.frames, song.channels, song.rate,
            (gain_of_db(self.mixdown.master_db) if wanted.as_heard else 1.0) / gain,
            tuple((marker.time_s, marker.name) for marker in self.markers), self.tags,
        )  # fmt: skip

    def _works(self, wanted: Export) -> dict[str, Callable[[Progress], Audio]]:
        """How each sound is made."""
        stems = self.stems(wanted)
        names = wanted.names(stems)
        mixdown = self.mixdown if wanted.as_heard else neutral(self.mixdown)
        if wanted.what == "remix":
            return {names[0]: lambda progress: _rendered(self.mixdown, progress)}
        if wanted.what == "karaoke":
            return {names[0]: lambda progress: _rendered(self._without(mixdown, wanted.left_out), progress)}
        if wanted.what == "stem_file":
            wanted.grouping(stems)
            return {MIX: lambda progress: _rendered(mixdown, progress), **self._one_by_one(mixdown, stems)}
        if wanted.what == "workstation":
            return self._one_by_one(_bared(self.mixdown) if wanted.as_heard else mixdown, names)
        if wanted.two_stems:
            one, rest = names
            return {
                **self._one_by_one(mixdown, [one]),
                rest: lambda progress: _rendered(self._without(mixdown, [one]), progress),
            }
        return self._one_by_one(mixdown, names)

    def _one_by_one(self, mixdown: Mixdown, names: Iterable[str]) -> dict[str, Callable[[Progress], Audio]]:
        """Each stem for itself."""

        def work(name: str) -> Callable[[Progress], Audio]:
            return lambda progress: self._alone(mixdown, name, progress)

        return {name: work(name) for name in names}

    def _alone(self, mixdown: Mixdown, name: str, progress: Progress) -> Audio:
        """What comes out of one strip, through the master; the stem itself where nothing is changed."""
        part = next((p for p in mixdown.parts if p.id == self._id(name)), None)
        if part is not None and part.strip in (NEUTRAL, replace(NEUTRAL, solo=True)) and mixdown.master_db == 0.0:
            return part.audio
        only = self._id(name)
        return _rendered(_by_id(mixdown, lambda id, strip: replace(strip, solo=id == only)), progress)

    def _without(self, mixdown: Mixdown, left_out: Iterable[str]) -> Mixdown:
        """The mixdown without some stems."""
        out = {self._id(name) for name in left_out}
        return _by_id(mixdown, lambda id, strip: replace(strip, mute=True, solo=False) if id in out else strip)

    def _id(self, name: str) -> str:
        """Id of the strip of a stem."""
        ids = {known: part.id for known, part in zip(self.names, self.mixdown.parts, strict=True)}
        return ids.get(name, RESIDUAL)

    def _strip(self, name: str) -> Strip:
        id = self._id(name)
        return next((part.strip for part in self.mixdown.parts if part.id == id), self.mixdown.residual)

    def _is_heard(self, name: str) -> bool:
        strips = [*(part.strip for part in self.mixdown.parts), self.mixdown.residual]
        return is_heard(self._strip(name), soloed=any(strip.solo for strip in strips))


@dataclass(eq=False)
class Rendered:
    """The sounds of the last export, kept so that another folder or format needs no computing; for several threads."""

    key: tuple[object, ...] = ()
    sounds: dict[str, Audio] = field(default_factory=dict)
    _peak: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def get(self, material: Material, wanted: Export, progress: Progress = silent_progress) -> dict[str, Audio]:
        """The sounds of `wanted`, made only when they are others than those of the last time."""
        with self._lock:
            return self._get(material, wanted, progress)

    def peak(self, material: Material, wanted: Export, progress: Progress = silent_progress) -> float:
        """The loudest sample of all the sounds of `wanted`; 1 is full scale."""
        with self._lock:
            sounds = self._get(material, wanted, part_of(progress, 0.0, 0.8))
            if self._peak is None:
                peaks = []
                for k, (what, sound) in enumerate(sounds.items()):
                    progress(0.8 + 0.2 * k / len(sounds), f"measuring {what}")
                    peaks.append(clipping.peak(sound))
                self._peak = max(peaks)
            return self._peak

    def _get(self, material: Material, wanted: Export, progress: Progress) -> dict[str, Audio]:
        key = (
            material, wanted.what, wanted.as_heard, wanted.only, wanted.two_stems, wanted.left_out,
            material.stems(wanted),
        )  # fmt: skip
        if key != self.key:
            self.key, self.sounds, self._peak = (), {}, None
            self.sounds = material.sounds(wanted, progress)
            self.key = key
        return self.sounds


def export(
    material: Material, planned: Plan, kept: Rendered | None = None, progress: Progress = silent_progress
) -> tuple[tuple[Path, ...], SetReport]:
    """Compute and write in one go; `kept` has the sounds afterwards, whatever happened to the writing."""
    planned.check()
    sounds = (kept or Rendered()).get(material, planned.export, part_of(progress, 0.0, 0.4))
    report = material.write(planned, sounds, part_of(progress, 0.4, 1.0))
    return tuple(file.path for file in planned.files), report


def of_project(
    project: Project,
    pool: MediaPool,
    *,
    leaves_residual: bool = False,
    colour: Callable[[str], str] | None = None,
) -> Material:
    """What a document has to export. colour: of stems that have none of their own."""
    song = project.song
    stems = sounding(project, pool)
    names = _unlike(stem.name for stem in stems)
    own = {name: stem.colour or (colour(stem.name) if colour else "") for name, stem in zip(names, stems, strict=True)}
    cover = pool.blob(song.cover) if song is not None and song.cover and pool.has(song.cover) else None
    return Material(
        "" if song is None else song.name, mixdown_of(project, pool), names,
        leaves_residual, own, project.markers,
        Tags() if song is None else Tags(dict(song.tags), cover, song.cover_mime),
        "24" if song is None else _bits(song),
    )  # fmt: skip


def _bits(song: Song) -> Bits:
    """The depth that keeps all of a song."""
    if song.is_float:
        return "32f"
    return "16" if song.bits is not None and song.bits <= 16 else "24"


def _unlike(names: Iterable[str]) -> tuple[str, ...]:
    """The names, with numbers behind those that come again."""
    seen: list[str] = []
    for name in names:
        tried, number = name, 1
        while tried in seen:
            number += 1
            tried = f"{name} {number}"
        seen.append(tried)
    return tuple(seen)


def neutral(mixdown: Mixdown) -> Mixdown:
    """The mixdown with every strip and the master as made: the song."""
    return replace(_by_id(mixdown, lambda id, strip: NEUTRAL), master_db=0.0)


def _bared(mixdown: Mixdown) -> Mixdown:
    """The mixdown with that alone which a project file cannot say: it has gain, balance, mute and solo."""
    bare = _by_id(mixdown, lambda id, strip: Strip(invert=strip.invert, equaliser=strip.equaliser))
    return replace(bare, master_db=0.0)


def _by_id(mixdown: Mixdown, change: Callable[[str, Strip], Strip]) -> Mixdown:
    """The mixdown with changed strips."""
    parts = tuple(replace(part, strip=change(part.id, part.strip)) for part in mixdown.parts)
    return replace(mixdown, parts=parts, residual=change(RESIDUAL, mixdown.residual))


def _rendered(mixdown: Mixdown, progress: Progress) -> Audio:
    """All of it; the song itself where nothing is changed."""
    return mixdown.song if mixdown.is_neutral else mixdown.render(progress=progress)
