from __future__ import annotations

import re

import pytest

from unbraid.app.theme.stems import COLOURS, FURTHER, ink_on, stem_colour, stem_letter, stem_title
from unbraid.app.theme.tokens import contrast


def test_the_four_stems_have_their_colours() -> None:
    assert [stem_colour(name) for name in ("drums", "bass", "other", "vocals")] == [
        "#009E73",
        "#D55E00",
        "#CC79A7",
        "#56B4E9",
    ]


@pytest.mark.parametrize("name", ["Drums", " drums", "lead vocals", "Lead-Vocals", "synth", "my own", "", "日本"])
def test_any_name_has_a_colour_and_a_letter(name: str) -> None:
    assert re.fullmatch("#[0-9A-F]{6}", stem_colour(name))
    assert stem_colour(name) == stem_colour(name.upper())
    assert len(stem_letter(name)) == 1


def test_letters() -> None:
    assert [stem_letter(name) for name in ("vocals", "Drums", "mix", "lead_vocals")] == ["V", "D", "Σ", "L"]


def test_a_letter_is_read_on_its_colour() -> None:
    for colour in (*COLOURS.values(), *FURTHER):
        assert contrast(ink_on(colour), colour) >= 4.5


def test_titles() -> None:
    assert stem_title("lead_vocals") == "lead vocals"
    assert stem_title("My Stem") == "My Stem"
