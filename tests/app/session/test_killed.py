"""The window's process, killed at any moment while hands work in it: all is there but the gesture in flight."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import hands
import numpy as np
import pytest
from windows import RATE, Driver, document_of, song_stems

from unbraid.core.audio import Audio
from unbraid.core.document.document import Document
from unbraid.core.document.state import Project

pytestmark = pytest.mark.gui
SEED, GESTURES = 5, 40


def killed(project: Path, after: int, delay_s: float) -> int:
    """Let hands work in a window, kill it so long after a gesture; returns how many were acknowledged."""
    command = [sys.executable, str(Path(hands.__file__)), str(project), str(SEED)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    heard = [process.stdout.readline() for _ in range(after + 1)]
    time.sleep(delay_s)
    process.kill()
    rest, _ = process.communicate()
    assert heard[0] == "0\n", "the window did not open"
    complete = [line for line in (*heard, *rest.splitlines(keepends=True)) if line.endswith("\n")]
    return int(complete[-1])


def what_happens(driver: Driver, project: Path) -> list[list[Project]]:
    """Of each number of gestures, the values the document has when they are done and while the next one is."""
    window = driver.open(project)
    seen = [[window.session.state]]
    window.session.changed.connect(lambda old, new: seen[-1].append(new))
    for _ in zip(range(GESTURES), hands.gestures(window, SEED), strict=False):
        seen.append([window.session.state])
    driver.close(window)
    return seen


@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=pytest.mark.slow)])
def test_a_window_that_is_killed_loses_the_gesture_in_flight_at_most(
    driver: Driver, tmp_path: Path, kills: int
) -> None:
    stems = song_stems(seconds=0.2)
    mix = Audio.of(np.sum([stem.samples for stem in stems.values()], axis=0), RATE)
    document_of(tmp_path / "Walk", mix, stems, tmp_path / "work").close()
    shutil.copytree(tmp_path / "Walk", tmp_path / "reference")
    values = what_happens(driver, tmp_path / "reference")
    dice = random.Random(kills)
    for kill in range(kills):
        folder = tmp_path / f"{kill}" / "Walk"
        shutil.copytree(tmp_path / "Walk", folder)
        last = killed(folder, dice.randrange(GESTURES // 2), dice.uniform(0.0, 0.05))
        document = Document.open(folder)
        assert document.warnings == () and last + 1 < len(values), last
        assert document.state in values[last], f"killed after {last}"
        document.close()
