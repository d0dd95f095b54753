"""What the user chose, typed: one frozen value, one JSON file, and nothing in it that can stop the application.

A value that cannot be used gives way to its default alone, with a note; what a newer version wrote is kept as it is.
The settings dialog is made from the fields (`fields()`).
"""

from __future__ import annotations

import dataclasses
import json
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from unbraid.app.translation import mark, tr, tr_known
from unbraid.core import atomic, folders
from unbraid.core.errors import ParameterError, UnbraidError
from unbraid.core.observing import Observers

logger = logging.getLogger(__name__)

MAGIC = "unbraid_settings"
VERSION = 1
FILE = "settings.json"

Kind = Literal["bool", "int", "float", "choice", "text", "folder", "device", "keys", "hidden"]
Value = bool | int | float | str | Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Field:
    """A setting as the dialog and the file see it. title, help, unit and the choices' titles are English literals.

    choices: what may be chosen, value -> title. needs_restart: said in the dialog.
    """

    name: str
    kind: Kind
    default: Value
    section: str
    title: str
    help: str = ""
    low: float = -math.inf
    high: float = math.inf
    step: float = 1.0
    unit: str = ""
    choices: Mapping[Any, str] = dataclasses.field(default_factory=dict)
    needs_restart: bool = False

    def parse(self, given: object) -> Value:
        """The value in the field's own type, or ParameterError."""
        try:
            value = _PARSERS[self.kind](given)
        except (TypeError, ValueError, AttributeError):
            raise self._refusal(given) from None
        if self.choices and value not in self.choices:
            raise self._refusal(given)
        if self.kind in ("int", "float") and not self.low <= float(str(value)) <= self.high:
            raise self._refusal(given)
        return value

    def allowed(self) -> str:
        """What may be given, in words."""
        if self.choices:
            return tr("one of {values}", values=", ".join(map(str, self.choices)))
        if self.kind == "bool":
            return tr("yes or no")
        if self.kind in ("int", "float"):
            return tr("a number from {low} to {high}", low=f"{self.low:g}", high=f"{self.high:g} {self.unit}".strip())
        return tr("a text")

    def _refusal(self, given: object) -> ParameterError:
        text = tr(
            "The setting “{title}” must be {allowed}: {given} was given.",
            title=tr_known(self.title) or self.name,
            allowed=self.allowed(),
            given=repr(given)[:80],
        )
        return ParameterError(text)


def setting(default: Value, section: str = "", title: str = "", help: str = "", **more: Any) -> Any:
    """A field of `Settings`; the arguments are those of `Field`. Without a section it is not in the dialog."""
    about = {"section": section, "title": title, "help": help, **more}
    if isinstance(default, dict):
        return dataclasses.field(default_factory=lambda: default, metadata={"setting": about, "default": default})
    return dataclasses.field(default=default, metadata={"setting": about, "default": default})


GENERAL = mark("General")
SOUND = mark("Sound")
FILES = mark("Files")
PICTURE = mark("Spectrogram")
WORK = mark("Separating")


