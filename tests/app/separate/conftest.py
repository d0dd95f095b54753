from __future__ import annotations

import pytest

from unbraid.core.separation import registry
from unbraid.core.separation.registry import Card


@pytest.fixture(scope="session")
def cards() -> list[Card]:
    """All separators that are installed."""
    return list(registry.cards())
