"""Streams of every version that was released decode to the same numbers for ever (tests/golden/informed)."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from coded_songs import Song

from unbraid.core.informed.decoder import SideInformation

GOLDEN = Path(__file__).parents[2] / "golden" / "informed"
STREAMS = sorted(GOLDEN.glob("*/*.unb"))
BY_NAME = [pytest.param(path, id=f"{path.parent.name}/{path.stem}") for path in STREAMS]


def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_golden", GOLDEN / "make.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKER = maker()


def told(path: Path) -> dict[str, object]:
    found = json.loads((path.parent / "told.json").read_text(encoding="utf-8"))[path.stem]
    assert isinstance(found, dict)
    return found


def test_there_are_streams_of_every_kind() -> None:
    assert {path.stem for path in STREAMS} >= set(MAKER.SONGS)
    assert sum(path.stat().st_size for path in GOLDEN.rglob("*") if path.is_file()) < 150_000


@pytest.mark.parametrize("path", BY_NAME)
def test_the_same_numbers_are_decoded(path: Path) -> None:
    stream = path.read_bytes()
    side = SideInformation(stream)
    assert len(stream) == told(path)["bytes"] and not side.reader.damage
    assert MAKER.numbers(stream) == told(path)["numbers"]
    assert side.digest() == side.reader.digest == bytes.fromhex(str(told(path)["numbers"]))[:16]


@pytest.mark.parametrize("path", BY_NAME)
def test_the_same_stems_are_heard(path: Path) -> None:
    tune: Song = MAKER.SONGS[path.stem][0]
    np.testing.assert_allclose(MAKER.levels(path.read_bytes(), tune), told(path)["levels"], rtol=1e-5, atol=1e-9)


def test_plain_python_decodes_the_same_numbers() -> None:
    little = [path for path in STREAMS if path.stem == "one-sample"]
    code = "import sys, pathlib; sys.path.insert(0, sys.argv[1]); import make\n"
    code += "for name in sys.argv[2:]: print(make.numbers(pathlib.Path(name).read_bytes()))"
    done = subprocess.run(
        [sys.executable, "-c", code, GOLDEN, *little],
        env={**os.environ, "UNBRAID_ENGINE": "scipy"}, capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    assert done.stdout.split() == [told(path)["numbers"] for path in little]


@pytest.mark.slow
def test_plain_python_decodes_the_same_numbers_of_all() -> None:
    code = "import sys, pathlib; sys.path.insert(0, sys.argv[1]); import make\n"
    code += "for name in sys.argv[2:]: print(make.numbers(pathlib.Path(name).read_bytes()))"
    done = subprocess.run(
        [sys.executable, "-c", code, GOLDEN, *STREAMS],
        env={**os.environ, "UNBRAID_ENGINE": "scipy"}, capture_output=True, text=True, timeout=3600, check=True,
    )  # fmt: skip
    assert done.stdout.split() == [told(path)["numbers"] for path in STREAMS]
