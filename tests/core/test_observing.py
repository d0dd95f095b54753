"""Whoever is connected is told, and a failing one stops nobody."""

from __future__ import annotations

import logging

import pytest

from unbraid.core.observing import Observers


def test_all_are_told_in_order_with_the_values() -> None:
    told: list[object] = []
    observers: Observers[int, str] = Observers()
    observers.connect(lambda number, text: told.append(("first", number, text)))
    observers.connect(lambda number, text: told.append(("second", number, text)))
    observers.emit(1, "a")
    assert told == [("first", 1, "a"), ("second", 1, "a")]


def test_who_disconnects_is_told_no_more() -> None:
    told: list[int] = []
    observers: Observers[int] = Observers()
    disconnect = observers.connect(told.append)
    observers.connect(told.append)
    observers.emit(1)
    disconnect()
    disconnect()
    observers.emit(2)
    assert told == [1, 1, 2]
    assert len(observers) == 1


def test_one_that_raises_is_logged_and_the_others_are_told(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    observers: Observers[()] = Observers()
    observers.connect(lambda: 1 / 0)
    observers.connect(lambda: told.append("told"))
    with caplog.at_level(logging.CRITICAL):
        observers.emit()
    assert told == ["told"]


def test_observers_may_come_and_go_while_others_are_told() -> None:
    told: list[str] = []
    observers: Observers[()] = Observers()

    def once() -> None:
        told.append("once")
        disconnect()
        observers.connect(lambda: told.append("later"))

    disconnect = observers.connect(once)
    observers.emit()
    observers.emit()
    assert told == ["once", "later"]
