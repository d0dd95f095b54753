from __future__ import annotations

from collections.abc import Iterator

import pytest
import window_texts
from PySide6.QtWidgets import QApplication

from unbraid.app import translation
from unbraid.app.translation import number, tr, tr_known, trn

CODES = ("de", "fr")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    yield
    translation.use_language("en")


@pytest.mark.parametrize("code", CODES)
def test_every_text_of_the_window_is_translated(code: str) -> None:
    have = window_texts.catalog(code)["texts"]
    missing = {text: where for text, where in window_texts.texts().items() if text not in have}
    assert not missing


@pytest.mark.parametrize("code", CODES)
def test_no_translation_is_left_over(code: str) -> None:
    assert not set(window_texts.catalog(code)["texts"]) - set(window_texts.texts())


@pytest.mark.parametrize("code", CODES)
def test_translations_have_the_same_placeholders(code: str) -> None:
    sections = window_texts.catalog(code)
    for text, translated in {**sections["texts"], **sections["known"]}.items():
        assert translated.strip(), text
        assert window_texts.placeholders(text) == window_texts.placeholders(translated), text
        assert text.endswith("…") == translated.endswith("…"), text


def test_both_catalogs_know_the_same_texts_of_the_engine() -> None:
    assert window_texts.catalog("de")["known"].keys() == window_texts.catalog("fr")["known"].keys()


def test_texts_given_to_tr_are_literals() -> None:
    assert not window_texts.not_literal()


def test_english_is_the_key_and_values_are_filled_in() -> None:
    assert tr("{count} files", count=3) == "3 files"
    assert trn("{n} file", "{n} files", 1) == "1 file"
    assert trn("{n} file", "{n} files", 0) == "0 files"


def test_a_language_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"{n} file": "{n} fichier", "{n} files": "{n} fichiers", "vocals": "voix"}
    monkeypatch.setattr(translation, "catalog", lambda code: table if code == "fr" else {})
    assert translation.use_language("fr") == "fr" == translation.current()
    assert [trn("{n} file", "{n} files", n) for n in (0, 1, 2)] == ["0 fichier", "1 fichier", "2 fichiers"]
    assert tr_known("vocals") == "voix"
    assert tr_known("my own stem") == "my own stem"


def test_an_unknown_language_is_english() -> None:
    assert translation.use_language("xx") == "en"


def test_a_translation_that_does_not_fit_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation, "catalog", lambda code: {"{a} here": "{b} da"})
    translation.use_language("de")
    assert tr("{a} here", a=1) == "1 here"


def test_a_damaged_catalog_leaves_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation.json, "loads", lambda text: {"texts": {}})
    assert translation.use_language("de") == "de"
    assert tr("Close") == "Close"


def test_the_desktops_language(monkeypatch: pytest.MonkeyPatch) -> None:
    from PySide6.QtCore import QLocale

    monkeypatch.setattr(QLocale, "uiLanguages", lambda self: ["es-ES", "fr-CA", "de"])
    assert translation.use_language("system") == "fr"


def test_numbers_as_the_language_writes_them() -> None:
    assert number(-3.04) == "−3.0"
    assert number(-0.04) == "0.0"
    assert number(0.04, sign=True) == "0.0"
    assert number(2.5, 2, sign=True) == "+2.50"
    assert number(float("-inf")) == "−∞"
    translation.use_language("de")
    assert number(-3.25, 2) == "−3,25"


@pytest.mark.gui
def test_qts_own_texts_follow(qapp: QApplication) -> None:
    translation.use_language("de")
    assert translation.install_qt_translations(qapp)
    assert qapp.translate("QPlatformTheme", "Cancel") == "Abbrechen"
    translation.use_language("en")
    assert translation.install_qt_translations(qapp)
    assert qapp.translate("QPlatformTheme", "Cancel") == "Cancel"


@pytest.mark.parametrize("code", CODES)
def test_methods_and_stems_are_known(code: str) -> None:
    from unbraid.core.separation import registry
    from unbraid.core.separation.goals import GOALS

    have = {**window_texts.catalog(code)["known"], **window_texts.catalog(code)["texts"]}
    wanted = {"vocals", "drums", "bass", "other", "residual", "mix", "lead_vocals", "instrumental"}
    for card in registry.cards():
        if card.info is not None:
            wanted |= {card.info.title, card.info.summary, *card.info.targets}
        for parameter in card.parameters:
            wanted |= {parameter.title, parameter.help, parameter.unit}
    for goal in GOALS:
        wanted |= {goal.title, goal.summary}
    assert not {text for text in wanted if text} - have.keys()
