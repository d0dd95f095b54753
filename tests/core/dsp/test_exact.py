"""Exact kernels: the same bits from both engines, and never the machine code of an earlier text."""

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from unbraid.core.dsp import exact as engine
from unbraid.core.dsp.exact import digest, exact, jitable

TABLE = np.array([3, 1, 2], np.int64)
Floats = npt.NDArray[np.float64]


@jitable
def looked_up(place: int) -> int:
    return int(TABLE[place])


@exact
def mixed(a: Floats, b: Floats, out: Floats) -> int:
    """Products and sums that a compiler could contract or reorder."""
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i] + a[i] / b[i] - np.sqrt(b[i])
        out[i] = total * a[i] + total
    return looked_up(len(a) % 3)


def test_floats_are_the_same_bits_with_and_without_the_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=2000), rng.random(2000) + 0.1
    outs = [np.empty(2000) for _ in range(3)]
    values = [mixed(a, b, outs[0]), mixed.plain(a, b, outs[1])]  # type: ignore[attr-defined]
    monkeypatch.setenv("UNBRAID_ENGINE", "scipy")
    values.append(mixed(a, b, outs[2]))
    assert values == [2, 2, 2]
    assert outs[0].tobytes() == outs[1].tobytes() == outs[2].tobytes()


def test_with_the_scipy_engine_nothing_is_compiled() -> None:
    code = (
        "import sys\nfrom unbraid.core.informed.range_coder import fresh\n"
        "import numpy as np\nfrom unbraid.core.dsp.exact import exact\n"
        "def double(x):\n    return 2 * x\n"
        "assert exact(double)(21) == 42\nassert 'numba' not in sys.modules\n"
    )
    _run(code, {"UNBRAID_ENGINE": "scipy"})


def _run(code: str, variables: dict[str, str]) -> str:
    environment = {**os.environ, "PYTHONSAFEPATH": "1", **variables}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


KERNEL = """
from unbraid.core.dsp.exact import exact
from callee import add
@exact
def kernel(x):
    return add(x)
"""
CALLEE = """
from unbraid.core.dsp.exact import jitable
from numbers_of_ours import STEP
@jitable
def add(x):
    return deeper(x)
@jitable
def deeper(x):
    return x + STEP{more}
"""


def _answer(folder: Path, step: int, more: str = "") -> int:
    """What a new process gets from a kernel whose callee, or a number that this one reads, was rewritten."""
    (folder / "kernel.py").write_text(KERNEL)
    (folder / "callee.py").write_text(CALLEE.format(more=more))
    (folder / "numbers_of_ours.py").write_text(f"STEP = {step}\n")
    code = f"import sys\nsys.path.insert(0, {str(folder)!r})\nfrom kernel import kernel\nprint(kernel(1))"
    return int(_run(code, {"UNBRAID_CACHE": str(folder / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}))


def test_machine_code_of_an_earlier_text_is_never_run(tmp_path: Path) -> None:
    assert _answer(tmp_path, 10) == 11
    code = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")}
    assert len(code) == 1
    assert _answer(tmp_path, 10) == 11
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")} == code
    assert _answer(tmp_path, 20) == 21
    assert _answer(tmp_path, 20, " * 2") == 41
    assert len(list(tmp_path.rglob("*.nbc"))) == 3


def test_few_versions_of_a_kernel_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNBRAID_CACHE", str(tmp_path))
    folder = engine.kernel_folder()
    (folder / "__pycache__").mkdir(parents=True)
    for age in range(6):
        source = folder / f"a.kernel-{age:024x}.py"
        source.write_text("")
        os.utime(source, (age, age))
        (folder / "__pycache__" / f"{source.stem}.kernel-1.py311.nbi").write_text("")
    (folder / "a.kernel_of_another_name-0.py").write_text("")
    engine._sweep("a.kernel", 2)
    left = sorted(path.name for path in folder.rglob("a.kernel-*"))
    assert left == [
        name for age in (4, 5) for name in (f"a.kernel-{age:024x}.kernel-1.py311.nbi", f"a.kernel-{age:024x}.py")
    ]
    assert (folder / "a.kernel_of_another_name-0.py").exists()


def module_level(x: int) -> int:
    return x + 1


@pytest.mark.parametrize("in_the_way", [True, False])
def test_without_a_folder_kernels_work_from_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_the_way: bool
) -> None:
    folder = tmp_path / "cache"
    if in_the_way:
        folder.write_text("a file")
    else:
        monkeypatch.setattr(engine.atomic, "write_text", _refuse)
    monkeypatch.setenv("UNBRAID_CACHE", str(folder))
    assert exact(module_level)(1) == 2


def _refuse(*_: object, **__: object) -> None:
    raise PermissionError(13, "read-only")


@pytest.mark.parametrize("content", [b"", b"\x80", b"def kernel(): raise SystemExit\n", b"(dp0\n."])
def test_damaged_machine_code_is_made_again(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("UNBRAID_CACHE", str(tmp_path))
    assert exact(module_level)(1) == 2
    for pattern in ("*.nbi", "*.nbc"):
        for path in tmp_path.rglob(pattern):
            path.write_bytes(content)
        with caplog.at_level(logging.WARNING):
            assert exact(module_level)(1) == 2
        assert exact(module_level)(2) == 3


def test_many_threads_may_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNBRAID_CACHE", str(tmp_path))
    kernel, start, answers = exact(module_level), threading.Barrier(8), []

    def work() -> None:
        start.wait()
        answers.append(kernel(41))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [42] * 8


def test_the_digest_sees_what_a_kernel_follows_from(monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest(mixed.plain)  # type: ignore[attr-defined]
    assert before == digest(mixed.plain)  # type: ignore[attr-defined]
    monkeypatch.setitem(globals(), "TABLE", np.array([3, 1, 4], np.int64))
    assert digest(mixed.plain) != before  # type: ignore[attr-defined]


def test_what_a_digest_cannot_see_is_refused() -> None:
    step = 3

    def closed(x: int) -> int:
        return x + step

    with pytest.raises(TypeError, match="closure"):
        digest(closed)
    with pytest.raises(TypeError, match="by name"):
        digest(reads_a_dictionary)


SETTINGS = {"step": 1}


def reads_a_dictionary(x: int) -> int:
    return x + SETTINGS["step"]
