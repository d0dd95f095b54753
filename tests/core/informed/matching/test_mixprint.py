"""The print of a mix: its size, its bytes, and what is not one."""

from __future__ import annotations

import numpy as np
import pytest
from signals import noise, vocals

from unbraid.core.audio import Audio
from unbraid.core.errors import BitstreamError
from unbraid.core.informed.matching.matching import match
from unbraid.core.informed.matching.mixprint import MixPrint, digest, mix_print


def test_it_is_small() -> None:
    assert len(mix_print(noise(seconds=40.0))) <= 1210
    assert len(mix_print(noise(seconds=2.0))) < 250


@pytest.mark.parametrize("sound", [noise(seconds=3.0), vocals(), noise(seconds=0.01), noise(channels=5)])
def test_bytes_come_back(sound: Audio) -> None:
    data = mix_print(sound)
    assert MixPrint.read(data).write() == data
    assert mix_print(sound) == data
    assert match(data, sound).exact


def test_nothing_at_all_has_a_print() -> None:
    empty = Audio.silence(0, 2, 44100)
    assert match(mix_print(empty), empty).exact


def test_the_digest_is_that_of_24_bits() -> None:
    a = noise(seconds=0.5)
    rounded = Audio.of(np.rint(a.samples * 2.0**23) / 2.0**23, a.rate)
    assert digest(a) == digest(rounded)
    other = rounded.samples.copy()
    other[100, 1] += np.float32(2.0**-23)
    assert digest(Audio(other, a.rate)) != digest(a)
    assert digest(Audio(a.samples, 48000)) != digest(a)


def test_damage_is_reported_or_does_no_harm() -> None:
    sound = noise(seconds=3.0)
    data = mix_print(sound)
    rng = np.random.default_rng(0)
    for number in range(300):
        broken = bytearray(data)
        for place in rng.integers(0, 40 if number % 2 else len(data), 2):
            broken[place] = rng.integers(256)
        cut = bytes(broken[: rng.integers(len(data) + 1)] if number % 3 == 0 else broken)
        try:
            MixPrint.read(cut)
        except BitstreamError as problem:
            assert "print of the mix" in str(problem)


def test_another_version_is_named() -> None:
    data = mix_print(noise(seconds=0.5))
    with pytest.raises(BitstreamError, match="version 9"):
        MixPrint.read(b"\x09" + data[1:])
