"""Progress: the only way back from long work, and where it is stopped."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told by long work; raises `Cancelled` when the user has stopped it."""

    def __call__(self, fraction: float, message: str, /) -> None:
        """Tell how far the work is (0 to 1) and what it is doing; call at least once a second."""


def silent_progress(fraction: float, message: str) -> None:
    """Progress that nobody watches."""


def part_of(progress: Progress, start: float, stop: float) -> Progress:
    """Progress of a stage that lasts from `start` to `stop` of the whole, both reached to the last bit."""

    def told(fraction: float, message: str) -> None:
        inside = min(max(fraction, 0.0), 1.0)
        progress(start * (1.0 - inside) + stop * inside, message)

    return told
