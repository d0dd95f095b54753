"""The producer's side in the worker process: everything lies in a working folder, functions take and give small values.

images.npy  images of all sources        facts.json  what they are           base-*.unb  parametric layers so far
curve.json  points so far                side.unb    the stream made last    layers.json edits of components
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from unbraid.core import atomic, mapped_wav
from unbraid.core.errors import ParameterError
from unbraid.core.informed import publishing
from unbraid.core.informed.components import alone, edited, layers_of
from unbraid.core.informed.decoder import Decoder, SideInformation
from unbraid.core.informed.dial import CurvePoint, Dial, Layer, Model
from unbraid.core.informed.encoder import MOST_PARAMETRIC_KBPS, Base, Encoder
from unbraid.core.informed.fitting import Fit
from unbraid.core.informed.limits import MAX_TEXT
from unbraid.core.informed.publishing import How, Published
from unbraid.core.informed.sources import GivenStem, SourceFacts, Sources, gather
from unbraid.core.progress import Progress, part_of

LADDER_KBPS = (0.06, 0.12, 0.25, MOST_PARAMETRIC_KBPS)
"""Rates for each source of the parametric layers of a curve."""
NEAR = 1.2
"""Within this factor, a layer that is there already serves."""
CURVE_STEPS = tuple(2.0**-k for k in (-1, 0, 1, 2, 3, 4, 5, 6, 8, 10))
_last: dict[Path, Base] = {}
"""The parametric layer used last with all that was measured of it: other points of its curve come quickly."""
IMAGES, FACTS, CURVE, SIDE, LAYERS = "images.npy", "facts.json", "curve.json", "side.unb", "layers.json"
ARRIVING = "arriving.npy"
"""Images until all of them are there."""


@dataclass(frozen=True)
class Facts:
    """What is in a studio. names: of the stems. notes: what was done to them."""

    names: tuple[str, ...]
    notes: tuple[str, ...]
    duration_s: float


@dataclass(frozen=True)
class Made:
    """A stream: where it lies, what it reaches, its size. names: of the stems, in the order of the point's figures."""

    path: Path
    point: CurvePoint
    bytes: int
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def prepare(
    mix: Path, stems: Mapping[str, Path], colours: Mapping[str, str], folder: Path, progress: Progress
) -> Facts:
    """Bring mix and stems (mapped WAV files) into the studio's folder."""
    for name in colours:
        if name not in stems:
            raise ParameterError(f"there is no stem {name!r} to have a colour; there are {', '.join(stems)}")
    given = [GivenStem(n, mapped_wav.open_mapped(path), colours.get(n, "")) for n, path in stems.items()]

    def store(shape: tuple[int, ...]) -> np.memmap[tuple[int, ...], np.dtype[np.float32]]:
        return np.lib.format.open_memmap(folder / ARRIVING, "w+", np.float32, shape)

    sound = mapped_wav.open_mapped(mix)
    sources = gather(sound, given, store=store, progress=progress)
    facts = [asdict(fact) for fact in sources.facts]
    _forget(folder)
    (folder / ARRIVING).replace(folder / IMAGES)
    _keep(folder / FACTS, {"mix": str(mix), "sources": facts, "notes": sources.notes})
    return Facts(tuple(stems), sources.notes, sound.duration_s)


def curve(
    folder: Path, model: Model, perceptual: bool, priorities: Mapping[str, float], progress: Progress
) -> tuple[CurvePoint, ...]:
    """Points of the rate-quality curve, in the order of their rates; each is in the folder as soon as it is there."""
    _prioritise(folder, priorities)
    points: list[CurvePoint] = []

    def told(point: CurvePoint) -> None:
        points.append(point)
        points.sort(key=lambda one: one.rate_kbps)
        _keep(folder / CURVE, [asdict(one) for one in points])

    encoder = Encoder(_sources(folder))
    dial = Dial(model=model, perceptual=perceptual)
    for number, kbps in enumerate(LADDER_KBPS):
        share = part_of(progress, 0.15 * number, 0.15 * (number + 1))
        base = _base(folder, encoder, kbps, model, share)
        told(base.point)
    if len(encoder.sources.facts) > 1:
        base.curve(CURVE_STEPS, dial, told, progress=part_of(progress, 0.6, 1.0))
    return tuple(points)


