from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from worker_jobs import process_id

from unbraid.core import jobs, mapped_wav
from unbraid.core.errors import Cancelled, ParameterError, PluginError
from unbraid.core.separation.guide import Guide
from unbraid.core.tasks import Worker

HERE = Path(__file__).parent.parent / "separators.py"


@pytest.fixture(scope="module")
def worker():
    with Worker(memory_bytes=3 << 30) as shared:
        yield shared


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "mix.wav"
    samples = np.random.default_rng(0).standard_normal((8000, 2)).astype(np.float32)
    mapped_wav.create(path, 8000, 2, 8000)[:] = samples
    return path


def separate(worker: Worker, song: Path, name: str, **more: object):
    return worker.run(jobs.separate, f"{HERE}:{name}", {}, song, song.parent, jobs.Told(Guide(), {}), **more)


def test_stems_come_back_as_mapped_files(worker: Worker, song: Path) -> None:
    done = separate(worker, song, "Partial")
    mix = mapped_wav.open_mapped(song).samples
    stems = {name: mapped_wav.open_mapped(path).samples for name, path in done.paths.items()}
    assert list(stems) == ["left", "rest", "residual"]
    assert isinstance(stems["left"].base, np.memmap) or isinstance(stems["left"], np.memmap)
    assert np.abs(sum(s.astype(np.float64) for s in stems.values()) - mix).max() < 1e-6


def test_the_worker_is_kept_warm(worker: Worker) -> None:
    assert worker.run(process_id) == worker.run(process_id) != os.getpid()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Raises", "ZeroDivisionError: of my own making"),
        ("Segfaults", "SIGSEGV"),
        ("Exits", "exit code 7"),
        ("EatsMemory", "memory"),
        ("WrongShape", "wrong_shape returned left"),
        ("NotNumbers", "no numbers"),
        ("NoSuchClass", "cannot be loaded"),
    ],
)
def test_a_hostile_plugin_is_reported_and_the_next_one_works(worker: Worker, song: Path, name: str, words: str) -> None:
    with pytest.raises(PluginError, match=words):
        separate(worker, song, name)
    assert separate(worker, song, "Halves").paths


def test_printing_disturbs_nobody(worker: Worker, song: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert separate(worker, song, "Prints").paths
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("name", ["Polite", "IgnoresCancel"])
def test_cancelling_takes_less_than_a_second(worker: Worker, song: Path, name: str) -> None:
    stop = threading.Event()
    threading.Timer(0.7, stop.set).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        separate(worker, song, name, stop=stop)
    assert time.monotonic() - begun < 0.7 + 1.0
    assert separate(worker, song, "Halves").paths


def test_progress_comes_back_and_may_cancel(worker: Worker, song: Path) -> None:
    seen: list[str] = []

    def progress(fraction: float, message: str) -> None:
        seen.append(message)
        if len(seen) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        separate(worker, song, "Polite", progress=progress)
    assert seen == ["waiting"] * 3
    assert worker.run(process_id)


def test_our_own_errors_keep_their_kind(worker: Worker, song: Path) -> None:
    with pytest.raises(ParameterError, match="share must be"):
        worker.run(jobs.separate, f"{HERE}:Halves", {"share": "7"}, song, song.parent, jobs.Told(Guide(), {}))


def test_the_worker_ends_with_its_parent(tmp_path: Path) -> None:
    """A parent that is killed leaves no process behind."""
    import subprocess
    import sys

    script = tmp_path / "parent.py"
    script.write_text(
        "import os, signal\nfrom unbraid.core import jobs\nfrom unbraid.core.tasks import Worker\n"
        "if __name__ == '__main__':\n"
        "    worker = Worker()\n"
        "    worker.run(jobs.describe, ('hpss',))\n"
        "    print(worker._process.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60)
    child = int(done.stdout)
    for _ in range(50):
        if not _alive(child):
            return
        time.sleep(0.1)
    pytest.fail("the worker outlived its parent")


def _alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
