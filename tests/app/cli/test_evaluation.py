"""`evaluate`, `compare` and `additivity` as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

HALVES = "tests/separators.py:Halves"
ECHO = "tests/separators.py:Echo"
RATE = 8000


def write(folder: Path, **sounds: np.ndarray) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, samples in sounds.items():
        soundfile.write(str(folder / f"{name}.wav"), samples, RATE, subtype="FLOAT")
    return folder


@pytest.fixture
def multitrack(tmp_path: Path) -> Path:
    rng = np.random.default_rng(4)
    vocals, drums = 0.2 * rng.standard_normal((2, 3 * RATE, 2))
    return write(tmp_path / "songs" / "One", mix=vocals + drums, vocals=vocals, drums=drums)


@pytest.fixture
def estimates(tmp_path: Path, multitrack: Path) -> Path:
    vocals, _ = soundfile.read(multitrack / "vocals.wav")
    return write(
        tmp_path / "estimates" / "One", vocals=vocals + 0.02 * np.random.default_rng(5).standard_normal(vocals.shape)
    )


def test_evaluate_shows_every_figure(unbraid, multitrack, estimates) -> None:
    said = unbraid("evaluate", estimates, multitrack)
    assert said.code == 0, said.err
    assert all(word in said.out for word in ("vocals", "SDR", "ISR", "SIR", "SAR", "SI-SDR", "plain SDR", "20."))


def test_evaluate_gives_museval_s_document_and_nothing_else(unbraid, multitrack, estimates, tmp_path) -> None:
    said = unbraid("evaluate", estimates, multitrack, "--json", "-o", tmp_path / "scores")
    assert said.code == 0, said.err
    document = json.loads(said.out)
    assert [target["name"] for target in document["targets"]] == ["drums", "vocals"]
    assert len(document["targets"][0]["frames"]) == 3
    assert document["targets"][1]["frames"][0]["metrics"]["SDR"] == pytest.approx(20, abs=2)
    assert json.loads((tmp_path / "scores" / "One.json").read_text()) == document
    again = unbraid("evaluate", estimates, multitrack, "-o", tmp_path / "scores")
    assert again.code == 1
    assert "exists" in again.err


@pytest.mark.slow
def test_evaluate_several_songs(unbraid, multitrack, estimates) -> None:
    for folder in (multitrack, estimates):
        for number in ("Two", "Three"):
            write(folder.parent / number, **{p.stem: soundfile.read(p)[0] for p in folder.glob("*.wav")})
    said = unbraid("evaluate", estimates.parent, multitrack.parent)
    assert said.code == 0, said.err
    assert "median of 3 songs" in said.out
    assert "95 %" in said.out
    assert list(json.loads(unbraid("evaluate", estimates.parent, multitrack.parent, "--json").out)) == [
        "One", "Three", "Two",
    ]  # fmt: skip


def test_evaluate_tells_what_does_not_match(unbraid, multitrack, tmp_path) -> None:
    said = unbraid("evaluate", tmp_path / "nowhere", multitrack)
    assert (said.code, "does not exist" in said.err) == (1, True)
    strange = write(tmp_path / "strange", flute=np.zeros((100, 2)))
    said = unbraid("evaluate", strange, multitrack)
    assert said.code == 2
    assert "no stem of flute answers to a true one" in said.err.replace("\n", " ")


def test_compare_shows_writes_and_draws(unbraid, multitrack, tmp_path) -> None:
    plot, figures = tmp_path / "plot.svg", tmp_path / "figures.json"
    said = unbraid("compare", multitrack, "-m", HALVES, "-m", ECHO, "--plot", plot, "-o", figures)
    assert said.code == 0, said.err
    assert "vocals" in said.out
    assert plot.read_text(encoding="utf-8").startswith("<?xml")
    trials = json.loads(figures.read_text())["trials"]
    assert [trial["method"] for trial in trials] == ["mix", ECHO]  # halves are called left and rest: nobody's stems
    assert trials[1]["targets"]["vocals"]["plain SDR"] is None  # infinite: they are the true ones
    assert "answers to a true one" in said.err.replace("\n", " ")
    assert unbraid("compare", multitrack, "-m", ECHO, "--plot", plot).code == 1


def test_compare_for_scripts(unbraid, multitrack) -> None:
    said = unbraid("compare", multitrack, "-m", ECHO, "--json")
    assert [event["event"] for event in said.events if event["event"] != "progress"] == ["trial", "trial", "done"]


@pytest.mark.slow
def test_compare_takes_parameters_of_each_method(unbraid, multitrack) -> None:
    said = unbraid("compare", multitrack, "-m", "hpss", "-p", "hpss.window=512", "-p", "hpss.hop=128")
    assert said.code == 0, said.err
    for wrong, words in (("window=512", "does not say whose"), ("repet.order=3", "repet, which is not compared")):
        said = unbraid("compare", multitrack, "-m", "hpss", "-p", wrong)
        assert said.code == 2
        assert words in said.err.replace("\n", " ")


def test_compare_refuses_a_picture_it_cannot_draw_before_it_works(unbraid, multitrack, tmp_path) -> None:
    said = unbraid("compare", multitrack, "-m", ECHO, "--plot", tmp_path / "plot.gif")
    assert said.code == 2
    assert "png, svg, pdf" in said.err


@pytest.mark.slow
def test_compare_without_true_stems_tells_how_methods_agree(unbraid, multitrack) -> None:
    mix = multitrack / "mix.wav"
    said = unbraid("compare", mix, "-m", "repet_sim", "-m", "hpss_voice")
    assert said.code == 0, said.err
    assert "vocals: agreement in dB" in said.out
    events = unbraid("compare", mix, "-m", "repet_sim", "-m", "hpss_voice", "--json").events
    (agreement,) = [event for event in events if event["event"] == "agreement"]
    assert agreement["si_sdr"][0][0] is None
    assert agreement["si_sdr"][0][1] == agreement["si_sdr"][1][0]
    said = unbraid("compare", mix, "-m", ECHO)
    assert (said.code, "ask for true stems" in said.err) == (2, True)


def test_separate_a_folder_tells_its_stems_to_methods_that_want_them(unbraid, multitrack, tmp_path) -> None:
    said = unbraid("separate", multitrack, "-m", ECHO, "-o", tmp_path / "out")
    assert said.code == 0, said.err
    assert sorted(p.name for p in (tmp_path / "out").rglob("*.wav")) == ["mix - drums.wav", "mix - vocals.wav"]
    (multitrack / "mix.wav").unlink()
    said = unbraid("separate", multitrack, "-m", ECHO, "-o", tmp_path / "sum")
    assert said.code == 0, said.err
    names = [f"{multitrack.name} - drums.wav", f"{multitrack.name} - vocals.wav"]
    assert sorted(p.name for p in (tmp_path / "sum").rglob("*.wav")) == names


def test_additivity(unbraid, multitrack, tmp_path) -> None:
    said = unbraid("additivity", multitrack, "--plot", tmp_path / "a.png", "--steps", "10")
    assert said.code == 0, said.err
    assert "L_alpha" in said.out
    assert "best" in said.out
    assert (tmp_path / "a.png").is_file()
    (event, done) = [e for e in unbraid("additivity", multitrack, "--json").events if e["event"] != "progress"]
    assert (len(event["alphas"]), done["songs"]) == (50, 1)
    (multitrack / "drums.wav").unlink()
    assert unbraid("additivity", multitrack).code == 2
