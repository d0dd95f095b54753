from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import soundfile

HALVES = "tests/separators.py:Halves"
COMMAND = [sys.executable, "-m", "unbraid.app"]


def read(path) -> np.ndarray:
    return soundfile.read(str(path), always_2d=True)[0]


def test_info_tells_format_length_and_levels(unbraid, song) -> None:
    said = unbraid("info", song, "--json")
    (info,) = said.events[-1:]
    assert said.code == 0
    assert (info["rate_hz"], info["channels"], info["samples"], info["bits"]) == (22050, 2, 44100, 16)
    assert len(info["peak_dbfs"]) == 2
    plain = unbraid("info", song)
    assert "22050" in plain.out
    assert unbraid("info", song, "--quick").code == 0


def test_a_remix_with_nothing_changed_is_the_song(unbraid, song, tmp_path) -> None:
    out = tmp_path / "same.wav"
    assert unbraid("remix", song, "-m", HALVES, "-g", "left=0", "-o", out).code == 0
    assert np.array_equal(read(out), read(song))


def test_a_remix_without_a_stem(unbraid, song, tmp_path) -> None:
    out = tmp_path / "karaoke.wav"
    assert unbraid("remix", song, "-m", HALVES, "-g", "left=-inf", "-o", out, "--bits", "32f").code == 0
    assert np.abs(read(out) - 0.75 * read(song)).max() < 1e-6
    assert unbraid("remix", song, "-m", HALVES, "-g", "left=-inf", "-o", out).code == 1  # it is there


def test_a_remix_of_a_folder_of_stems(unbraid, song, tmp_path) -> None:
    unbraid("separate", song, "-m", HALVES, "-o", tmp_path, "--bits", "32f")
    out = tmp_path / "remix.wav"
    said = unbraid("remix", tmp_path / song.stem, "-g", "rest=-inf", "-o", out, "--bits", "32f")
    assert said.code == 0, said.err
    assert np.abs(read(out) - 0.25 * read(song)).max() < 1e-6


def test_a_gain_for_a_stem_that_is_not_there(unbraid, song, tmp_path) -> None:
    said = unbraid("remix", song, "-m", HALVES, "-g", "piano=3", "-o", tmp_path / "x.wav")
    assert said.code == 2
    assert "the stems are left, rest" in said.err


def test_methods_are_listed_with_what_they_need(unbraid) -> None:
    said = unbraid("methods", "--no-measure", "--json")
    rows = {e["name"]: e for e in said.events}
    assert {"hpss", "repet", "center"} <= set(rows)
    assert rows["center"]["needs"].startswith("a passage, stereo")
    assert rows["hpss"]["parameters"]
    assert "targets" in unbraid("methods", "--no-measure").out
    assert "parameter" in unbraid("methods", "hpss", "--no-measure").out
    assert unbraid("methods", "nothing", "--no-measure").code == 2


def test_a_batch_survives_a_bad_file_and_goes_on_where_it_stopped(unbraid, song, tmp_path) -> None:
    folder, out = tmp_path / "songs", tmp_path / "out"
    (folder / "b").mkdir(parents=True)
    for name in ("a.flac", "b/a.flac", "c.flac"):
        (folder / name).write_bytes(song.read_bytes())
    (folder / "bad.wav").write_text("this is no sound")
    first = unbraid("batch", folder, "-m", HALVES, "-o", out, "--json")
    files = [e for e in first.events if e["event"] == "file"]
    assert first.code == 3
    assert [f["state"] for f in files].count("done") == 3
    assert next(f["error"] for f in files if f["state"] == "failed")
    assert (out / "a" / "a - left.wav").exists()
    assert (out / "b" / "a" / "a - left.wav").exists()
    lines = [json.loads(line) for line in (out / "unbraid-batch.jsonl").read_text().splitlines()]
    assert len(lines) == 4

    (out / "c" / "c - left.wav").unlink()
    again = unbraid("batch", folder, "-m", HALVES, "-o", out, "--json", "--overwrite")
    resumed = {Path(e["file"]).name: e["resumed"] for e in again.events if e["event"] == "file"}
    assert resumed == {"a.flac": True, "c.flac": False, "bad.wav": False}
    assert (out / "c" / "c - left.wav").exists()


