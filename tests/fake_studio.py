"""A studio that answers at once, in the queue's own thread: real jobs, real files, invented figures."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from unbraid.core import mapped_wav
from unbraid.core.errors import AudioFileError
from unbraid.core.informed.dial import CurvePoint, Dial, Layer

RATES = (1.0, 2.0, 5.0, 12.0, 30.0, 80.0, 200.0, 500.0)


@dataclass(frozen=True)
class Facts:
    names: tuple[str, ...]
    notes: tuple[str, ...]
    duration_s: float


@dataclass(frozen=True)
class Made:
    path: Path
    point: CurvePoint
    bytes: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Published:
    paths: tuple[Path, ...]
    notes: tuple[str, ...]


@dataclass
class FakeStudio:
    """Each stem reaches 6 dB per doubling of the rate, the later ones less. gate: closed, the curve waits for it."""

    calls: list[tuple[str, Any]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    halt_at: float | None = None
    """The gate closes by itself before that rate."""
    notes: tuple[str, ...] = ()
    failure: Exception | None = None
    stems: dict[str, Path] = field(default_factory=dict)
    mix: Path = Path()
    wanted_layers: tuple[Layer, ...] = ()

    def __post_init__(self) -> None:
        self.gate.set()

    def run(self, desk, function, *args, part=(0.0, 1.0)):
        """In place of the worker process."""
        start, stop = part
        return function(*args, progress=lambda share, words: desk.progress(start + (stop - start) * share, words))

    def called(self, name: str) -> list[Any]:
        """Arguments of the calls of that function."""
        return [args for called, args in self.calls if called == name]

    def prepare(self, mix, stems: Mapping[str, Path], colours, folder: Path, progress) -> Facts:
        self.calls.append(("prepare", (mix, dict(stems), dict(colours))))
        progress(0.5, "looking at the stems")
        self.mix, self.stems = mix, dict(stems)
        return Facts(tuple(stems), self.notes, mapped_wav.open_mapped(mix).duration_s)

    def point(self, rate: float) -> CurvePoint:
        count = len(self.stems)
        stems = tuple(4.0 - 2.5 * k + 3.0 * math.log2(rate + 0.5) for k in range(count))
        return CurvePoint(rate, min(rate, 4.0), 0.1 if rate > 4 else None, stems, (0.9 * rate / count,) * count)

    def curve(self, folder: Path, model, perceptual, priorities, progress) -> tuple[CurvePoint, ...]:
        self.calls.append(("curve", (model, perceptual, dict(priorities))))
        points = []
        for k, rate in enumerate(RATES):
            if rate == self.halt_at:
                self.gate.clear()
            while not self.gate.wait(0.01):
                progress(k / len(RATES), f"{rate:g} kbit/s")
            if self.failure is not None and k == 3:
                raise self.failure
            points.append(self.point(rate))
            temporary = folder / "curve.part"
            temporary.write_text(json.dumps([asdict(point) for point in points]))
            temporary.replace(folder / "curve.json")
            progress((k + 1) / len(RATES), f"{rate:g} kbit/s")
        return tuple(points)

    def read_curve(self, folder: Path) -> tuple[CurvePoint, ...]:
        path = folder / "curve.json"
        if not path.exists():
            return ()
        read = json.loads(path.read_text())
        return tuple(CurvePoint(**{**one, "sdr_db": tuple(one["sdr_db"]), "kbps": tuple(one["kbps"])}) for one in read)

    def make(self, folder: Path, dial: Dial, progress) -> Made:
        self.calls.append(("make", dial))
        progress(0.5, "encoding")
        if self.failure is not None:
            raise self.failure
        path = folder / "side.unb"
        point = self.point(dial.rate_kbps or (700.0 if dial.exact else 42.0))
        path.write_bytes(b"UNB" + repr(dial).encode())
        return Made(path, point, 3)

    def passage(self, folder: Path, stream: Path, start_s, stop_s, place: Path, progress) -> dict[str, Path]:
        self.calls.append(("passage", (stream.name, start_s, stop_s)))
        assert stream.read_bytes().startswith(b"UNB")
        progress(0.5, "decoding")
        return {
            name: self._cut(path, start_s, stop_s, place / f"{name}.wav", 1.0 if name == "mix" else 0.5)
            for name, path in {"mix": self.mix, **self.stems}.items()
        }

    def _cut(self, path: Path, start_s: float, stop_s: float, target: Path, gain: float) -> Path:
        whole = mapped_wav.open_mapped(path)
        part = whole.slice(round(start_s * whole.rate), round(stop_s * whole.rate))
        mapped_wav.create(target, part.frames, part.channels, part.rate)[:] = gain * part.samples
        return target

    def layers(self, folder: Path) -> tuple[Layer, ...]:
        return tuple(
            Layer(6 * s + k, stem, "", (0.5, 0.25, 0.12, 0.08, 0.04, 0.01)[k], 60.0 * 2**k, 140.0 * 2**k)
            for s, stem in enumerate(self.stems)
            for k in range(6)
        )

    def edit_layers(self, folder: Path, layers: tuple[Layer, ...]) -> None:
        self.wanted_layers = layers
        self.calls.append(("edit_layers", layers))

    def layer_passage(self, folder: Path, number: int, start_s, stop_s, place: Path, progress) -> Path:
        self.calls.append(("layer_passage", number))
        stem = list(self.stems.values())[number // 6]
        return self._cut(stem, start_s, stop_s, place / "layer.wav", 0.1)

    def publish(self, folder, stream: Path, song: Path, target: Path, how, overwrite, progress) -> Published:
        self.calls.append(("publish", (stream.name, song, target, how, overwrite)))
        if target.exists() and not overwrite:
            raise AudioFileError(f"{target} exists already")
        target.write_bytes(stream.read_bytes())
        return Published((target,), self.notes)
