"""The mixer on a real session, worked by mouse and keys; meters, lamps and letters."""

from __future__ import annotations

import math

import pytest
import signals
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from windows import Bench

from unbraid.app.mixer.panel import MixerPanel
from unbraid.core.document import edits
from unbraid.core.document.state import NEUTRAL, RESIDUAL
from unbraid.core.separation.goals import GOALS

pytestmark = pytest.mark.gui
LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def panel(bench: Bench, qtbot) -> MixerPanel:
    panel = MixerPanel(bench.session)
    qtbot.addWidget(panel)
    panel.resize(272, 700)
    panel.show()
    return panel


@pytest.fixture
def mixer(panel: MixerPanel, bench: Bench) -> MixerPanel:
    bench.open()
    return panel


def strips(bench: Bench) -> dict[str, object]:
    return {stem.name: stem.strip for stem in bench.session.state.stems}


def test_a_strip_for_each_stem_and_one_for_the_rest(mixer: MixerPanel, bench: Bench) -> None:
    assert [strip.id for strip in mixer.strips()] == ["s1", "s2", "s3", RESIDUAL]
    letters = [strip.badge._letter for strip in mixer.strips()]
    assert len(set(letters)) == 4 and all(letters)
    assert [strip.title.text() for strip in mixer.strips()][:3] == ["bass", "drums", "vocals"]
    assert not mixer.empty.isVisible()


def test_mute_and_solo_follow_the_mouse_and_undo(mixer: MixerPanel, bench: Bench) -> None:
    QTest.mouseClick(mixer.strip("s1").mute, LEFT)
    QTest.mouseClick(mixer.strip("s2").solo, LEFT)
    QTest.mouseClick(mixer.strip("s3").solo, LEFT)
    state = bench.session.state
    assert state.stem("s1").strip.mute and state.stem("s2").strip.solo and state.stem("s3").strip.solo
    assert mixer.solo_lamp.isVisible()
    QTest.mouseClick(mixer.strip("s3").solo, LEFT, SHIFT)
    assert [stem.strip.solo for stem in bench.session.state.stems] == [False, False, True]
    assert [strip.solo.isChecked() for strip in mixer.strips()] == [False, False, True, False]
    QTest.mouseClick(mixer.strip("s3").solo, LEFT, SHIFT)
    assert mixer.strip("s3").solo.isChecked() == bench.session.state.stem("s3").strip.solo
    QTest.mouseClick(mixer.solo_lamp, LEFT)
    assert not mixer.solo_lamp.isVisible() and not any(strip.solo.isChecked() for strip in mixer.strips())
    while bench.session.document.can_undo and len(bench.steps()) and bench.session.state.stem("s1").strip.mute:
        bench.session.undo()
    assert not mixer.strip("s1").mute.isChecked() and not mixer.solo_lamp.isVisible()


def test_a_fader_drag_is_one_step(mixer: MixerPanel, bench: Bench) -> None:
    before = len(bench.steps())
    slider = mixer.strip("s1").fader.slider
    middle = slider.rect().center()
    QTest.mousePress(slider, LEFT, pos=middle)
    for way in range(10, 60, 10):
        QTest.mouseMove(slider, middle - (middle - slider.rect().topLeft()) * way / 100)
    QTest.mouseRelease(slider, LEFT, pos=middle)
    assert len(bench.steps()) == before + 1 and bench.session.state.stem("s1").strip.gain_db < 0
    QTest.mouseClick(slider, LEFT, pos=slider.rect().center())
    assert len(bench.steps()) == before + 2, "the next touch is another step"
    bench.session.undo()
    bench.session.undo()
    assert mixer.strip("s1").fader.value == 0.0 and slider.value() == 750


def test_a_level_that_is_typed_is_a_step(mixer: MixerPanel, bench: Bench) -> None:
    box = mixer.strip("s2").fader.box
    for text, value in (("-6", -6.0), ("-inf", -math.inf)):
        box.setFocus()
        box.selectAll()
        QTest.keyClicks(box, text)
        QTest.keyClick(box, Qt.Key.Key_Return)
        bench.session.end_merge()
        assert bench.session.state.stem("s2").strip.gain_db == value
    bench.session.undo()
    assert box.text() == "−6.0 dB"


