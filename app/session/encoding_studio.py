"""The engine of informed coding as the window sees it, and where its functions run."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from unbraid.core.informed.dial import CurvePoint, Dial, Layer, Model
from unbraid.core.job_queue import Desk
from unbraid.core.progress import Progress

T = TypeVar("T")

ENGINE = "unbraid.core.informed.studio"


class Facts(Protocol):
    """What is known of the song and its stems before anything is encoded."""

    names: tuple[str, ...]
    notes: tuple[str, ...]
    duration_s: float


class Made(Protocol):
    """A stream that was made: where it lies, what it reaches."""

    path: Path
    point: CurvePoint
    bytes: int
    notes: tuple[str, ...]


class Published(Protocol):
    """Files that were written for the public, and what there is to say about them."""

    paths: tuple[Path, ...]
    notes: tuple[str, ...]


class Studio(Protocol):
    """The functions of `core/informed/studio.py`."""

    def prepare(
        self, mix: Path, stems: Mapping[str, Path], colours: Mapping[str, str], folder: Path, progress: Progress
    ) -> Facts:
        """Look at the sounds and fit the stems to the mix."""
        ...

    def curve(
        self, folder: Path, model: Model, perceptual: bool, priorities: Mapping[str, float], progress: Progress
    ) -> tuple[CurvePoint, ...]:
        """Encode at several rates; each point is written to the folder as soon as it is there."""
        ...

    def read_curve(self, folder: Path) -> tuple[CurvePoint, ...]:
        """The points there are so far."""
        ...

    def make(self, folder: Path, dial: Dial, progress: Progress) -> Made:
        """Encode at one point."""
        ...

    def passage(
        self, folder: Path, stream: Path, start_s: float, stop_s: float, place: Path, progress: Progress
    ) -> dict[str, Path]:
        """Decode a passage into mapped files by stem, and `mix`."""
        ...

    def layers(self, folder: Path) -> tuple[Layer, ...]:
        """The components of the parametric layer; none for a model without."""
        ...

    def edit_layers(self, folder: Path, layers: tuple[Layer, ...]) -> None:
        """Names, mutes and merges for the next stream."""
        ...

    def layer_passage(
        self, folder: Path, number: int, start_s: float, stop_s: float, place: Path, progress: Progress
    ) -> Path:
        """One layer alone."""
        ...

    def publish(
        self, folder: Path, stream: Path, song: Path, target: Path, how: str, overwrite: bool, progress: Progress
    ) -> Published:
        """Write side-information beside or into a copy of the song."""
        ...


class Run(Protocol):
    """Runs a function of the studio for a job; its last argument, the progress, is added."""

    def __call__(self, desk: Desk, function: Callable[..., T], *args: Any, part: tuple[float, float] = (0.0, 1.0)) -> T:
        """What `function` returns."""
        ...


def in_worker(desk: Desk, function: Callable[..., T], *args: Any, part: tuple[float, float] = (0.0, 1.0)) -> T:
    """In the worker process of the queue."""
    return desk.run(function, *args, part=part)


def layers_in(function: Callable[[Path], tuple[Layer, ...]], folder: Path, progress: Progress) -> tuple[Layer, ...]:
    """The layers, read in the worker process: this one does not load a decoder for that."""
    return tuple(function(folder))


def engine() -> Studio:
    """The one there is; loaded with the first use."""
    return cast(Studio, importlib.import_module(ENGINE))
