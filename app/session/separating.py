"""From a wish to stems: a goal or a method, on the song, a stem or the selection; the result is one undoable step."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from unbraid.app.translation import tr, tr_known
from unbraid.core import jobs, orders, speeds
from unbraid.core.document import edits
from unbraid.core.document.document import Document
from unbraid.core.document.state import SILENT_DB, Project, Recipe, Span, Stem
from unbraid.core.errors import Cancelled, ParameterError
from unbraid.core.job_queue import Desk, Job
from unbraid.core.jobs import Separated, Told
from unbraid.core.separation.contract import Value
from unbraid.core.separation.goals import Goal, Way
from unbraid.core.separation.guide import Guide
from unbraid.core.workshop import passing_folder

if TYPE_CHECKING:
    from unbraid.app.selection import Selection
    from unbraid.app.session.session import Session

DRAFTS = "hpss_voice"
"""The method that most drafts use."""
REFERENCED = "referenced"
"""The method for which the stems that are there already are information about the song."""
REST = "rest"
"""What a stem that is split leaves over."""


@dataclass(frozen=True)
class Scope:
    """What is separated: the whole song, a stem of it, or either within a selection."""

    stem: str = ""
    selection: Selection | None = None


@dataclass(frozen=True, eq=False)
class Wish:
    """What was asked for. title: of the step and the job."""

    title: str
    way: Way
    scope: Scope = Scope()
    draft: Way | None = None
    silenced: tuple[str, ...] = ()


class Separating:
    """Turns wishes into jobs and jobs into edits."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._drafts: WeakKeyDictionary[Wish, int] = WeakKeyDictionary()
        """Numbers of the steps that are drafts still."""

    def prepare(self) -> None:
        """Warm the worker process up with the method of the drafts, while a song without stems is looked at."""
        if not self._session.has_song or self._session.state.stems:
            return
        self._session.submit(tr("Getting ready"), lambda desk: desk.run(jobs.warm_up, DRAFTS), quiet=True)

    def reach(self, goal: Goal, scope: Scope = Scope()) -> Job | None:
        """Separate for a goal. Over the whole song a draft comes first, so that it can be heard within seconds."""
        draft = goal.draft if scope == Scope() else None
        return self.carry_out(Wish(tr_known(goal.title), goal.way, scope, draft, goal.silenced))

    def use(self, method: str, title: str, values: Mapping[str, Value], scope: Scope = Scope()) -> Job | None:
        """Separate with a method and the values of its form."""
        return self.carry_out(Wish(title, Way(method, dict(values)), scope))

    def carry_out(self, wish: Wish) -> Job | None:
        """Put the wish into the queue; None when there is nothing to separate (a notice says why)."""
        jobs: list[Job] = []
        self._session.guarded(lambda: jobs.append(self._submitted(wish)))
        return jobs[0] if jobs else None

    def _submitted(self, wish: Wish) -> Job:
        document = self._session.document
        if document is None or document.state.song is None:
            raise ParameterError(tr("there is no song to separate; open one first"))
        if wish.scope.stem and wish.scope.stem not in {stem.id for stem in document.state.stems}:
            raise ParameterError(tr("the stem to be split is not there any more"))
        if wish.way.method == REFERENCED and not document.state.stems:
            raise ParameterError(tr("this method learns from stems that are there already: add them to the song first"))
        return self._session.submit(wish.title, partial(self._work, document, document.state, wish))

    def _work(self, document: Document, state: Project, wish: Wish, desk: Desk) -> None:
        """On the queue's thread: the draft, then the result, each handed to the window as soon as it is there."""
        with passing_folder() as folder:
            share = 0.0
            if wish.draft is not None:
                share = 0.1
                done = desk.run(
                    orders.carry_out, self._order(document, state, wish, wish.draft, folder), part=(0, share)
                )
                self._hand_over(document, state, wish, wish.draft, done, is_draft=True)
            done = desk.run(orders.carry_out, self._order(document, state, wish, wish.way, folder), part=(share, 1.0))
            if wish.scope == Scope() and state.song is not None:
                speeds.remember(_speed_name(wish.way), state.song.duration_s, done.seconds)
            self._hand_over(document, state, wish, wish.way, done, is_draft=False)

    def _order(self, document: Document, state: Project, wish: Wish, way: Way, folder: Path) -> orders.Order:
        assert state.song is not None
        scope = wish.scope
        stem = state.stem(scope.stem) if scope.stem else None
        place = Path(tempfile.mkdtemp(dir=folder))
        mix = document.media.path(state.song.media if stem is None else stem.media)
        old = {stem.name: stem} if stem is not None else {s.name: s for s in state.stems}
        known = {name: document.media.path(s.media) for name, s in old.items()} if way.method == REFERENCED else {}
        return orders.Order(
            way.method, dict(way.values), mix, place, Told(Guide(), known), dict(way.merged),
            _passage(scope.selection, {name: document.media.path(s.media) for name, s in old.items()}),
            REST if stem is not None else "",
        )  # fmt: skip

    def _hand_over(
        self, document: Document, state: Project, wish: Wish, way: Way, done: Separated, *, is_draft: bool
    ) -> None:
        with self._session.media_lock:
            if self._session.document is not document:
                raise Cancelled
            media = {name: document.media.adopt(path) for name, path in done.paths.items()}
            self._session.bridge.soon(self._take, document, state, wish, way, media, done.seconds, is_draft)

    def _take(
        self, document: Document, state: Project, wish: Wish, way: Way, media: Mapping[str, str], seconds: float,
        is_draft: bool,
    ) -> None:  # fmt: skip
        """On the window's thread: the step."""
        if self._session.document is not document or document.state.song != state.song:
            return
        if wish.scope.stem and wish.scope.stem not in {stem.id for stem in document.state.stems}:
            self._session.noticed.emit("warning", tr("the stem to be split is not there any more"))
            return
        recipe = _recipe(wish, way, seconds)
        title = tr("{task} (first draft)", task=wish.title) if is_draft else wish.title

        def edit(project: Project) -> Project:
            return _with_stems(project, wish, media, recipe)

        draft = self._drafts.pop(wish, None)
        if draft is None or not document.revise(draft, title, edit):
            document.do(title, edit)
        if is_draft:
            self._drafts[wish] = next(step.number for step in document.steps() if step.is_current)
        else:
            self._session.finished.emit(wish.title)


