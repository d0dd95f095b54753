"""The formats of an export as the dialog offers them."""

from __future__ import annotations

from dataclasses import dataclass

from unbraid.app.translation import mark, tr, tr_known
from unbraid.core.audio_files import WriteOptions
from unbraid.core.export import What
from unbraid.core.formats.table import TYPES

TITLES = {
    "wav": "WAV",
    "flac": "FLAC",
    "aiff": "AIFF",
    "mp3": "MP3",
    "m4a": "M4A (AAC)",
    "alac": "M4A (Apple Lossless)",
    "ogg": "OGG Vorbis",
    "opus": "Opus",
}
ORDER = tuple(TITLES)
OFFERED: dict[What, tuple[str, ...]] = {"stem_file": ("m4a", "alac"), "workstation": ("wav",)}

BITS = {"16": mark("16 bit"), "24": mark("24 bit"), "32f": mark("32 bit float")}
KBPS = (64, 96, 128, 160, 192, 224, 256, 320, 384, 512)


@dataclass(frozen=True)
class Quality:
    """A choice of depth or bitrate. key: what is remembered."""

    key: str
    title: str


def formats_of(what: What) -> tuple[str, ...]:
    """Names of the formats that can be chosen."""
    return OFFERED.get(what, ORDER)


def qualities_of(name: str) -> list[Quality]:
    """Depths of a lossless format, bitrates of a lossy one, best first."""
    kind = TYPES[name]
    if not kind.is_lossy:
        return [Quality(bits, tr_known(BITS[bits])) for bits in reversed(kind.bits)]
    least, _, most = kind.kbps
    return [Quality(str(k), tr("{kbps} kbit/s", kbps=k)) for k in reversed(KBPS) if least <= k <= most]


def usual_quality(name: str, bits: str) -> str:
    """The quality that is best where nothing was chosen: the depth of the song, the usual bitrate."""
    kind = TYPES[name]
    if kind.is_lossy:
        return str(kind.kbps[1])
    return bits if bits in kind.bits else kind.default_bits


def options(name: str, quality: str) -> WriteOptions:
    """How files are written."""
    if TYPES[name].is_lossy:
        return WriteOptions(format=name, bitrate_kbps=int(quality))
    return WriteOptions(format=name, bits="32f" if quality == "32f" else "16" if quality == "16" else "24")


def holds_any_level(name: str, quality: str) -> bool:
    """Whether samples beyond full scale go into the file as they are."""
    return not TYPES[name].is_lossy and quality == "32f"
