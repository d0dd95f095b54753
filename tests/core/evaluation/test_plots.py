from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from comparisons import COMPARISON

from unbraid.core.errors import ParameterError
from unbraid.core.evaluation import plots

STARTS = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


@pytest.mark.parametrize("kind", plots.FORMATS)
def test_a_comparison_is_drawn_and_the_same_each_time(tmp_path: Path, kind: str) -> None:
    for name in ("a", "b"):
        plots.write_comparison(tmp_path / f"{name}.{kind}", COMPARISON)
    drawn = (tmp_path / f"a.{kind}").read_bytes()
    assert drawn.startswith(STARTS[kind])
    assert drawn == (tmp_path / f"b.{kind}").read_bytes()


def test_the_words_of_a_drawing_stay_words(tmp_path: Path) -> None:
    plots.write_comparison(tmp_path / "a.svg", COMPARISON)
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert all(word in text for word in ("vocals", "drums", "good", "bad", "SDR in dB"))


def test_curves(tmp_path: Path) -> None:
    x = np.linspace(0.2, 2, 9)
    plots.write_curves(tmp_path / "c.png", x, {"one": (x - 1) ** 2, "two": x}, x_label="exponent", y_label="d")
    assert (tmp_path / "c.png").read_bytes().startswith(STARTS["png"])


def test_other_formats_are_refused_and_files_are_kept(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="a plot is a file of png, svg, pdf, not 'a.gif'"):
        plots.write_comparison(tmp_path / "a.gif", COMPARISON)
    (tmp_path / "a.png").write_bytes(b"mine")
    with pytest.raises(Exception, match="exists"):
        plots.write_comparison(tmp_path / "a.png", COMPARISON)
    assert (tmp_path / "a.png").read_bytes() == b"mine"
