"""Telling others that something changed: the one joint through which the document speaks to whoever shows it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Generic, TypeVarTuple

logger = logging.getLogger(__name__)

Values = TypeVarTuple("Values")


class Observers(Generic[*Values]):
    """Functions that are called with values, in the order in which they were connected, in the caller's thread.

    `Observers[Project, Project]()` tells two projects, `Observers[()]()` tells nothing but that it happened. An
    observer that raises is logged, and the others are still told.
    """

    def __init__(self) -> None:
        self._observers: tuple[Callable[[*Values], object], ...] = ()

    def connect(self, observer: Callable[[*Values], object]) -> Callable[[], None]:
        """Call `observer` from now on; returns the function that ends it (calling that twice is harmless)."""
        entry = _Entry(observer)
        self._observers = (*self._observers, entry)

        def disconnect() -> None:
            self._observers = tuple(one for one in self._observers if one is not entry)

        return disconnect

    def emit(self, *values: *Values) -> None:
        """Tell everyone connected at this moment."""
        for observer in self._observers:
            try:
                observer(*values)
            except Exception:
                logger.exception("an observer failed; the others are told all the same")

    def __len__(self) -> int:
        return len(self._observers)


class _Entry(Generic[*Values]):
    """A connection of its own, so that a function connected twice can be disconnected once."""

    def __init__(self, observer: Callable[[*Values], object]) -> None:
        self._observer = observer

    def __call__(self, *values: *Values) -> object:
        return self._observer(*values)
