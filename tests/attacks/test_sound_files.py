"""Files from strangers: a clear error or a right result, within two seconds, within little memory, and nothing else."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from attacks import sound_files

READ_ALL = """
import json, resource, sys, time, traceback
from pathlib import Path
import numpy as np
from unbraid.core import audio_files
from unbraid.core.errors import UnbraidError

folder, limit_mb = Path(sys.argv[1]), int(sys.argv[2])
import av, soundfile
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
resource.setrlimit(resource.RLIMIT_AS, (limit_mb << 20, limit_mb << 20))
answers = {}
for path in sorted(folder.iterdir()):
    begun = time.perf_counter()
    try:
        audio = audio_files.read(path)
        assert np.isfinite(audio.samples).all() and audio.frames > 0
        what = "read"
    except UnbraidError as problem:
        what = str(problem) if path.name in str(problem) else f"BUG: no name in {problem}"
    except Exception as bug:
        what = f"BUG: {traceback.format_exc()}"
    try:
        audio_files.probe(path)
    except UnbraidError:
        pass
    except Exception as bug:
        what = f"BUG in probe: {traceback.format_exc()}"
    answers[path.name] = (what, time.perf_counter() - begun)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base
Path(sys.argv[3]).write_text(json.dumps({"answers": answers, "grown_mb": grown / 1024}))
"""


def read_all(folder: Path, report: Path, limit_mb: int = 2048) -> tuple[dict[str, tuple[str, float]], float]:
    """What reading each file of a folder says, in a process of its own with a limit on memory."""
    command = [sys.executable, "-c", READ_ALL, str(folder), str(limit_mb), str(report)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(report.read_text())
    bugs = [f"{name}: {what}" for name, (what, _) in told["answers"].items() if what.startswith("BUG")]
    assert not bugs, "\n".join(bugs[:5])
    return told["answers"], told["grown_mb"]


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS"), reason="needs limits on memory")
def test_hostile_files_are_refused_in_words(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    sound_files.write_all(folder, sound_files.refused())
    answers, grown_mb = read_all(folder, tmp_path / "report")
    assert not [name for name, (what, _) in answers.items() if what == "read"]
    assert len(answers) == len(sound_files.refused())
    assert max(seconds for _, seconds in answers.values()) < 2
    assert grown_mb < 200


def mutations(tmp_path: Path, count: int, seed: int) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    sound_files.write_all(folder, dict(sound_files.mutated(count, seed)))
    answers, _ = read_all(folder, tmp_path / "report")
    assert len(answers) == count
    read = sum(what == "read" for what, _ in answers.values())
    print(f"seed {seed}: {read} of {count} mutated files read, slowest {max(s for _, s in answers.values()):.2f} s")
    assert read > count / 5
    assert max(seconds for _, seconds in answers.values()) < 2


def test_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    mutations(tmp_path, 240, 1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_many_mutated_files_are_read_or_refused(tmp_path: Path, seed: int) -> None:
    mutations(tmp_path, 2000, seed)
