"""Project files for workstations (`.dawproject`): tracks with sound, mixer and markers, opened by several programs.

The format is Bitwig's open exchange format (github.com/bitwig/dawproject, version 1.0): a ZIP file with `project.xml`
and `metadata.xml`, as in `Project.xsd` and `MetaData.xsd`. Sounds are inside, or beside it as `external` files.

Times are seconds, and the tempo is 60 beats a minute: who takes them for beats is right too.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from unbraid.core import atomic
from unbraid.core.formats import tags
from unbraid.core.formats.tags import Tags

TEMPO = 60.0
LOUDEST = 4.0
INSIDE = "audio"
"""Folder in the ZIP file for the sounds."""

FIELDS = (
    ("Title", "title"), ("Artist", "artist"), ("Album", "album"), ("Composer", "composer"), ("Year", "date"),
    ("Genre", "genre"), ("Copyright", "copyright"), ("Comment", "comment"),
)  # fmt: skip
"""Elements of the metadata in the order of the schema, and our tags."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Track:
    """A stem on a track. what: the name of its sound. gain: a factor. pan: -1 (left) to 1 (right)."""

    what: str
    name: str
    colour: str = ""
    gain: float = 1.0
    pan: float = 0.0
    mute: bool = False
    solo: bool = False


@dataclass(frozen=True)
class Arrangement:
    """A session: tracks of one length that begin at zero. markers: (seconds, name)."""

    title: str
    tracks: tuple[Track, ...]
    frames: int
    channels: int
    rate: int
    master_gain: float = 1.0
    markers: tuple[tuple[float, str], ...] = ()
    tags: Tags = field(default_factory=Tags)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate


def write(path: Path, arrangement: Arrangement, files: Mapping[str, str], inside: Mapping[str, Path]) -> None:
    """Write the project to `path`, a temporary of ours.

    files: name of the sound file of each track by `what`. inside: files that are put into the project, by these names;
    others are looked for beside it.
    """
    with atomic.scratch(path, "w+b") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as container:
        for name, sound in inside.items():
            container.write(sound, f"{INSIDE}/{name}")
        container.writestr("metadata.xml", _xml(metadata(arrangement)), zipfile.ZIP_DEFLATED)
        container.writestr("project.xml", _xml(project(arrangement, files, frozenset(inside))), zipfile.ZIP_DEFLATED)


def metadata(arrangement: Arrangement) -> Element:
    """The `metadata.xml`."""
    root = Element("MetaData")
    text = {"title": arrangement.title, **arrangement.tags.text}
    for element, key in FIELDS:
        if text.get(key):
            SubElement(root, element).text = _clean(text[key])
    return root


def project(arrangement: Arrangement, files: Mapping[str, str], inside: frozenset[str]) -> Element:
    """The `project.xml`."""
    ids = _ids()
    root = Element("Project", version="1.0")
    name, _, version = tags.software().partition(" ")
    SubElement(root, "Application", name=name, version=version or "0")
    transport = SubElement(root, "Transport")
    SubElement(
        transport, "Tempo", unit="bpm", value=_number(TEMPO), min="20.0", max="666.0", id=next(ids), name="Tempo"
    )
    SubElement(transport, "TimeSignature", numerator="4", denominator="4", id=next(ids))
    structure = SubElement(root, "Structure")
    master = next(ids)
    tracks = [_track(structure, track, arrangement.channels, master, ids) for track in arrangement.tracks]
    _master(structure, arrangement, master, ids)
    timeline = SubElement(root, "Arrangement", id=next(ids))
    lanes = SubElement(timeline, "Lanes", timeUnit="seconds", id=next(ids))
    for track, id in zip(arrangement.tracks, tracks, strict=True):
        own = SubElement(lanes, "Lanes", track=id, id=next(ids))
        _clip(own, arrangement, track, files[track.what], inside, ids)
    if arrangement.markers:
        markers = SubElement(timeline, "Markers", timeUnit="seconds", id=next(ids))
        for time_s, text in arrangement.markers:
            SubElement(markers, "Marker", time=_number(time_s), name=_clean(text))
    SubElement(root, "Scenes")
    return root


def _track(structure: Element, track: Track, channels: int, master: str, ids: Iterator[str]) -> str:
    """A track with its channel; returns its id."""
    id = next(ids)
    element = SubElement(structure, "Track", contentType="audio", loaded="true", id=id, name=_clean(track.name))
    if track.colour:
        element.set("color", track.colour)
    channel = SubElement(
        element, "Channel", audioChannels=str(channels), destination=master, role="regular",
        solo=_truth(track.solo), id=next(ids),
    )  # fmt: skip
    _mixer(channel, track.gain, track.pan, track.mute, ids)
    return id


def _master(structure: Element, arrangement: Arrangement, master: str, ids: Iterator[str]) -> None:
    element = SubElement(structure, "Track", contentType="audio", loaded="true", id=next(ids), name="Master")
    channel = SubElement(
        element, "Channel", audioChannels=str(arrangement.channels), role="master", solo="false", id=master
    )
    _mixer(channel, arrangement.master_gain, 0.0, False, ids)


def _mixer(channel: Element, gain: float, pan: float, mute: bool, ids: Iterator[str]) -> None:
    """Mute, balance and fader, in the order of the schema."""
    SubElement(channel, "Mute", value=_truth(mute), id=next(ids), name="Mute")
    SubElement(
        channel, "Pan", unit="normalized", value=_number((pan + 1) / 2), min="0.0", max="1.0", id=next(ids), name="Pan"
    )
    SubElement(
        channel, "Volume", unit="linear", value=_number(gain), min="0.0", max=_number(LOUDEST), id=next(ids),
        name="Volume",
    )  # fmt: skip


def _clip(
    lanes: Element, arrangement: Arrangement, track: Track, name: str, inside: frozenset[str], ids: Iterator[str]
) -> None:
    """The sound of a track, from zero to its end."""
    length = _number(arrangement.duration_s)
    clips = SubElement(lanes, "Clips", id=next(ids))
    clip = SubElement(
        clips, "Clip", time="0.0", duration=length, playStart="0.0", contentTimeUnit="seconds", name=_clean(track.name)
    )
    audio = SubElement(
        clip, "Audio", channels=str(arrangement.channels), sampleRate=str(arrangement.rate), duration=length,
        id=next(ids),
    )  # fmt: skip
    if name in inside:
        SubElement(audio, "File", path=f"{INSIDE}/{name}")
    else:
        SubElement(audio, "File", path=name, external="true")


def _ids() -> Iterator[str]:
    number = 0
    while True:
        yield f"id{number}"
        number += 1


def _clean(text: str) -> str:
    """Without characters that XML cannot hold."""
    return _NOT_XML.sub("", text)


def _number(value: float) -> str:
    return repr(float(value))


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _xml(root: Element) -> bytes:
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True))
