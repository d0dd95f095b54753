from __future__ import annotations

import dataclasses
import re

import pytest

from unbraid.app.theme import signs, tokens
from unbraid.app.theme.look import resource_folder, stylesheet
from unbraid.app.theme.tokens import THEMES, Theme, contrast

SURFACES = ("window", "panel", "card", "field", "control", "control_hover", "control_pressed", "tint")
BOTH = pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@BOTH
@pytest.mark.parametrize("surface", SURFACES)
def test_text_is_read_on_every_surface(theme: Theme, surface: str) -> None:
    ground = getattr(theme, surface)
    assert contrast(theme.text, ground) >= 7
    assert contrast(theme.muted, ground) >= 4.5


@BOTH
def test_texts_that_speak_are_read(theme: Theme) -> None:
    for name in ("info", "warning", "error", "good", "accent"):
        for surface in ("window", "panel", "card", "field"):
            assert contrast(getattr(theme, name), getattr(theme, surface)) >= 4.5, (name, surface)
    for ground in ("accent", "accent_hover", "accent_pressed"):
        assert contrast(theme.on_accent, getattr(theme, ground)) >= 4.5
    assert contrast(theme.tip_text, theme.tip) >= 4.5
    assert contrast(theme.canvas_text, theme.canvas) >= 4.5
    assert contrast(theme.window, theme.warning) >= 4.5  # the lit mute button


@BOTH
def test_the_focus_and_outlines_are_seen(theme: Theme) -> None:
    for surface in ("window", "panel", "field", "control", "control_hover"):
        assert contrast(theme.accent, getattr(theme, surface)) >= 3, surface
    for surface in ("window", "panel", "field"):
        assert contrast(theme.edge, getattr(theme, surface)) >= 3, surface
        assert contrast(theme.disabled, getattr(theme, surface)) >= 3, surface


@BOTH
def test_the_stylesheet_is_complete(theme: Theme) -> None:
    text = stylesheet(theme)
    assert "$" not in text
    colours = {value for value in vars(theme).values() if isinstance(value, str) and value.startswith("#")}
    assert set(re.findall(r"#[0-9a-f]{6}", text)) <= colours
    for path in re.findall(r'url\("([^"]+)"\)', text):
        assert (resource_folder("theme") / theme.name / path.rpartition("/")[2]).is_file(), path


@BOTH
def test_signs_are_drawn_in_the_themes_colours(theme: Theme) -> None:
    folder = resource_folder("theme") / theme.name
    drawn = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.svg")}
    assert drawn == {name: signs.svg(name, colour) for name, colour in signs.colours(theme).items()}


def test_both_themes_have_every_colour() -> None:
    for theme in THEMES.values():
        for field in dataclasses.fields(theme):
            if field.name not in ("name", "is_dark"):
                assert re.fullmatch("#[0-9a-f]{6}", getattr(theme, field.name)), field.name


def test_controls_are_large_enough() -> None:
    assert tokens.CONTROL >= tokens.HIT >= 24
    assert (tokens.SMALL, tokens.TEXT, tokens.TITLE, tokens.DISPLAY) == (11, 13, 15, 20)
