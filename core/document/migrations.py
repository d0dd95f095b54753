"""From each earlier form of the document to the next one; a newer minor version is read as it is.

A major version says that older programs must not touch the file, a minor one that fields were added. Every version that
was ever written to a user's disk has its sample in `tests/golden/projects/`, which must open for ever.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from unbraid.core.document.json_text import JsonObject
from unbraid.core.document.state import LOUDEST_DB
from unbraid.core.errors import ProjectFileError

VERSION = "1.0"
"""The form this program writes."""


def number_of(version: object) -> tuple[int, int]:
    """A version as numbers; ValueError for what is none."""
    match = re.fullmatch(r"(\d{1,6})\.(\d{1,6})", version) if isinstance(version, str) else None
    if match is None:
        raise ValueError(f"{version!r} is no version of a project")
    return int(match[1]), int(match[2])


def check_major(version: str, name: str) -> None:
    """ProjectFileError for a document of a newer major version, which must not be touched."""
    if number_of(version)[0] > number_of(VERSION)[0]:
        raise ProjectFileError(
            f"{name} was written by a newer Unbraid: it has version {version}, this program reads up to {VERSION}; "
            f"nothing was changed; install a newer Unbraid to open it"
        )


def is_old(version: str) -> bool:
    """Whether a document of that version must be migrated."""
    return number_of(version) < number_of(VERSION)


def migrate(document: Any, version: str) -> Any:
    """A document of any earlier version in today's form, a newer minor one as it is; ValueError when that fails."""
    while is_old(version):
        if version not in _STEPS:
            raise ValueError(f"version {version} is unknown")
        version, step = _STEPS[version]
        try:
            document = step(document)
        except (AttributeError, LookupError, TypeError, OverflowError) as problem:
            raise ValueError(f"the document is not of the form of its version: {problem!r}") from None
    return document


def _from_0_9(old: JsonObject) -> JsonObject:
    """The form before the first release: tracks with gains as factors, loop and markers without names of fields."""
    new = {name: value for name, value in old.items() if name not in ("tracks", "master", "loop", "markers")}
    new["stems"] = [_stem_from_0_9(track) for track in old.get("tracks", [])]
    new["master_db"] = _decibel(old.get("master", 1.0))
    loop = old.get("loop")
    new["loop"] = {"start_s": loop[0], "end_s": loop[1]} if loop else None
    markers = sorted(old.get("markers", {}).items(), key=lambda pair: pair[1])
    new["markers"] = [{"time_s": time, "name": name} for name, time in markers]
    return new


def _stem_from_0_9(track: JsonObject) -> JsonObject:
    moved = ("gain", "pan", "muted", "solo", "inverted")
    return {
        **{name: value for name, value in track.items() if name not in moved},
        "strip": {
            "gain_db": _decibel(track.get("gain", 1.0)),
            "pan": track.get("pan", 0.0),
            "mute": track.get("muted", False),
            "solo": track.get("solo", False),
            "invert": track.get("inverted", False),
        },
    }


def _decibel(factor: float) -> float | str:
    """A factor in dB, as the document writes it."""
    return min(20 * math.log10(factor), LOUDEST_DB) if factor > 0 else "-inf"


_STEPS: dict[str, tuple[str, Callable[[Any], Any]]] = {"0.9": ("1.0", _from_0_9)}
"""By version: the version after it, and what makes it."""
