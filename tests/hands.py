"""What hands do to a window, at random but the same for the same seed; as a script: a window that can be killed."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unbraid.app.window.main_window import MainWindow

ACTIONS = (
    "mute", "solo", "invert", "next_stem", "previous_stem", "clear_solo", "reset_mixer", "stem_up", "stem_down",
    "remove_stem", "add_marker", "remove_marker", "loop", "undo", "undo", "undo", "redo",
)  # fmt: skip


def gestures(window: MainWindow, seed: int) -> Iterator[int]:
    """Endless gestures; yields how many are done. What they do depends on the seed and the document alone."""
    dice, done = random.Random(seed), 0
    while True:
        if dice.random() < 0.5:
            window.action_set.run(dice.choice(ACTIONS))
        else:
            _drag(window, dice)
        window.session.end_merge()
        done += 1
        yield done


def _drag(window: MainWindow, dice: random.Random) -> None:
    """A fader, a pan or an equaliser is moved in some steps and let go."""
    strips = window.mixer.strips()
    sliders = [s for strip in strips for s in (strip.fader, strip.pan, *strip.bands.values()) if s.isEnabled()]
    moved = dice.choice([*sliders, window.mixer.master.fader])
    for _ in range(dice.randrange(1, 6)):
        moved.slider.setValue(dice.randrange(1001))
    moved.released.emit()


def main(project: Path, seed: int) -> None:
    """Open a window on a project, say 0, then a number after each gesture, until somebody ends it."""
    from PySide6.QtWidgets import QApplication

    from unbraid.app import gui
    from unbraid.app.settings import SettingsStore
    from unbraid.core.playback.backend import NullBackend

    window = gui.open_window([project], settings=SettingsStore(), backend=NullBackend())
    deadline = time.monotonic() + 60
    while not (window.is_awake and window.session.has_song):
        QApplication.processEvents()
        if time.monotonic() > deadline:
            sys.exit("the project did not open")
    print(0, flush=True)
    for done in gestures(window, seed):
        QApplication.processEvents()
        print(done, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
