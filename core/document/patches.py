"""What changed between two JSON values, as few words as possible: a step of the journal.

A patch is a list of operations on a path of keys and positions: `["set", path, value]`, `["del", path]` and
`["cut", path, start, count, items]`, which puts `items` in place of `count` elements of a list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Path = list[str | int]
Patch = list[list[Any]]

_NOTHING = object()


def diff(old: Any, new: Any) -> Patch:
    """The patch that makes `new` of `old`; empty when they are the same (1, 1.0 and true are not)."""
    patch: Patch = []
    _diff(old, new, [], patch)
    return patch


def apply(value: Any, patch: Patch) -> Any:
    """`value` with the patch applied; what it does not touch is shared, nothing is modified.

    A patch that does not fit raises ValueError.
    """
    try:
        for operation in patch:
            value = _applied(value, operation)
    except (TypeError, KeyError, IndexError, AttributeError) as problem:
        raise ValueError(f"the patch does not fit: {problem!r}") from None
    return value


def _diff(old: Any, new: Any, path: Path, patch: Patch) -> None:
    if old is new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        patch.extend(["del", [*path, key]] for key in old if key not in new)
        for key, value in new.items():
            if key in old:
                _diff(old[key], value, [*path, key], patch)
            else:
                patch.append(["set", [*path, key], value])
    elif isinstance(old, list) and isinstance(new, list):
        _diff_lists(old, new, path, patch)
    elif type(old) is not type(new) or old != new:
        patch.append(["set", path, new])


def _diff_lists(old: list[Any], new: list[Any], path: Path, patch: Patch) -> None:
    """Element by element when the lengths agree; otherwise the part between common beginning and end is replaced."""
    if len(old) == len(new):
        for position, (before, after) in enumerate(zip(old, new, strict=True)):
            _diff(before, after, [*path, position], patch)
        return
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and not diff(old[start], new[start]):
        start += 1
    end = 0
    while end < shorter - start and not diff(old[-1 - end], new[-1 - end]):
        end += 1
    patch.append(["cut", path, start, len(old) - end - start, new[start : len(new) - end]])


def _applied(value: Any, operation: list[Any]) -> Any:
    kind, path, *rest = operation
    if kind == "set" and len(rest) == 1:
        return _changed(value, path, lambda _: rest[0])
    if kind == "del" and not rest and path:
        return _changed(value, path, lambda _: _NOTHING)
    if kind == "cut" and len(rest) == 3:
        return _changed(value, path, lambda old: _cut(old, *rest))
    raise ValueError(f"there is no operation {kind!r} of that form")


def _changed(value: Any, path: Path, change: Callable[[Any], Any]) -> Any:
    """`value` with what lies at `path` changed, copied along the path only."""
    if not path:
        return change(value)
    key, rest = path[0], path[1:]
    if isinstance(value, dict) and isinstance(key, str):
        new = _changed(value[key] if rest or key in value else None, rest, change)
        copy = dict(value)
        if new is _NOTHING:
            del copy[key]
        else:
            copy[key] = new
        return copy
    if isinstance(value, list) and type(key) is int and 0 <= key < len(value):
        new = _changed(value[key], rest, change)
        return [*value[:key], *([] if new is _NOTHING else [new]), *value[key + 1 :]]
    raise ValueError(f"there is no {key!r} here")


def _cut(old: Any, start: Any, count: Any, items: Any) -> list[Any]:
    if not (isinstance(old, list) and type(start) is int and type(count) is int and isinstance(items, list)):
        raise ValueError("only a list can be cut")
    if start < 0 or count < 0 or start + count > len(old):
        raise ValueError("the cut lies outside of the list")
    return [*old[:start], *items, *old[start + count :]]