def read_curve(folder: Path) -> tuple[CurvePoint, ...]:
    """The points there are so far."""
    try:
        points = json.loads((folder / CURVE).read_text())
    except FileNotFoundError:
        return ()
    return tuple(
        CurvePoint(p["rate_kbps"], p["parametric_kbps"], p["step"], tuple(p["sdr_db"]), tuple(p["kbps"]))
        for p in points
    )


def prioritise(folder: Path, priorities: Mapping[str, float], progress: Progress) -> None:
    """Set how often the errors of stems count; those that are not named count once."""
    progress(0.0, "")
    _prioritise(folder, priorities)


def entitle(folder: Path, title: str, progress: Progress) -> None:
    """Set the title of the song; of a long one the beginning is kept."""
    progress(0.0, "")
    plain = "".join(sign for sign in title if sign.isprintable()).encode()[:MAX_TEXT].decode(errors="ignore")
    _keep(folder / FACTS, json.loads((folder / FACTS).read_text()) | {"title": plain})


def make(folder: Path, dial: Dial, progress: Progress) -> Made:
    """The stream that a dial asks for."""
    encoder = Encoder(_sources(folder), title=_title(folder))
    edits, layered = _edits(folder), _layered_base(folder)
    if edits and layered is not None and dial.model != "image":
        fit = edited(Fit.of_stream(SideInformation(layered)), edits, encoder.sources.names)
        base = Base(encoder, fit, progress=part_of(progress, 0.0, 0.5))
    else:
        base = _base(folder, encoder, encoder.parametric_kbps(dial), dial.model, part_of(progress, 0.0, 0.5))
    made = base.serve(dial, near=_near(folder, dial, base), progress=part_of(progress, 0.5, 1.0))
    atomic.write_bytes(folder / SIDE, made.stream, overwrite=True)
    return Made(folder / SIDE, made.point, len(made.stream), encoder.names, made.notes)


def _near(folder: Path, dial: Dial, base: Base) -> float | None:
    """The step that a curve above the same layer tells for a rate or a quality, or nothing."""
    points = [p for p in read_curve(folder) if p.step is not None and p.parametric_kbps == base.kbps]
    if len(points) < 2 or dial.exact:
        return None
    wanted = math.log(dial.rate_kbps) if dial.rate_kbps is not None else dial.quality_db or 0.0
    axis = [math.log(p.rate_kbps) if dial.rate_kbps is not None else p.mean_db for p in points]
    steps = [math.log2(p.step) for p in points if p.step is not None]
    if not axis[0] <= wanted <= axis[-1]:
        return None
    return float(2.0 ** np.interp(wanted, axis, steps))


def passage(
    folder: Path, stream: Path, start_s: float, stop_s: float, place: Path, progress: Progress
) -> dict[str, Path]:
    """Mix, stems and remainder of a passage as a stream gives them, in mapped files."""
    sources = _sources(folder)
    side = SideInformation(stream)
    start, stop = (min(round(t * sources.mix.rate), sources.mix.frames) for t in (start_s, stop_s))
    progress(0.1, "decoding")
    images = Decoder(side, sources.mix.samples).images(start, stop)
    sounds = {"mix": sources.mix.samples[start:stop]}
    sounds |= {stem.name: image for stem, image in zip(side.sources, images, strict=True)}
    return {
        name: _stored(place / f"{number}.wav", sound, sources.mix.rate)
        for number, (name, sound) in enumerate(sounds.items())
    }


def layers(folder: Path) -> tuple[Layer, ...]:
    """Components of the parametric layer, the loudest of each stem first, as they were edited; none of an image."""
    found = _layered_base(folder)
    if found is None:
        return ()
    side = SideInformation(found)
    return layers_of(Fit.of_stream(side), [stem.name for stem in side.sources], _edits(folder))


def edit_layers(folder: Path, edits: tuple[Layer, ...]) -> None:
    """Names and mutes that the next stream is made with."""
    _keep(folder / LAYERS, [asdict(layer) for layer in edits])


def layer_passage(folder: Path, number: int, start_s: float, stop_s: float, place: Path, progress: Progress) -> Path:
    """What one component takes of the mix in a passage."""
    found = _layered_base(folder)
    if found is None:
        raise ParameterError("there are no components to hear yet; compute the curve first")
    sources = _sources(folder)
    progress(0.1, "decoding")
    start, stop = (min(round(t * sources.mix.rate), sources.mix.frames) for t in (start_s, stop_s))
    heard = alone(Fit.of_stream(SideInformation(found)), number, sources.mix.samples, start, stop)
    return _stored(place / "layer.wav", heard, sources.mix.rate)


