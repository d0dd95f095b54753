from __future__ import annotations

import numpy as np
import pytest
import soundfile

HALVES = "tests/separators.py:Halves"


def read(path) -> np.ndarray:
    return soundfile.read(str(path), always_2d=True)[0]


def test_stems_add_up_to_the_song(unbraid, song, tmp_path) -> None:
    said = unbraid("separate", song, "-m", HALVES, "-p", "share=0.3", "-o", tmp_path / "out", "--bits", "32f")
    assert said.code == 0, said.err
    folder = tmp_path / "out" / song.stem
    assert sorted(p.name for p in folder.iterdir()) == [f"{song.stem} - left.wav", f"{song.stem} - rest.wav"]
    total = read(folder / f"{song.stem} - left.wav") + read(folder / f"{song.stem} - rest.wav")
    assert np.abs(total - read(song)).max() < 1e-6
    assert str(folder / f"{song.stem} - left.wav") in said.out


def test_the_depth_of_the_song_is_kept(unbraid, song, tmp_path) -> None:
    assert unbraid("separate", song, "-m", HALVES, "-o", tmp_path, "--format", "flac").code == 0
    assert soundfile.info(str(tmp_path / song.stem / f"{song.stem} - left.flac")).subtype == "PCM_16"


def test_two_stems(unbraid, song, tmp_path) -> None:
    said = unbraid("separate", song, "-m", HALVES, "-o", tmp_path, "--two-stems", "left", "--name", "{stem}.{ext}")
    assert said.code == 0
    assert (tmp_path / "left.wav").exists()
    assert (tmp_path / "no_left.wav").exists()


def test_a_passage(unbraid, song, tmp_path) -> None:
    said = unbraid("separate", song, "-m", HALVES, "-o", tmp_path, "--start", "0:00.5", "--duration", "1",
                   "--stems", "rest", "--name", "{stem}.{ext}", "--bits", "32f")  # fmt: skip
    assert said.code == 0
    want = read(song)[11025 : 11025 + 22050] * 0.75
    assert np.abs(read(tmp_path / "rest.wav") - want).max() < 1e-6


def test_events_for_scripts_and_nothing_else_on_standard_output(unbraid, song, tmp_path) -> None:
    said = unbraid("separate", song, "-m", "tests/separators.py:Prints", "-o", tmp_path, "--json")
    kinds = [event["event"] for event in said.events]
    assert kinds.count("stem") == 2
    assert kinds[-1] == "done"
    assert "progress" in kinds


def test_existing_stems_are_not_replaced_unless_asked(unbraid, song, tmp_path) -> None:
    arguments = ("separate", song, "-m", HALVES, "-o", tmp_path)
    assert unbraid(*arguments).code == 0
    refused = unbraid(*arguments)
    assert refused.code == 1
    assert "exist already" in refused.err
    assert unbraid(*arguments, "--overwrite").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["-m", "no_such_method"], 1, "installed are"),
        (["-m", HALVES, "-p", "share=2"], 2, "share must be"),
        (["-m", HALVES, "-p", "share"], 2, "name=value"),
        (["-m", HALVES, "--stems", "piano"], 2, "the stems are left, rest"),
        (["-m", HALVES, "--two-stems", "residual"], 2, "no stem residual"),
        (["-m", HALVES, "--start", "soon"], 2, "is no time"),
        (["-m", HALVES, "--format", "xyz"], 1, "xyz"),
        (["-m", HALVES, "--start", "1:00"], 1, ""),
        (["-m", "tests/separators.py:Segfaults"], 1, "SIGSEGV"),
        (["-m", "tests/separators.py:NotNumbers"], 1, "not_numbers"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_a_code(unbraid, song, tmp_path, arguments, code, words) -> None:
    said = unbraid("separate", song, "-o", tmp_path / "out", *arguments)
    assert said.code == code, (said.out, said.err)
    assert words in " ".join(said.err.split())
    assert "Traceback" not in said.err
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").rglob("*.*"))


def test_errors_are_events_too(unbraid, tmp_path) -> None:
    (tmp_path / "empty.wav").touch()
    said = unbraid("separate", tmp_path / "empty.wav", "--json")
    assert said.code == 1
    assert said.events[-1]["event"] == "error"
    assert "empty.wav" in said.events[-1]["message"]


def test_what_the_user_knows_reaches_the_separator(unbraid, song, tmp_path) -> None:
    echo = "tests/separators.py:Echo"
    done = unbraid(
        "separate", song, "-m", echo, "--reference", f"Voice={song}", "--start", "0.5", "-o", tmp_path / "out"
    )
    assert done.code == 0, done.err
    assert [path.name for path in sorted((tmp_path / "out").rglob("*.wav"))] == [f"{song.stem} - voice.wav"]


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--reference", "voice", "give --reference NAME=FILE"),
        ("--passage", "drums=4", "has no end"),
        ("--passage", "drums=4-2", "ends before it begins"),
        ("--passage", "drums=x-2", "is no time"),
        ("--onsets", "drums=1,,2", "is no time"),
    ],
)
def test_what_cannot_be_understood_is_refused_in_words(unbraid, song, option: str, value: str, words: str) -> None:
    done = unbraid("separate", song, option, value)
    assert done.code == 2
    assert words in done.err.replace("\n", " ")


def test_onsets_may_come_from_a_file(unbraid, song, tmp_path) -> None:
    times = tmp_path / "times.txt"
    times.write_text("0.5\n0:01.25\n")
    done = unbraid(
        "separate", song, "-m", "tests/separators.py:Strokes", "--onsets", f"drums={times}", "-o", tmp_path / "out"
    )
    assert done.code == 0, done.err
    stem, rate = soundfile.read(tmp_path / "out" / song.stem / f"{song.stem} - drums.wav", dtype="float32")
    assert list(np.flatnonzero(stem[:, 0])) == [round(0.5 * rate), round(1.25 * rate)]
