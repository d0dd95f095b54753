from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import signals

from unbraid.core.folders import working_folder
from unbraid.core.workshop import Workshop, sweep

HALVES = "tests/separators.py:Halves"


def test_its_files_go_away(private_cache: Path) -> None:
    with Workshop() as workshop:
        mix = signals.noise(seconds=0.5)
        stems, seconds = workshop.separate(mix, HALVES)
        assert np.allclose(stems["left"].samples, 0.25 * mix.samples)
        assert seconds > 0
        assert list(working_folder().iterdir())
    assert list(working_folder().iterdir()) == []


def test_what_a_killed_run_left_is_swept_and_others_are_left_alone(private_cache: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    dead.wait()
    left, alive = working_folder() / f"{dead.pid}-abc", working_folder() / f"{os.getpid()}-abc"
    left.mkdir()
    alive.mkdir()
    sweep()
    assert not left.exists()
    assert alive.exists()
