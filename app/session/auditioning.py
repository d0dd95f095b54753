"""Ten seconds by several methods, side by side: each can be heard at once, also without knowing which is which."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from unbraid.app.translation import tr
from unbraid.core import mapped_wav, orders
from unbraid.core.audio import Audio
from unbraid.core.document.state import Strip
from unbraid.core.job_queue import Desk, Job
from unbraid.core.jobs import Told
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.mixing.part import Part
from unbraid.core.separation.goals import Way
from unbraid.core.separation.guide import Guide
from unbraid.core.workshop import own_folder

if TYPE_CHECKING:
    from unbraid.app.session.session import Session


@dataclass(frozen=True)
class Candidate:
    """A way to separate, with the name it is shown under."""

    title: str
    way: Way


@dataclass(frozen=True, eq=False)
class Heard:
    """What a candidate made of the passage, or why it failed."""

    candidate: Candidate
    stems: dict[str, Audio]
    seconds: float
    error: str = ""


class Auditioning(QObject):
    """The candidates of one passage. `changed` when there are new results, or another is being heard."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._folder: Path | None = None
        self._job: Job | None = None
        self._song: Audio | None = None
        self.results: list[Heard] = []
        self.order: list[int] = []
        """Places of the results as they are shown: shuffled when the audition is blind."""
        self.is_blind = False
        self.playing: int | None = None
        self.is_complete = False
        """Whether all candidates have been made, or given up."""
        self.target = ""
        session.replaced.connect(self.clear)
        session.playing.state_changed.connect(self._heard_no_more)

    def begin(self, candidates: Sequence[Candidate]) -> None:
        """Separate ten seconds, from the selection's start or from where we are, with each candidate."""
        song = self._session.state.song
        document = self._session.document
        if song is None or document is None or not candidates:
            return
        self.clear()
        chosen = self._session.selection
        start_s = (
            chosen.start_s if chosen is not None and chosen.start_s is not None else self._session.playing.position_s
        )
        length_s = self._session.settings.current.preview_s
        start_s = max(0.0, min(start_s, song.duration_s - length_s))
        end_s = min(start_s + length_s, song.duration_s)
        self._folder = own_folder()
        work = partial(self._work, document.media.path(song.media), self._folder, start_s, end_s, tuple(candidates))
        self._job = self._session.submit(tr("Audition of {count} methods", count=len(candidates)), work)

    def _work(
        self, mix: Path, folder: Path, start_s: float, end_s: float, candidates: tuple[Candidate, ...], desk: Desk
    ) -> None:
        try:
            self._make(mix, folder, start_s, end_s, candidates, desk)
        finally:
            if desk.is_stopped:
                shutil.rmtree(folder, ignore_errors=True)
            self._session.bridge.soon(self._complete, folder)

    def _make(
        self, mix: Path, folder: Path, start_s: float, end_s: float, candidates: tuple[Candidate, ...], desk: Desk
    ) -> None:
        passage = folder / "passage.wav"
        desk.run(orders.excerpt, mix, passage, start_s, end_s, part=(0.0, 0.02))
        self._session.bridge.soon(self._take_song, folder, passage)
        for number, candidate in enumerate(candidates):
            place = Path(tempfile.mkdtemp(dir=folder))
            way = candidate.way
            order = orders.Order(
                way.method, dict(way.values), passage, place, Told(Guide(), {}), dict(way.merged), rest="residual"
            )
            part = (number / len(candidates), (number + 1) / len(candidates))
            try:
                done = desk.run(orders.carry_out, order, part=part)
                stems = {name: mapped_wav.open_mapped(path) for name, path in done.paths.items()}
                heard = Heard(candidate, stems, done.seconds)
            except Exception as error:
                heard = Heard(candidate, {}, 0.0, str(error))
            self._session.bridge.soon(self._take, folder, heard)

    def _take_song(self, folder: Path, passage: Path) -> None:
        if folder == self._folder:
            self._song = mapped_wav.open_mapped(passage)

    def _take(self, folder: Path, heard: Heard) -> None:
        if folder != self._folder:
            return
        self.order.append(len(self.results))
        self.results.append(heard)
        if not self.target and heard.stems:
            self.target = next(iter(heard.stems))
        self.changed.emit()

    def _complete(self, folder: Path) -> None:
        if folder == self._folder:
            self.is_complete = True
            self.changed.emit()

    def _heard_no_more(self) -> None:
        """The song is heard again, whoever asked for it."""
        if self.playing is not None and not self._session.playing.is_auditioning:
            self.playing = None
            self.changed.emit()

    # -- listening ---------------------------------------------------------------------------------------------------

    def targets(self) -> tuple[str, ...]:
        """Names of all stems that any candidate made."""
        return tuple(dict.fromkeys(name for heard in self.results for name in heard.stems))

    def listen(self, place: int) -> None:
        """Hear a result, round and round, at the moment the one before it had reached."""
        heard = self.results[self.order[place]]
        if self._song is None or not heard.stems:
            return
        parts = tuple(Part(name, stem, Strip(solo=name == self.target)) for name, stem in heard.stems.items())
        self.playing = place
        self._session.playing.audition(Mixdown(self._song, parts))
        self.changed.emit()

    def choose_target(self, name: str) -> None:
        """Which stem of the results is heard."""
        self.target = name
        if self.playing is not None:
            self.listen(self.playing)
        self.changed.emit()

    def stop(self) -> None:
        """Back to the song."""
        self.playing = None
        self._session.playing.end_audition()
        self.changed.emit()

    def set_blind(self, blind: bool) -> None:
        """Hide which is which and shuffle, or tell."""
        self.is_blind = blind
        if blind:
            random.shuffle(self.order)
            self.stop()
        self.changed.emit()

    def title(self, place: int) -> str:
        """How a result is called: its letter while the audition is blind."""
        if self.is_blind:
            return chr(ord("A") + place)
        return self.results[self.order[place]].candidate.title

    def use(self, place: int) -> Job | None:
        """Separate the whole song the way of a result."""
        candidate = self.results[self.order[place]].candidate
        self.stop()
        return self._session.separating.use(candidate.way.method, candidate.title, candidate.way.values)

    def clear(self) -> None:
        """Forget all results."""
        if self._job is not None:
            self._session.cancel(self._job)
            self._job = None
        self._session.playing.end_audition()
        self.results, self.order, self.playing, self._song = [], [], None, None
        self.is_blind, self.is_complete, self.target = False, False, ""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        self.changed.emit()
