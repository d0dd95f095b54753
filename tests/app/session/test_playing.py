"""What is heard: it is what is exported, follows every edit, and survives loops, seeks and lost devices."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pytest
import signals
from windows import RATE, Bench, song_stems

from unbraid.app.selection import Selection
from unbraid.core import audio_files, loudness, material
from unbraid.core.document import edits
from unbraid.core.document.state import RESIDUAL, Equaliser, Span, Strip
from unbraid.core.export import Export
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.playback.backend import NullBackend

pytestmark = pytest.mark.gui


class Recorder:
    """The session of the tests, on a device that takes sound as fast as it is made and keeps it."""

    def __init__(self, bench: Bench, backend: NullBackend) -> None:
        self.bench, self.backend, self.playing = bench, backend, bench.session.playing

    def play(self, play=None) -> np.ndarray:
        """All that is heard until playing ends by itself, without the silence around it."""
        self.backend.blocks.clear()
        (play or self.playing.play)()
        self.bench.until(lambda: not self.playing.is_playing)
        samples = self.backend.recorded
        sounding = np.flatnonzero(samples.any(axis=1))
        return samples[sounding[0] : sounding[-1] + 1] if len(sounding) else samples[:0]


@pytest.fixture
def recorder(clean: None, no_log_errors: None, qtbot, tmp_path: Path):
    backend = NullBackend(real_time=False, record=True)
    bench = Bench(qtbot, tmp_path, backend)
    parts = song_stems(seconds=1.0)
    rest = signals.noise(seconds=1.0, rate=RATE, level=0.05)
    bench.open(signals.mix({**parts, "rest": rest}), parts)
    yield Recorder(bench, backend)
    bench.close()


MIXERS: dict[str, dict[str, Strip]] = {
    "as it was": {},
    "levels and pans": {"s1": Strip(-6.0, 0.4), "s2": Strip(3.0, -1.0), "s3": Strip(-math.inf)},
    "equalisers": {"s1": Strip(equaliser=Equaliser(6.0, -3.0, 0.0)), RESIDUAL: Strip(equaliser=Equaliser(0, 0, -24.0))},
    "mutes and polarity": {"s2": Strip(mute=True), "s3": Strip(invert=True), RESIDUAL: Strip(-3.0)},
    "a solo": {"s1": Strip(-1.0, solo=True), "s2": Strip(mute=True)},
    "the rest alone": {RESIDUAL: Strip(solo=True, equaliser=Equaliser(2.0, 2.0, 2.0))},
}


@pytest.mark.parametrize("mixer", MIXERS)
def test_what_is_heard_is_what_is_exported_bit_for_bit(recorder: Recorder, mixer: str, tmp_path: Path) -> None:
    session = recorder.bench.session
    for id, strip in MIXERS[mixer].items():
        session.edit("Strip", lambda project, id=id, strip=strip: edits.set_strip(project, id, strip))
    if mixer != "as it was":
        session.edit("Output", lambda project: edits.set_master(project, -2.5))
    heard = recorder.play()
    wanted = Export(tmp_path / "out", write=audio_files.WriteOptions(bits="32f"), what="remix")
    of_project = material.of_project(session.state, session.document.media)
    (path,), _ = material.export(of_project, of_project.plan(wanted))
    file = audio_files.read(path).samples
    sounding = np.flatnonzero(file.any(axis=1))
    assert len(heard) and np.array_equal(heard, file[sounding[0] : sounding[-1] + 1])
    assert session.playing.player.drop_outs == 0


def test_a_selection_is_heard_in_its_time_and_its_band(recorder: Recorder) -> None:
    session, song = recorder.bench.session, recorder.bench.audio("")
    session.select(Selection(0.25, 0.75, 300.0, 2000.0))
    heard = recorder.play(recorder.playing.play_selection)
    want = Mixdown(song, band=(300.0, 2000.0)).block(round(0.25 * RATE), round(0.5 * RATE))
    assert abs(len(heard) - len(want)) <= 2
    assert np.array_equal(heard[400:10000], want[400:10000]), "but for the fades at its ends"
    session.select(Selection(0.25, 0.75))
    heard = recorder.play(recorder.playing.play_selection)
    assert np.array_equal(heard[400:-400], song.samples[round(0.25 * RATE) :][400 : len(heard) - 400])
    assert recorder.playing.position_s == pytest.approx(0.75, abs=0.001)
    recorder.playing.seek(0.0)
    assert np.array_equal(recorder.play(), song.samples), "the band is gone with the next play"


def test_selections_at_the_edges(recorder: Recorder) -> None:
    session = recorder.bench.session
    for selection in (
        Selection(0.9, 5.0), Selection(None, 0.1), Selection(0.5, 0.5), Selection(None, None, 500.0, None),
        Selection(5.0, 6.0), Selection(0.2, 0.3, 10.0, 10.5), Selection(0.2, 0.3, 9000.0, 20000.0),
    ):  # fmt: skip
        recorder.playing.seek(0.0)
        session.select(selection)
        recorder.play(recorder.playing.play_selection)
        assert 0.0 <= recorder.playing.position_s <= 1.001, selection
    assert not recorder.bench.notices


def test_at_the_end_playing_begins_anew(recorder: Recorder) -> None:
    song = recorder.bench.audio("").samples
    for _ in range(2):
        assert np.array_equal(recorder.play(), song)
        assert recorder.playing.position_s == pytest.approx(1.0, abs=0.001)
    moved: list[float] = []
    recorder.playing.moved.connect(moved.append)
    recorder.playing.stop()
    recorder.bench.until(lambda: moved[-1:] == [0.0])  # the playhead goes back as well
    recorder.bench.until(lambda: not recorder.playing._frames.isActive())
    assert recorder.playing.position_s == 0.0


# ---------------------------------------------------------------- in real time


@pytest.fixture
def playing(bench: Bench):
    bench.open()
    return bench.session.playing


def test_the_position_goes_on_and_never_back(playing, bench: Bench) -> None:
    moved: list[float] = []
    playing.play()
    playing.moved.connect(moved.append)
    bench.until(lambda: playing.position_s > 0.6)
    playing.moved.disconnect(moved.append)
    assert moved == sorted(moved) and len(moved) >= 8
    playing.pause()
    here = playing.position_s
    playing.play()
    assert playing.position_s >= here - 0.05


def test_seeks_while_playing_are_followed(playing, bench: Bench) -> None:
    playing.play()
    for target in (2.0, 0.5, 1.5, 0.0, 2.5):
        playing.seek(target)
        bench.until(lambda target=target: target <= playing.position_s < target + 0.4)
    playing.seek(99.0)
    bench.until(lambda: not playing.is_playing)
    assert playing.position_s == pytest.approx(3.0, abs=0.01)


def test_the_loop_is_edited_while_it_plays(playing, bench: Bench) -> None:
    session = bench.session
    session.set_loop(Span(0.5, 0.8))
    playing.seek(0.4)
    playing.play()
    bench.until(lambda: playing.position_s > 0.5)
    for span in (Span(0.5, 1.0), Span(1.2, 1.4), Span(0.1, 0.2)):
        session.set_loop(span)
        if span.end_s < playing.position_s:
            playing.seek(span.start_s)  # what lies behind is not gone back to
        bench.until(lambda span=span: span.start_s <= playing.position_s <= span.end_s + 0.01)
        for _ in range(5):
            bench.qtbot.wait(20)
            assert playing.is_playing and span.start_s - 0.02 <= playing.position_s <= span.end_s + 0.02
    assert bench.steps().count("Loop") == 1, "drawn in one go, it is one step"
    session.end_merge()
    session.set_loop(None)
    bench.until(lambda: playing.position_s > 0.3)
    session.undo()
    bench.until(lambda: playing.player._engine._loop == Span(0.1, 0.2))


def test_edits_are_heard_while_it_plays(playing, bench: Bench) -> None:

    def level() -> float:
        reading = playing.levels().get("s1")
        return -math.inf if reading is None else max(reading[0], default=-math.inf)

    bench.session.set_loop(Span(0.0, 3.0))
    playing.play()
    bench.until(lambda: level() > -30, 60)
    bench.session.edit("Mute", lambda project: edits.set_mute(project, "s1", True))
    bench.until(lambda: playing.levels() and level() == -math.inf)
    bench.session.undo()
    bench.until(lambda: level() > -30)
    assert playing.is_playing and playing.player.drop_outs == 0


def test_original_and_remix_are_equally_loud(playing, bench: Bench) -> None:
    bench.session.edit("Level", lambda project: edits.set_gain(project, "s1", -math.inf))
    bench.session.edit("Output", lambda project: edits.set_master(project, -9.0))
    bench.until(lambda: playing.match_db and playing.remix_lufs is not None, 30)
    song = bench.audio("")
    remix = loudness.measure(playing.mixdown).integrated_lufs
    original = loudness.measure(Mixdown(song, master_db=playing.match_db)).integrated_lufs
    assert abs(remix - original) < 0.5 and playing.match_db < -3
    assert playing.null_db < -120 and playing.residual_db < -120
    playing.set_original(True)
    bench.until(lambda: not playing.player._notes)
    assert playing.player._engine._original == playing.match_db
    before = playing.match_db
    bench.session.edit("Output", lambda project: edits.set_master(project, 0.0))
    bench.until(lambda: playing.match_db != before, 30)
    bench.until(lambda: playing.player._engine._original == playing.match_db)
    playing.set_original(False)


def test_a_device_that_goes_away_is_told_once_and_play_opens_it_again(playing, bench: Bench) -> None:
    playing.play()
    bench.until(lambda: playing.position_s > 0.2)
    for _ in range(2):
        playing.player._engine.stream.lose()
        bench.until(lambda: not playing.is_playing, 2)
        bench.until(lambda: bench.notices)
        assert len(bench.notices) == 1 and bench.notices[0][0] == "warning"
        assert "does not play any more" in bench.notices[0][1] and playing.output()[2]
        rest = playing.position_s
        bench.notices.clear()
        playing.play()
        bench.until(lambda rest=rest: playing.position_s > rest + 0.05)
        assert playing.output()[2] == "" and not bench.notices


def test_closing_the_song_while_it_plays_and_measures(playing, bench: Bench) -> None:
    for _ in range(5):
        bench.open()
        bench.session.edit("Level", lambda project: edits.set_gain(project, "s1", -3.0))
        playing._measure()
        playing.play()
        bench.until(lambda: playing.position_s > 0.02)
        bench.session.close_document()
        assert not playing.is_playing and not playing.is_ready and playing.levels() == {}
        playing.play()
        playing.seek(1.0)
        playing.scrub(1.0)
        playing.play_selection()
        assert not playing.is_playing
    assert playing.remix_lufs is None


def test_a_hand_that_presses_everything(playing, bench: Bench) -> None:
    """Three hundred gestures of a transport in any order: it plays on, and says no problem."""
    dice = random.Random(7)
    session = bench.session
    gestures = [
        playing.play, playing.pause, playing.stop, playing.toggle, playing.play_selection, playing.end_scrub,
        lambda: playing.seek(dice.uniform(-1, 4)), lambda: playing.scrub(dice.uniform(0, 3)),
        lambda: session.select(Selection(1.0, 1.2, 200.0, 800.0)), lambda: session.select(None),
        lambda: session.set_loop(Span(0.5, 0.9)), lambda: session.set_loop(None),
        lambda: playing.set_original(dice.random() < 0.5), playing.clear_clips, playing.levels,
        lambda: session.edit("Gain", lambda p: edits.set_gain(p, "s1", dice.uniform(-20, 6))), session.undo,
        lambda: playing.choose_device("silence"), lambda: playing.choose_device(None), playing.player.refresh,
    ]  # fmt: skip
    for step in range(300):
        dice.choice(gestures)()
        if step % 10 == 0:
            bench.qtbot.wait(2)
    playing.set_original(False)
    session.set_loop(None)
    session.select(None)
    playing.seek(0.0)
    playing.play()
    bench.until(lambda: 0.05 < playing.position_s < 1.0)
    assert not bench.notices and playing.output()[2] == ""
