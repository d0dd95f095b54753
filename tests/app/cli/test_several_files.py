"""Methods that take several files, or a region: from the command line as a user gives them."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

RATE = 22050


@pytest.fixture
def recordings(tmp_path):
    """Three sounds of a second and a half under the names of microphones."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "concert"
    folder.mkdir()
    for name in ("flute", "cello"):
        t = np.arange(3 * RATE // 2) / RATE
        sound = np.sin(2 * np.pi * rng.integers(200, 900) * t) * (np.sin(2 * np.pi * 3 * rng.random() * t) > 0)
        soundfile.write(folder / f"{name}.wav", 0.2 * sound + 0.001 * rng.standard_normal(len(t)), RATE)
    return folder


def read(path):
    return soundfile.read(str(path), always_2d=True)[0]


def names(folder):
    return sorted(path.name for path in folder.rglob("*.wav"))


def test_a_folder_of_microphones(unbraid, recordings, tmp_path) -> None:
    said = unbraid("separate", recordings, "-m", "kamir", "-o", tmp_path / "out", "--bits", "32f", "--name",
                   "{stem}.{ext}")  # fmt: skip
    assert said.code == 0, said.err
    assert {"cello.wav", "flute.wav"} <= set(names(tmp_path / "out"))
    together = sum(read(path) for path in (tmp_path / "out").rglob("*.wav"))
    heard = read(recordings / "cello.wav") + read(recordings / "flute.wav")
    assert np.abs(together - heard).max() < 1e-6


@pytest.mark.slow
def test_a_passage_of_microphones_as_references(unbraid, recordings, tmp_path) -> None:
    said = unbraid("separate", recordings / "flute.wav", "-m", "kamir", "-o", tmp_path / "out", "--start", "0.5",
                   "--duration", "0.5", "--reference", f"flute={recordings / 'flute.wav'}", "--reference",
                   f"cello={recordings / 'cello.wav'}", "--name", "{stem}.{ext}")  # fmt: skip
    assert said.code == 0, said.err
    assert len(read(tmp_path / "out" / "cello.wav")) == RATE // 2


def test_a_passage_of_a_folder_is_cut_once(unbraid, recordings, tmp_path) -> None:
    said = unbraid("separate", recordings, "-m", "kamir", "-o", tmp_path / "out", "--start", "1", "--bits", "32f",
                   "--name", "{stem}.{ext}")  # fmt: skip
    assert said.code == 0, said.err
    assert len(read(tmp_path / "out" / "cello.wav")) == RATE // 2


def test_dubs(unbraid, recordings, tmp_path) -> None:
    said = unbraid("separate", recordings / "flute.wav", "-m", "common", "-o", tmp_path / "out", "--reference",
                   f"french={recordings / 'cello.wav'}", "--name", "{stem}.{ext}")  # fmt: skip
    assert said.code == 0, said.err
    assert names(tmp_path / "out") == ["common.wav", "specific.wav"]


def test_a_marked_event(unbraid, recordings, tmp_path) -> None:
    said = unbraid("separate", recordings / "flute.wav", "-m", "marked", "-o", tmp_path / "out", "--passage",
                   "bell=0.2-0.5@100-5000", "--name", "{stem}.{ext}")  # fmt: skip
    assert said.code == 0, said.err
    assert names(tmp_path / "out") == ["bell.wav", "rest.wav"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-m", "kamir"], "two or more"),
        (["-m", "common"], "another version"),
        (["-m", "marked"], "nothing is marked"),
        (["-m", "marked", "--passage", "bell=0.2-0.5@high"], "400-5000"),
        (["-m", "marked", "--passage", "bell=0.2-0.5@900-100"], "400-5000"),
        (["-m", "marked", "--passage", "rest=0.2-0.5"], "another name"),
    ],
)
def test_what_is_missing_is_said(unbraid, recordings, tmp_path, arguments, words) -> None:
    said = unbraid("separate", recordings / "flute.wav", "-o", tmp_path / "out", *arguments)
    assert said.code == 2, (said.out, said.err)
    assert words in " ".join(said.err.split())
    assert "Traceback" not in said.err
