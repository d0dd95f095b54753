from __future__ import annotations

import pytest

from unbraid.app.separate.card import card_words
from unbraid.core.separation.registry import Card

pytestmark = pytest.mark.gui


def test_every_method_says_what_it_makes_how_fast_and_whose_it_is(cards: list[Card]) -> None:
    for card in cards:
        assert card.info is not None, card.error
        words = card_words(card, {card.name: 12.34})
        assert "12.3 times real time" in words and card.info.licence in words
        assert "not measured" in card_words(card, {})
        if card.targets:
            assert "Stems:" in words


def test_a_method_that_cannot_be_loaded_says_why() -> None:
    assert card_words(Card("broken", "somebody", error="ImportError: no torch"), {}) == "ImportError: no torch"
