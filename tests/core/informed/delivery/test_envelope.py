"""Parts of side-information: put together in any order, and not at all when they do not fit."""

from __future__ import annotations

import pytest

from unbraid.core.errors import BitstreamError
from unbraid.core.informed.delivery import envelope

PAYLOAD = bytes(range(256)) * 4


def test_parts_come_back_in_any_order() -> None:
    parts = envelope.parts(PAYLOAD, 120)
    assert max(map(len, parts)) == 120
    assert envelope.join(reversed(parts)) == PAYLOAD


def test_no_parts_are_no_payload() -> None:
    assert envelope.join([]) is None


def test_a_missing_part_is_damage() -> None:
    with pytest.raises(BitstreamError, match="damaged"):
        envelope.join(envelope.parts(PAYLOAD, 120)[:-1])


def test_a_wrong_byte_is_damage() -> None:
    part = bytearray(envelope.parts(PAYLOAD, 5000)[0])
    part[-1] ^= 1
    with pytest.raises(BitstreamError, match="damaged"):
        envelope.join([bytes(part)])


def test_parts_of_two_payloads_are_not_mixed() -> None:
    with pytest.raises(BitstreamError, match="mixed up"):
        envelope.join([*envelope.parts(PAYLOAD, 5000), *envelope.parts(PAYLOAD[1:], 5000)])


def test_another_version_is_named() -> None:
    part = bytearray(envelope.parts(PAYLOAD, 5000)[0])
    part[4] = 9
    with pytest.raises(BitstreamError, match="version 9"):
        envelope.join([bytes(part)])


@pytest.mark.parametrize("part", [b"", b"UNBR", b"XXXX" + bytes(16), b"UNBR\1\0\0\5\0\3" + bytes(8)])
def test_nonsense_is_damage(part: bytes) -> None:
    with pytest.raises(BitstreamError):
        envelope.join([part])
