"""The document as JSON and back: a bad value falls back alone, and what a newer version wrote is kept.

Fields that are not known here are put into `Project.unknown` under the place of the object they stood in: `""` for
the document, then `song`, `stems/<id>`, `stems/<id>/strip/equaliser`, `markers/<name>@<time>`. Writing puts them back
there as long as that object exists; a stem that undo brings back has them again. Infinity is the text "inf".
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from unbraid.core.document.json_text import JsonObject
from unbraid.core.document.state import (
    EQ_RANGE_DB,
    LOUDEST_DB,
    RESIDUAL,
    Equaliser,
    Marker,
    Project,
    Recipe,
    Song,
    Span,
    Stem,
    Strip,
)

MEDIA_ID = re.compile(r"[0-9a-f]{32}\.[a-z0-9]{1,8}")
STEM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")

LATEST_S = 1e7
"""No moment lies behind this: 115 days."""

LONGEST_TEXT = 1 << 20
LONGEST_NAME = 500

Where = str
Unknown = dict[str, object]
Read = Callable[[Any, Where, "_Reading"], Any]


class BadValueError(ValueError):
    """A value that cannot be what it should be."""


@dataclasses.dataclass
class _Reading:
    """What is gathered on the way: fields nobody knows, and what had to be replaced or left out."""

    unknown: Unknown
    warnings: list[str]


def to_json(project: Project) -> JsonObject:
    """The document's fields, those of a newer version among them."""
    return _write(project, "", project.unknown)  # type: ignore[no-any-return]


def from_json(document: Any) -> tuple[Project, list[str]]:
    """A project of any JSON value, and in words what of it was not usable."""
    reading = _Reading({}, [])
    try:
        project: Project = _object(Project)(document, "", reading)
    except BadValueError as problem:
        return Project(), [f"the document {problem}"]
    return dataclasses.replace(project, unknown=reading.unknown), reading.warnings


def _write(value: Any, where: Where, unknown: Mapping[str, object]) -> Any:
    if dataclasses.is_dataclass(value):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.name != "unknown"}
        if isinstance(value, Recipe):
            fields["values"] = {name: _write_value(one) for name, one in value.values}
        written = {name: _write(one, _join(where, name), unknown) for name, one in fields.items()}
        extra = unknown.get(where, {})
        return {**extra, **written} if isinstance(extra, Mapping) and extra else written
    if isinstance(value, tuple):
        return [_write(one, _join(where, _key(one, place)), unknown) for place, one in enumerate(value)]
    return _write_number(value) if isinstance(value, float) else value


def _write_value(value: Any) -> Any:
    """A parameter's value; infinity must not be mistaken for a text."""
    return {"number": _write_number(value)} if isinstance(value, float) and math.isinf(value) else value


def _write_number(value: float) -> float | str:
    """A number as JSON can say it."""
    return value if math.isfinite(value) else f"{value}"


def _read_value(raw: Any) -> Any:
    if isinstance(raw, dict) and raw.get("number") in ("inf", "-inf"):
        return float(raw["number"])
    if not isinstance(raw, (bool, int, float, str)):
        raise BadValueError(f"is no value of a parameter: {_short(raw)}")
    return raw


def _join(where: Where, name: str) -> Where:
    return f"{where}/{name}" if where else name


def _key(value: Any, place: int) -> str:
    """The name of an element of a list: its own where it has one."""
    if isinstance(value, Stem):
        return value.id
    return f"{value.name}@{value.time_s}" if isinstance(value, Marker) else str(place)


def _number(low: float, high: float) -> Read:
    """Reads a number from `low` to `high`, ends included."""

    def read(raw: Any, where: Where, reading: _Reading) -> float:
        if raw in ("inf", "-inf"):
            raw = float(raw)
        if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not low <= raw <= high:
            raise BadValueError(f"is no number from {low:g} to {high:g}: {_short(raw)}")
        return float(raw)

    return read


def _whole(low: int, high: int) -> Read:
    def read(raw: Any, where: Where, reading: _Reading) -> int:
        if type(raw) is not int or not low <= raw <= high:
            raise BadValueError(f"is no whole number from {low} to {high}: {_short(raw)}")
        return raw

    return read


def _flag(raw: Any, where: Where, reading: _Reading) -> bool:
    if not isinstance(raw, bool):
        raise BadValueError(f"is neither true nor false: {_short(raw)}")
    return raw


def _text(longest: int = LONGEST_TEXT, pattern: re.Pattern[str] | None = None, *, empty: bool = True) -> Read:
    def read(raw: Any, where: Where, reading: _Reading) -> str:
        if not isinstance(raw, str) or len(raw) > longest or not (raw or empty):
            raise BadValueError(f"is no text of up to {longest} characters: {_short(raw)}")
        if raw and pattern and not pattern.fullmatch(raw):
            raise BadValueError(f"is not of the form it should have: {_short(raw)}")
        return raw

    return read


def _optional(reader: Read) -> Read:
    return lambda raw, where, reading: None if raw is None else reader(raw, where, reading)


