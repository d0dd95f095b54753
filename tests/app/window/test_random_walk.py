"""A thousand random steps of a user, then undo to the start: the state is what it was, and so it is after opening."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from unbraid.app.selection import Selection
from unbraid.app.window.main_window import MainWindow

pytestmark = pytest.mark.gui

EDITS = (
    "mute", "solo", "invert", "next_stem", "previous_stem", "clear_solo", "reset_mixer", "stem_up", "stem_down",
    "remove_stem", "add_marker", "remove_marker", "next_marker", "loop", "loop_selection", "undo", "redo",
)  # fmt: skip
VIEWS = (
    "zoom_in", "zoom_out", "zoom_fit", "zoom_selection", "next_shown", "previous_shown", "next_scale", "more_contrast",
    "less_contrast", "waveform", "follow", "select_all", "select_none", "select_band", "start", "end", "back",
    "forward",
    "original", "page_history", "page_view", "page_separate", "tool_hand", "tool_select", "zoom_in_frequency",
    "zoom_out_frequency", "play", "pause", "toggle_mixer",
)  # fmt: skip


def hand(window: MainWindow, dice: random.Random) -> None:
    """What a hand does beside menus: faders, pans, equalisers, selections."""
    strips = window.mixer.strips()
    if not strips:
        return
    strip = dice.choice(strips)
    what = dice.randrange(5)
    if what == 0:
        strip.fader.slider.setValue(dice.randrange(1001))
        strip.released.emit()
    elif what == 1 and strip.pan.isEnabled():
        strip.pan.slider.setValue(dice.randrange(1001))
        strip.released.emit()
    elif what == 2:
        dice.choice(list(strip.bands.values())).slider.setValue(dice.randrange(1001))
        strip.released.emit()
    elif what == 3:
        start = dice.uniform(0, 2.5)
        low = dice.uniform(50, 4000)
        window.session.select(Selection(start, start + dice.uniform(0.05, 0.5), low, low * dice.uniform(1.2, 3)))
    else:
        window.mixer.master.fader.slider.setValue(dice.randrange(1001))
        window.mixer.master.fader.released.emit()


@pytest.mark.parametrize("seed", [1])
def test_a_thousand_random_actions_can_all_be_undone(driver, window: MainWindow, seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    window.session.save_as(tmp_path / "Walk")
    first = window.session.state
    for step in range(1000):
        choice = dice.random()
        if choice < 0.5:
            window.action_set.run(dice.choice(EDITS))
        elif choice < 0.7:
            window.action_set.run(dice.choice(VIEWS))
        else:
            hand(window, dice)
        if step % 25 == 0:
            driver.qtbot.wait(1)
    window.session.playing.pause()
    last, count = window.session.state, len(window.session.document.steps())
    assert count > 200 and last != first
    driver.close(window)

    again = driver.open(tmp_path / "Walk")
    document = again.session.document
    assert document.state == last and len(document.steps()) == count
    while document.can_undo and document.state != first:
        again.action_set.run("undo")
    assert document.state == first
    while document.can_redo:
        again.action_set.run("redo")
