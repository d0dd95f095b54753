"""Copies of a song that went through codecs, and what their stems are worth."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from coded_songs import NAMES, Song, noise, song, without

from unbraid.core import mapped_wav
from unbraid.core.errors import BitstreamError, ParameterError
from unbraid.core.informed import describing, transcoding
from unbraid.core.informed.decoder import SideInformation
from unbraid.core.informed.delivery.finding import Place
from unbraid.core.informed.dial import Dial
from unbraid.core.informed.encoder import Encoder
from unbraid.core.informed.transcoding import Codec, Ground, codec_of
from unbraid.core.progress import silent_progress


def kept(path: Path, samples: np.ndarray, rate: int) -> Path:
    mapped_wav.create(path, len(samples), samples.shape[1], rate)[:] = samples
    return path


@pytest.fixture(scope="module")
def folder(tune: Song, stream: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("check")
    (made / "song.unb").write_bytes(stream)
    kept(made / "song.wav", tune.mix, tune.rate)
    for name, stem in zip(NAMES, tune.stems, strict=False):
        kept(made / f"{name}.wav", stem, tune.rate)
    return made


@pytest.fixture(scope="module")
def ground(folder: Path) -> Ground:
    stems = {name: folder / f"{name}.wav" for name in NAMES[:3]}
    return transcoding.prepare(
        folder / "song.wav", Place(folder / "song.unb", embedded=False), stems, folder, silent_progress
    )


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ground]:
    """A song of a rate that all codecs have."""
    made: Path = tmp_path_factory.mktemp("wide")
    tune = song(4.0, rate=16000)
    (made / "song.unb").write_bytes(Encoder(tune.sources()).encode(Dial(rate_kbps=12)).stream)
    kept(made / "song.wav", tune.mix, tune.rate)
    stems = {name: kept(made / f"{name}.wav", stem, tune.rate) for name, stem in zip(NAMES, tune.stems, strict=False)}
    place = Place(made / "song.unb", embedded=False)
    return made, transcoding.prepare(made / "song.wav", place, stems, made, silent_progress)


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("mp3:128", Codec("mp3", 128)),
        ("AAC:96", Codec("m4a", 96)),
        ("vorbis", Codec("ogg", 256)),
        ("opus: 64", Codec("opus", 64)),
    ],
)
def test_codecs_as_they_are_written(text: str, codec: Codec) -> None:
    assert codec_of(text) == codec


@pytest.mark.parametrize("text", ["", "flac", "mp3:", "mp3:fast", "mp3:7", "opus:9999", "mp3:-128", "mp3:²"])
def test_what_is_no_codec(text: str) -> None:
    with pytest.raises(ParameterError, match=r"mp3:128"):
        codec_of(text)


def test_the_mix_gives_what_its_header_says(ground: Ground, folder: Path) -> None:
    assert ground.is_exact and ground.names == NAMES[:3]
    said = [stem.quality_db for stem in SideInformation(folder / "song.unb").header.stems if not stem.hidden]
    assert np.allclose(ground.sdr_db, said, atol=0.5)
    found = transcoding.check(folder, folder / "song.wav", silent_progress)
    assert found.is_exact and found.sdr_db == ground.sdr_db and found.noise_db == -math.inf


@pytest.mark.parametrize("codec", [Codec("mp3", 96), Codec("m4a", 96), Codec("opus", 64)])
def test_copies_are_recognised(wide: tuple[Path, Ground], codec: Codec, tmp_path: Path) -> None:
    folder, ground = wide
    copy = transcoding.transcoded(folder / "song.wav", codec, tmp_path, silent_progress)
    found = transcoding.check(folder, copy, silent_progress)
    assert found.refusal == "" and not found.is_exact
    assert abs(found.delay_s) < 1e-4 and abs(found.gain_db) < 0.6 and abs(found.speed - 1) < 1e-4
    assert all(mine <= best + 0.2 for mine, best in zip(found.sdr_db, ground.sdr_db, strict=True))
    assert min(found.sdr_db[:2]) > 8 and -60 < found.noise_db < 0


def test_delay_and_gain_are_found(ground: Ground, tune: Song, folder: Path, tmp_path: Path) -> None:
    late = np.concatenate([np.zeros((80, 2), np.float32), 0.5 * tune.mix])
    found = transcoding.check(folder, kept(tmp_path / "late.wav", late, tune.rate), silent_progress)
    assert math.isclose(found.delay_s, 0.01) and abs(found.gain_db + 6.02) < 0.02
    assert np.allclose(found.sdr_db, ground.sdr_db, atol=0.1)


def test_another_song_is_refused_in_words(ground: Ground, tune: Song, folder: Path, tmp_path: Path) -> None:
    other = np.stack([noise(len(tune.mix), 5), noise(len(tune.mix), 6)], 1) / 2**17
    found = transcoding.check(folder, kept(tmp_path / "x.wav", other.astype(np.float32), tune.rate), silent_progress)
    assert "not the mix" in found.refusal and found.sdr_db == ()


def test_beside_the_stems_of_the_mix_when_there_are_no_others(folder: Path, tmp_path: Path) -> None:
    place = Place(folder / "song.unb", embedded=False)
    alone = transcoding.prepare(folder / "song.wav", place, {}, tmp_path, silent_progress)
    assert alone.sdr_db == ()
    assert all(math.isinf(value) for value in transcoding.check(tmp_path, folder / "song.wav", silent_progress).sdr_db)


def test_true_stems_are_given_all_or_none(folder: Path, tmp_path: Path) -> None:
    place = Place(folder / "song.unb", embedded=False)
    with pytest.raises(ParameterError, match="give all of them"):
        transcoding.prepare(folder / "song.wav", place, {"bass": folder / "bass.wav"}, tmp_path, silent_progress)


def test_a_rate_that_a_codec_lacks(tmp_path: Path) -> None:
    song = kept(tmp_path / "song.wav", noise(88200, 1)[:, None].astype(np.float32) / 2**17, 88200)
    copy = transcoding.transcoded(song, Codec("mp3", 128), tmp_path, silent_progress)
    assert mapped_wav.open_mapped(copy).rate == 44100


def test_damage_is_described(stream: bytes) -> None:
    assert describing.of_stream(stream).damage == ()
    hurt = describing.of_stream(without(stream, "block", 1))
    assert any("1 of 4" in words for words in hurt.damage)
    assert hurt.kbps(hurt.costs.total) == pytest.approx(hurt.costs.total * 8e-3 / 2)
    with pytest.raises(BitstreamError, match="no packet of Unbraid"):
        describing.of_stream(b"nothing of ours")
