"""Work that is stopped at one of its questions whether to go on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from unbraid.core.errors import Cancelled
from unbraid.core.progress import Progress


def assert_stops(work: Callable[[Progress], object], stop_at: int) -> None:
    """The work asks `stop_at` times, is stopped then, and asks no more."""
    calls = 0

    def stop(fraction: float, message: str) -> None:
        nonlocal calls
        calls += 1
        if calls == stop_at:
            raise Cancelled

    with pytest.raises(Cancelled):
        work(stop)
    assert calls == stop_at
