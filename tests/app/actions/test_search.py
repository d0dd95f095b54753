from __future__ import annotations

import pytest

from unbraid.app.actions.search import fold, score


def test_folding() -> None:
    assert fold("Überblenden À") == "uberblenden a"


@pytest.mark.parametrize(
    ("wanted", "text"),
    [("zoom", "Zoom in"), ("in", "Zoom in"), ("zi", "Zoom in"), ("oo", "Zoom in"), ("zmn", "Zoom in"),
     ("sel zoom", "Zoom to selection"), ("uber", "Überblenden"), ("", "anything")],
)  # fmt: skip
def test_found(wanted: str, text: str) -> None:
    assert score(wanted, text) > 0


@pytest.mark.parametrize(
    ("wanted", "text"), [("zoomx", "Zoom in"), ("ni", "Zoom in"), ("zoom out", "Zoom in"), ("x", "")]
)
def test_not_found(wanted: str, text: str) -> None:
    assert score(wanted, text) == 0


def test_the_better_answer_comes_first() -> None:
    texts = ["Reset the mixer", "Solo", "Separate again", "Also this"]
    assert sorted(texts, key=lambda t: -score("so", t))[:2] == ["Solo", "Also this"]
    assert score("se", "Separate") > score("se", "Reset")
