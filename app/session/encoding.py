"""Side-information of the song's stems: what was chosen, the curve of quality over rate, and whether it still holds.

A studio in the worker process does the work, in a working folder of its own. The point chosen on the curve is in
`encoding_dial.py`, the streams made there, heard and published, are in `encoding_streams.py`.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from unbraid.app.session import rate_quality
from unbraid.app.session.encoding_choices import Basis, Priority, StemChoice, basis_of, differences, follow
from unbraid.app.session.encoding_dial import Dialling
from unbraid.app.session.encoding_passages import given
from unbraid.app.session.encoding_streams import Streams
from unbraid.app.session.encoding_studio import Facts, Run, Studio, engine, in_worker, layers_in
from unbraid.app.theme.stems import stem_colour
from unbraid.app.translation import tr
from unbraid.core.document.document import Document
from unbraid.core.document.state import Project
from unbraid.core.errors import Cancelled, ParameterError
from unbraid.core.informed.dial import CurvePoint, Layer, Model
from unbraid.core.job_queue import ENDED, Desk, Job, State
from unbraid.core.workshop import own_folder

if TYPE_CHECKING:
    from unbraid.app.session.session import Session

PREPARING = 0.1
"""Share of the work that comes before the first point."""
LEVEL_BLOCK, LEVEL_EVERY = 1 << 12, 8
"""A level is measured in one of so many blocks of so many samples."""


@dataclass(frozen=True)
class Order:
    """What a curve is computed from: names, files and colours, all by place, and how."""

    basis: Basis
    mix: Path
    names: tuple[str, ...]
    paths: tuple[Path, ...]
    colours: tuple[str, ...]


class Encoding(QObject):
    """The choices of the producer and the curve."""

    changed = Signal()
    """Stems, choices, the state of the work: anything but the points and the progress."""
    point_added = Signal()
    """The curve has other points than before, or none."""
    progressed = Signal()
    dropped = Signal()
    """All that was made is about to go: another document, or another curve."""

    def __init__(self, session: Session, *, studio: Callable[[], Studio] = engine, run: Run = in_worker) -> None:
        super().__init__(session)
        self._session, self.studio, self.run = session, studio, run
        self.choices: tuple[StemChoice, ...] = ()
        self.model: Model = "auto"
        self.is_perceptual = False
        self._given_up: list[Path] = []
        """Folders of earlier curves that work may still go on in; the next job removes them."""
        self._forget()
        self.dial = Dialling(self)
        self.streams = Streams(session, self)
        session.replaced.connect(self.clear)
        session.changed.connect(self._follow)
        session.jobs_changed.connect(self._watch)

    def _forget(self) -> None:
        self.job: Job | None = None
        self._told: State | None = None
        self.folder: Path | None = None
        """Where all that belongs to the curve lies; another one for each curve."""
        self.basis: Basis | None = None
        self.facts: Facts | None = None
        self._colours: dict[str, str] = {}
        self._levels_db: dict[str, float] = {}
        self.points: tuple[CurvePoint, ...] = ()

    # -- choices -----------------------------------------------------------------------------------------------------

    @property
    def wanted(self) -> tuple[StemChoice, ...]:
        """The stems that will be encoded."""
        return tuple(choice for choice in self.choices if choice.is_wanted)

    def want(self, id: str, is_wanted: bool) -> None:
        """Encode a stem, or leave it to what remains; the last one stays."""
        if is_wanted or [choice.id for choice in self.wanted] != [id]:
            self._choose({id}, is_wanted=is_wanted)
        else:
            self.changed.emit()

    def prefer(self, ids: Sequence[str], priority: Priority) -> None:
        """How much these stems matter; "exact" turns the dial to exact solos."""
        self._choose(set(ids), priority=priority)

    def _choose(self, ids: set[str], **changes: object) -> None:
        self.choices = tuple(
            replace(choice, **changes) if choice.id in ids else choice  # type: ignore[arg-type]
            for choice in self.choices
        )
        self.changed.emit()

    def choose_model(self, model: Model) -> None:
        """Which model the parametric layer has."""
        self.model = model
        self.changed.emit()

    def weigh_by_ear(self, on: bool) -> None:
        """Whether errors count as much as they are heard."""
        self.is_perceptual = on
        self.changed.emit()

    def _follow(self, old: Project, new: Project) -> None:
        if old.song != new.song or old.stems != new.stems:
            before, self.choices = self.choices, follow(self.choices, new)
            if before != self.choices or old.song != new.song:
                self.changed.emit()

    # -- what is known -----------------------------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the stems of the curve, in its order."""
        if self.facts is not None:
            return self.facts.names
        return () if self.basis is None else tuple(name for _, name, _ in self.basis.stems)

    @property
    def colours(self) -> tuple[str, ...]:
        """Their colours."""
        return tuple(self._colours.get(name) or stem_colour(name) for name in self.names)

    @property
    def levels_db(self) -> tuple[float, ...]:
        """Their root mean squares in dBFS, minus infinity where they are not known."""
        return tuple(self._levels_db.get(name, -math.inf) for name in self.names)

    @property
    def is_running(self) -> bool:
        """Whether a curve is being computed, or waits for its turn."""
        return self.job is not None and self.job.state not in ENDED

    @property
    def is_usable(self) -> bool:
        """Whether streams can be made: the curve has a point, and it is not being computed."""
        return bool(self.points) and self.facts is not None and not self.is_running

    @property
    def duration_s(self) -> float:
        """Length of the song."""
        song = self._session.state.song
        return self.facts.duration_s if self.facts is not None else 0.0 if song is None else song.duration_s

    def out_of_date(self) -> tuple[str, ...]:
        """Why the curve does not hold for the song and the choices as they are now, in words; empty when it does."""
        if self.basis is None:
            return ()
        now = basis_of(self._session.state, self.choices, self.model, self.is_perceptual)
        return differences(self.basis, now)

    # -- the curve ---------------------------------------------------------------------------------------------------

    def compute(self) -> Job | None:
        """Compute the curve; None when there is nothing to compute it from (a notice says why)."""
        jobs: list[Job] = []
        self._session.guarded(lambda: jobs.append(self._submitted()))
        return jobs[0] if jobs else None

    def cancel(self) -> None:
        """Stop computing; what is there of the curve stays."""
        if self.job is not None:
            self._session.cancel(self.job)

    def _submitted(self) -> Job:
        document, wanted = self._session.document, self.wanted
        if document is None or document.state.song is None:
            raise ParameterError(tr("there is no song to encode; open one with its stems first"))
        if not wanted:
            raise ParameterError(tr("there are no stems to encode; open the song together with its stems"))
        path = document.media.path
        order = Order(
            basis_of(document.state, self.choices, self.model, self.is_perceptual), path(document.state.song.media),
            tuple(choice.name for choice in wanted), tuple(path(choice.media) for choice in wanted),
            tuple(choice.colour for choice in wanted),
        )  # fmt: skip
        self._drop()
        self.folder, self.basis = own_folder(), order.basis
        self._colours = dict(zip(order.names, order.colours, strict=True))
        self.job = self._session.submit(
            tr("Rate and quality of the stems"), partial(self._work, document, order, self.folder)
        )
        self.changed.emit()
        self.point_added.emit()
        return self.job

    def _work(self, document: Document, order: Order, folder: Path, desk: Desk) -> None:
        """On the queue's thread."""
        studio, soon = self.studio(), self._session.bridge.soon
        self._sweep()
        with self.held(folder):
            mix, stems = self._linked(document, order, folder)
            colours = dict(zip(order.names, order.colours, strict=True))
            facts = self.run(desk, studio.prepare, mix, stems, colours, folder, part=(0.0, PREPARING))
            soon(self._take_facts, folder, facts, {name: level_db(path) for name, path in stems.items()})
            weights = dict(zip(order.names, order.basis.weights, strict=True))
            points = self.run(
                desk, studio.curve, folder, order.basis.model, order.basis.is_perceptual, weights,
                part=(PREPARING, 1.0),
            )  # fmt: skip
            layers = self.run(desk, layers_in, studio.layers, folder, part=(1.0, 1.0))
            soon(self._take_curve, folder, tuple(points), layers)

    def _linked(self, document: Document, order: Order, folder: Path) -> tuple[Path, dict[str, Path]]:
        """The sounds under second names in the folder, so that they stay whatever happens to the document."""
        with self._session.media_lock:
            if self._session.document is not document:
                raise Cancelled
            mix = _second_name(order.mix, given(folder))
            paths = [_second_name(path, given(folder, k)) for k, path in enumerate(order.paths, 1)]
        return mix, dict(zip(order.names, paths, strict=True))

    @contextlib.contextmanager
    def held(self, folder: Path) -> Iterator[None]:
        """Work in a folder: when it was given up meanwhile, what is left in it goes away in the end."""
        try:
            yield
        finally:
            if self.folder != folder:
                shutil.rmtree(folder, ignore_errors=True)

    def _take_facts(self, folder: Path, facts: Facts, levels_db: dict[str, float]) -> None:
        if folder == self.folder:
            self.facts, self._levels_db = facts, levels_db
            self.changed.emit()

    def _take_curve(self, folder: Path, points: Sequence[CurvePoint], layers: tuple[Layer, ...]) -> None:
        if folder == self.folder:
            self.streams.show_layers(layers)
            self._show_points(points)
            self.changed.emit()

    def _show_points(self, points: Sequence[CurvePoint]) -> None:
        in_order = rate_quality.in_order(points)
        if in_order != self.points:
            self.points = in_order
            self.point_added.emit()

    def _watch(self) -> None:
        """The queue has something to tell: the state of our job, or points that are there already."""
        job = self.job
        if job is None:
            return
        if job.state is State.RUNNING and self.folder is not None and self.facts is not None:
            with contextlib.suppress(OSError, ValueError):
                self._show_points(self.studio().read_curve(self.folder))
        if job.state is not self._told:
            self._told = job.state
            self.changed.emit()
        self.progressed.emit()

    # -- the end -----------------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Another document, or none: nothing of the one before is kept."""
        self._drop()
        self._sweep()
        self.choices = follow((), self._session.state)
        self.model, self.is_perceptual = "auto", False
        self.dial.reset()
        self.changed.emit()
        self.point_added.emit()

    def _drop(self) -> None:
        self.dropped.emit()
        self.cancel()
        if self.folder is not None:
            self._given_up.append(self.folder)
        self._forget()

    def _sweep(self) -> None:
        """Remove what belongs to earlier curves."""
        while self._given_up:
            shutil.rmtree(self._given_up.pop(), ignore_errors=True)


def _second_name(path: Path, target: Path) -> Path:
    """The same file under another name; its own where the file system has no second names."""
    try:
        os.link(path, target)
    except OSError:
        return path
    return target


def level_db(path: Path) -> float:
    """Root mean square of a mapped sound in dBFS, from one block of eight; minus infinity for silence."""
    import numpy as np

    from unbraid.core import mapped_wav

    samples = mapped_wav.open_mapped(path).samples
    total = count = 0.0
    for start in range(0, len(samples), LEVEL_EVERY * LEVEL_BLOCK):
        block = np.asarray(samples[start : start + LEVEL_BLOCK], np.float64)
        total, count = total + float(np.vdot(block, block)), count + block.size
    return 10 * math.log10(total / count) if total else -math.inf
