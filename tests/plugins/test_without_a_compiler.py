"""Where numba is missing every separator of ours gives the same stems, to the bit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = """
import sys
if sys.argv[1] == "without":
    sys.modules["numba"] = None  # importing it fails, as where it is not installed
import logging
import numpy as np
import signals
from unbraid.core.separation import run
logging.disable()
mix = signals.mix(signals.music(seconds=3.0))
for name in sys.argv[3:]:
    stems = run.separate(name, mix)
    np.save(f"{sys.argv[2]}/{name}-{sys.argv[1]}.npy", np.stack([stem.samples for stem in stems.values()]))
"""

NAMES = ("hpss", "hpss_voice", "repet", "repet_adaptive", "repet_sim", "center")


@pytest.fixture(scope="module")
def stems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("engines")
    tests = Path(__file__).parent.parent
    for engine in ("with", "without"):
        subprocess.run([sys.executable, "-c", SCRIPT, engine, str(folder), *NAMES], check=True, cwd=tests,
                       env={**os.environ, "PYTHONPATH": str(tests)})  # fmt: skip
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_the_compiler_changes_nothing(stems: Path, name: str) -> None:
    assert np.array_equal(np.load(stems / f"{name}-with.npy"), np.load(stems / f"{name}-without.npy"))