def _with_stems(project: Project, wish: Wish, media: Mapping[str, str], recipe: Recipe) -> Project:
    """The project with the stems of a wish: in the place of all, or of the one that was split."""
    scope = wish.scope
    if scope.stem:
        parts = tuple(edits.new_stem(name, what, recipe=recipe) for name, what in media.items())
        return edits.split_stem(project, scope.stem, parts)
    known = {stem.name: stem for stem in project.stems}
    stems: list[Stem] = []
    for name, what in media.items():
        old = known.get(name)
        keeps = old is not None and scope.selection is not None
        made_of = old.recipe if keeps and old is not None else recipe
        stem = edits.new_stem(name, what, recipe=made_of)
        stems.append(stem if old is None else replace(old, media=what, recipe=made_of))
    made = edits.set_stems(project, tuple(stems))
    for stem in made.stems:
        if stem.name in wish.silenced and stem.name not in known:
            made = edits.set_gain(made, stem.id, SILENT_DB)
    return made


def _recipe(wish: Wish, way: Way, seconds: float) -> Recipe:
    chosen = wish.scope.selection
    values = tuple(sorted(way.values.items()))
    if chosen is None:
        return Recipe(way.method, wish.title, values, seconds=round(seconds, 2))
    span = None if chosen.start_s is None or chosen.end_s is None else Span(chosen.start_s, chosen.end_s)
    return Recipe(way.method, wish.title, values, span, *chosen.band(math.inf), round(seconds, 2))


def _passage(chosen: Selection | None, old: Mapping[str, Path]) -> orders.Passage | None:
    if chosen is None:
        return None
    return orders.Passage(*chosen.times(math.inf), *chosen.band(math.inf), old)


def seconds_for(way: Way, music_s: float) -> float | None:
    """How long a way takes on this machine for so much music, None when it was never gone."""
    speed = speeds.known().get(_speed_name(way))
    return music_s / speed if speed else None


def _speed_name(way: Way) -> str:
    preset = way.values.get("preset")
    return f"{way.method}/{preset}" if preset else way.method