def test_a_batch_from_a_list(unbraid, song, tmp_path) -> None:
    listing = tmp_path / "songs.txt"
    listing.write_text(f"# what to do\n{song.name}\n\n{song.name}\nmissing.flac\n", encoding="utf-8")
    said = unbraid("batch", listing, "-m", HALVES, "-o", tmp_path / "out")
    assert said.code == 3
    assert (tmp_path / "out" / f"{song.stem}-2" / f"{song.stem}-2 - left.wav").exists()
    assert "2 of 3 songs done" in said.out


def test_a_plugin_that_dies_takes_no_other_song_with_it(unbraid, song, tmp_path) -> None:
    listing = tmp_path / "songs.txt"
    listing.write_text(f"{song.name}\n{song.name}\n", encoding="utf-8")
    said = unbraid("batch", listing, "-m", "tests/separators.py:Segfaults", "-o", tmp_path / "out", "--json")
    assert said.code == 3
    assert len([e for e in said.events if e["event"] == "file"]) == 2


def test_the_doctor_looks_at_everything(unbraid) -> None:
    said = unbraid("doctor", "--json")
    topics = {e["topic"]: e for e in said.events}
    assert {"machine", "work folder", "files", "separators", "sound", "window"} <= set(topics)
    assert topics["separators"]["state"] == "ok"


LISTENING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job inherits deafness to Ctrl-C
from unbraid.app.__main__ import main
main()
"""


def test_ctrl_c_leaves_nothing(song, tmp_path) -> None:
    cache, out = tmp_path / "cache", tmp_path / "out"
    arguments = ["separate", str(song), "-m", "tests/separators.py:Polite", "-o", str(out), "--json"]
    with subprocess.Popen(
        [sys.executable, "-c", LISTENING, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "UNBRAID_CACHE": str(cache)}, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout
            next(line for line in process.stdout if '"step": "separating"' in line)
            begun = time.monotonic()
            os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the worker too
            output = process.communicate(timeout=20)[0]
        finally:
            process.kill()
    assert time.monotonic() - begun < 5
    assert process.returncode == 130
    assert '"stopped' in output
    assert not out.exists()
    assert list((cache / "work").iterdir()) == []


def test_every_command_has_its_help() -> None:
    done = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True)
    for command in ("separate", "remix", "info", "methods", "batch", "demo", "doctor"):
        assert command in done.stdout


def test_a_remix_that_cannot_be_written_is_refused_before_it_is_computed(unbraid, song, tmp_path) -> None:
    said = unbraid("remix", song, "-m", "tests/separators.py:Raises", "-g", "left=0", "-o", tmp_path / "x.ogg",
                   "--bits", "24", "--json")  # fmt: skip
    six = tmp_path / "six.wav"
    soundfile.write(str(six), np.full((4000, 6), 0.1), 22050)
    refused = unbraid("remix", six, "-m", "tests/separators.py:Raises", "-g", "left=0", "-o", tmp_path / "x.mp3")
    assert said.code == refused.code == 1
    assert "of my own making" in said.events[-1]["message"]
    assert "6" in refused.err and "making" not in refused.err


def test_presets_are_listed_shown_and_used(unbraid, song, tmp_path) -> None:
    listed = {e["name"]: e for e in unbraid("presets", "--json").events}
    assert listed["voice"]["stems"] == ["vocals", "accompaniment"]
    assert "karaoke" in unbraid("presets").out
    text = unbraid("presets", "drums").out
    assert "[[stage]]" in text
    mine = tmp_path / "mine.toml"
    mine.write_text(text.replace('drums = "short.drums"', 'beat = "short.drums"'), encoding="utf-8")
    said = unbraid("separate", song, "-m", "kam", "--preset", mine, "-o", tmp_path / "out", "--json")
    assert said.code == 0, said.out
    assert {path.stem.split(" - ")[-1] for path in (tmp_path / "out").rglob("*.wav")} == {"beat", "harmonic", "vocals"}
    assert unbraid("separate", song, "-m", "kam", "--preset", "nothing", "-o", tmp_path / "no").code == 2
    assert unbraid("presets", "nothing").code == 2
