"""From a wish to stems: steps, drafts, passages, splits; plugins that crash; results that come too late."""

from __future__ import annotations

import math
import threading
from pathlib import Path

import numpy as np
import pytest
import separators
import signals
from windows import RATE, Bench, files_at_work

from unbraid.app.selection import Selection
from unbraid.app.session.separating import Scope, Separating
from unbraid.core.audio import Audio
from unbraid.core.document import drafts, edits
from unbraid.core.document.document import Document
from unbraid.core.document.state import NEUTRAL, Strip
from unbraid.core.job_queue import Job, State
from unbraid.core.separation.goals import Goal, Way

pytestmark = pytest.mark.gui


def by(method: str) -> str:
    """The name under which a separator of the tests is reached."""
    return f"{Path(separators.__file__)}:{method}"


HALVES = Way(by("Halves"))


def done(bench: Bench, job: Job | None, state: State = State.DONE, timeout_s: float = 40.0) -> Job:
    """Wait until a job has ended and the window has heard of it."""
    assert job is not None
    bench.until(lambda: job.state not in (State.QUEUED, State.RUNNING), timeout_s)
    bench.session.bridge.flush()
    assert job.state is state, job.error
    return job


def sound(bench: Bench, name: str) -> np.ndarray:
    return np.asarray(bench.audio(name).samples)


def adds_up(bench: Bench) -> bool:
    """Whether the stems are the mix, but for what float32 rounds."""
    total = np.sum([sound(bench, name).astype(np.float64) for name in bench.names()], axis=0)
    mix = sound(bench, "")
    return bool(np.abs(total - mix).max() <= 2e-7 * max(1e-30, np.abs(mix).max()))


def test_the_whole_song_is_one_step_that_can_be_undone(bench: Bench) -> None:
    bench.open()
    finished: list[str] = []
    bench.session.finished.connect(finished.append)
    before = bench.session.state
    done(bench, bench.session.separating.use(by("Halves"), "Split", {"share": 0.5}))
    assert bench.names() == ["left", "rest"] and finished == ["Split"]
    assert bench.steps()[-1] == "Split"
    mix = sound(bench, "")
    assert np.array_equal(sound(bench, "left"), np.float32(0.5) * mix) and adds_up(bench)
    recipe = bench.session.state.stems[0].recipe
    assert recipe is not None and dict(recipe.values) == {"share": 0.5} and recipe.span is None
    bench.session.undo()
    assert bench.session.state == before
    bench.session.redo()
    assert bench.names() == ["left", "rest"] and adds_up(bench)
    assert not bench.notices and files_at_work() == []


def test_a_draft_and_its_result_are_one_step(bench: Bench) -> None:
    bench.open(signals.noise(seconds=1.0, rate=RATE), {})
    goal = Goal("g", "Two", "", Way(by("Halves"), {"share": 0.5}), HALVES, silenced=("left",))
    titles: list[str] = []
    bench.session.history_changed.connect(lambda: titles.extend(bench.steps()[-1:]))
    done(bench, bench.session.separating.reach(goal))
    assert titles == ["Two (first draft)", "Two"], "the draft was heard before the result"
    assert len(bench.steps()) == 3
    assert np.array_equal(sound(bench, "left"), np.float32(0.5) * sound(bench, ""))
    assert bench.session.state.stems[0].strip.gain_db == -math.inf
    bench.session.undo()
    assert bench.names() == []
    bench.session.redo()
    assert bench.names() == ["left", "rest"]


def test_what_the_hand_does_to_a_draft_stays_in_the_result(bench: Bench) -> None:
    bench.open(signals.noise(seconds=1.0, rate=RATE), {})
    goal = Goal("g", "Two", "", Way(by("Halves"), {"share": 0.5}), HALVES)
    seen: list[str] = []

    def mix(old: object, new: object) -> None:
        if bench.steps()[-1:] == ["Two (first draft)"] and not seen:
            seen.append(bench.session.state.stems[0].id)
            bench.session.bridge.soon(
                bench.session.edit, "Level", lambda p: edits.set_gain(p, p.stems[0].id, -7.0)
            )  # fmt: skip

    bench.session.changed.connect(mix)
    done(bench, bench.session.separating.reach(goal))
    stem = bench.session.state.stems[0]
    assert seen == [stem.id] and stem.strip.gain_db == -7.0
    assert bench.steps()[2:] in (["Two (first draft)", "Level", "Two"], ["Two", "Level"])
    assert np.array_equal(sound(bench, "left"), np.float32(0.5) * sound(bench, ""))


