"""What the user knows of a song, as options: true stems, passages where something plays alone, moments of strokes."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from pathlib import Path

import typer

from unbraid.app.cli.console import Voice
from unbraid.app.cli.one_song import read_song
from unbraid.app.cli.options import seconds
from unbraid.core import mapped_wav
from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.evaluation.multitracks import Sound, find
from unbraid.core.separation import references as recordings
from unbraid.core.separation.guide import Guide, Onsets, Region
from unbraid.core.workshop import Workshop

MOST_ONSETS = 100_000


def song_of_folder(folder: Path) -> tuple[Path | None, list[str]]:
    """The mix in a folder, None where there is no file of it, and the sounds beside it as NAME=FILE."""
    track = find(folder)[0]
    return track.mix.path if track.mix else None, [f"{name}={sound.path}" for name, sound in track.stems.items()]


def added_up(workshop: Workshop, folder: Path, sounds: Mapping[str, Audio]) -> Path:
    """A file, called like the folder, of all its sounds together: the mix where there is no file of it."""
    mix = recordings.added_up(sounds)
    path = Path(tempfile.mkdtemp(dir=workshop.folder)) / f"{folder.resolve().name}.wav"
    mapped_wav.create(path, mix.frames, mix.channels, mix.rate)[:] = mix.samples
    return path


def guide_of(
    voice: Voice,
    workshop: Workshop,
    *,
    references: list[str] | None,
    passages: list[str] | None,
    onsets: list[str] | None,
    start_s: float,
    duration_s: float | None,
) -> Guide:
    """The guide that the options make, seen from the excerpt that begins at `start_s`."""
    whole = Guide(
        regions=tuple(_region(text) for text in passages or []),
        onsets=tuple(_onsets(text) for text in onsets or []),
    )
    here = whole.moved(start_s, duration_s or float("inf")) if start_s or duration_s else whole
    sounds = {}
    for name, sound in _references(references or []).items():
        song = read_song(voice, workshop, sound.path, start_s=start_s, duration_s=duration_s, stream=sound.stream)
        sounds[name] = song.audio
    return Guide(regions=here.regions, onsets=here.onsets, references=sounds)


def _references(texts: list[str]) -> dict[str, Sound]:
    """Sounds by name: NAME=FILE, or all stems of a stem file or a folder."""
    sounds: dict[str, Sound] = {}
    for text in texts:
        if "=" not in text and Path(text).exists():
            sounds |= find(Path(text))[0].stems
        else:
            name, file = _named(text, "--reference NAME=FILE, or a stem file or folder")
            sounds[name] = Sound(Path(file))
    return sounds


def _named(text: str, form: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name.strip() and equals and value.strip()):
        raise ParameterError(f"{text!r} cannot be understood; give {form}")
    return name.strip().lower(), value.strip()


def _region(text: str) -> Region:
    form = "--passage NAME=START-END, such as drums=12.5-20, or with frequencies in Hz, bell=1:05-1:07@400-5000"
    name, place = _named(text, form)
    span, at, band = place.partition("@")
    start, dash, end = span.partition("-")
    if not dash:
        raise ParameterError(f"{text!r} has no end; give {form}")
    low, high = _hertz(band, text, form) if at else (0.0, math.inf)
    region = Region(_time(start), _time(end), low, high, target=name)
    if region.end_s <= region.start_s:
        raise ParameterError(f"the passage {text!r} ends before it begins; give {form}")
    return region


def _hertz(band: str, text: str, form: str) -> tuple[float, float]:
    low, _, high = band.partition("-")
    try:
        edges = float(low), float(high)
    except ValueError:
        edges = 0.0, 0.0
    if not 0 <= edges[0] < edges[1]:
        raise ParameterError(f"the frequencies of {text!r} cannot be understood; give {form}")
    return edges


def _onsets(text: str) -> Onsets:
    name, value = _named(text, "--onsets NAME=TIMES, or NAME=FILE with a time a line")
    path = Path(value)
    listed = _text_of(path).split() if path.is_file() else value.split(",")
    if len(listed) > MOST_ONSETS:
        raise ParameterError(f"{len(listed)} onsets of {name} were given; at most {MOST_ONSETS} can be used")
    return Onsets(name, tuple(sorted(_time(item) for item in listed)))


def _text_of(path: Path) -> str:
    if path.stat().st_size > 20 * MOST_ONSETS:
        raise ParameterError(f"{path} is too long to be a list of times; give a text file with a time a line")
    return path.read_text(encoding="utf-8", errors="replace")


def _time(text: str) -> float:
    try:
        return seconds(text.strip())
    except typer.BadParameter as error:
        raise ParameterError(str(error)) from None
