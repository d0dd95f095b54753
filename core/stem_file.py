"""Stem files, in and out: which stream is which stem, and a song with its stems as one file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from unbraid.core import atomic, clipping, render
from unbraid.core.audio import Audio
from unbraid.core.audio_files import SetReport
from unbraid.core.clipping import Clipping
from unbraid.core.errors import AudioFileError, ParameterError
from unbraid.core.formats import libav, sniff, stem_mp4, writing
from unbraid.core.formats.stem_mp4 import STEMS, Label, is_stem_path
from unbraid.core.formats.table import WriteOptions
from unbraid.core.formats.tags import Tags
from unbraid.core.formats.writing import PEAK_SHARE
from unbraid.core.progress import Progress, part_of, silent_progress

__all__ = ["COLOURS", "STEMS", "Groups", "StemFile", "StemStream", "describe", "is_stem_path", "stem_names",
           "suggested_groups", "write"]  # fmt: skip

T = TypeVar("T")

Groups = Mapping[str, tuple[str, ...]]
"""For each stem of a stem file, the stems whose sum it is."""

ORDER = ("drums", "bass", "other", "vocals")
"""The order that players of stem files are used to."""

COLOURS = {"drums": "#009E73", "bass": "#D55E00", "other": "#CC79A7", "vocals": "#56B4E9"}
MORE_COLOURS = ("#E69F00", "#F0E442", "#0072B2", "#999999")
PADDING = "(silent)"
"""How we name streams that are there only because there must be four."""

SAME = {"vox": "vocals", "vocal": "vocals", "voice": "vocals", "drum": "drums", "mixture": "mix"}
"""What others call our stems."""

DEFAULT_OPTIONS = WriteOptions()


@dataclass(frozen=True)
class StemStream:
    """A stem in a file. number: of its stream, as `audio_files.import_audio` takes it. colour: may be empty."""

    number: int
    name: str
    colour: str = ""


@dataclass(frozen=True)
class StemFile:
    """A file with a mix and its stems. is_processed: its players shall compress or limit the sum, which we do not."""

    path: Path
    mix: int
    stems: tuple[StemStream, ...]
    is_processed: bool = False


def describe(path: Path, progress: Progress = silent_progress) -> StemFile | None:
    """The streams of a stem file and their names, None when it is a file of another kind.

    A stem file has several streams of sound and either the `stem` box or a name that says so. Streams that only fill
    it up are left out; stems of one name get numbers.
    """
    progress(0.0, f"looking at {path.name}")
    kind = sniff.sniff(path)
    if kind.container != "mp4":
        return None
    manifest = stem_mp4.read_manifest(path)
    if manifest is None and not is_stem_path(path):
        return None
    titles = [stem_mp4.shown(title) for title in libav.titles(path, kind)[: 1 + stem_mp4.MAX_STEMS]]
    if len(titles) < 2:
        return None
    labels = manifest.stems if manifest is not None else ()
    usual = ORDER if len(titles) == 1 + STEMS else ()
    given = [
        _known(_at(labels, k, Label("", "")).name or titles[k + 1] or _at(usual, k, f"stem {k + 1}"))
        for k in range(len(titles) - 1)
    ]
    streams = [
        StemStream(k + 1, name, _at(labels, k, Label("", "")).colour)
        for k, name in enumerate(_numbered(given))
        if name != PADDING
    ]
    return StemFile(path, 0, tuple(streams), manifest is not None and manifest.is_processed)


def _at(values: tuple[T, ...], k: int, default: T) -> T:
    """Value number `k`, or the default where there is none."""
    return values[k] if k < len(values) else default


def stem_names(path: Path) -> tuple[str, ...]:
    """Names of the stems that a file holds beside its mix; empty for a file that is no stem file."""
    found = describe(path)
    return () if found is None else tuple(stem.name for stem in found.stems)


def _known(name: str) -> str:
    """The name as we write it."""
    plain = name.strip().lower()
    return SAME.get(plain, plain)


def _numbered(names: Iterable[str]) -> list[str]:
    """The names with numbers behind those that come again; streams that fill up keep theirs."""
    seen: dict[str, int] = {}
    numbered = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        numbered.append(name if seen[name] == 1 or name == PADDING else f"{name} {seen[name]}")
    return numbered


def suggested_groups(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """At most four groups of stems: each its own while they are few, otherwise drums, bass, vocals and the rest."""
    there = tuple(names)
    if len(there) <= STEMS:
        groups: dict[str, tuple[str, ...]] = {name: (name,) for name in there}
    else:
        groups = {}
        for name in there:
            family = next((word for word in ("drums", "bass", "vocals") if word in name), "other")
            groups[family] = (*groups.get(family, ()), name)
        if len(groups) == 1:
            groups = {**{name: (name,) for name in there[: STEMS - 1]}, "other": there[STEMS - 1 :]}
    return {name: groups[name] for name in sorted(groups, key=_place)}


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def check_groups(groups: Groups, stems: Iterable[str]) -> None:
    """Refuse groups that are too many or empty, and stems that are not there or stand in two of them."""
    members = [name for group in groups.values() for name in group]
    there = tuple(stems)
    if not 1 <= len(groups) <= STEMS or not all(groups.values()):
        raise ParameterError(f"a stem file holds 1 to {STEMS} stems, none of them empty: {dict(groups)} was given")
    if set(members) - set(there) or len(set(members)) < len(members):
        raise ParameterError(
            f"each stem goes into one group; the stems are {', '.join(there)}: {dict(groups)} was given"
        )


def labels_of(groups: Iterable[str], colours: Mapping[str, str] | None = None) -> list[Label]:
    """Names and colours of the four streams. colours: "#RRGGBB" by group, ours where there is none."""
    more = iter(MORE_COLOURS)
    labels = []
    for name in groups:
        colour = (colours or {}).get(name) or COLOURS.get(name) or next(more)
        labels.append(Label(name.replace("_", " ").capitalize()[: stem_mp4.MAX_NAME], colour))
    return labels + [Label(PADDING, MORE_COLOURS[-1])] * (STEMS - len(labels))


def write(
    path: Path,
    mix: Audio,
    stems: Mapping[str, Audio],
    options: WriteOptions = DEFAULT_OPTIONS,
    *,
    groups: Groups | None = None,
    colours: Mapping[str, str] | None = None,
    clipping_policy: Clipping = "common_gain",
    tags: Tags | None = None,
    overwrite: bool = False,
    progress: Progress = silent_progress,
) -> SetReport:
    """Write a stem file, whole or not at all: the mix, then the stems, in the length of the mix to the sample.

    options.format: `m4a` (AAC of 256 kbit/s for each stream, the default) or `alac`. groups: which stems make each of
    the four, as `suggested_groups` where not given; fewer than four are filled up with silence. The one gain of
    `clipping_policy` goes over the mix and the stems alike, so that the stems add up to as much of the mix as before.
    """
    groups = suggested_groups(stems) if groups is None else groups
    check_groups(groups, stems)
    clipping.check_policy(clipping_policy)
    _check_lengths(mix, stems)
    planned = stem_mp4.plan(path, mix.frames, mix.channels, mix.rate, options)
    atomic.check_file(path, overwrite=overwrite)
    atomic.check_target(path.parent, stem_mp4.size(planned))
    sums = [render.total({name: stems[name] for name in group}) for group in groups.values()]
    sounds = [mix, *sums, *[stem_mp4.silence(mix)] * (STEMS - len(sums))]
    jobs = {Path(str(k)): (planned, sound) for k, sound in enumerate(sounds)}
    loudness = writing.measure(jobs, clipping_policy, progress)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic.replacing(path, overwrite=overwrite, needed_bytes=stem_mp4.size(planned)) as temporary:
        written = stem_mp4.write(
            temporary, planned, sounds, labels_of(groups, colours), loudness, options, tags,
            part_of(progress, PEAK_SHARE, 1.0),
        )  # fmt: skip
    return SetReport((written,), written.gain_db, loudness.peak, written.notes)


def _check_lengths(mix: Audio, stems: Mapping[str, Audio]) -> None:
    """Refuse stems that are not of the mix."""
    for name, audio in stems.items():
        if (audio.samples.shape, audio.rate) != (mix.samples.shape, mix.rate):
            raise AudioFileError(
                f"{name} is {audio!r}, the mix is {mix!r}; stems of a song have its length, rate and channels"
            )
