"""JSON of strangers is capped, and nothing but JSON."""

from __future__ import annotations

import pytest

from unbraid.core.document import json_text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[NaN]",
        b"[Infinity]",
        b"\xff\xfe",
        b"[" * 65 + b"]" * 65,
        b"[" * 100_000,
        b'{"a":' * 70 + b"1" + b"}" * 70,
        b"9" * 30,
        b" " * (json_text.LARGEST_BYTES + 1),
        b"\x00",
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_too_much_or_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="."):
        json_text.parse(data)


def test_what_is_allowed_comes_back() -> None:
    value = {"ü": [1, 2.5, True, None, "\udc80", -(10**18)], "deep": []}
    for text in (json_text.pretty(value), json_text.compact(value)):
        assert json_text.parse(json_text.encode(text)) == value
    assert json_text.parse(b"[" * 64 + b"]" * 64)
    assert len(json_text.parse(b"[" + b"[]," * 1000 + b"[]]")) == 1001


def test_the_canonical_text_knows_no_order() -> None:
    assert json_text.canonical({"a": 1, "b": [2]}) == json_text.canonical({"b": [2], "a": 1})
