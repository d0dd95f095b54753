"""The numbers that are printed in docs/bitstream.md are those that the code gives."""

import hashlib
import math
import re
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unbraid.core.informed import mixing_models, range_coder, symbols
from unbraid.core.informed.header import Header, StemEntry, read_header, write_header
from unbraid.core.informed.packets import packets
from unbraid.core.informed.parametric import levels, ntf_coding, ntf_start
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.parametric.grid_coding import write_grid
from unbraid.core.informed.parametric.spatial import Places, cosines
from unbraid.core.informed.parametric.spatial_coding import write_places
from unbraid.core.informed.residual.levels import STEPS, WEIGHTS
from unbraid.core.informed.varint import signed_varint, varint

DOCUMENT = Path(__file__).parents[3] / "docs" / "bitstream.md"
BLOCK = re.compile(r"```vectors\n(.*?)```", re.DOTALL)
MONO = Header("", 44100, 44100, 1, 11025, (StemEntry("a", "a", channels=1),))


def bits(*pairs: str) -> bytes:
    coder, out = range_coder.writer(), range_coder.room_for(len(pairs))
    for pair in pairs:
        zero, bit = pair.split(":")
        range_coder.write_with(coder, out, int(zero), int(bit))
    return out[: range_coder.finish(coder, out)].tobytes()


def model(*coded: str) -> bytes:
    coder, out, models = range_coder.writer(), range_coder.room_for(len(coded)), range_coder.fresh(1)
    for bit in coded:
        range_coder.write_bit(coder, out, models, 0, int(bit))
    return out[: range_coder.finish(coder, out)].tobytes()


def numbers(write: Callable[..., None], values: tuple[str, ...]) -> bytes:
    coder, out = range_coder.writer(), range_coder.room_for(len(values) * symbols.BITS_PER_VALUE)
    models = range_coder.fresh(symbols.MODELS_PER_VALUE)
    for value in values:
        write(coder, out, models, 0, int(value))
    return out[: range_coder.finish(coder, out)].tobytes()


def mixed(*values: str) -> bytes:
    coder, out = range_coder.writer(), range_coder.room_for(len(values) * symbols.BITS_PER_VALUE)
    models, weights = range_coder.fresh(160), mixing_models.fresh_weights(mixing_models.SETS_PER_VALUE, 2)
    before = 0
    for value in map(int, values):
        bases = np.array([0, 40 * (1 + min(abs(before), 2))])
        mixing_models.write_mixed_value(coder, out, models, bases, weights, 0, value)
        before = value
    return out[: range_coder.finish(coder, out)].tobytes()