@pytest.mark.parametrize("selection", [Selection(1.0, 2.0), Selection(1.0, 2.0, 300.0, 3000.0)])
def test_a_passage_keeps_the_stems_elsewhere_bit_for_bit(bench: Bench, selection: Selection) -> None:
    bench.open()
    done(bench, bench.session.separating.use(by("Halves"), "All", {}))
    bench.session.edit("Level", lambda p: edits.set_gain(p, p.stems[0].id, -3.0))
    before, ids = sound(bench, "left").copy(), [stem.id for stem in bench.session.state.stems]
    done(bench, bench.session.separating.use(by("Halves"), "Part", {"share": 0.8}, Scope("", selection)))
    after = sound(bench, "left")
    assert np.array_equal(after[:RATE], before[:RATE]) and np.array_equal(after[2 * RATE :], before[2 * RATE :])
    assert not np.allclose(after[round(1.5 * RATE) :][:2000], before[round(1.5 * RATE) :][:2000], atol=1e-3)
    assert adds_up(bench)
    assert [stem.id for stem in bench.session.state.stems] == ids
    assert bench.session.state.stems[0].strip.gain_db == -3.0
    assert bench.steps()[-1] == "Part"


def test_a_stem_that_is_split_sounds_as_before(bench: Bench) -> None:
    """Fader, equaliser and pan of the stem go on to its parts, so that the mix stays what it was."""
    bench.open()
    strip = Strip(-4.0, 0.3, equaliser=edits.Equaliser(3.0, -2.0, 1.0))
    bench.session.edit("Strip", lambda p: edits.set_strip(p, "s1", strip))
    before = bench.session.playing.mixdown.render().samples.copy()
    done(bench, bench.session.separating.use(by("Partial"), "Split", {}, Scope("s1")))
    assert bench.names() == ["left", "rest", "drums", "vocals"]
    parts = bench.session.state.stems[:2]
    assert all(part.strip == strip and part.origin == ("bass",) for part in parts)
    assert np.abs(bench.session.playing.mixdown.render().samples - before).max() < 2e-6
    done(bench, bench.session.separating.use(by("Halves"), "Again", {}, Scope(parts[0].id)))
    assert bench.session.state.stems[0].origin == ("bass", "left") and bench.session.state.stems[0].strip == strip
    assert np.abs(bench.session.playing.mixdown.render().samples - before).max() < 2e-6


def test_a_stem_is_split_within_a_passage_alone(bench: Bench) -> None:
    bench.open()
    was = sound(bench, "bass").copy()
    done(bench, bench.session.separating.use(by("Halves"), "Split", {}, Scope("s1", Selection(1.0, 2.0))))
    assert bench.names() == ["bass", "left", "rest", "drums", "vocals"]
    assert np.array_equal(sound(bench, "bass")[:RATE], was[:RATE]) and not sound(bench, "left")[:RATE].any()
    parts = [sound(bench, name).astype(np.float64) for name in ("bass", "left", "rest")]
    assert np.abs(np.sum(parts, axis=0) - was).max() < 1e-6


# ---------------------------------------------------------------- what goes wrong


HOSTILE = {
    "Raises": "of my own making", "Segfaults": "SIGSEGV", "Exits": "exit code 7", "EatsMemory": "memory",
    "WrongShape": "wrong_shape", "NotNumbers": "not_numbers", "NoSeparator": "no class",
}  # fmt: skip


