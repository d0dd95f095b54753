"""Streams on their way to listeners, and back from there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from coded_songs import Song, sdr

from unbraid.core import audio_files, mapped_wav
from unbraid.core.audio import Audio
from unbraid.core.errors import AudioFileError, ParameterError
from unbraid.core.informed import describing, listening, publishing
from unbraid.core.informed.delivery import embedding
from unbraid.core.progress import silent_progress


@pytest.fixture
def song(tune: Song, tmp_path: Path) -> Path:
    audio_files.write(tmp_path / "song.flac", Audio(tune.mix, tune.rate))
    return tmp_path / "song.flac"


@pytest.mark.parametrize(
    ("name", "in_samples", "how"),
    [
        ("a.unb", False, "sidecar"),
        ("a.MP3", False, "embedded"),
        ("a.flac", True, "samples"),
        ("a.aif", True, "samples"),
    ],
)
def test_a_name_says_how(name: str, in_samples: bool, how: str) -> None:
    assert publishing.how_for(Path(name), in_samples=in_samples) == how


def test_bits_live_in_lossless_samples_only() -> None:
    with pytest.raises(ParameterError, match=r"\.wav, \.flac"):
        publishing.how_for(Path("a.mp3"), in_samples=True)


def test_a_copy_that_cannot_be_made_is_refused_at_once(song: Path, tmp_path: Path) -> None:
    publishing.check(song, tmp_path / "x.flac", "embedded")
    publishing.check(song, tmp_path / "x.wav", "samples")
    with pytest.raises(ParameterError, match=r"name it x\.flac"):
        publishing.check(song, tmp_path / "x.mp3", "embedded")
    (tmp_path / "song.au").write_bytes(b".snd" + bytes(100))
    with pytest.raises((ParameterError, AudioFileError)):
        publishing.check(tmp_path / "song.au", tmp_path / "x.au", "embedded")


def test_beside_and_inside(song: Path, stream: bytes, tmp_path: Path) -> None:
    for name, how in (("x.unb", "sidecar"), ("x.flac", "embedded")):
        made = publishing.deliver(stream, song, tmp_path / name, how, overwrite=False, progress=silent_progress)
        assert made.paths == (tmp_path / name,)
    assert (tmp_path / "x.unb").read_bytes() == stream == embedding.extract(tmp_path / "x.flac")
    assert np.array_equal(audio_files.read(tmp_path / "x.flac").samples, audio_files.read(song).samples)
    with pytest.raises(AudioFileError, match="exists"):
        publishing.deliver(stream, song, tmp_path / "x.unb", "sidecar", overwrite=False, progress=silent_progress)


def test_a_song_with_its_stems_in_its_samples(tmp_path: Path) -> None:
    from coded_songs import song as small

    from unbraid.core.informed.dial import Dial
    from unbraid.core.informed.encoder import Encoder

    tune = small(3.0, rate=16000)
    sources = tune.sources()
    (tmp_path / "side.unb").write_bytes(Encoder(sources, title="Tune").encode(Dial(rate_kbps=10)).stream)
    made = publishing.in_samples(
        sources, tmp_path / "side.unb", tmp_path / "h.flac", overwrite=False, progress=silent_progress
    )
    assert any("masks" in note for note in made.notes)
    heard = audio_files.import_audio(tmp_path / "h.flac", tmp_path / "h.wav")
    assert sdr(tune.mix, heard.audio.samples) > 30
    found = describing.in_samples(tmp_path / "h.wav", silent_progress)
    assert found is not None and found.header.title == "Tune" and found.damage == ()
    what = listening.begin(tmp_path / "h.wav", None, tmp_path, silent_progress)
    assert what.is_exact
    listening.fill(what, tmp_path, False, silent_progress)
    for stem, path, true in zip(what.stems, what.paths, tune.stems, strict=True):
        assert abs(sdr(true, mapped_wav.open_mapped(path).samples) - stem.quality_db) < 1
