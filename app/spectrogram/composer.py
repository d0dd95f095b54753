"""The picture of a viewport as an array of pixels, made anew only as far as something has changed.

Panning by whole pixels moves what is there and makes only the columns that come into view. Blocks of rows are made on
two threads where there are processors and work enough.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from unbraid.app.spectrogram.analysis import BLOCK, Picture
from unbraid.app.spectrogram.colours import light_curve, light_table, table
from unbraid.app.spectrogram.display import DisplayOptions
from unbraid.app.spectrogram.geometry import Geometry, Panel
from unbraid.app.spectrogram.signals import Shown
from unbraid.core.cpu import coarse_threads, cores, slices
from unbraid.core.dsp import gather
from unbraid.core.dsp.compiled import Engine
from unbraid.core.dsp.pyramid import Codes, code_db

Pixels = npt.NDArray[np.uint32]

THREADS = max(1, min(2, cores() - 1))
"""One processor stays free for the sound."""
THREADS_FROM = 100_000
"""Pixels of sounds from which a second thread pays."""
BLOCK_PX = 1 << 18
"""Pixels made at a time: few enough for the cache, enough to be worth a call."""
SAME_STEP_PX = 1e-3
"""How far the last column may stray before a scale of time counts as another."""


@dataclass(frozen=True)
class Request:
    """Everything a picture depends on, besides what is in the pyramids. progress: blocks done of each picture."""

    geometry: Geometry
    display: DisplayOptions
    progress: tuple[int, ...]
    engine: Engine
    background: int

    @cached_property
    def columns(self) -> int:
        """Pixels of the screen from left to right."""
        return max(1, round(self.geometry.width * self.geometry.density))

    @cached_property
    def rows(self) -> int:
        """Pixels of the screen from top to bottom."""
        return max(1, round(self.geometry.height * self.geometry.density))

    def panel_rows(self, panel: Panel) -> slice:
        """Rows of a panel."""
        top = round(panel.top * self.geometry.density)
        return slice(top, top + max(1, round(panel.height * self.geometry.density)))

    def colours(self) -> tuple[object, ...]:
        """What colours depend on."""
        display = self.display
        return display.what, display.colormap, display.top_db, display.range_db, self.background

    def is_beside(self, other: Request) -> bool:
        """Whether the other shows the same at another moment, so that its columns serve here."""
        mine, its = self.geometry, other.geometry
        same = replace(its.viewport, start_s=mine.viewport.start_s, end_s=mine.viewport.end_s) == mine.viewport
        drift = abs(mine.s_per_px / its.s_per_px - 1) * (abs(mine.origin) + self.columns)
        its_rest = (its.scale, its.width, its.height, its.panels, its.density, other.progress, other.engine)
        rest = (mine.scale, mine.width, mine.height, mine.panels, mine.density, self.progress, self.engine)
        return same and drift < SAME_STEP_PX and rest == its_rest


@dataclass(frozen=True)
class Change:
    """Columns of the picture that were made anew, from left to right."""

    first: int
    stop: int


class Composer:
    """Makes pictures out of pyramids, and remembers the level codes of the last one."""

    def __init__(self) -> None:
        self.shown: list[Shown] = []
        self.pictures: list[Picture] = []
        self._before: list[Picture] = []
        self._codes: list[Codes] = []
        self._made: Request | None = None
        """What `pixels` show; `_codes` are older if None."""
        self._codes_of: Request | None = None
        self._s_per_px = 1.0
        self.pixels: Pixels = np.zeros((1, 1), np.uint32)
        self.background = 0xFF101113

    def show(self, shown: list[Shown], pictures: list[Picture]) -> None:
        """What is drawn from now on; where it is not ready yet, the old pictures of the same sounds serve."""
        self._made = None
        if pictures == self.pictures and len(shown) == len(self.shown):
            self.shown = list(shown)
            return
        self._codes_of = None
        old = {p.signal.key: p for p in (*self._before, *self.pictures) if p.ready.any()}
        same = [old.get(p.signal.key) for p in pictures]
        self._before = [p for p in same if p is not None and p not in pictures]
        self.shown, self.pictures = list(shown), list(pictures)

    def compose(
        self, geometry: Geometry, display: DisplayOptions, engine: Engine, *, afresh: bool = False
    ) -> Change | None:
        """Bring `pixels` (H, W) up to date; returns what changed. afresh: all pixels, because they were drawn into."""
        progress = tuple(int(p.ready.sum()) for p in self.pictures)
        request = Request(geometry, display, progress, engine, self.background)
        made = self._made
        if request == made:
            return None
        if all(picture.ready.all() for picture in self.pictures):
            self._before = []
        fresh = self._scroll(request)
        recolour = made is None or made.colours() != request.colours() or afresh
        change = Change(0, request.columns) if recolour else fresh
        self._made = self._codes_of = request
        self._make(request, fresh, change)
        return change

    def code_at(self, x: float, y: float, geometry: Geometry) -> tuple[int, int]:
        """(level code, number of the sound) at a point of the last picture: of the loudest there."""
        panel = geometry.panel_at(y)
        if geometry.panels.index(panel) >= len(self._codes) or self._codes_of is None:
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

    def _scroll(self, request: Request) -> Change:
        """Move what is there to where it belongs; returns the columns that are missing."""
        before = self._codes_of
        size = (request.rows, request.columns)
        by = request.geometry.origin - before.geometry.origin if before is not None else 0
        if before is None or not request.is_beside(before) or abs(by) >= request.columns or self.pixels.shape != size:
            panels = [(len(p.shown), request.panel_rows(p)) for p in request.geometry.panels]
            shapes = [(j, rows.stop - rows.start, request.columns) for j, rows in panels]
            if [codes.shape for codes in self._codes] != shapes:
                self._codes = [np.empty(shape, np.uint8) for shape in shapes]
            if self.pixels.shape != size:
                self.pixels = np.full(size, self.background, np.uint32)
            self._s_per_px = request.geometry.s_per_px
            return Change(0, request.columns)
        for codes in self._codes:
            _move(codes, by)
        _move(self.pixels, by)
        return Change(request.columns - by, request.columns) if by > 0 else Change(0, -by)

    def _make(self, request: Request, fresh: Change, change: Change) -> None:
        """Codes of the columns `fresh` and pixels of the columns `change`, block of rows by block of rows."""
        jobs, count = [], max(len(p.shown) for p in request.geometry.panels)
        columns, anew = slice(change.first, change.stop), slice(fresh.first, fresh.stop)
        if count < len(self.shown):
            self.pixels[:, columns] = self.background  # between panels
        for panel, codes in zip(request.geometry.panels, self._codes, strict=True):
            pixels = self.pixels[request.panel_rows(panel)]
            sources, ink = self._sources(request, panel, fresh), self._ink(request, panel)
            parts = slices(len(pixels), round(len(pixels) * (change.stop - change.first) / BLOCK_PX))
            jobs += [(sources, ink, codes[:, part], pixels[part, columns], part) for part in parts]

        def work(job: tuple[list[_Source | None], _Ink, Codes, Pixels, slice]) -> None:
            sources, ink, codes, pixels, part = job
            for source, out in zip(sources, codes, strict=True):
                if source is not None:
                    source.sample(out[:, anew], part, request.engine)
            ink.paint(codes[:, :, columns], pixels, request.engine)

        size = (fresh.stop - fresh.first) * count + change.stop - change.first
        threads = THREADS if size * request.rows >= THREADS_FROM else 1
        if change.stop > change.first:
            coarse_threads(work, jobs, threads=threads)

    def _ink(self, request: Request, panel: Panel) -> _Ink:
        """The colour map, or colours of stems that lie over each other."""
        display = request.display
        levels = (display.top_db, display.range_db)
        if display.what == "overlaid" and any(shown.colour for shown in self.shown):
            return _Ink(lights=np.stack([light_table(self.shown[k].colour or "#b3b7bd", *levels) for k in panel.shown]))
        return _Ink(table(display.colormap, *levels))

    def _sources(self, request: Request, panel: Panel, fresh: Change) -> list[_Source | None]:
        """What each sound of a panel is taken from; sounds of the same grid share how."""
        geometry, known = request.geometry, dict[tuple[float, ...], gather.Sampling]()
        rows = request.panel_rows(panel)
        hz = geometry.scale.to_hz(
            np.linspace(geometry.viewport.low, geometry.viewport.high, rows.stop - rows.start + 1)
        )

        def how(picture: Picture) -> gather.Sampling:
            pyramid = picture.pyramid
            key = (pyramid.bins, pyramid.frames, picture.frames_per_s, picture.bins_per_hz)
            if key not in known:
                step = self._s_per_px / geometry.density * picture.frames_per_s
                time = gather.TimeWindow(geometry.origin + fresh.first, step, fresh.stop - fresh.first)
                known[key] = gather.sampling(pyramid.bins, pyramid.frames, time, hz * picture.bins_per_hz)
            return known[key]

        def source(picture: Picture) -> _Source:
            before = next((p for p in self._before if p.signal.key == picture.signal.key), None)
            if before is None or picture.ready.all():
                return _Source(picture, how(picture))
            missing = ~_ready_columns(picture, geometry)[fresh.first : fresh.stop]
            return _Source(picture, how(picture), before, how(before), missing)

        if fresh.stop == fresh.first:
            return [None for _ in panel.shown]
        return [source(self.pictures[n]) if n < len(self.pictures) else None for n in panel.shown]


@dataclass(frozen=True, eq=False)
class _Source:
    """A picture and how it is sampled; where columns are missing, the same of an older picture."""

    picture: Picture
    how: gather.Sampling
    before: Picture | None = None
    how_before: gather.Sampling | None = None
    missing: npt.NDArray[np.bool_] | None = None

    def sample(self, out: Codes, part: slice, engine: Engine) -> None:
        """Write the rows `part` to out (rows, W)."""
        gather.sample(self.picture.pyramid, self.how, out=out, part=part, engine=engine)
        if self.before is not None and self.how_before is not None:
            old = np.empty_like(out)
            gather.sample(self.before.pyramid, self.how_before, out=old, part=part, engine=engine)
            out[:, self.missing] = old[:, self.missing]


@dataclass(frozen=True, eq=False)
class _Ink:
    """A colour map, or lights that add up."""

    map: npt.NDArray[np.uint32] | None = None
    lights: npt.NDArray[np.uint64] | None = None

    def paint(self, codes: Codes, pixels: Pixels, engine: Engine) -> None:
        """Write the colours of codes (J, H, W)."""
        if self.lights is not None:
            gather.add_lights(codes, self.lights, light_curve(), out=pixels, engine=engine)
        elif self.map is not None and len(codes):
            gather.colour(codes[0], self.map, out=pixels, engine=engine)


def _move(array: Codes | Pixels, by: int) -> None:
    """Move columns to the left (to the right if below zero); what comes into view holds what it may.

    All rows at once, as one stretch of memory: what leaves a row enters its neighbour where it is made anew.
    """
    flat = array.reshape(-1)
    if by > 0:
        flat[:-by] = flat[by:]
    elif by < 0:
        flat[-by:] = flat[:by]


def _ready_columns(picture: Picture, geometry: Geometry) -> npt.NDArray[np.bool_]:
    """Which columns of the screen show frames that are done, (W,)."""
    step = geometry.s_per_px / geometry.density * picture.frames_per_s
    columns = max(1, round(geometry.width * geometry.density))
    frames = (geometry.origin + 0.5 + np.arange(columns)) * step
    return np.asarray(picture.ready[np.clip(frames / BLOCK, 0, len(picture.ready) - 1).astype(int)], np.bool_)


def level_db(code: int) -> float | None:
    """The level of a code, None for silence."""
    return float(code_db(np.array(code))) if code else None