def test_hostile_plugins_are_named_and_harm_nothing(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.open()
    before, steps = bench.session.state, bench.steps()
    jobs = {name: bench.session.separating.use(by(name), f"Job {name}", {}) for name in HOSTILE}
    after = bench.session.separating.use(by("Prints"), "After", {})
    for name, job in jobs.items():
        assert HOSTILE[name].lower() in done(bench, job, State.FAILED).error.lower()
    assert bench.session.state == before and bench.steps() == steps
    assert [kind for kind, _ in bench.notices] == ["error"] * len(HOSTILE)
    for (_, text), name in zip(bench.notices, HOSTILE, strict=True):
        assert text.startswith(f"Job {name}: ") and HOSTILE[name].lower() in text.lower()
    done(bench, after)
    assert bench.names() == ["left", "rest"] and files_at_work() == []
    caplog.clear()


def test_a_plugin_that_hangs_is_stopped_and_the_next_runs(bench: Bench) -> None:
    bench.open()
    deaf = bench.session.separating.use(by("IgnoresCancel"), "Deaf", {})
    after = bench.session.separating.use(by("Halves"), "After", {})
    bench.until(lambda: deaf.state is State.RUNNING)
    bench.session.cancel(deaf)
    done(bench, deaf, State.CANCELLED, 5.0)
    done(bench, after)
    assert bench.names() == ["left", "rest"] and not bench.notices


def test_nothing_to_separate_is_said(bench: Bench) -> None:
    assert bench.session.separating.use(by("Halves"), "Split", {}) is None
    bench.open()
    assert bench.session.separating.use(by("Halves"), "Split", {}, Scope("s9")) is None
    job = bench.session.separating.use(by("Halves"), "Short", {}, Scope("", Selection(1.0, 1.001)))
    done(bench, job, State.FAILED)
    words = [text for _, text in bench.notices]
    assert "open one first" in words[0] and "not there any more" in words[1] and "too short" in words[2]


class Gate:
    """Holds results back on the queue's thread until the test lets them go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.open = threading.Event(), threading.Event()
        hand_over = Separating._hand_over

        def wait(separating: Separating, *args: object, **more: object) -> None:
            self.reached.set()
            assert self.open.wait(20)
            hand_over(separating, *args, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(Separating, "_hand_over", wait)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(monkeypatch)


def test_a_result_for_a_document_that_is_closed_leaves_no_trace(bench: Bench, gate: Gate) -> None:
    bench.open(name="First")
    job = bench.session.separating.use(by("Halves"), "Split", {})
    bench.until(gate.reached.is_set)
    bench.session.close_document()
    gate.open.set()
    done(bench, job, State.CANCELLED)
    assert bench.session.document is None and not bench.notices
    assert drafts.drafts() == [] and files_at_work() == []


def test_a_result_for_another_document_is_dropped(bench: Bench, gate: Gate, tmp_path: Path) -> None:
    bench.open(name="First")
    bench.session.save_as(tmp_path / "Kept")
    bench.notices.clear()
    job = bench.session.separating.use(by("Halves"), "Split", {})
    bench.until(gate.reached.is_set)
    bench.open(name="Second")
    state = bench.session.state
    gate.open.set()
    done(bench, job, State.CANCELLED)
    assert bench.session.state == state and not bench.notices
    document = Document.open(tmp_path / "Kept")
    assert sorted(document.media.ids()) == sorted(document.state.media())
    document.close()


def test_a_result_that_waits_for_the_window_goes_along_when_the_project_is_saved(bench: Bench, tmp_path: Path) -> None:
    """Its stems are in the draft's pool, and no step knows of them yet: they must not stay behind."""
    bench.open()
    handed = threading.Event()
    job = bench.session.separating.use(by("Halves"), "Split", {})
    assert job is not None
    bench.session.queue.changed.connect(lambda one: handed.set() if one.state is State.DONE else None)
    assert handed.wait(40), "no event of ours has been done meanwhile"
    bench.session.save_as(tmp_path / "Kept")
    bench.until(lambda: bench.names() == ["left", "rest"])
    assert bench.session.document.missing() == () and adds_up(bench)


def test_a_result_that_comes_after_the_project_was_saved_elsewhere_lands_there(
    bench: Bench, gate: Gate, tmp_path: Path
) -> None:
    bench.open()
    job = bench.session.separating.use(by("Halves"), "Split", {})
    bench.until(gate.reached.is_set)
    bench.session.save_as(tmp_path / "Kept")
    gate.open.set()
    done(bench, job)
    assert bench.names() == ["left", "rest"] and bench.session.document.missing() == ()
    assert drafts.drafts() == [], "the draft's folder is not made anew"


def test_a_split_whose_stem_was_removed_changes_nothing(bench: Bench, gate: Gate) -> None:
    bench.open()
    job = bench.session.separating.use(by("Halves"), "Split", {}, Scope("s1"))
    bench.until(gate.reached.is_set)
    bench.session.edit("Remove", lambda p: edits.remove_stem(p, "s1"))
    state, steps = bench.session.state, bench.steps()
    gate.open.set()
    done(bench, job)
    assert bench.session.state == state and bench.steps() == steps
    assert len(bench.notices) == 1 and "not there any more" in bench.notices[0][1]


def test_undoing_far_back_and_forth_does_not_lose_a_result(bench: Bench, gate: Gate) -> None:
    bench.open()
    for gain in (-1.0, -2.0, -3.0):
        bench.session.edit("Level", lambda p, gain=gain: edits.set_gain(p, "s1", gain))
    job = bench.session.separating.use(by("Halves"), "Split", {})
    bench.until(gate.reached.is_set)
    document = bench.session.document
    for step in (document.steps()[1], document.steps()[-1], document.steps()[2]):
        document.go_to(step.number)
    gate.open.set()
    done(bench, job)
    assert bench.names() == ["left", "rest"]


def test_a_full_disk_fails_the_job_in_words(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.open()
    steps = bench.steps()

    def full(*args: object, **more: object) -> str:
        raise OSError(28, "No space left on device", "/media/stem.wav")

    monkeypatch.setattr(bench.session.document.media, "adopt", full)
    done(bench, bench.session.separating.use(by("Halves"), "Split", {}), State.FAILED)
    assert bench.steps() == steps and files_at_work() == []
    assert [text for _, text in bench.notices] == ["Split: No space left on device: /media/stem.wav"]


def test_a_stem_whose_sound_is_missing_is_said(bench: Bench, tmp_path: Path) -> None:
    bench.open()
    document = bench.session.document
    document.media.path(document.state.stems[0].media).unlink()
    job = bench.session.separating.use(by("Halves"), "Part", {}, Scope("", Selection(1.0, 2.0)))
    assert "No such file" in done(bench, job, State.FAILED).error
    assert bench.names() == ["bass", "drums", "vocals"]


@pytest.mark.parametrize(
    "song",
    [
        signals.noise(seconds=1.0, rate=RATE, channels=1), signals.noise(seconds=1.0, rate=RATE, channels=6),
        Audio.silence(RATE, 2, RATE), signals.noise(seconds=100 / RATE, rate=RATE),
        signals.noise(seconds=0.5, rate=192000, level=1e-6),
    ],
    ids=["mono", "six channels", "silence", "a hundred samples", "faint at 192 kHz"],
)  # fmt: skip
def test_songs_of_every_kind(bench: Bench, song: Audio) -> None:
    bench.open(song, {})
    done(bench, bench.session.separating.use(by("Halves"), "Split", {}))
    assert adds_up(bench) and bench.session.playing.mixdown.is_neutral
    assert all(stem.strip == NEUTRAL for stem in bench.session.state.stems) and not bench.notices


@pytest.mark.slow
def test_the_window_beats_while_a_song_is_separated(driver, tmp_path: Path) -> None:
    """U2: the longest times between two beats of the event loop stay under a tenth of a second."""
    import time

    from PySide6.QtCore import QTimer

    from unbraid.core import audio_files
    from unbraid.core.separation.goals import goal

    audio_files.write(tmp_path / "song.wav", signals.mix(signals.music(seconds=60.0)))
    window = driver.open(tmp_path / "song.wav")
    window.session.playing.play()
    beats: list[float] = []
    timer = QTimer(window, interval=10)
    timer.timeout.connect(lambda: beats.append(time.monotonic()))
    timer.start()
    job = window.session.separating.reach(goal("karaoke"))
    driver.until(lambda: job.state is State.DONE, 300)
    gaps = np.diff(beats)
    share = np.percentile(gaps, [50, 95, 99, 100])
    print(f"heartbeat gaps in ms: median, 95 %, 99 %, longest: {np.round(1000 * share, 1)}")
    assert share[1] <= 0.1
    assert window.session.playing.player.drop_outs == 0