def _tuple(reader: Read) -> Read:
    """Reads a list; elements that cannot be read are left out with a warning."""

    def read(raw: Any, where: Where, reading: _Reading) -> tuple[Any, ...]:
        if not isinstance(raw, list):
            raise BadValueError(f"is no list: {_short(raw)}")
        elements = []
        for place, one in enumerate(raw):
            inside = _join(where, _raw_key(one, place))
            try:
                elements.append(reader(one, inside, reading))
            except BadValueError as problem:
                reading.warnings.append(f"{inside} {problem}; it was left out")
        return tuple(elements)

    return read


def _raw_key(raw: Any, place: int) -> str:
    """The key of an element (see `_key`) before it is read."""
    if isinstance(raw, dict):
        if isinstance(raw.get("id"), str) and STEM_ID.fullmatch(raw["id"]):
            return str(raw["id"])
        if isinstance(raw.get("time_s"), (int, float)):
            return f"{raw.get('name')}@{float(raw['time_s'])}"
    return str(place)


def _pair(raw: Any, where: Where, reading: _Reading) -> tuple[str, str]:
    if not (isinstance(raw, list) and len(raw) == 2 and all(isinstance(one, str) for one in raw)):
        raise BadValueError(f"is no pair of texts: {_short(raw)}")
    return raw[0], raw[1]


def _values(raw: Any, where: Where, reading: _Reading) -> tuple[tuple[str, Any], ...]:
    if not isinstance(raw, dict):
        raise BadValueError(f"holds no values by name: {_short(raw)}")
    return tuple((name, _read_value(one)) for name, one in raw.items())


def _object(kind: type) -> Read:
    """Reads a dataclass: a bad field falls back to its default, and where it has none the whole is bad."""
    names = {field.name: field for field in dataclasses.fields(kind) if field.name != "unknown"}

    def read(raw: Any, where: Where, reading: _Reading) -> Any:
        if not isinstance(raw, dict):
            raise BadValueError(f"holds no fields: {_short(raw)}")
        given = {}
        for name, field in names.items():
            place = _join(where, name)
            has_default = field.default is not dataclasses.MISSING
            try:
                if name in raw:
                    given[name] = FIELDS[kind][name](raw[name], place, reading)
                elif not has_default:
                    raise BadValueError("is missing")
            except BadValueError as problem:
                if not has_default:
                    raise BadValueError(f"has no usable {name} ({problem})") from None
                reading.warnings.append(f"{place} {problem}; {_short(field.default)} was taken")
        extra = {name: value for name, value in raw.items() if name not in names}
        if extra:
            reading.unknown[where] = extra
        return kind(**given)

    return read


def _span(raw: Any, where: Where, reading: _Reading) -> Span:
    span: Span = _object(Span)(raw, where, reading)
    if not span.start_s < span.end_s:
        raise BadValueError("ends before it begins")
    return span


def _stems(raw: Any, where: Where, reading: _Reading) -> tuple[Stem, ...]:
    """Stems, each id once."""
    stems: dict[str, Stem] = {}
    for stem in _tuple(_object(Stem))(raw, where, reading):
        if stem.id in stems or stem.id == RESIDUAL:
            reading.warnings.append(f"{where}/{stem.id} is there twice; the second was left out")
        else:
            stems[stem.id] = stem
    return tuple(stems.values())


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


_gain = _number(-math.inf, LOUDEST_DB)
_band = _number(-EQ_RANGE_DB, EQ_RANGE_DB)
_moment = _number(0.0, LATEST_S)
_media = _text(64, MEDIA_ID, empty=False)
_name = _text(LONGEST_NAME)
_hz = _number(0.0, math.inf)

FIELDS: dict[type, dict[str, Read]] = {
    Equaliser: {"low_db": _band, "mid_db": _band, "high_db": _band},
    Strip: {
        "gain_db": _gain, "pan": _number(-1.0, 1.0), "mute": _flag, "solo": _flag, "invert": _flag,
        "equaliser": _object(Equaliser),
    },
    Span: {"start_s": _moment, "end_s": _moment},
    Marker: {"time_s": _moment, "name": _name},
    Recipe: {
        "method": _name, "title": _name, "values": _values, "span": _optional(_span), "low_hz": _hz, "high_hz": _hz,
        "seconds": _number(0.0, math.inf),
    },
    Stem: {
        "id": _text(64, STEM_ID, empty=False), "name": _text(LONGEST_NAME, empty=False), "media": _media,
        "strip": _object(Strip), "origin": _tuple(_name), "recipe": _optional(_object(Recipe)),
        "colour": _text(7, COLOUR),
    },
    Song: {
        "media": _media, "name": _name, "frames": _whole(0, 2**48), "channels": _whole(1, 1024),
        "rate": _whole(1, 2**32 - 1), "source": _text(), "bits": _optional(_whole(1, 64)), "is_float": _flag,
        "tags": _tuple(_pair), "cover": _text(64, MEDIA_ID), "cover_mime": _name,
    },
    Project: {
        "song": _optional(_object(Song)), "stems": _stems, "residual": _object(Strip), "master_db": _gain,
        "loop": _optional(_span), "markers": _tuple(_object(Marker)), "notes": _text(),
    },
}  # fmt: skip
"""How every field of the state is read; a test compares it with the state."""
