"""A patch leads from one value to the other, says little, and shares what did not change."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbraid.core.document import json_text, patches

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, "a", ""]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


@given(json_values, json_values)
def test_it_leads_from_any_value_to_any_other(old: Any, new: Any) -> None:
    before = json_text.canonical(old)
    patch = patches.diff(old, new)
    assert json_text.canonical(patches.apply(old, patch)) == json_text.canonical(new)
    assert json_text.canonical(old) == before
    assert patches.diff(new, new) == []


def test_one_field_is_one_operation_and_the_rest_is_shared() -> None:
    old = {"stems": [{"id": n, "strip": {"gain": 0.0}} for n in range(50)]}
    new = {"stems": [*old["stems"][:20], {"id": 20, "strip": {"gain": -3.0}}, *old["stems"][21:]]}
    patch = patches.diff(old, new)
    assert patch == [["set", ["stems", 20, "strip", "gain"], -3.0]]
    assert patches.apply(old, patch)["stems"][0] is old["stems"][0]


def test_an_element_more_or_less_is_a_cut() -> None:
    assert patches.diff([1, 2, 3], [1, 9, 2, 3]) == [["cut", [], 1, 0, [9]]]
    assert patches.diff([1, 2, 3], [1, 3]) == [["cut", [], 1, 1, []]]
    assert patches.diff([1, 1], [1]) == [["cut", [], 1, 1, []]]


@pytest.mark.parametrize(("old", "new"), [(1, True), (1, 1.0), (0, False), ([1], [True]), ({"a": 1}, {"a": True})])
def test_equal_in_python_is_not_the_same_in_json(old: Any, new: Any) -> None:
    assert patches.diff(old, new)


@pytest.mark.parametrize(
    "patch",
    [
        [["set"]],
        [["set", ["a", "b"], 1]],
        [["del", ["x"]]],
        [["del", []]],
        [["cut", ["a"], 0, 1, []]],
        [["boo", [], 1]],
        [["cut", ["l"], 1, 5, []]],
        [["cut", ["l"], -1, 0, []]],
        [["set", ["l", 7], 1]],
        [["set", ["l", True], 1]],
        [7],
        [["set", [{}], 1]],
        [["set", 5, 1]],
        3,
    ],
    ids=str,
)
def test_a_patch_that_does_not_fit_is_refused(patch: Any) -> None:
    with pytest.raises(ValueError, match="."):
        patches.apply({"a": 1, "l": [1, 2]}, patch)
