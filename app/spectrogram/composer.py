"""The picture of a viewport as an array of pixels, made anew only as far as something has changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.app.spectrogram.analysis import BLOCK, Picture
from unbraid.app.spectrogram.colours import light_curve, light_table, table
from unbraid.app.spectrogram.display import DisplayOptions
from unbraid.app.spectrogram.geometry import Geometry, Panel
from unbraid.app.spectrogram.signals import Shown
from unbraid.core.dsp import gather
from unbraid.core.dsp.compiled import Engine
from unbraid.core.dsp.pyramid import Codes, code_db

Pixels = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Request:
    """Everything a picture depends on, besides what is in the pyramids. progress: blocks done of each picture."""

    geometry: Geometry
    display: DisplayOptions
    progress: tuple[int, ...]
    engine: Engine


class Composer:
    """Makes pictures out of pyramids, and remembers the level codes of the last one."""

    def __init__(self) -> None:
        self.shown: list[Shown] = []
        self.pictures: list[Picture] = []
        self._before: list[Picture] = []
        self._codes: list[Codes] = []
        self._codes_of: tuple[object, ...] = ()
        self._made: Request | None = None
        self.pixels: Pixels = np.zeros((1, 1), np.uint32)
        self.background = 0xFF101113

    def show(self, shown: list[Shown], pictures: list[Picture]) -> None:
        """What is drawn from now on; where it is not ready yet, the old pictures of the same sounds serve."""
        self._made = None
        if pictures == self.pictures and len(shown) == len(self.shown):
            self.shown = list(shown)
            return
        self._codes_of = ()
        old = {p.signal.key: p for p in (*self._before, *self.pictures) if p.ready.any()}
        same = [old.get(p.signal.key) for p in pictures]
        self._before = [p for p in same if p is not None and p not in pictures]
        self.shown, self.pictures = list(shown), list(pictures)

    def compose(self, geometry: Geometry, display: DisplayOptions, engine: Engine) -> bool:
        """Bring `pixels` (H, W) up to date; returns whether they changed."""
        progress = tuple(int(p.ready.sum()) for p in self.pictures)
        request = Request(geometry, display, progress, engine)
        if request == self._made:
            return False
        if all(picture.ready.all() for picture in self.pictures):
            self._before = []
        needs = (geometry, progress, tuple(id(p) for p in self.pictures))
        if needs != self._codes_of:
            self._codes = [self._panel_codes(panel, geometry, engine) for panel in geometry.panels]
            self._codes_of = needs
        self._colour(geometry, display, engine)
        self._made = request
        return True

    def code_at(self, x: float, y: float, geometry: Geometry) -> tuple[int, int]:
        """(level code, number of the sound) at a point of the last picture: of the loudest there."""
        panel = geometry.panel_at(y)
        if geometry.panels.index(panel) >= len(self._codes) or not self._codes_of:
            return 0, 0
        codes = self._codes[geometry.panels.index(panel)]
        row = int(np.clip((y - panel.top) * geometry.density, 0, codes.shape[1] - 1))
        column = int(np.clip(x * geometry.density, 0, codes.shape[2] - 1))
        here = codes[:, row, column]
        return int(here.max(initial=0)), panel.shown[int(here.argmax())] if len(here) else 0

    def missing(self, geometry: Geometry) -> list[tuple[float, float]]:
        """Where columns are not analysed yet, as (left, right) in pixels of the widget."""
        if not self.pictures or all(picture.ready.all() for picture in self.pictures):
            return []
        ready = np.logical_and.reduce([_ready_columns(p, geometry) for p in self.pictures])
        edges = np.flatnonzero(np.diff(np.concatenate([[True], ready, [True]]).astype(np.int8)))
        return [(a / geometry.density, b / geometry.density) for a, b in edges.reshape(-1, 2)]

    def _panel_codes(self, panel: Panel, geometry: Geometry, engine: Engine) -> Codes:
        """(J, H, W) codes of the sounds in a panel."""
        rows, columns = max(1, round(panel.height * geometry.density)), max(1, round(geometry.width * geometry.density))
        codes = np.zeros((len(panel.shown), rows, columns), np.uint8)
        heights = np.linspace(geometry.viewport.low, geometry.viewport.high, rows + 1)
        hz = geometry.scale.to_hz(heights)
        for j, number in enumerate(panel.shown):
            if number < len(self.pictures):
                self._gather(self.pictures[number], geometry, hz, codes[j], engine)
        return codes

    def _gather(
        self, picture: Picture, geometry: Geometry, hz: npt.NDArray[np.float64], out: Codes, engine: Engine
    ) -> None:
        _gather(picture, geometry, hz, out, engine)
        before = next((p for p in self._before if p.signal.key == picture.signal.key), None)
        if before is not None and not picture.ready.all():
            missing = ~_ready_columns(picture, geometry)
            old = np.empty_like(out)
            _gather(before, geometry, hz, old, engine)
            out[:, missing] = old[:, missing]

    def _colour(self, geometry: Geometry, display: DisplayOptions, engine: Engine) -> None:
        size = (max(1, round(geometry.height * geometry.density)), max(1, round(geometry.width * geometry.density)))
        if self.pixels.shape != size:
            self.pixels = np.full(size, self.background, np.uint32)
        if len(geometry.panels) > 1:
            self.pixels[:] = self.background
        overlaid = display.what == "overlaid" and any(shown.colour for shown in self.shown)
        for panel, codes in zip(geometry.panels, self._codes, strict=True):
            top = round(panel.top * geometry.density)
            target = self.pixels[top : top + codes.shape[1]]
            if overlaid:
                levels = (display.top_db, display.range_db)
                tables = np.stack([light_table(self.shown[k].colour or "#b3b7bd", *levels) for k in panel.shown])
                target[:] = gather.add_lights(codes, tables, light_curve(), engine=engine)[: len(target)]
            elif len(codes):
                colours = table(display.colormap, display.top_db, display.range_db)
                gather.colour(codes[0][: len(target)], colours, out=target, engine=engine)


def _frame_step(picture: Picture, geometry: Geometry) -> float:
    """Frames in a pixel of the screen."""
    return geometry.s_per_px / geometry.density * picture.frames_per_s


def _gather(picture: Picture, geometry: Geometry, hz: npt.NDArray[np.float64], out: Codes, engine: Engine) -> None:
    step = _frame_step(picture, geometry)
    time = gather.TimeWindow(geometry.origin, step, out.shape[1])
    gather.gather(picture.pyramid, time, hz * picture.bins_per_hz, out=out, engine=engine)


def _ready_columns(picture: Picture, geometry: Geometry) -> npt.NDArray[np.bool_]:
    """Which columns of the screen show frames that are done, (W,)."""
    step = _frame_step(picture, geometry)
    columns = max(1, round(geometry.width * geometry.density))
    frames = (geometry.origin + 0.5 + np.arange(columns)) * step
    return np.asarray(picture.ready[np.clip(frames / BLOCK, 0, len(picture.ready) - 1).astype(int)], np.bool_)


def level_db(code: int) -> float | None:
    """The level of a code, None for silence."""
    return float(code_db(np.array(code))) if code else None
