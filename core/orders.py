"""Orders of the window to the worker: separate a song, one of its stems, or a passage of it, into stems as long as it.

A passage is separated with a margin around it; outside it the old stems stay, and the two cross-fade, so that the sum
stays what it was (`mixing/splice.py`).
"""

from __future__ import annotations

import math
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from unbraid.core import mapped_wav, render
from unbraid.core.audio import Audio, Samples
from unbraid.core.errors import ParameterError
from unbraid.core.jobs import Separated, Told
from unbraid.core.progress import Progress, part_of
from unbraid.core.separation import remainder, run
from unbraid.core.separation.contract import Value

MARGIN_S = 3.0
"""What is separated on either side of a passage and then thrown away."""
SHORTEST_S = 0.05


@dataclass(frozen=True)
class Passage:
    """The part of a song that is separated anew; `old` are its stems as they were (mapped WAV files by name)."""

    start_s: float = 0.0
    end_s: float = math.inf
    low_hz: float = 0.0
    high_hz: float = math.inf
    old: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """What is to be separated, and how. merged: stems that are added up under another name.

    rest: the name that what no stem claims gets; empty to leave it out.
    """

    method: str
    values: Mapping[str, Value]
    mix: Path
    folder: Path
    told: Told
    merged: Mapping[str, str] = field(default_factory=dict)
    passage: Passage | None = None
    rest: str = ""


def carry_out(order: Order, progress: Progress) -> Separated:
    """Mapped stems by name in `order.folder`; each is as long as the mix."""
    begun = time.perf_counter()
    song = mapped_wav.open_mapped(order.mix)
    scratch = Path(tempfile.mkdtemp(dir=order.folder))
    try:
        if order.passage is None:
            made = _separated(order, song, scratch, progress)
            paths = {name: file.rename(order.folder / f"{n}.wav") for n, (name, file) in enumerate(made.items())}
        else:
            paths = _passage(order, order.passage, song, scratch, progress)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Separated(paths, time.perf_counter() - begun)


def excerpt(mix: Path, target: Path, start_s: float, end_s: float, progress: Progress) -> None:
    """A part of a mapped WAV file as a mapped WAV file."""
    song = mapped_wav.open_mapped(mix)
    start, stop = _samples(song, start_s, end_s)
    part = song.samples[start:stop]
    mapped_wav.create(target, len(part), song.channels, song.rate)[:] = part


def _separated(order: Order, song: Audio, folder: Path, progress: Progress) -> dict[str, Path]:
    """Mapped files in `folder` of the stems of `song`, merged and without what is not wanted of the rest."""
    guide, store = order.told.guide(), mapped_wav.store_in(folder)
    stems = run.separate(order.method, song, guide, progress, values=order.values, store=store)
    made: dict[str, list[str]] = {}
    for name in stems:
        wanted = order.rest if name == remainder.NAME else order.merged.get(name, name)
        if wanted:
            made.setdefault(wanted, []).append(name)
    return {wanted: _merged({name: stems[name] for name in names}, folder) for wanted, names in made.items()}


def _merged(stems: Mapping[str, Audio], folder: Path) -> Path:
    """The mapped file of a stem, or of the sum of several."""
    path = folder / f"{'+'.join(stems)}.wav"
    if len(stems) > 1:
        first = next(iter(stems.values()))
        render.total(stems, mapped_wav.create(path, first.frames, first.channels, first.rate))
    return path


def _passage(order: Order, passage: Passage, song: Audio, scratch: Path, progress: Progress) -> dict[str, Path]:
    from unbraid.core.mixing.splice import splice

    start, stop = _samples(song, passage.start_s, passage.end_s)
    margin = round(MARGIN_S * song.rate)
    first, last = max(0, start - margin), min(song.frames, stop + margin)
    made = _separated(order, song.slice(first, last), scratch, part_of(progress, 0.0, 0.9))
    whole = {
        name: _placed(mapped_wav.open_mapped(file), first, song, scratch / f"whole {k}.wav")
        for k, (name, file) in enumerate(made.items())
    }
    old = {name: mapped_wav.open_mapped(path) for name, path in passage.old.items()}
    names = list(dict.fromkeys([*old, *whole]))
    paths = {name: order.folder / f"{number}.wav" for number, name in enumerate(names)}

    def store(name: str, frames: int, channels: int, rate: int) -> Samples:
        samples: Samples = mapped_wav.create(paths[name], frames, channels, rate)
        return samples

    band = None if passage.low_hz <= 0.0 and passage.high_hz >= song.rate / 2 else (passage.low_hz, passage.high_hz)
    splice(old, whole, (start / song.rate, stop / song.rate), band, store)
    progress(1.0, "joining")
    return paths


def _placed(stem: Audio, first: int, song: Audio, path: Path) -> Audio:
    """A passage's stem at its place in silence of the song's length."""
    samples = mapped_wav.create(path, song.frames, song.channels, song.rate)
    samples[first : first + stem.frames] = stem.samples
    return Audio(samples, song.rate)


def _samples(song: Audio, start_s: float, end_s: float) -> tuple[int, int]:
    start = max(0, round(start_s * song.rate))
    stop = song.frames if math.isinf(end_s) else min(song.frames, round(end_s * song.rate))
    if stop - start < SHORTEST_S * song.rate:
        raise ParameterError(
            f"a passage from {start_s:.2f} s to {end_s:.2f} s of a song of {song.duration_s:.2f} s is too short to "
            f"separate; choose at least {SHORTEST_S:g} s"
        )
    return start, stop
