"""Passages by several methods: made, heard in the place of the song, forgotten without a trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import separators
import signals
from windows import RATE, Bench, files_at_work

from unbraid.app.selection import Selection
from unbraid.app.session.auditioning import Auditioning, Candidate
from unbraid.core.document import edits
from unbraid.core.document.state import Span
from unbraid.core.job_queue import State
from unbraid.core.separation.goals import Way

pytestmark = pytest.mark.gui


def candidate(method: str, **values: float) -> Candidate:
    return Candidate(method, Way(f"{Path(separators.__file__)}:{method}", values))


@pytest.fixture
def audition(bench: Bench) -> Auditioning:
    """On a song of twelve seconds without stems."""
    bench.open(signals.noise(seconds=12.0, rate=8000), {})
    return bench.session.auditioning


def made(bench: Bench, *candidates: Candidate) -> Auditioning:
    audition = bench.session.auditioning
    audition.begin(candidates)
    bench.until(lambda: audition.is_complete, 60)
    return audition


def heard(bench: Bench) -> np.ndarray:
    """What the player has."""
    bench.until(lambda: not bench.session.playing.player._notes)
    return np.asarray(bench.session.playing.player._engine.mixdown.song.samples)


def test_it_takes_ten_seconds_from_where_we_are(audition: Auditioning, bench: Bench) -> None:
    song = bench.audio("").samples
    for seek, selection, start in ((1.0, None, 1.0), (11.0, None, 2.0), (0.0, Selection(1.5, 1.6), 1.5)):
        bench.session.playing.seek(seek)
        bench.session.select(selection)
        made(bench, candidate("Halves"))
        passage = audition._song
        assert passage is not None and passage.frames == 10 * 8000
        assert np.array_equal(passage.samples, song[round(start * 8000) :][: 10 * 8000])
        assert np.allclose(audition.results[0].stems["left"].samples, 0.25 * passage.samples, atol=1e-7)
    assert len(files_at_work()) == 1, "the passages before are gone"


def test_of_a_short_song_it_takes_all(bench: Bench) -> None:
    bench.open(signals.noise(seconds=0.4, rate=RATE), {})
    audition = made(bench, candidate("Halves"))
    assert audition._song is not None and audition._song.frames == round(0.4 * RATE)
    audition.listen(0)
    assert bench.session.playing.is_playing


def test_without_a_song_or_candidates_nothing_begins(bench: Bench) -> None:
    bench.session.auditioning.begin([candidate("Halves")])
    bench.open()
    bench.session.auditioning.begin([])
    assert not bench.session.queue.is_busy and files_at_work() == []


def test_a_method_that_fails_is_a_result_with_its_reason(
    audition: Auditioning, bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    made(bench, candidate("Raises"), candidate("Exits"), candidate("Halves"))
    assert [bool(one.error) for one in audition.results] == [True, True, False]
    assert "of my own making" in audition.results[0].error and "exit code 7" in audition.results[1].error
    assert audition.target == "left" and not bench.notices
    audition.listen(0)
    assert audition.playing is None and not bench.session.playing.is_auditioning
    caplog.clear()


GESTURES: dict[str, Callable[[Bench], object]] = {
    "seek": lambda bench: bench.session.playing.seek(3.0),
    "scrub": lambda bench: bench.session.playing.scrub(3.0),
    "play": lambda bench: bench.session.playing.play(),
    "pause": lambda bench: bench.session.playing.pause(),
    "toggle": lambda bench: bench.session.playing.toggle(),
    "stop": lambda bench: bench.session.playing.stop(),
    "play selection": lambda bench: (bench.session.select(Selection(2, 3)), bench.session.playing.play_selection()),
}


def test_whoever_goes_back_to_the_song_the_audition_knows(audition: Auditioning, bench: Bench) -> None:
    made(bench, candidate("Halves"), candidate("Partial"))
    song, playing = bench.audio("").samples, bench.session.playing
    for name, gesture in GESTURES.items():
        playing.seek(1.0)
        audition.listen(0)
        assert audition.playing == 0 and playing.is_auditioning, name
        assert len(heard(bench)) == 80000
        gesture(bench)
        assert audition.playing is None and not playing.is_auditioning, name
        assert heard(bench) is song or np.shares_memory(heard(bench), song), name
        playing.pause()


def test_what_is_edited_meanwhile_is_heard_afterwards(audition: Auditioning, bench: Bench) -> None:
    made(bench, candidate("Halves"))
    audition.listen(0)
    bench.session.edit("Level", lambda project: edits.set_master(project, -3.0))
    bench.session.set_loop(Span(3.0, 4.0))
    bench.until(lambda: not bench.session.playing.player._notes)
    assert bench.session.playing.player._engine.mixdown.master_db == 0.0
    assert bench.session.playing.player._engine._loop == Span(0.0, 10.0), (
        "the loop of the song is not that of the passage"
    )
    audition.stop()
    bench.until(lambda: bench.session.playing.player._engine.mixdown.master_db == -3.0)


def test_clearing_while_it_works_leaves_no_file_and_no_notice(audition: Auditioning, bench: Bench) -> None:
    for moment in ("at once", "while the first is made", "after the first"):
        audition.begin([candidate("Halves"), candidate("Polite"), candidate("Halves")])
        job = audition._job
        assert job is not None
        if moment != "at once":
            bench.until(lambda job=job: job.state is State.RUNNING and files_at_work())
        if moment == "after the first":
            bench.until(lambda: len(audition.results) == 1)
        audition.clear()
        bench.until(lambda job=job: job.state is State.CANCELLED, 10)
        bench.until(lambda: files_at_work() == [])
        assert audition.results == [] and not bench.notices, moment


def test_closing_the_song_forgets_it(audition: Auditioning, bench: Bench) -> None:
    made(bench, candidate("Halves"))
    audition.listen(0)
    bench.session.close_document()
    assert audition.results == [] and files_at_work() == [] and not bench.session.playing.is_auditioning
    bench.open()
    bench.session.playing.play()
    bench.until(lambda: bench.session.playing.position_s > 0.05)


def test_blind_it_hides_and_shuffles_and_keeps_the_place_of_each(
    audition: Auditioning, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    import random

    monkeypatch.setattr(random, "shuffle", lambda order: order.reverse())
    made(bench, candidate("Halves"), candidate("Partial"))
    audition.set_blind(True)
    assert [audition.title(place) for place in (0, 1)] == ["A", "B"]
    audition.listen(0)
    assert audition.results[audition.order[0]].candidate.title == "Partial"
    stems = {part.id: part.audio for part in bench.session.playing.player._engine.mixdown.parts} or None
    audition.set_blind(False)
    assert [audition.title(place) for place in (0, 1)] == ["Partial", "Halves"] and audition.playing == 0
    assert stems is None or set(stems)
