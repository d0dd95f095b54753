from __future__ import annotations

import numpy as np
import pytest

from unbraid.core import audio_files, stem_file

HALVES = "tests/separators.py:Halves"


def test_a_separation_as_one_file(unbraid, song, tmp_path) -> None:
    said = unbraid("separate", song, "-m", HALVES, "-o", tmp_path / "out", "--format", "stem.mp4", "--bits", "24")
    assert said.code == 0, said.err
    path = tmp_path / "out" / f"{song.stem}.stem.mp4"
    assert str(path) in said.out
    assert stem_file.stem_names(path) == ("left", "rest")
    total = sum(audio_files.read(path, stream=k).samples for k in (1, 2, 3, 4))
    assert np.abs(total - audio_files.read(path).samples).max() < 1e-5


def test_files_that_are_there_make_a_stem_file(unbraid, song, tmp_path) -> None:
    assert unbraid("separate", song, "-m", HALVES, "-o", tmp_path, "--name", "x - {stem}.{ext}").code == 0
    arguments = (
        "stemfile", song, tmp_path / "x - left.wav", f"Voice={tmp_path / 'x - rest.wav'}", "-o", tmp_path / "a.stem.mp4"
    )  # fmt: skip
    said = unbraid(*arguments, "--json")
    assert said.code == 0, said.err
    assert said.events[-1]["path"] == str(tmp_path / "a.stem.mp4")
    assert stem_file.stem_names(tmp_path / "a.stem.mp4") == ("left", "vocals")
    assert unbraid(*arguments).code == 1
    assert unbraid(*arguments, "--overwrite", "--lossless", "--group", "all=left+Voice").code == 0
    assert stem_file.stem_names(tmp_path / "a.stem.mp4") == ("all",)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["-o", "a.mp4"], "ends with .stem.mp4"),
        (["-o", "a.stem.mp4", "--group", "x"], "a group is NAME"),
        (["-o", "a.stem.mp4", "--group", "x=piano"], "each stem goes into one group"),
    ],
)
def test_mistakes_are_explained(unbraid, song, tmp_path, monkeypatch, more, words) -> None:
    monkeypatch.chdir(tmp_path)
    said = unbraid("stemfile", song, f"all={song}", *more)
    assert said.code in (1, 2) and words in said.err
    assert not list(tmp_path.glob("*.mp4"))


def test_a_stem_file_holds_all_stems(unbraid, song, tmp_path) -> None:
    said = unbraid("separate", song, "-m", HALVES, "-o", tmp_path, "--format", "stem.mp4", "--stems", "left")
    assert said.code == 2 and "all stems" in said.err
