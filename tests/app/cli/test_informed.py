"""Stems into side-information and back, by the commands that a producer and a listener give."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from coded_songs import NAMES, Song, sdr, song
from typer.testing import CliRunner

from unbraid.app.cli import application
from unbraid.core import audio_files
from unbraid.core.audio import Audio
from unbraid.core.folders import cache_folder

RATE_KBPS = 24.0


@dataclass(frozen=True)
class Published:
    """A folder with mix.wav, its stems and mix.unb. done: what the encoder said last, after notes."""

    folder: Path
    tune: Song
    done: dict
    notes: list[str]


@pytest.fixture
def private_cache() -> Path:
    """The usual one: machine code of the kernels is kept there."""
    return cache_folder()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder: Path = tmp_path_factory.mktemp("song")
    tune = song(3.0, rate=16000)
    for name, samples in {"mix": tune.mix, **dict(zip(NAMES, tune.stems, strict=False))}.items():
        soundfile.write(str(folder / f"{name}.wav"), samples, tune.rate, subtype="PCM_16")
    options = ["--rate", f"{RATE_KBPS}", "--colour", "voice=#56B4E9", "--priority", "voice=2", "--json"]
    said = CliRunner().invoke(application, ["encode", str(folder), *options], catch_exceptions=False)
    assert said.exit_code == 0, said.stderr
    events = [json.loads(line) for line in said.stdout.splitlines()]
    return Published(folder, tune, events[-1], [event["message"] for event in events if event["event"] == "note"])


def read(path: Path) -> np.ndarray:
    return soundfile.read(str(path), dtype="float32", always_2d=True)[0]


def test_a_folder_becomes_a_file_beside_its_mix(published: Published) -> None:
    path = published.folder / "mix.unb"
    assert published.done["paths"] == [str(path)] and published.done["bytes"] == path.stat().st_size
    assert published.done["rate_kbps"] == pytest.approx(RATE_KBPS, rel=0.1)
    assert published.done["rate_kbps"] < 1.03 * RATE_KBPS or any("kbit/s" in note for note in published.notes)
    assert published.done["rate_kbps"] == pytest.approx(path.stat().st_size * 8e-3 / 3.0, rel=1e-3)
    assert {stem["name"] for stem in published.done["stems"]} == {*NAMES[:3]}


def test_stems_come_back_and_add_up(unbraid, published: Published, tmp_path: Path) -> None:
    mix = published.folder / "mix.wav"
    said = unbraid("decode", mix, "-o", tmp_path, "--residual", "--bits", "32f", "--name", "{stem}.{ext}", "--json")
    assert said.code == 0, said.err
    assert said.events[-1]["exact_mix"] is True
    stems = {path.stem: read(path) for path in tmp_path.glob("*.wav")}
    assert set(stems) == {*NAMES[:3], "residual"}
    assert np.abs(sum(x.astype(np.float64) for x in stems.values()) - read(mix)).max() < 1e-6
    for told in published.done["stems"]:
        true = published.tune.stems[NAMES.index(told["name"])]
        assert sdr(true, stems[told["name"]]) == pytest.approx(told["sdr_db"], abs=0.7)


@pytest.mark.slow
def test_a_lossy_copy_with_side_information_given(unbraid, published: Published, tmp_path: Path) -> None:
    copy = tmp_path / "copy.mp3"
    audio_files.write(copy, Audio(published.tune.mix, 16000), audio_files.WriteOptions(bitrate_kbps=96))
    said = unbraid("decode", copy, published.folder / "mix.unb", "-o", tmp_path, "--stems", "voice", "--format", "flac")
    assert said.code == 0, said.err
    voice = read(tmp_path / "copy" / "copy - voice.flac")
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["copy - voice.flac"]
    assert voice.shape == published.tune.mix.shape and sdr(published.tune.stems[1], voice) > 5


def test_another_master_is_refused(unbraid, published: Published, tmp_path: Path) -> None:
    loud = tmp_path / "loud.wav"
    filtered = published.tune.mix + 0.9 * np.roll(published.tune.mix, 1, axis=0)
    soundfile.write(str(loud), 0.4 * filtered, 16000)
    said = unbraid("decode", loud, published.folder / "mix.unb", "-o", tmp_path / "out")
    assert said.code == 1 and "master" in said.err
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_inside_a_copy_of_the_song(unbraid, published: Published, tmp_path: Path) -> None:
    mix = tmp_path / "song.flac"
    soundfile.write(str(mix), published.tune.mix, 16000, subtype="PCM_16")
    stems = [part for n in NAMES[:2] for part in ("--stem", f"{n}={published.folder / n}.wav")]
    said = unbraid("encode", mix, *stems, "--rate", "6", "-o", tmp_path / "out.flac")
    assert said.code == 0, said.err
    assert np.array_equal(read(tmp_path / "out.flac"), read(mix))
    assert unbraid("decode", tmp_path / "out.flac", "-o", tmp_path / "stems").code == 0
    assert len(list((tmp_path / "stems").rglob("*.wav"))) == 2


@pytest.mark.slow
def test_info_tells_what_there_is(unbraid, published: Published) -> None:
    (rows,) = unbraid("info", published.folder / "mix.unb", "--json").events
    assert (rows["rate_hz"], rows["channels"], rows["samples"], rows["duration_s"]) == (16000, 2, 48000, 3.0)
    assert {stem["name"]: stem["colour"] for stem in rows["stems"]} == {"bass": "", "voice": "#56b4e9", "drums": ""}
    assert sum(rows["kbps"][part] for part in ("common", "parametric", "residual")) == pytest.approx(
        rows["kbps"]["total"], abs=0.01
    )
    assert rows["damage"] == [] and rows["title"] == published.folder.name
    plain = unbraid("info", published.folder / "mix.wav").out
    assert "mix.unb" in plain and "voice: SDR" in plain and "#56b4e9" in plain


@pytest.mark.slow
def test_what_transcoding_does(unbraid, published: Published, tmp_path: Path) -> None:
    mix = published.folder / "mix.wav"
    stems = [part for n in NAMES[:3] for part in ("--stem", f"{n}={published.folder / n}.wav")]
    said = unbraid("transcode-check", mix, "--codec", "mp3:64", "--codec", "aac:96", *stems, "--json")
    assert said.code == 0, said.err
    copies = {event["name"]: event for event in said.events if event["event"] == "copy"}
    assert set(copies) == {"MP3 64 kbit/s", "AAC 96 kbit/s"} and all(one["recognised"] for one in copies.values())
    best = {stem["name"]: stem["sdr_db"] for stem in said.events[-1]["mix"]}
    for stem in copies["MP3 64 kbit/s"]["stems"]:
        assert stem["sdr_db"] < best[stem["name"]] + 0.2
    refused = unbraid("transcode-check", mix, "--file", published.folder / "drums.wav", "--file", mix)
    assert refused.code == 1 and "refused" in refused.out and "exact" in refused.out


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["--stem", "voice"], 2, "NAME=FILE"),
        (["--rate", "0"], 2, "0.1 to 6000"),
        (["--rate", "4", "--quality", "9"], 2, "one of the three"),
        (["--exact", "piano"], 2, "there is no stem 'piano' for --exact"),
        (["--priority", "piano=3"], 2, "there is no stem 'piano' for --priority"),
        (["--priority", "voice=much"], 2, "a priority is a number"),
        (["--colour", "voice=blue"], 2, "#RRGGBB"),
        (["-o", "out.mp3"], 2, "name it out.wav"),
        (["-o", "out.mp3", "--in-samples"], 2, "lives in the samples of"),
        (["-o", "nowhere/out.unb"], 1, "nowhere"),
        ([], 1, "exists already"),
    ],
)
def test_mistakes_are_told_before_the_work(unbraid, published: Published, monkeypatch, more, code, words) -> None:
    monkeypatch.chdir(published.folder)
    said = unbraid("encode", published.folder, *more)
    assert (said.code, words in said.err) == (code, True), said.err


def test_mistakes_of_listeners(unbraid, published: Published, tmp_path: Path) -> None:
    lone = shutil.copy(published.folder / "drums.wav", tmp_path / "lone.wav")
    for arguments, code, words in (
        (["decode", lone, tmp_path / "nothing.unb"], 1, "does not exist"),
        (["decode", lone, lone], 1, "no side-information"),
        (["transcode-check", lone, "--codec", "flac"], 2, "mp3:128"),
        (["encode", tmp_path / "nothing"], 1, "does not exist"),
        (["encode", lone], 2, "no stems were given"),
    ):
        said = unbraid(*arguments)
        assert (said.code, words in said.err) == (code, True), said.err
