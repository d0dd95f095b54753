"""Headers: small, extensible, and nothing in them that is not allowed."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unbraid.core.errors import BitstreamError, ParameterError
from unbraid.core.informed.header import Header, MixPrint, StemEntry, read_header, write_header
from unbraid.core.informed.varint import Cursor, signed_varint, varint

quick = settings(derandomize=True, deadline=None, max_examples=50)

STEMS = (
    StemEntry("vocals", "vocals", "#cc79a7", -1.5, 2, False, 9.37),
    StemEntry("drums", "drums", "#d55e00", 0.0, 2, False, 7.11),
    StemEntry("bass", "bass", "#0072b2", 0.25, 1, False, 8.0),
    StemEntry("s4", "Gitarre & Flöte", "", 0.0, 2, False, -3.25),
    StemEntry("mastering", "mastering", hidden=True, quality_db=1.0),
)
HEADER = Header("A little song", 44100, 44100 * 240 + 17, 2, 44100 * 5, STEMS, MixPrint(b"\1\2\3"), "image", True)

texts = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf")), max_size=50)
stem_entries = st.builds(
    StemEntry,
    id=texts.filter(bool),
    name=texts.filter(bool),
    colour=st.one_of(st.just(""), st.from_regex(r"\A#[0-9a-f]{6}\Z")),
    gain_db=st.integers(-20000, 20000).map(lambda n: n / 100),
    channels=st.just(1),
    quality_db=st.integers(-30000, 30000).map(lambda n: n / 100),
)


@quick
@given(
    st.lists(stem_entries, min_size=1, max_size=16, unique_by=lambda stem: stem.id),
    texts,
    st.integers(8000, 384000),
    st.integers(1, 32),
    st.binary(max_size=100),
)
def test_headers_come_back(stems: list[StemEntry], title: str, rate: int, channels: int, mix: bytes) -> None:
    header = Header(title, rate, 10 * rate + 1, channels, rate, tuple(stems), MixPrint(mix))
    assert read_header(write_header(header)) == header
    assert header.blocks == 11


def test_a_usual_header_is_small() -> None:
    four = tuple(StemEntry(n, n, "#cc79a7", -1.5, 2, False, 9.37) for n in ("vocals", "drums", "bass", "other"))
    assert len(write_header(replace(HEADER, stems=four, mix=MixPrint()))) <= 120
    assert read_header(write_header(HEADER)) == HEADER


def test_an_unmeasured_quality_is_nan_and_a_perfect_one_is_capped() -> None:
    stems = (replace(STEMS[0], quality_db=math.nan), replace(STEMS[1], quality_db=math.inf))
    back = read_header(write_header(replace(HEADER, stems=stems))).stems
    assert math.isnan(back[0].quality_db) and back[1].quality_db == 300


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate": 7999}, "Hz"),
        ({"rate": 384001}, "Hz"),
        ({"frames": 0}, "samples of a song"),
        ({"frames": 44100 * 86400 + 1}, "samples of a song"),
        ({"channels": 0}, "channels"),
        ({"channels": 33}, "channels"),
        ({"block_samples": 255}, "samples of a block"),
        ({"block_samples": 256, "frames": 44100 * 86400}, "blocks"),
        ({"stems": ()}, "0 stems"),
        ({"stems": STEMS[:1] * 2}, "same id"),
        ({"stems": tuple(replace(STEMS[0], id=str(i)) for i in range(17))}, "17 stems"),
        ({"stems": (STEMS[0], STEMS[4], replace(STEMS[4], id="b"))}, "more than one hidden"),
        ({"stems": (replace(STEMS[0], channels=3),)}, "channels"),
        ({"stems": (replace(STEMS[0], colour="red"),)}, "#rrggbb"),
        ({"stems": (replace(STEMS[0], colour="#FFFFFF"),)}, "#rrggbb"),
        ({"stems": (replace(STEMS[0], gain_db=math.nan),)}, "gain"),
        ({"stems": (replace(STEMS[0], gain_db=math.inf),)}, "gain"),
        ({"stems": (replace(STEMS[0], gain_db=-200.5),)}, "gain"),
        ({"stems": (replace(STEMS[0], name=""),)}, "without a name"),
        ({"stems": (replace(STEMS[0], name="a\nb"),)}, "control"),
        ({"stems": (replace(STEMS[0], id="a\x00"),)}, "control"),
        ({"title": "right \u202e left"}, "control"),
        ({"title": "half \ud800"}, "control"),
        ({"title": "ö" * 128}, "longer than 255"),
        ({"mix": MixPrint(bytes(65537))}, "recognise the mix"),
        ({"parametric": "jpeg"}, "jpeg"),
    ],
)
def test_what_is_not_allowed_is_refused_in_words(change: dict[str, object], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        write_header(replace(HEADER, **change))  # type: ignore[arg-type]


def field(tag: int, value: bytes) -> bytes:
    return varint(tag) + varint(len(value)) + value


def test_another_major_version_is_refused_and_both_are_named() -> None:
    payload = bytearray(write_header(HEADER))
    payload[3] = 2 << 4 | 5
    with pytest.raises(BitstreamError, match="version 2.5.*reads version 1.*newer"):
        read_header(bytes(payload))
    payload[3] = 0
    with pytest.raises(BitstreamError, match="version 0.0.*older"):
        read_header(bytes(payload))


def test_fields_of_a_later_minor_version_are_skipped() -> None:
    payload = bytearray(write_header(HEADER))
    payload[3] = 1 << 4 | 7
    later = bytes(payload) + field(99, b"what is this") + field(100, b"")
    assert read_header(later) == replace(HEADER, version=(1, 7))
    longer = field(3, bytes([0, 1, 1]) + b"n" + b"later")
    stems = read_header(bytes(payload) + longer).stems
    assert stems[-1] == replace(StemEntry("n", "n", channels=1), quality_db=stems[-1].quality_db)


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (field(1, b"again"), "twice"),
        (field(3, bytes([0x20, 1, 1]) + b"n"), "reserved"),
        (field(3, bytes([0, 1, 1]) + b"\xff"), "UTF-8"),
        (field(3, bytes([0, 1, 5]) + b"n"), "5 bytes were announced"),
        (field(3, bytes([0, 1, 1]) + b"\n"), "control"),
        (b"\x63\xff\xff\x03", "header field"),
        (b"\x63", "announced"),
        (b"\x80\x00", "shortest"),
        (b"\xff" * 9, "42 bits"),
    ],
)
def test_damaged_fields_are_refused(extra: bytes, words: str) -> None:
    with pytest.raises(BitstreamError, match=words):
        read_header(write_header(HEADER) + extra)


@quick
@given(st.binary(max_size=200))
def test_any_bytes_are_a_header_or_an_error(data: bytes) -> None:
    for payload in (data, b"UNB\x10" + data, write_header(HEADER) + data):
        try:
            assert isinstance(read_header(payload), Header)
        except BitstreamError as error:
            assert len(str(error)) > 10


def test_every_cut_of_a_header_is_an_error_or_lacks_its_last_fields() -> None:
    payload = write_header(HEADER)
    for cut in range(len(payload)):
        try:
            read_header(payload[:cut])
        except BitstreamError:
            continue
        assert cut > len(payload) - 10


@quick
@given(st.integers(0, 2**42 - 1))
def test_numbers_are_written_in_their_shortest_form(number: int) -> None:
    assert Cursor(varint(number)).varint() == number
    assert len(varint(number)) == max(1, -(-number.bit_length() // 7))
    signed = number // 2 * (-1) ** (number % 3)
    assert Cursor(signed_varint(signed)).signed() == signed


def test_numbers_out_of_range_are_not_written() -> None:
    for number in (-1, 2**42):
        with pytest.raises(ValueError, match="42 bits"):
            varint(number)
    assert [signed_varint(n)[0] for n in (0, -1, 1, -2, 2)] == [0, 1, 2, 3, 4]
