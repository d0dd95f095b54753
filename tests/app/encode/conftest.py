"""A session with a studio that answers at once."""

from __future__ import annotations

import pytest
from fake_studio import FakeStudio
from windows import Bench

from unbraid.app.session.encoding import Encoding


@pytest.fixture
def studio() -> FakeStudio:
    return FakeStudio()


@pytest.fixture
def encoding(bench: Bench, studio: FakeStudio) -> Encoding:
    """Of a session without a document yet."""
    made = Encoding(bench.session, studio=lambda: studio, run=studio.run)
    bench.session.encoding = made  # type: ignore[attr-defined]
    return made