@dataclass(frozen=True)
class Settings:
    """All settings, each with what it was when nobody had chosen."""

    language: str = setting(
        "system",
        GENERAL,
        "Language",
        choices={"system": "As the desktop", "en": "English", "de": "Deutsch", "fr": "Français"},
        needs_restart=True,
    )
    theme: str = setting(
        "system", GENERAL, "Colours", choices={"system": "As the desktop", "dark": "Dark", "light": "Light"}
    )
    motion: str = setting(
        "system",
        GENERAL,
        "Motion",
        "Short movements show where things come from.",
        choices={"system": "As the desktop", "full": "Show", "reduced": "Leave out"},
    )

    audio_device: str = setting(
        "", SOUND, "Output device", "Where the sound goes; empty for the desktop's own.", kind="device"
    )
    latency_ms: int = setting(
        100,
        SOUND,
        "Latency",
        "Shorter answers faster, longer plays on while the machine is busy.",
        low=10,
        high=1000,
        step=10,
        unit="ms",
        needs_restart=True,
    )
    follow_playhead: bool = setting(True, SOUND, "Follow the playhead", "The picture moves along while it plays.")
    return_on_stop: bool = setting(False, SOUND, "Stop returns", "Stopping goes back to where playing began.")
    level_match: bool = setting(True, SOUND, "Equal loudness", "Original and remix are compared at the same loudness.")
    peak_hold_s: float = setting(1.5, SOUND, "Hold peaks for", low=0.0, high=10.0, step=0.5, unit="s")
    preview_s: float = setting(
        10.0, WORK, "Length of an audition", "What is tried of each method.", low=2.0, high=60.0, step=1.0, unit="s"
    )

    open_folder: str = setting("", FILES, "Folder for opening", "Where looking for songs begins.", kind="folder")
    export_folder: str = setting("", FILES, "Folder for exports", "Empty for the folder of the song.", kind="folder")
    project_folder: str = setting("", FILES, "Folder for projects", "Empty for the application's own.", kind="folder")

    spectrogram_scale: str = setting(
        "log",
        PICTURE,
        "Frequency axis",
        choices={"linear": "Linear", "log": "Logarithmic", "mel": "Mel", "note": "Notes"},
    )
    spectrogram_window: int = setting(
        4096,
        PICTURE,
        "Window length",
        "Longer tells tones apart, shorter tells moments apart.",
        choices={2**n: str(2**n) for n in range(8, 16)},
        unit="samples",
    )
    spectrogram_range_db: float = setting(
        80.0, PICTURE, "Dynamic range", "From the darkest to the brightest.", low=20.0, high=120.0, step=5.0, unit="dB"
    )
    spectrogram_top_db: float = setting(
        -10.0, PICTURE, "Brightest level", "Against a full-scale sine.", low=-60.0, high=6.0, step=1.0, unit="dBFS"
    )
    colour_map: str = setting(
        "magma",
        PICTURE,
        "Colour map",
        "All of them are even to the eye: equal steps of level look equal.",
        choices={
            "magma": "Magma",
            "inferno": "Inferno",
            "viridis": "Viridis",
            "cividis": "Cividis",
            "grey": "Grey",
            "inverse grey": "Inverse grey",
        },
    )

    keys: Mapping[str, tuple[str, ...]] = setting({}, kind="keys")
    palette_recent: str = setting("", kind="hidden")
    window_geometry: str = setting("", kind="hidden")
    window_state: str = setting("", kind="hidden")

    @classmethod
    def load(cls, path: Path | None = None) -> tuple[Settings, tuple[str, ...], dict[str, object]]:
        """The settings in a file, notes about values that could not be used, and fields of a newer version."""
        path = path or folders.config_folder() / FILE
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            version = data.pop(MAGIC)
            data = migrate(data, int(version))
        except FileNotFoundError:
            return cls(), (), {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
            logger.warning("settings in %s could not be read: %s", path, problem)
            return cls(), (tr("The settings could not be read, so all of them are as at first."),), {}
        return cls.of(data)

    @classmethod
    def of(cls, data: Mapping[str, object]) -> tuple[Settings, tuple[str, ...], dict[str, object]]:
        """The settings in a mapping; a bad value gives way to the default alone."""
        known = {field.name: field for field in fields()}
        values: dict[str, Any] = {}
        notes = []
        for name, given in data.items():
            if name in known:
                try:
                    values[name] = known[name].parse(given)
                except ParameterError as problem:
                    notes.append(str(problem))
        return cls(**values), tuple(notes), {name: value for name, value in data.items() if name not in known}

    def save(self, path: Path | None = None, unknown: Mapping[str, object] | None = None) -> None:
        """Write what differs from the defaults; `unknown` is written along."""
        path = path or folders.config_folder() / FILE
        chosen = {f.name: getattr(self, f.name) for f in fields() if getattr(self, f.name) != f.default}
        data = {MAGIC: VERSION, **(unknown or {}), **chosen}
        atomic.write_text(path, json.dumps(data, indent=2, ensure_ascii=False) + "\n", overwrite=True)


def fields() -> tuple[Field, ...]:
    """All settings in the order of the dialog."""
    return tuple(_field(field) for field in dataclasses.fields(Settings))


MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""Version -> what makes the data of that version into those of the next."""


def migrate(data: dict[str, Any], version: int) -> dict[str, Any]:
    """The data of an earlier version as those of this one; a newer one is read as far as it is understood."""
    while version < VERSION:
        data = MIGRATIONS[version](data)
        version += 1
    return data


class SettingsStore:
    """The settings in use: tells who listens what changed, and writes the file.

    `changed` tells the old and the new settings; `trouble` why the file could not be written (the choice still holds).
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.changed: Observers[Settings, Settings] = Observers()
        self.trouble: Observers[str] = Observers()
        self.current, self.notes, self._unknown = Settings.load(path)

    def set(self, **values: object) -> Settings:
        """Choose; ParameterError for a value outside of what is allowed, and then nothing changes."""
        known = {field.name: field for field in fields()}
        for name in values:
            if name not in known:
                raise ParameterError(f"there is no setting {name!r}; the settings are: {', '.join(known)}")
        new = dataclasses.replace(
            self.current,
            **{name: known[name].parse(value) for name, value in values.items()},  # type: ignore[arg-type]
        )
        self._take(new)
        return new

    def reset(self, *names: str) -> Settings:
        """Back to the defaults: of these settings, or of all that are in the dialog."""
        chosen = names or tuple(field.name for field in fields() if field.section)
        defaults = {field.name: field.default for field in fields() if field.name in chosen}
        return self.set(**defaults)

    def _take(self, new: Settings) -> None:
        old, self.current = self.current, new
        if new == old:
            return
        try:
            new.save(self.path, self._unknown)
        except (UnbraidError, OSError) as problem:
            logger.warning("settings not written: %s", problem)
            self.trouble.emit(str(problem))
        self.changed.emit(old, new)


def _field(field: dataclasses.Field[Any]) -> Field:
    about = dict(field.metadata["setting"])
    default = field.metadata["default"]
    plain: dict[type, Kind] = {bool: "bool", int: "int", float: "float", str: "text"}
    kind = "choice" if "choices" in about else plain.get(type(default), "hidden")
    return Field(field.name, about.pop("kind", kind), default, **about)


def _number(given: Any) -> float:
    value = float(given)
    if isinstance(given, bool | str) or math.isnan(value):
        raise ValueError
    return value


def _whole(given: Any) -> int:
    value = _number(given)
    if not value.is_integer():
        raise ValueError
    return int(value)


def _flag(given: object) -> bool:
    if not isinstance(given, bool):
        raise TypeError
    return given


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise TypeError
    return given


def _keys(given: Any) -> Mapping[str, tuple[str, ...]]:
    return {_text(id): tuple(_text(keys) for keys in value) for id, value in given.items()}


_PARSERS: dict[str, Callable[[Any], Value]] = {
    "bool": _flag,
    "int": _whole,
    "float": _number,
    "choice": lambda given: given,
    "text": _text,
    "folder": _text,
    "device": _text,
    "keys": _keys,
    "hidden": _text,
}