def test_the_equaliser_stays_unfolded_when_stems_change(mixer: MixerPanel, bench: Bench) -> None:
    QTest.mouseClick(mixer.strip("s1").more, LEFT)
    mixer.strip("s1").bands["low_db"].box.setValue(-6.0)
    mixer.strip("s1").bands["high_db"].box.setValue(3.0)
    assert bench.session.state.stem("s1").strip.equaliser.low_db == -6.0
    assert bench.steps()[-2:] == ["Equaliser of bass"] * 2
    bench.session.edit("Rename", lambda project: edits.rename_stem(project, "s3", "singer"))
    assert mixer.strip("s1").details.isVisible() and mixer.strip("s3").title.text() == "singer"
    assert mixer.strip("s1").bands["low_db"].value == -6.0


def test_the_residual_and_the_output_have_faders(mixer: MixerPanel, bench: Bench) -> None:
    mixer.strip(RESIDUAL).fader.box.setValue(-12.0)
    mixer.master.fader.box.setValue(-1.5)
    assert bench.session.state.residual.gain_db == -12.0 and bench.session.state.master_db == -1.5
    bench.session.edit("Reset", edits.reset_mixer)
    assert mixer.strip(RESIDUAL).fader.value == 0.0 and mixer.master.fader.value == bench.session.state.master_db
    assert bench.session.state.residual == NEUTRAL


def test_pan_is_for_stereo_alone(panel: MixerPanel, bench: Bench) -> None:
    mono = signals.sine(seconds=0.5, rate=22050)
    bench.open(mono, {"tone": mono})
    assert not panel.strip("s1").pan.isEnabled() and panel.strip("s1").fader.isEnabled()


def test_before_there_are_stems_it_offers_tasks(panel: MixerPanel, bench: Bench) -> None:
    wanted: list[str] = []
    panel.goal_wanted.connect(wanted.append)
    assert not panel.empty.isVisible(), "no song, no tasks"
    bench.open(signals.sine(seconds=0.5), {})
    assert panel.empty.isVisible() and panel.strips() == ()
    from unbraid.app.controls.tile import Tile

    tiles = panel.empty.findChildren(Tile)
    for tile in tiles:
        QTest.mouseClick(tile, LEFT)
    assert wanted == [goal.id for goal in GOALS[: len(tiles)]] and len(tiles) >= 4


def test_what_is_typed_into_a_strip_that_goes_away_harms_nothing(mixer: MixerPanel, bench: Bench, qtbot) -> None:
    box = mixer.strip("s2").fader.box
    mixer.activateWindow()
    qtbot.waitUntil(mixer.isActiveWindow)
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "-9")
    bench.session.edit("Remove", lambda project: edits.remove_stem(project, "s2"))
    qtbot.wait(5)
    assert "s2" not in {strip.id for strip in mixer.strips()} and not bench.notices


def test_meters_move_with_the_sound_and_come_to_rest(mixer: MixerPanel, bench: Bench) -> None:
    playing = bench.session.playing
    playing.play()
    bench.until(lambda: not mixer.strip("s1").meter.is_still and not mixer.master.meter.is_still, 60)
    bench.until(lambda: "LUFS" in mixer.master.now.text())
    playing.pause()
    bench.until(lambda: not mixer._meters.isActive(), 10)
    assert all(strip.meter.is_still for strip in mixer.strips()) and mixer.master.now.text() == ""


def test_a_clip_lamp_stays_after_the_sound_and_goes_out_by_a_click(panel: MixerPanel, bench: Bench) -> None:
    loud = signals.sine(seconds=2.0, rate=22050, channels=2, level=1.4)
    bench.open(loud, {"tone": loud})
    bench.session.playing.play()
    bench.until(lambda: panel.strip("s1").meter.clips and panel.master.meter.clips, 60)
    bench.session.playing.pause()
    bench.until(lambda: not panel._meters.isActive(), 10)
    assert panel.strip("s1").meter.clips and panel.master.meter.clips
    QTest.mouseClick(panel.strip("s1").meter, LEFT)
    assert not panel.strip("s1").meter.clips and not panel.master.meter.clips


def test_loudness_of_song_and_remix_is_told(mixer: MixerPanel, bench: Bench) -> None:
    bench.until(lambda: "LUFS" in mixer.master.loudness.text(), 60)
    before = mixer.master.loudness.text()
    mixer.master.fader.box.setValue(-6.0)
    bench.until(lambda: mixer.master.loudness.text() != before)
