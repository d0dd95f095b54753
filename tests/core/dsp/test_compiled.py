import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from unbraid.core.dsp import compiled, networks
from unbraid.core.dsp.compiled import Kernel, kernel_from_source

LENGTH = 5


def warm_up(kernel: Kernel) -> None:
    kernel(np.zeros((LENGTH + 1, 4), np.float32), np.zeros((2, 4), np.float32))


def make(folder: Path) -> list[float]:
    """Medians of 1, 5, 2, 4, 3 and of 5, 2, 4, 3, 9 by a kernel kept in this folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNBRAID_CACHE", str(folder))
        kernel = kernel_from_source("median", networks.running_median_source(LENGTH), warm_up)
    block = np.array([1, 5, 2, 4, 3, 9], np.float32)[:, None] * np.ones(3, np.float32)
    out = np.empty((2, 3), np.float32)
    kernel(block, out)
    return [float(v) for v in out[:, 1]]


def test_machine_code_is_kept_and_used_again(tmp_path: Path) -> None:
    assert make(tmp_path) == [3, 4]
    code = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")}
    assert len(code) == 1
    assert make(tmp_path) == [3, 4]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")} == code


@pytest.mark.parametrize("pattern", ["*.py", "*.nbi", "*.nbc"])
def test_a_damaged_file_is_made_again(pattern: str, tmp_path: Path) -> None:
    make(tmp_path)
    for path in tmp_path.rglob(pattern):
        path.write_bytes(b"def kernel(block, out): raise SystemExit\n")
    assert make(tmp_path) == [3, 4]
    assert make(tmp_path) == [3, 4]


def test_without_a_folder_kernels_are_compiled_in_memory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        assert make(tmp_path / "file") == [3, 4]
    assert "in memory" in caplog.text


@pytest.mark.slow
def test_two_processes_may_make_a_kernel_at_once(tmp_path: Path) -> None:
    code = (
        "import numpy as np\nfrom unbraid.core.dsp import median\nmedian.NETWORK_FROM = 0\n"
        "print(median.median(np.float32([[1, 5, 2, 4, 3]]), 5, 1, engine='compiled').tolist())"
    )
    environment = {**os.environ, "UNBRAID_CACHE": str(tmp_path)}
    start = [sys.executable, "-c", code]
    running = [subprocess.Popen(start, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[0].strip() for process in running] == ["[[1.0, 2.0, 3.0, 3.0, 3.0]]"] * 2
    assert len(list(tmp_path.rglob("*.py"))) == 1
    assert not list(tmp_path.rglob("*.tmp"))


def test_numba_that_does_not_work_is_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    real = builtins.__import__

    def refuse(name: str, *arguments: object, **named: object) -> object:
        if name == "numba":
            raise ImportError("needs another numpy")
        return real(name, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.delenv(compiled.ENGINE_VARIABLE, raising=False)
    monkeypatch.setattr(builtins, "__import__", refuse)
    compiled.compiler_works.cache_clear()
    try:
        assert not compiled.use_compiled("auto")
    finally:
        compiled.compiler_works.cache_clear()
    assert os.environ.get(compiled.ENGINE_VARIABLE) is None


@pytest.mark.parametrize("count", [2, 3, 4, 7, 16, 25, 33])
def test_networks_put_the_wanted_ranks_in_their_places(count: int) -> None:
    rng = np.random.default_rng(count)
    ranks = ((count - 1) // 2, count // 2)
    network = networks.selection_network(count, ranks)
    for _ in range(200):
        values = rng.integers(0, 2 * count, count)
        expected = np.sort(values)
        for a, b, low, high in network:
            pair = min(values[a], values[b]), max(values[a], values[b])
            values[a], values[b] = pair[0] if low else -1, pair[1] if high else -1
        assert [values[r] for r in ranks] == [expected[r] for r in ranks]
