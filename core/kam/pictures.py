"""Pictures of kernels: the weights of the neighbours around a place, for the window and the handbook."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.stft import StftParams
from unbraid.core.kam.kernels import Everywhere, InRegion, Kernel, Repetitions, Union
from unbraid.core.kam.neighbourhoods import neighbourhood, regions_of
from unbraid.core.kam.neighbours import Neighbourhood
from unbraid.core.kam.patterns import mirrored_bins
from unbraid.core.kam.plain import check
from unbraid.core.kam.surroundings import Area, Floats, Surroundings, nearest
from unbraid.core.separation.guide import DrawnKernel, Guide, MarkedRepetition, PitchTrack, Region

RATE = 22050
PARAMS = StftParams(1024, 256)
SECONDS = 8.0
PERIOD_S = 1.0
PITCH_HZ = 220.0
PLACE_HZ = 4 * PITCH_HZ
"""What the schematic song is like, and where a kernel is looked at unless something else is said."""


@dataclass(frozen=True, eq=False)
class KernelPicture:
    """Weights around a place, (F', T') float32 from 0 to 1, with low frequencies first.

    seconds, hertz: where the first and the last column, and row, lie relative to the place.
    """

    weights: Floats
    seconds: tuple[float, float]
    hertz: tuple[float, float]


def picture(
    kernel: Kernel, song: Surroundings | None = None, *, time_s: float | None = None, freq_hz: float = PLACE_HZ
) -> KernelPicture:
    """The neighbours of one place: of a song, or of a schematic one that repeats every second and sings 220 Hz.

    time_s: by default the middle of the song, or of the kernel's first region.
    """
    check(kernel)
    known = schematic(kernel) if song is None else song
    time = _interesting_time(kernel, known) if time_s is None else time_s
    frame = min(max(0, nearest(time / known.frame_s)), known.frames - 1)
    place = min(max(0, nearest(freq_hz / known.bin_hz)), known.bins - 1)
    held = kernel.kernel if isinstance(kernel, InRegion) else kernel
    if isinstance(held, Everywhere):
        frames, bins, weights = _everywhere(held, known, frame, place)
    else:
        frames, bins, weights = _neighbours_of(neighbourhood(held, known), frame, place, known.bins)
    if isinstance(kernel, InRegion):
        area = Area.of(regions_of(kernel, known), known)
        inside = area.inside(frames, known.bins)[np.arange(len(frames)), bins]
        frames, bins, weights = frames[inside], bins[inside], weights[inside]
    return _drawn(frames - frame, bins - place, weights, known)


Places = npt.NDArray[np.int64]


def _neighbours_of(near: Neighbourhood, frame: int, place: int, bins: int) -> tuple[Places, Places, Floats]:
    """Frames, bins and weights of the neighbours of one place."""
    frames, shifts, weights, maps, lows, highs = (row[0] for row in near.of(frame, frame + 1).complete())
    present = (frames >= 0) & (lows <= place) & (place < highs)
    targets = mirrored_bins((place + shifts).astype(np.int64), bins)
    if near.maps is not None:
        targets = np.where(maps > 0, near.maps[maps - 1, place], targets)
    return frames[present].astype(np.int64), targets[present].astype(np.int64), weights[present]


def _everywhere(kernel: Everywhere, song: Surroundings, frame: int, place: int) -> tuple[Places, Places, Floats]:
    frames = np.arange(song.frames) if kernel.along != "frequency" else np.array([frame])
    bins = np.arange(song.bins) if kernel.along != "time" else np.array([place])
    grid = np.meshgrid(frames, bins, indexing="ij")
    return grid[0].reshape(-1), grid[1].reshape(-1), np.ones(grid[0].size, np.float32)


def _drawn(frames: Places, bins: Places, weights: Floats, song: Surroundings) -> KernelPicture:
    """A grid around the place that holds all neighbours."""
    left, right = min(0, int(frames.min(initial=0))), max(0, int(frames.max(initial=0)))
    low, high = min(0, int(bins.min(initial=0))), max(0, int(bins.max(initial=0)))
    grid = np.zeros((high - low + 1, right - left + 1), np.float32)
    np.maximum.at(grid, (bins - low, frames - left), weights)
    return KernelPicture(grid, (left * song.frame_s, right * song.frame_s), (low * song.bin_hz, high * song.bin_hz))


def _interesting_time(kernel: Kernel, song: Surroundings) -> float:
    """The middle of the first region of a kernel that has regions, else of the song."""
    region = next(iter(_regions(kernel, song.guide)), None)
    return 0.5 * song.frames * song.frame_s if region is None else 0.5 * (region.start_s + region.end_s)


def _regions(kernel: Kernel, guide: Guide) -> Iterator[Region]:
    match kernel:
        case InRegion():
            yield from kernel.regions or [r for r in guide.regions if kernel.target in ("", r.target)]
        case Repetitions():
            yield from (r for group in kernel.repetitions or guide.repetitions for r in group.regions)
        case Union(members):
            for member in members:
                yield from _regions(member, guide)


def schematic(kernel: Kernel) -> Surroundings:
    """A song in which any kernel has neighbours: it repeats, has a pitch, and marks and drawings for all names.

    Regions of the kernel itself lie where they are; the song is long enough for them, and then not looked at.
    """
    names = sorted({"", *_names(kernel)})
    end = max([SECONDS, *(region.end_s + 1 for region in _regions(kernel, Guide()))])
    frames = PARAMS.frames(round(SECONDS * RATE))
    times = np.array([0.0, SECONDS], np.float32)
    guide = Guide(
        regions=tuple(Region(3.0, 5.0, 300.0, 3000.0, name) for name in names),
        repetitions=(MarkedRepetition((Region(1.5, 2.5, 300.0, 3000.0), Region(5.5, 6.5, 300.0, 3000.0))),),
        kernels=tuple(DrawnKernel(name, (-0.05, 0.0, 0.05), (-100.0, 0.0, 100.0), (0.5, 1.0, 0.5)) for name in names),
        pitches=tuple(PitchTrack(name, times, np.full(2, PITCH_HZ, np.float32)) for name in names),
    )
    if end > SECONDS:
        return Surroundings(PARAMS, RATE, PARAMS.frames(round(end * RATE)), None, guide)
    pattern = np.random.default_rng(0).gamma(0.5, size=(nearest(PERIOD_S * RATE / PARAMS.hop_samples), PARAMS.bins))
    rows = pattern[np.arange(frames) % len(pattern)].astype(np.float32)
    return Surroundings(PARAMS, RATE, frames, rows.T, guide)


def _names(kernel: Kernel) -> Iterator[str]:
    """All targets that a kernel names."""
    for field in dataclasses.fields(kernel):
        value = getattr(kernel, field.name)
        if field.name == "target":
            yield value
        for inner in value if field.name == "members" else (value,) if field.name == "kernel" else ():
            yield from _names(inner)