def publish(
    folder: Path, stream: Path, song: Path, target: Path, how: How, overwrite: bool, progress: Progress
) -> Published:
    """Bring a stream to the public: beside the song, inside a copy of its file, or in the samples of one."""
    if how != "samples":
        return publishing.deliver(stream.read_bytes(), song, target, how, overwrite=overwrite, progress=progress)
    return publishing.in_samples(_sources(folder), stream, target, overwrite=overwrite, progress=progress)


# -- the folder ------------------------------------------------------------------------------------------------------


def _sources(folder: Path) -> Sources:
    told = json.loads((folder / FACTS).read_text())
    facts = tuple(SourceFacts(**{**fact, "gains_db": tuple(fact["gains_db"])}) for fact in told["sources"])
    images = np.load(folder / IMAGES, mmap_mode="r")[: len(facts)]
    return Sources(mapped_wav.open_mapped(Path(told["mix"])), images, facts, tuple(told["notes"]))


def _title(folder: Path) -> str:
    return str(json.loads((folder / FACTS).read_text()).get("title", ""))


def _prioritise(folder: Path, priorities: Mapping[str, float]) -> None:
    told = json.loads((folder / FACTS).read_text())
    names = [fact["name"] for fact in told["sources"]]
    for name, weight in priorities.items():
        if name not in names:
            raise ParameterError(f"there is no stem {name!r} to have a priority; there are {', '.join(names)}")
        if not (math.isfinite(weight) and 0 < weight <= 1000):
            raise ParameterError(f"the priority of {name} is above 0 and at most 1000, not {weight:g}")
    for fact in told["sources"]:
        fact["priority"] = float(priorities.get(fact["name"], 1.0))
    _keep(folder / FACTS, told)


def _base(folder: Path, encoder: Encoder, kbps: float, model: Model, progress: Progress) -> Base:
    """The parametric layer of a rate: one that is there, or a new one. The last one is kept in memory."""
    known = _kept_base(folder, kbps, _plain(model), encoder)
    if known is None:
        base = encoder.base(kbps, model, progress=progress)
        known = folder / _base_name(kbps, _plain(model), encoder)
        atomic.write_bytes(known, base.stream, overwrite=True)
    elif known in _last:
        return _last[known]
    else:
        base = Base(encoder, Fit.of_stream(SideInformation(known)), progress=progress)
    _last.clear()
    _last[known] = base
    return base


def _plain(model: Model) -> Literal["ntf", "image"]:
    return "image" if model == "image" else "ntf"


def _base_name(kbps: float, model: str, encoder: Encoder) -> str:
    weights = "-".join(f"{fact.priority:g}" for fact in encoder.sources.facts)
    return f"base-{model}-{kbps:.5f}-{weights}.unb"


def _kept_base(folder: Path, kbps: float, model: str, encoder: Encoder) -> Path | None:
    """The kept layer of an encoder's priorities whose rate is nearest to this one."""
    ending = _base_name(0.0, model, encoder).split("-", 3)[3]
    nearest = None
    for path in folder.glob(f"base-{model}-*-{ending}"):
        rate = float(path.name.split("-")[2])
        ratio = max(rate / kbps, kbps / rate)
        if ratio <= NEAR and (nearest is None or ratio < nearest[0]):
            nearest = (ratio, path)
    return nearest[1] if nearest else None


def _layered_base(folder: Path) -> Path | None:
    """The layer whose components are shown and edited: the newest of the highest rate."""
    paths = folder.glob(f"base-ntf-{MOST_PARAMETRIC_KBPS:.5f}-*")
    return max(paths, key=lambda path: path.stat().st_mtime_ns, default=None)


def _forget(folder: Path) -> None:
    """Remove what was made of other stems."""
    for path in (*folder.glob("base-*.unb"), folder / CURVE, folder / SIDE, folder / LAYERS):
        path.unlink(missing_ok=True)
    _last.clear()


def _edits(folder: Path) -> tuple[Layer, ...]:
    try:
        return tuple(Layer(**layer) for layer in json.loads((folder / LAYERS).read_text()))
    except FileNotFoundError:
        return ()


def _keep(path: Path, value: object) -> None:
    atomic.write_bytes(path, json.dumps(value).encode(), overwrite=True)


def _stored(path: Path, samples: np.typing.NDArray[np.float32], rate: int) -> Path:
    mapped_wav.create(path, len(samples), samples.shape[1], rate)[:] = samples
    return path
