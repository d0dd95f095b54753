from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from unbraid.app.cli import application

SEPARATORS = Path(__file__).parents[2] / "separators.py"


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def unbraid(private_cache: Path) -> Callable[..., Said]:
    """Runs the command line in this process, with a worker of its own."""

    def call(*arguments: object) -> Said:
        done = CliRunner().invoke(application, [str(a) for a in arguments], catch_exceptions=False)
        return Said(done.exit_code, done.stdout, done.stderr)

    return call


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Two seconds of stereo, 16 bit, under a name that is not easy."""
    path = tmp_path / "Ein Lied 🎵 أغنية.flac"
    samples = 0.2 * np.random.default_rng(0).standard_normal((2 * 22050, 2))
    soundfile.write(str(path), samples, 22050, subtype="PCM_16")
    return path
