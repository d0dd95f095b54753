"""Any name in any alphabet, of any length the disk allows, with every library that reads or writes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import signals

from unbraid.core import audio_files as af
from unbraid.core.errors import AudioFileError

NAMES = [
    "🎸 riff 🥁",
    "أغنية جميلة",
    "曲 – “quoted” 'x'",
    " leading and trailing ",
    "-rf",
    "http:__x",
    "a:b",
    "100% #1 ?&*",
    "é" * 125,
]
SOUND = signals.noise(seconds=0.1)


@pytest.mark.parametrize("kind", af.TYPES)
@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_written_and_read(tmp_path: Path, kind: str, name: str) -> None:
    suffix = af.TYPES[kind].suffixes[0]
    folder = tmp_path / name[:60]
    path = folder / (name + suffix)
    af.write(path, SOUND, af.WriteOptions(format=kind), tags=af.Tags({"title": name}))
    assert [p.name for p in folder.iterdir()] == [name + suffix]
    assert af.probe(path).tags["title"] == name.strip()
    assert af.read(path).frames in (4410, 4800)
    assert af.import_audio(path, tmp_path / (name[:100] + ".wav")).audio.frames in (4410, 4800)


@pytest.mark.parametrize("kind", af.TYPES)
def test_a_name_of_255_bytes(tmp_path: Path, kind: str) -> None:
    suffix = af.TYPES[kind].suffixes[0]
    path = tmp_path / ("x" * (255 - len(suffix)) + suffix)
    af.write(path, SOUND, af.WriteOptions(format=kind))
    assert af.read(path).frames in (4410, 4800)


def test_a_name_of_256_bytes_is_refused_before_writing(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="too long"):
        af.write(tmp_path / ("x" * 252 + ".wav"), SOUND)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="names that are not text exist where names are bytes")
@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "m4a", "ogg"])
def test_a_name_that_is_no_unicode(tmp_path: Path, kind: str) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9" + af.TYPES[kind].suffixes[0].encode()))
    af.write(path, SOUND)
    assert af.read(path).frames == 4410


def test_a_name_that_looks_like_an_address_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("concat:a.m4a", "file:b.m4a", "pipe:0.m4a", "data:x.mp3"):
        af.write(Path(name), SOUND)
        assert af.read(Path(name)).frames == 4410
    with pytest.raises(AudioFileError, match="does not exist"):
        af.read(Path("concat:a.m4a|file:b.m4a"))
