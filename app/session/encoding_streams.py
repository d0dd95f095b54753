"""Streams made at points of the curve: ten seconds of each are heard at once, the layers edited, one is published."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from unbraid.app.session.encoding_passages import Heard, Passage, gather, gather_layers, given, mixdown
from unbraid.app.session.layering import Group
from unbraid.app.translation import number, tr
from unbraid.core.document.state import Span
from unbraid.core.informed.dial import CurvePoint, Dial, Layer
from unbraid.core.job_queue import ENDED, Desk, Job

if TYPE_CHECKING:
    from unbraid.app.session.encoding import Encoding
    from unbraid.app.session.encoding_studio import Made, Published
    from unbraid.app.session.session import Session

MAKING = 0.85
"""Share of the work that making a stream takes, when something is done with it afterwards."""


@dataclass(frozen=True, eq=False)
class Point:
    """A stream that was made. number: from 1. edition: which state of the layers it has (0: as they were found).

    notes: what there is to say about it.
    """

    number: int
    dial: Dial
    edition: int
    path: Path
    reached: CurvePoint
    bytes: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wish:
    """A stream that is to be made, and where."""

    dial: Dial
    edition: int
    layers: tuple[Layer, ...]
    folder: Path


@dataclass(eq=False)
class _Kept:
    """What belongs to one curve."""

    points: tuple[Point, ...] = ()
    layers: tuple[Layer, ...] = ()
    edition: int = 0
    written: int = 0
    """The edition that the studio knows."""
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    passages: dict[tuple[int, Span], Passage] = field(default_factory=dict)
    layer_passages: dict[tuple[tuple[int, ...], Span], Passage] = field(default_factory=dict)


class Streams(QObject):
    """What was made on a curve, and what of it is heard."""

    changed = Signal()
    published = Signal(object)
    """A `Published`: files for the public were written."""

    def __init__(self, session: Session, encoding: Encoding) -> None:
        super().__init__(encoding)
        self._session, self._encoding = session, encoding
        self._kept = _Kept()
        self.heard = Heard()
        """Which part of a stream is listened to."""
        self.playing: Point | Group | None = None
        self._awaited: Job | None = None
        """What is to be heard as soon as it is there."""
        self._span: Span | None = None
        encoding.dropped.connect(self._drop)
        session.playing.state_changed.connect(self._heard_no_more)
        session.jobs_changed.connect(self._watch)

    # -- what there is -----------------------------------------------------------------------------------------------

    @property
    def points(self) -> tuple[Point, ...]:
        """All streams, in the order they were made."""
        return self._kept.points

    def made(self) -> Point | None:
        """The stream that was made for the dial and the layers as they are."""
        dial, edition = self._encoding.dial.wanted, self._kept.edition
        return next((point for point in self.points if (point.dial, point.edition) == (dial, edition)), None)

    @property
    def awaited(self) -> Job | None:
        """The work on what is to be heard as soon as it is there."""
        return self._awaited

    @property
    def is_waiting(self) -> bool:
        """Whether something that is to be heard is being made."""
        return self._awaited is not None

    # -- layers ------------------------------------------------------------------------------------------------------

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The sounds that the parametric layer is made of, as edited."""
        return self._kept.layers

    @property
    def is_edited(self) -> bool:
        """Whether layers were edited since the last stream was made."""
        return self._kept.edition != (self.points[-1].edition if self.points else 0)

    def show_layers(self, layers: tuple[Layer, ...]) -> None:
        """As the studio has found them."""
        self._kept.layers = layers
        self.changed.emit()

    def edit_layers(self, layers: tuple[Layer, ...]) -> None:
        """Names, mutes and merges for the next stream."""
        if layers != self._kept.layers:
            self._kept.layers = layers
            self._kept.edition += 1
            self.changed.emit()
            self._encoding.dial.changed.emit()

    # -- making ------------------------------------------------------------------------------------------------------

    def _wish(self) -> Wish | None:
        """For the dial and the layers as they are; None, with a notice, when nothing can be made."""
        folder = self._encoding.folder
        if folder is None or not self._encoding.is_usable:
            self._session.noticed.emit("warning", tr("There is no curve yet: compute it first."))
            return None
        return Wish(self._encoding.dial.wanted, self._kept.edition, self._kept.layers, folder)

    def _make(self, kept: _Kept, wish: Wish, desk: Desk, part: tuple[float, float]) -> Point:
        """On the queue's thread."""
        studio = self._encoding.studio()
        if wish.edition != kept.written:
            studio.edit_layers(wish.folder, wish.layers)
            kept.written = wish.edition
        made: Made = self._encoding.run(desk, studio.make, wish.folder, wish.dial, part=part)
        count = next(kept.numbers)
        path = wish.folder / f"stream-{count}.unb"
        made.path.replace(path)
        point = Point(count, wish.dial, wish.edition, path, made.point, made.bytes, made.notes)
        self._session.bridge.soon(self._take_point, kept, point)
        return point

    def _take_point(self, kept: _Kept, point: Point) -> None:
        if kept is self._kept:
            kept.points = (*kept.points, point)
            self.changed.emit()
            self._encoding.dial.changed.emit()

    # -- listening ---------------------------------------------------------------------------------------------------

    def listen(self) -> Job | None:
        """Hear what the dial gives, around where we are; it is made first when it has not been."""
        wish = self._wish()
        return None if wish is None else self._listen(wish, self.made())

    def listen_to(self, point: Point) -> Job | None:
        """Hear a stream that was made."""
        wish = self._wish()
        return None if wish is None else self._listen(wish, point)

    def _listen(self, wish: Wish, point: Point | None) -> Job | None:
        span = self._place()
        known = None if point is None else self._kept.passages.get((point.number, span))
        if point is not None and known is not None:
            self._hear(point, known)
            return None
        title = tr("Listen at {rate} kbit/s", rate=rate_text(self._encoding.dial.kbps()))
        if point is not None:
            title = tr("Listen at {rate} kbit/s", rate=rate_text(point.reached.rate_kbps))
        return self._await(title, partial(self._passage, self._kept, wish, point, span, self._given()))

    def _passage(
        self, kept: _Kept, wish: Wish, point: Point | None, span: Span, given: dict[str, Path], desk: Desk
    ) -> None:
        """On the queue's thread."""
        with self._encoding.held(wish.folder):
            made = point or self._make(kept, wish, desk, (0.0, MAKING))
            place = Path(tempfile.mkdtemp(dir=wish.folder))
            start = 0.0 if point else MAKING
            paths = self._encoding.run(
                desk, self._encoding.studio().passage, wish.folder, made.path, span.start_s, span.end_s, place,
                part=(start, 1.0),
            )  # fmt: skip
            passage = gather(paths, given, span)
            self._session.bridge.soon(self._take_passage, kept, made, span, passage)

    def _take_passage(self, kept: _Kept, point: Point, span: Span, passage: Passage) -> None:
        if kept is self._kept:
            kept.passages[point.number, span] = passage
            if self._awaited is not None:
                self._awaited = None
                self._hear(point, passage)

    def listen_to_layer(self, group: Group) -> Job | None:
        """Hear one layer alone."""
        wish, span = self._wish(), self._place()
        if wish is None:
            return None
        known = self._kept.layer_passages.get((group.numbers, span))
        if known is not None:
            self._hear(group, known)
            return None
        title = tr("Listen to {layer}", layer=group.title)
        return self._await(title, partial(self._layer_passage, self._kept, wish.folder, group, span))

    def _layer_passage(self, kept: _Kept, folder: Path, group: Group, span: Span, desk: Desk) -> None:
        """On the queue's thread."""
        with self._encoding.held(folder):
            function, count = self._encoding.studio().layer_passage, len(group.numbers)
            paths = [
                self._encoding.run(
                    desk, function, folder, layer, span.start_s, span.end_s, Path(tempfile.mkdtemp(dir=folder)),
                    part=(place / count, (place + 1) / count),
                )
                for place, layer in enumerate(group.numbers)
            ]  # fmt: skip
            self._session.bridge.soon(self._take_layer, kept, group, span, gather_layers(paths))

    def _take_layer(self, kept: _Kept, group: Group, span: Span, passage: Passage) -> None:
        if kept is self._kept:
            kept.layer_passages[group.numbers, span] = passage
            if self._awaited is not None:
                self._awaited = None
                self._hear(group, passage)

    def _await(self, title: str, work: Callable[[Desk], object]) -> Job:
        if self._awaited is not None:
            self._session.cancel(self._awaited)
        self._awaited = self._session.submit(title, work)
        self.changed.emit()
        return self._awaited

    def _hear(self, what: Point | Group, passage: Passage) -> None:
        if self._session.auditioning.playing is not None:
            self._session.auditioning.stop()
        self.playing, self._passage_heard = what, passage
        self._session.playing.audition(mixdown(passage, self.heard if isinstance(what, Point) else Heard()))
        self.changed.emit()

    def hear(self, heard: Heard) -> None:
        """Another part of the stream; at once while one is heard."""
        self.heard = heard
        if isinstance(self.playing, Point):
            self._hear(self.playing, self._passage_heard)
        else:
            self.changed.emit()

    def stop(self) -> None:
        """Back to the song."""
        if self._awaited is not None:
            self._session.cancel(self._awaited)
            self._awaited = None
        if self.playing is not None:
            self.playing = None
            self._session.playing.end_audition()
        self.changed.emit()

    def _heard_no_more(self) -> None:
        """The song is heard again, or methods are compared, whoever asked for it."""
        others = self._session.auditioning.playing is not None
        if self.playing is not None and (others or not self._session.playing.is_auditioning):
            self.playing = None
            self.changed.emit()

    def _watch(self) -> None:
        if self._awaited is not None and self._awaited.state in ENDED:
            self._session.bridge.soon(self._give_up, self._awaited)  # its result may be on its way

    def _give_up(self, job: Job) -> None:
        if job is self._awaited:
            self._awaited = None
            self.changed.emit()

    def _place(self) -> Span:
        """Ten seconds (settings) from the selection's start, or around where we are; the same while one is heard."""
        if self.playing is not None and self._span is not None:
            return self._span
        length_s, whole_s = self._session.settings.current.preview_s, self._encoding.duration_s
        chosen = self._session.selection
        start_s = self._session.playing.position_s - length_s / 4
        if chosen is not None and chosen.start_s is not None:
            start_s = chosen.start_s
            length_s = min(length_s, max(1.0, chosen.times(whole_s)[1] - start_s))
        start_s = round(max(0.0, min(start_s, whole_s - length_s)), 2)
        self._span = Span(start_s, min(start_s + length_s, whole_s))
        return self._span

    def _given(self) -> dict[str, Path]:
        """The true stems of the curve."""
        folder, basis = self._encoding.folder, self._encoding.basis
        assert folder is not None and basis is not None
        return {name: given(folder, place) for place, (_, name, _) in enumerate(basis.stems, 1)}

    # -- the file for the public -------------------------------------------------------------------------------------

    def carrier(self) -> Path | None:
        """The song's own file; None where it is not there any more."""
        song = self._session.state.song
        source = Path(song.source) if song is not None and song.source else None
        return source if source is not None and source.is_file() else None

    def publish(self, target: Path, how: str, *, overwrite: bool = False) -> Job | None:
        """Write what the dial asks for to `target`. how: "sidecar", "embedded" or "samples"."""
        wish = self._wish()
        if wish is None:
            return None
        song = self.carrier() or given(wish.folder)
        work = partial(self._publish, self._kept, wish, self.made(), song, target, how, overwrite)
        return self._session.submit(tr("Save side-information"), work)

    def _publish(
        self, kept: _Kept, wish: Wish, made: Point | None, song: Path, target: Path, how: str, overwrite: bool,
        desk: Desk,
    ) -> None:  # fmt: skip
        """On the queue's thread."""
        with self._encoding.held(wish.folder):
            point = made or self._make(kept, wish, desk, (0.0, MAKING))
            written = self._encoding.run(
                desk, self._encoding.studio().publish, wish.folder, point.path, song, target, how, overwrite,
                part=(0.0 if made else MAKING, 1.0),
            )  # fmt: skip
            self._session.bridge.soon(self._tell_published, written)

    def _tell_published(self, written: Published) -> None:
        words = [tr("Saved: {path}", path=", ".join(str(path) for path in written.paths))]
        words += [tr("Open this file in Unbraid: the faders are there."), *written.notes]
        self._session.noticed.emit("info", "\n".join(words))
        self.published.emit(written)

    # -- the end -----------------------------------------------------------------------------------------------------

    def _drop(self) -> None:
        self.stop()
        self._kept, self._span = _Kept(), None
        self.heard = replace(self.heard, is_true=False)
        self.changed.emit()


def rate_text(kbps: float) -> str:
    """A rate with two or three digits: 0.85, 8.5, 12.4, 128."""
    return number(kbps, 0 if kbps >= 99.95 else 1 if kbps >= 0.995 else 2)
