"""Mapped files are ordinary WAV files, of any length, and a header that lies is not believed."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import signals
import soundfile

from unbraid.core import mapped_wav
from unbraid.core.errors import AudioFileError, Cancelled, ParameterError


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 32])
def test_any_tool_opens_it(tmp_path: Path, channels: int) -> None:
    sound = signals.noise(seconds=0.1, channels=channels)
    path = tmp_path / "a.wav"
    mapped = mapped_wav.create(path, sound.frames, channels, sound.rate)
    mapped[:] = sound.samples
    mapped.flush()
    got, rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert rate == sound.rate
    assert np.array_equal(got, sound.samples)
    again = mapped_wav.open_mapped(path)
    assert np.array_equal(again.samples, sound.samples)
    assert isinstance(again.samples, np.memmap)
    assert not again.samples.flags.writeable
    assert again.samples.ctypes.data % 64 == 0


@pytest.mark.parametrize("block", [1, 100, 5000])
def test_it_grows_block_by_block(tmp_path: Path, block: int) -> None:
    sound = signals.noise(seconds=0.1)
    path = tmp_path / "a.wav"
    with mapped_wav.MappedWavWriter(path, 2, 44100) as writer:
        for start in range(0, sound.frames, block):
            writer.append(sound.samples[start : start + block])
        assert writer.frames == sound.frames
    assert np.array_equal(mapped_wav.open_mapped(path).samples, sound.samples)
    assert np.array_equal(soundfile.read(path, dtype="float32")[0], sound.samples)


@pytest.mark.parametrize("stop", [Cancelled, ValueError])
def test_an_interrupted_file_is_removed(tmp_path: Path, stop: type[BaseException]) -> None:
    with pytest.raises(stop), mapped_wav.MappedWavWriter(tmp_path / "a.wav", 2, 44100) as writer:
        writer.append(np.zeros((10, 2), np.float32))
        raise stop
    assert not list(tmp_path.iterdir())


def test_a_block_of_another_shape_is_refused(tmp_path: Path) -> None:
    with mapped_wav.MappedWavWriter(tmp_path / "a.wav", 2, 44100) as writer:
        with pytest.raises(ParameterError, match="float32"):
            writer.append(np.zeros((10, 3), np.float32))
        writer.append(np.zeros((1, 2), np.float32))


def test_more_than_4_gib_is_rf64(tmp_path: Path) -> None:
    """The header alone is made here; libsndfile must find as many frames as it promises."""
    frames = 700_000_000
    head = mapped_wav.header(frames, 2, 44100)
    assert len(head) == mapped_wav.DATA_START
    path = tmp_path / "long.wav"
    path.write_bytes(head)
    os.truncate(path, mapped_wav.DATA_START + frames * 8)  # a sparse file: no space is taken
    assert path.stat().st_size > 2**32
    info = soundfile.info(path)
    assert (info.format, info.frames, info.channels) == ("RF64", frames, 2)
    audio = mapped_wav.open_mapped(path)
    assert (audio.frames, audio.channels, audio.rate) == (frames, 2, 44100)
    assert not audio.samples[-1].any()


def test_a_float_file_of_another_program_is_mapped(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    sound = signals.noise(seconds=0.1)
    soundfile.write(path, sound.samples, 44100, "FLOAT")
    with path.open("rb") as file:
        aligned = file.read().find(b"data") % 4 == 0
    if aligned:
        assert np.array_equal(mapped_wav.open_mapped(path).samples, sound.samples)


def changed(start: int, new: bytes) -> bytes:
    raw = mapped_wav.header(100, 2, 44100) + bytes(800)
    return raw[:start] + new + raw[start + len(new) :]


HOSTILE = {
    "no RIFF": changed(0, b"XXXX"),
    "data beyond the end": changed(124, struct.pack("<I", 10**9)),
    "unknown length": changed(124, b"\xff" * 4),
    "no channels": changed(12 + 36 + 8 + 2, b"\0\0"),
    "wrong frames": changed(12 + 36 + 8 + 12, b"\x03\0"),
    "integers": changed(12 + 36 + 8, b"\x01\0"),
    "no rate": changed(12 + 36 + 8 + 4, bytes(4)),
    "cut": mapped_wav.header(100, 2, 44100) + bytes(799),
    "short": b"RIFF",
    "empty": b"",
    "chunk of all": changed(48 + 4, b"\xff" * 4),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_header_that_lies_is_not_believed(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(AudioFileError, match=r"a\.wav"):
        mapped_wav.open_mapped(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match=r"none\.wav"):
        mapped_wav.open_mapped(tmp_path / "none.wav")


@pytest.mark.parametrize(("frames", "channels", "rate"), [(0, 2, 44100), (10, 0, 44100), (10, 2, 0)])
def test_impossible_files_are_refused(tmp_path: Path, frames: int, channels: int, rate: int) -> None:
    with pytest.raises(ParameterError, match="at least 1 frame"):
        mapped_wav.create(tmp_path / "a.wav", frames, channels, rate)


FULL_DISK = """
import resource, sys, numpy as np
from pathlib import Path
from unbraid.core import mapped_wav
from unbraid.core.errors import AudioFileError
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
folder = Path(sys.argv[1])
for attempt in ("create", "append"):
    try:
        if attempt == "create":
            mapped_wav.create(folder / "a.wav", 100_000, 2, 44100)
        else:
            with mapped_wav.MappedWavWriter(folder / "b.wav", 2, 44100) as writer:
                for _ in range(100):
                    writer.append(np.zeros((1000, 2), np.float32))
    except AudioFileError as problem:
        print(problem)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs limits on file sizes")
def test_no_room_is_an_error_and_no_crash_and_leaves_nothing(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.count("free") == 4
    assert "800128 bytes" in done.stdout
    assert not list(tmp_path.iterdir())
