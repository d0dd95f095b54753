"""Little songs with stems, and what informed coding makes of them: integers only, so the same samples everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from unbraid.core.audio import Audio
from unbraid.core.informed import fitting
from unbraid.core.informed.decoder import Decoder, SideInformation
from unbraid.core.informed.packets import BLOCK, DICTIONARY, END, HEADER, RESIDUAL, Patience, Scanner
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.sources import GivenStem, Sources, gather

Samples = npt.NDArray[np.float32]
RATE = 8000
KINDS = {"header": HEADER, "dictionary": DICTIONARY, "block": BLOCK, "residual": RESIDUAL, "end": END}


@dataclass(frozen=True, eq=False)
class Song:
    """A mix (N, I) and its stems."""

    mix: Samples
    stems: tuple[Samples, ...]
    rate: int = RATE

    def sources(self, priorities: Sequence[float] = ()) -> Sources:
        """As an encoder takes them."""
        weights = priorities or [1.0] * len(self.stems)
        given = [GivenStem(NAMES[j], Audio(s, self.rate), "", weights[j]) for j, s in enumerate(self.stems)]
        return gather(Audio(self.mix, self.rate), given)


NAMES = ("bass", "voice", "drums", *(f"part {number}" for number in range(4, 18)))


def noise(count: int, seed: int) -> npt.NDArray[np.int64]:
    """Numbers from -2^15 to 2^15."""
    state = (np.arange(1, count + 1, dtype=np.uint64) + np.uint64(seed << 32)) * np.uint64(0x9E3779B97F4A7C15)
    state ^= state >> np.uint64(31)
    state *= np.uint64(0xBF58476D1CE4E5B9)
    state ^= state >> np.uint64(29)
    return (state >> np.uint64(48)).astype(np.int64) - (1 << 15)


def part(number: int, count: int, rate: int) -> npt.NDArray[np.int64]:
    """One player: triangle waves in notes of a fifth of a second, or strokes of noise; 2^15 is full scale."""
    place = np.arange(count, dtype=np.int64)
    note = place // (rate // 5)
    pitch = 90 + 37 * ((note * (number + 3) + number * number) % 11) + 55 * number
    phase = (place * pitch * 65536 // rate) % 65536
    wave = np.abs(phase - 32768) * 2 - 32768
    fade = 65536 - ((place % (rate // 5)) * 5 * 60000) // rate
    if number % 3 == 2:
        wave = noise(count, number)
        fade = (fade >> 8) ** 2 >> 1
    rests = (note * 7 + number * 5) % 9 < 7
    return np.asarray(wave * fade * rests >> 18, np.int64)


def song(seconds: float = 2.0, *, stems: int = 3, channels: int = 2, rate: int = RATE, rest: int = 300) -> Song:
    """A song. rest: amplitude of what the stems leave of the mix, 2^15 is full scale."""
    count = max(1, round(seconds * rate))
    parts = []
    for number in range(stems):
        mono = part(number, count, rate)
        gains = (40 + 13 * number % 64, 64 - 17 * number % 40)[:channels]
        parts.append(np.stack([mono * gain >> 6 for gain in gains], 1))
    whole = np.sum(parts, axis=0)
    if rest:
        whole = whole + np.stack([noise(count, 99 + c) * rest >> 15 for c in range(channels)], 1)
    return Song(_floats(whole), tuple(_floats(p) for p in parts), rate)


def _floats(values: npt.NDArray[np.int64]) -> Samples:
    return (values / 32768).astype(np.float32)


@contextmanager
def short_blocks(block_s: float = 0.5, bands: int = 48) -> Iterator[None]:
    """Parametric layers made within have blocks so long, and so many bands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(Grid.of.__func__.__kwdefaults__, "block_s", block_s)  # type: ignore[attr-defined]
        patch.setattr(fitting, "BANDS", bands)
        patch.setattr(fitting, "LOW_BANDS", bands)
        yield


def decoded(stream: bytes, mix: Samples, start: int = 0, stop: int | None = None) -> Samples:
    """All sources (J, n, I) in samples `start` to `stop`, by a fresh decoder."""
    return Decoder(SideInformation(stream), mix).images(start, len(mix) if stop is None else stop)


def sdr(true: Samples, found: Samples) -> float:
    """Signal to distortion ratio in dB."""
    error = np.square(true - found, dtype=np.float64).sum()
    return float(10 * np.log10(np.square(true, dtype=np.float64).sum() / max(error, 1e-30)))


def without(stream: bytes, kind: str, index: int) -> bytes:
    """The stream without the packets of a kind with this index (all copies)."""
    scanner, out, at = Scanner(stream, Patience()), bytearray(), 0
    while (packet := scanner.next()) is not None:
        if (packet.kind, packet.index) == (KINDS[kind], index):
            out += stream[at : packet.start]
            at = packet.end
    return bytes(out) + stream[at:]