def whole(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def edges(*facts: str) -> str:
    rate, window, bands, corner = map(int, facts)
    return " ".join(map(str, Grid(rate, window, window // 2, bands, corner, 1).edges))


def places(*given: str) -> bytes:
    rows = " ".join(given).split(" / ")
    return write_places(Places(np.array([[whole(place) for place in row.split()] for row in rows]), 2))


def table(start: tuple[int, ...], top: str, last: str, _: str, *rows: str) -> bytes:
    values, out = np.array([whole(row) for row in rows]), np.zeros(256, np.uint8)
    models, state = ntf_coding.fresh(start), ntf_coding.silent_state(whole(last))
    return out[: ntf_coding.write_levels(values, int(top), models, state, range_coder.writer(), out)].tobytes()


def binary64(number: float) -> bytes:
    return struct.pack(">d", number)


GIVEN: dict[str, Callable[..., bytes | str]] = {
    "varint": lambda number: varint(int(number)),
    "signed": lambda number: signed_varint(int(number)),
    "packet": lambda kind, index, payload="": b"".join(packets(int(kind), int(index), bytes.fromhex(payload))),
    "header": lambda version, name: write_header(MONO),
    "bits": bits,
    "model": model,
    "values": lambda *values: numbers(symbols.write_value, values),
    "counts": lambda *values: numbers(symbols.write_count, values),
    "mixed": mixed,
    "grid": lambda *facts: write_grid(Grid(*map(int, facts))),
    "edges": edges,
    "places": places,
    "cosine": lambda k: binary64(cosines()[int(k)]),
    "amplitude": lambda semitones: binary64(levels.amplitude(int(semitones))),
    "step": lambda index: binary64(STEPS[int(index)]),
    "weight": lambda index: binary64(WEIGHTS[int(index)]),
    "templates": lambda *given: table(ntf_start.TEMPLATES, *given),
    "activations": lambda *given: table(ntf_start.ACTIVATIONS, *given),
}
LINES = [line for block in BLOCK.findall(DOCUMENT.read_text(encoding="utf-8")) for line in block.splitlines()]


@pytest.mark.parametrize("line", LINES)
def test_the_printed_bytes_are_what_is_written(line: str) -> None:
    asked, printed = line.split(" -> ")
    name, *arguments = asked.split()
    if name in GIVEN:
        given = GIVEN[name](*arguments)
        assert (given if isinstance(given, str) else given.hex()) == printed


def test_there_are_numbers_of_every_kind() -> None:
    assert {line.split()[0] for line in LINES} >= set(GIVEN)


def test_the_printed_header_is_read() -> None:
    line = next(line for line in LINES if line.startswith("header"))
    header = read_header(bytes.fromhex(line.split(" -> ")[1]))
    assert (header.frames, header.stems[0].name, header.blocks) == (44100, "a", 4)


def test_the_printed_digests_are_those_of_the_tables() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for table in (mixing_models.SQUASH, mixing_models.STRETCH):
        assert hashlib.sha256(table.astype("<i8").tobytes()).hexdigest() in text


def printed_starts() -> dict[str, list[int]]:
    """Tables of the block `starts`, by name."""
    found = re.search(r"```starts\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return {
        name: [int(number) for number in numbers.split()]
        for name, numbers in re.findall(r"([a-z]+)\n([0-9\s]+)", found[1])
    }


def test_the_printed_starts_are_those_of_the_tables() -> None:
    assert printed_starts() == {"templates": list(ntf_start.TEMPLATES), "activations": list(ntf_start.ACTIVATIONS)}


class ByTheText:
    """A decoder written from sections 5 to 7 of the document alone, in plain numbers."""

    def __init__(self, data: bytes, models: int, bases: int = 1) -> None:
        self.data = data
        self.place = 0
        self.range = 1 << 48
        self.code = 0
        self.models = [[1 << 21, 1 << 21, 0] for _ in range(models)]
        self.sets = [([65536 // bases] * bases, [0]) for _ in range(5)]
        self.squash = {x: min(max(round(65536 / (1 + math.exp(-x / 256))), 16), 65520) for x in range(-2047, 2048)}
        for _ in range(6):
            self.code = self.code << 8 | self.next_byte()

    def next_byte(self) -> int:
        self.place += 1
        return self.data[self.place - 1] if self.place <= len(self.data) else 0

    def read(self, p: int) -> int:
        split = (self.range >> 16) * p
        bit = int(self.code >= split)
        self.code, self.range = (self.code - split, self.range - split) if bit else (self.code, split)
        while self.range < 1 << 40:
            self.code, self.range = self.code << 8 | self.next_byte(), self.range << 8
        return bit

    def chance(self, model: int) -> int:
        fast, slow, _ = self.models[model]
        return min(max((fast + slow) >> 7, 16), 65520)

    def learn(self, model: int, bit: int) -> None:
        fast, slow, seen = self.models[model]
        goal = 0 if bit else 1 << 22
        slow += (goal - slow) // (seen + 4) if seen < 124 else (goal - slow) >> 7
        fast += (goal - fast) // (seen + 4) if seen < 28 else (goal - fast) >> 5
        self.models[model] = [fast, slow, min(seen + 1, 124)]

    def stretch(self, i: int) -> int:
        if i < 2048:
            return -self.stretch(4095 - i)
        return next((x for x in range(2048) if self.squash[x] >= 16 * i + 8), 2047) if i < 4096 else 0

    def bit(self, bases: list[int], at: int, weight_set: int) -> int:
        if len(bases) == 1:
            bit = self.read(self.chance(bases[0] + at))
            self.learn(bases[0] + at, bit)
            return bit
        weights, learned = self.sets[weight_set]
        logits = [self.stretch(self.chance(base + at) >> 4) for base in bases]
        x = (sum(w * st for w, st in zip(weights, logits, strict=True)) + 32768) >> 16
        p = self.squash[min(max(x, -2047), 2047)]
        bit = self.read(p)
        rate = next((r for r in (14, 15, 16, 17) if learned[0] >> (7 + r - 14) == 0), 17)
        error = (0 if bit else 65536) - p
        for i, st in enumerate(logits):
            weights[i] = min(max(weights[i] + ((st * error + 2 ** (rate - 1)) >> rate), -(2**22)), 2**22)
            self.learn(bases[i] + at, bit)
        learned[0] += 1
        return bit

    def value(self, bases: list[int], signed: bool = True) -> int:
        if not self.bit(bases, 0, 0):
            return 0
        sign = -1 if signed and self.bit(bases, 1, 1) else 1
        for s in range(1, 15):
            if not self.bit(bases, 1 + s, 2 if s == 1 else 3):
                return sign * s
        e = 0
        while e < 24 and self.bit(bases, 16 + e, 4):
            e += 1
        rest = 1
        for _ in range(e):
            rest = 2 * rest + self.read(32768)
        return sign * (14 + rest)


@pytest.mark.parametrize("line", [line for line in LINES if line.split()[0] in ("values", "counts", "mixed")])
def test_a_decoder_written_from_the_text_reads_the_printed_bytes(line: str) -> None:
    asked, printed = line.split(" -> ")
    kind, *numbers = asked.split()
    decoder = ByTheText(bytes.fromhex(printed), 160, 2 if kind == "mixed" else 1)
    before = 0
    for number in map(int, numbers):
        bases = [0, 40 * (1 + min(abs(before), 2))] if kind == "mixed" else [0]
        before = decoder.value(bases, signed=kind != "counts")
        assert before == number
    assert decoder.place - len(decoder.data) <= 64


def test_a_decoder_written_from_the_text_reads_much_else() -> None:
    rng = np.random.default_rng(6)
    values = np.round(rng.standard_t(1.2, 400) * 3).astype(int)
    decoder, before = ByTheText(mixed(*map(str, values)), 160, 2), 0
    for value in values:
        before = decoder.value([0, 40 * (1 + min(abs(before), 2))])
        assert before == value


class LevelsByTheText:
    """A reader of tables of levels written from section 10 of the document alone."""

    def __init__(self, data: bytes, top: int, last: list[int], starts: list[int]) -> None:
        self.coder, self.top = ByTheText(data, 0), top
        self.models = [[p, 12] for p in starts]
        self.columns = [{"before": 0, "run": 16, "rose": 0, "last": one} for one in last]

    def bit(self, model: int) -> int:
        p, n = self.models[model]
        bit = self.coder.read(min(max(p, 256), 65280))
        goal = 0 if bit else 65536
        self.models[model] = [p + (((goal - p) * (131072 // (2 * n + 3))) >> 16), min(n + 1, 60)]
        return bit

    def number(self, a: int, x: int) -> int:
        ones = 0
        while ones < x and self.bit(a + min(ones, 5)):
            ones += 1
        return ones

    def level(self, before: int, last: int, s: int) -> int:
        if before > 0:
            if not self.bit(15 + s):
                return before
            if before < self.top and self.bit(30 + s):
                return before + 1 + self.number(57, self.top - before - 1)
            return 0 if self.bit(45 + min(before, 6) - 1) else before - 1 - self.number(51, before - 2)
        if not self.bit(s):
            return 0
        if not self.bit(63):
            return last
        if self.bit(64):
            return last + 1 + self.number(65, self.top - last - 1)
        return last - 1 - self.number(71, last - 2)

    def row(self) -> list[int]:
        rises, levels_here = 0, []
        for column in self.columns:
            before, run = column["before"], column["run"]
            bounds = (1, 2, 4, 10) if before == 0 else (0, 0, 2, 4)
            kind = column["rose"] if before and not run else sum(run >= bound for bound in bounds)
            level = self.level(before, column["last"], 3 * kind + rises)
            rose = int(level > before)
            column |= {"run": min(run + 1, 16)} if level == before else {"run": 0, "rose": rose}
            column |= {"before": level, "last": level or column["last"]}
            rises = min(rises + rose, 2)
            levels_here.append(level)
        return levels_here


@pytest.mark.parametrize("line", [line for line in LINES if line.split()[0] in ("templates", "activations")])
def test_a_reader_of_levels_written_from_the_text_reads_the_printed_bytes(line: str) -> None:
    asked, printed = line.split(" -> ")
    kind, top, last, _, *rows = asked.split()
    reader = LevelsByTheText(bytes.fromhex(printed), int(top), whole(last), printed_starts()[kind])
    assert [reader.row() for _ in rows] == [whole(row) for row in rows]


@pytest.mark.parametrize("kind", ["templates", "activations"])
def test_a_reader_of_levels_written_from_the_text_reads_much_else(kind: str) -> None:
    rng, top, last, starts = np.random.default_rng(7), 20, [3, 11, 20, 1], printed_starts()[kind]
    moves = rng.integers(-4, 5, (120, 4)) * (rng.random((120, 4)) < 0.4)
    values = np.clip(moves.cumsum(axis=0) + 6, 0, top) * (rng.random((120, 4)) < 0.8)
    out = np.zeros(4096, np.uint8)
    models, state = ntf_coding.fresh(starts), ntf_coding.silent_state(last)
    size = ntf_coding.write_levels(values, top, models, state, range_coder.writer(), out)
    reader = LevelsByTheText(out[:size].tobytes(), top, last, starts)
    assert [reader.row() for _ in values] == values.tolist()


def test_places_are_read_by_the_text() -> None:
    asked, printed = next(line for line in LINES if line.startswith("places")).split(" -> ")
    decoder = ByTheText(bytes.fromhex(printed), 120)
    rows = [[whole(place) for place in row.split()] for row in asked.removeprefix("places ").split(" / ")]
    before = [[32, 0, 31] for _ in rows[0]]
    for row in rows:
        for source, (p, q, m) in enumerate(row):
            old = before[source]
            read = [old[part] + decoder.value([40 * part]) for part in range(3)]
            assert [read[0], read[1] % 64, read[2]] == [p, q, m]
        before = row
