"""JSON from strangers and to them: sizes and depths are capped, and what is no JSON by the standard is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

JsonObject = dict[str, Any]

LARGEST_BYTES = 64 << 20
DEEPEST = 64
MOST_DIGITS = 20


def parse(data: bytes) -> Any:
    """What a JSON text says; ValueError for one that is too large, too deep, no UTF-8, or no JSON (NaN included)."""
    if len(data) > LARGEST_BYTES:
        raise ValueError(f"it has {len(data)} bytes, more than the {LARGEST_BYTES} allowed")
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_refuse, parse_int=_int)
    except RecursionError:
        raise ValueError(f"it is nested deeper than {DEEPEST} levels") from None
    if data.count(b"[") + data.count(b"{") > DEEPEST and _depth(value) > DEEPEST:
        raise ValueError(f"it is nested deeper than {DEEPEST} levels")
    return value


def pretty(value: Any) -> str:
    """JSON for people to read, with a line end."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def compact(value: Any) -> str:
    """JSON in one line."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def canonical(value: Any) -> str:
    """One text for equal values, whatever the order of their fields: what checksums are made of."""
    return json.dumps(value, allow_nan=False, sort_keys=True, separators=(",", ":"))


def encode(text: str) -> bytes:
    """UTF-8; halves of surrogate pairs (names of files that are no Unicode) as JSON's own escapes."""
    return text.encode("utf-8", errors="backslashreplace")


def _int(digits: str) -> int:
    """An integer that any float can hold nearly."""
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number has {len(digits)} digits")
    return int(digits)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _depth(value: Any) -> int:
    """Levels of nesting, without recursion; counted no further than is allowed."""
    depth, level = 0, [value]
    while level and depth <= DEEPEST:
        level = [child for parent in level for child in _children(parent)]
        level = [child for child in level if isinstance(child, (dict, list))]
        depth += 1
    return depth


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
