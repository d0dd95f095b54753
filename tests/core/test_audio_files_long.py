"""Hours of sound in little memory, and files beyond 4 GiB."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from unbraid.core import audio_files as af
from unbraid.core import mapped_wav
from unbraid.core.audio import Audio


def hour(path: Path, seconds: int, channels: int = 2) -> Audio:
    """A mapped sound, silent (a sparse file) but for a click at the end."""
    frames = seconds * 44100
    path.write_bytes(mapped_wav.header(frames, channels, 44100))
    os.truncate(path, mapped_wav.DATA_START + frames * channels * 4)
    np.memmap(path, np.float32, "r+", mapped_wav.DATA_START, (frames, channels))[-10] = 0.5
    return mapped_wav.open_mapped(path)


def peak_memory(work: Callable[[], object]) -> float:
    """Megabytes that arrays took at most while `work` ran."""
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


@pytest.mark.slow
def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    for kind in ("wav", "flac"):
        memory = []
        for seconds in (30, 240):
            sound = hour(tmp_path / f"{seconds}.wav", seconds)
            path = tmp_path / f"{kind}{seconds}.{kind}"
            memory.append(peak_memory(lambda p=path, s=sound: af.write(p, s)))
            memory.append(peak_memory(lambda p=path: af.import_audio(p, tmp_path / "m.wav")))
            assert mapped_wav.open_mapped(tmp_path / "m.wav").samples[-10, 1] == 0.5
        assert max(memory) < 30
        assert memory[2] < memory[0] * 1.2 + 1
        assert memory[3] < memory[1] * 1.2 + 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["flac", "ogg", "m4a"])
def test_an_hour(tmp_path: Path, kind: str) -> None:
    sound = hour(tmp_path / "hour.wav", 3600)
    path = tmp_path / f"a.{kind}"
    assert peak_memory(lambda: af.write(path, sound)) < 60
    assert peak_memory(lambda: af.import_audio(path, tmp_path / "m.wav")) < 60
    assert af.probe(path).frames == sound.frames
    assert abs(mapped_wav.open_mapped(tmp_path / "m.wav").samples[-10, 1] - 0.5) < 0.4


@pytest.mark.slow
def test_a_file_beyond_4_gib_is_rf64_and_comes_back(tmp_path: Path) -> None:
    sound = hour(tmp_path / "long.wav", 3600 * 7)  # 8.9 GB, sparse
    path = tmp_path / "a.wav"
    af.write(path, sound, af.WriteOptions(bits="24"), tags=af.Tags({"title": "long"}))
    assert path.stat().st_size > 2**32
    assert soundfile.info(path).format == "RF64"
    info = af.probe(path)
    assert info.frames == sound.frames
    assert info.tags["title"] == "long"
    assert af.read(path, start_s=3600 * 7 - 1).samples[-10, 0] == 0.5
    path.unlink()
