"""The header of a stream: what the mix is, which stems there are, how they are coded."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from unbraid.core.errors import BitstreamError, ParameterError
from unbraid.core.informed import limits
from unbraid.core.informed.varint import Cursor, signed_varint, varint

MAGIC = b"UNB"
VERSION = (1, 0)
"""Major: a reader refuses another one. Minor: fields and kinds of packets may come that it skips."""
TITLE, SOUND, STEM, PRINT, PARAMETRIC, RESIDUAL_FIELD = range(1, 7)
HIDDEN, OWN_ID, COLOURED, GAIN, QUALITY = (1 << bit for bit in range(5))
CENTI = 100.0
"""Steps of one decibel that gains and qualities are written in."""
COLOUR = re.compile(r"#[0-9a-f]{6}")
TURNING = set(range(0x202A, 0x202F)) | set(range(0x2066, 0x206A)) | {0x2028, 0x2029}
"""Characters that reorder or break the text around them."""

Codec = Literal["ntf", "image"]
CODECS: tuple[Codec, ...] = ("ntf", "image")


@dataclass(frozen=True)
class MixPrint:
    """What recognises the mix and lines it up; opaque to the container."""

    data: bytes = b""


@dataclass(frozen=True)
class StemEntry:
    """One stem. gain_db and quality_db are kept in hundredths; quality_db is the SDR reached, nan if nobody measured.

    hidden: what mastering added to the stems; never shown, so that the stems add up to the mix.
    """

    id: str
    name: str
    colour: str = ""
    gain_db: float = 0.0
    channels: int = 2
    hidden: bool = False
    quality_db: float = math.nan


@dataclass(frozen=True)
class Header:
    """All that holds for the whole stream. rate in Hz, frames: samples per channel, block_samples: of each block."""

    title: str
    rate: int
    frames: int
    channels: int
    block_samples: int
    stems: tuple[StemEntry, ...]
    mix: MixPrint = MixPrint()
    parametric: Codec = "ntf"
    has_residual: bool = False
    version: tuple[int, int] = VERSION

    @property
    def blocks(self) -> int:
        """Number of blocks; the last may be shorter."""
        return -(-self.frames // self.block_samples)


def write_header(header: Header) -> bytes:
    """The payload of a header packet."""
    trouble = problem(header)
    if trouble:
        raise ParameterError(trouble)
    sound = b"".join(varint(n) for n in (header.rate, header.frames, header.channels, header.block_samples))
    fields = [(SOUND, sound), *((STEM, _stem_bytes(stem)) for stem in header.stems)]
    if header.title:
        fields.append((TITLE, header.title.encode()))
    if header.mix.data:
        fields.append((PRINT, header.mix.data))
    fields.append((PARAMETRIC, header.parametric.encode()))
    if header.has_residual:
        fields.append((RESIDUAL_FIELD, b""))
    head = MAGIC + bytes([VERSION[0] << 4 | VERSION[1]])
    return head + b"".join(varint(tag) + varint(len(value)) + value for tag, value in fields)


def read_header(payload: bytes) -> Header:
    """The header that a payload holds."""
    version = _version(payload)
    single: dict[int, bytes] = {}
    stems: list[StemEntry] = []
    cursor = Cursor(payload, len(MAGIC) + 1)
    while cursor.left:
        tag = cursor.varint()
        value = cursor.sized(len(payload), "a header field")
        if tag == STEM and len(stems) > limits.MAX_STEMS:
            raise BitstreamError(f"the header names more than {limits.MAX_STEMS} stems and a hidden one")
        if tag == STEM:
            stems.append(_stem(value))
        elif tag in single:
            raise BitstreamError(f"the header has field {tag} twice: the data is damaged")
        else:
            single[tag] = value
    header = _assembled(version, single, tuple(stems))
    trouble = problem(header)
    if trouble:
        raise BitstreamError(f"the side-information is damaged: {trouble}")
    return header


def _version(payload: bytes) -> tuple[int, int]:
    """The version that a payload begins with, if it can be read here."""
    if payload[:3] != MAGIC or len(payload) < 4:
        raise BitstreamError("the header does not begin with UNB: this is no side-information of Unbraid")
    major, minor = payload[3] >> 4, payload[3] & 15
    if major != VERSION[0]:
        raise BitstreamError(
            f"the side-information is of version {major}.{minor}, and this Unbraid reads version {VERSION[0]}: "
            f"take {'a newer' if major > VERSION[0] else 'an older'} Unbraid"
        )
    return major, minor


def _assembled(version: tuple[int, int], single: dict[int, bytes], stems: tuple[StemEntry, ...]) -> Header:
    """The header of these fields, not yet checked."""
    if SOUND not in single or PARAMETRIC not in single:
        raise BitstreamError("the header does not say what sound it is for: the data is damaged")
    sound = Cursor(single[SOUND])
    rate, frames, channels, block_samples = (sound.varint() for _ in range(4))
    codec = single[PARAMETRIC].decode("ascii", "replace")
    known = next((known for known in CODECS if known == codec), None)
    if known is None:
        raise BitstreamError(f"the parametric layer is of kind {codec[:20]!r}; this Unbraid knows {', '.join(CODECS)}")
    return Header(
        title=_text(single.get(TITLE, b""), "the title"),
        rate=rate,
        frames=frames,
        channels=channels,
        block_samples=block_samples,
        stems=stems,
        mix=MixPrint(single.get(PRINT, b"")),
        parametric=known,
        has_residual=RESIDUAL_FIELD in single,
        version=version,
    )


def _stem_bytes(stem: StemEntry) -> bytes:
    """The value of a stem's field: flags, channels, name, then what the flags announce."""
    name, own_id = stem.name.encode(), stem.id.encode()
    gain = round(stem.gain_db * CENTI)
    flags = (HIDDEN if stem.hidden else 0) | (OWN_ID if stem.id != stem.name else 0)
    flags |= (COLOURED if stem.colour else 0) | (GAIN if gain else 0) | (0 if math.isnan(stem.quality_db) else QUALITY)
    out = bytes([flags]) + varint(stem.channels) + varint(len(name)) + name
    if flags & OWN_ID:
        out += varint(len(own_id)) + own_id
    if flags & COLOURED:
        out += bytes.fromhex(stem.colour[1:])
    if flags & GAIN:
        out += signed_varint(gain)
    if flags & QUALITY:
        most = limits.MAX_QUALITY_DB
        out += signed_varint(round(min(max(stem.quality_db, -most), most) * CENTI))
    return out


