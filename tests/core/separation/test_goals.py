"""Goals name separators that exist, with values they take and stems they make."""

from __future__ import annotations

import pytest

from unbraid.core.errors import ParameterError
from unbraid.core.separation import contract, registry
from unbraid.core.separation.goals import GOALS, Goal, goal
from unbraid.core.separation.guide import Guide

WAYS = [(g, way) for g in GOALS for way in (g.way, g.draft) if way is not None]


@pytest.mark.parametrize(("wanted", "way"), WAYS, ids=lambda value: getattr(value, "id", getattr(value, "method", "")))
def test_each_way_can_be_gone(wanted: Goal, way) -> None:
    separator = contract.configure(registry.load(way.method), way.values)
    made = contract.targets(separator, Guide())
    assert set(way.merged) <= set(made)
    names = {way.merged.get(name, name) for name in made}
    assert set(wanted.silenced) <= names


@pytest.mark.parametrize("wanted", [g for g in GOALS if g.draft], ids=lambda g: g.id)
def test_a_draft_has_stems_that_the_result_has_too(wanted: Goal) -> None:
    def names(way) -> set[str]:
        made = contract.targets(contract.configure(registry.load(way.method), way.values), Guide())
        return {way.merged.get(name, name) for name in made}

    assert names(wanted.draft) <= names(wanted.way)


def test_goals_are_found_by_name() -> None:
    assert goal("karaoke").silenced == ("vocals",)
    with pytest.raises(ParameterError, match="karaoke"):
        goal("world peace")