def _stem(value: bytes) -> StemEntry:
    """The stem that a field describes; what follows is of a later version."""
    cursor = Cursor(value)
    flags = cursor.byte()
    if flags >> 5:
        raise BitstreamError("a stem has reserved bits set: the data is damaged")
    channels = cursor.varint()
    name = _text(cursor.sized(limits.MAX_TEXT, "a name"), "a stem's name")
    own_id = _text(cursor.sized(limits.MAX_TEXT, "an id"), "a stem's id") if flags & OWN_ID else name
    colour = "#" + cursor.take(3).hex() if flags & COLOURED else ""
    gain_db = cursor.signed() / CENTI if flags & GAIN else 0.0
    quality_db = cursor.signed() / CENTI if flags & QUALITY else math.nan
    return StemEntry(own_id, name, colour, gain_db, channels, bool(flags & HIDDEN), quality_db)


def _text(data: bytes, what: str) -> str:
    """Bytes of UTF-8 as text."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise BitstreamError(f"{what} is no UTF-8: the data is damaged") from error


def problem(header: Header) -> str:
    """Why a header is not allowed, in words; empty if it is."""
    return (
        _sound_problem(header)
        or _text_problem(header.title, "the title")
        or _stems_problem(header)
        or next((trouble for stem in header.stems if (trouble := _stem_problem(stem, header.channels))), "")
        or ("" if header.parametric in CODECS else f"a parametric layer {header.parametric!r}; take one of {CODECS}")
        or _range_problem(len(header.mix.data), 0, limits.MAX_PRINT, "bytes that recognise the mix")
    )


def _sound_problem(header: Header) -> str:
    rate, block = header.rate, header.block_samples
    return (
        _range_problem(rate, limits.LEAST_RATE, limits.MOST_RATE, "Hz")
        or _range_problem(header.frames, 1, limits.MAX_SECONDS * rate, "samples of a song")
        or _range_problem(header.channels, 1, limits.MAX_CHANNELS, "channels")
        or _range_problem(block, limits.LEAST_BLOCK, limits.MAX_BLOCK_SECONDS * rate, "samples of a block")
        or _range_problem(header.blocks, 1, limits.MAX_BLOCKS, "blocks")
    )


def _range_problem(number: int, least: int, most: int, what: str) -> str:
    return "" if least <= number <= most else f"{number} {what}; {least} to {most} are allowed"


def _stems_problem(header: Header) -> str:
    shown = [stem for stem in header.stems if not stem.hidden]
    if len(header.stems) - len(shown) > 1:
        return "more than one hidden stem; one is allowed"
    if len({stem.id for stem in header.stems}) < len(header.stems):
        return "two stems have the same id; each needs its own"
    return _range_problem(len(shown), 1, limits.MAX_STEMS, "stems")


def _stem_problem(stem: StemEntry, channels: int) -> str:
    if stem.channels not in (1, channels):
        return f"a stem of {stem.channels} channels; 1 or the mix's {channels} are allowed"
    if stem.colour and not COLOUR.fullmatch(stem.colour):
        return f"a colour is written #rrggbb in small letters: {stem.colour!r} was given; try #56b4e9"
    if not abs(stem.gain_db) <= limits.MAX_GAIN_DB:
        return f"a gain of {stem.gain_db:g} dB; {limits.MAX_GAIN_DB:g} dB either way are allowed"
    if not stem.name or not stem.id:
        return "a stem without a name or an id; each needs both"
    return _text_problem(stem.name, "a stem's name") or _text_problem(stem.id, "a stem's id")


def _text_problem(text: str, what: str) -> str:
    if len(text.encode("utf-8", "replace")) > limits.MAX_TEXT:
        return f"{what} is longer than {limits.MAX_TEXT} bytes; shorten it"
    if any(unicodedata.category(sign) in ("Cc", "Cs") or ord(sign) in TURNING for sign in text):
        return f"{what} has control characters in it; leave them out"
    return ""
