from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from unbraid.app import settings
from unbraid.app.settings import MAGIC, VERSION, Settings, SettingsStore, fields
from unbraid.core import atomic
from unbraid.core.errors import AudioFileError, ParameterError

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


def write(path: Path, **values: Any) -> None:
    path.write_text(json.dumps({MAGIC: VERSION, **values}), encoding="utf-8")


def test_what_is_chosen_is_kept(path: Path) -> None:
    store = SettingsStore(path)
    store.set(theme="light", latency_ms=200, spectrogram_top_db=-12, keys={"play": ("P",)}, export_folder="/möbius")
    again = SettingsStore(path)
    assert again.current == store.current
    assert again.current.spectrogram_top_db == -12.0
    assert again.current.keys == {"play": ("P",)}
    assert again.notes == ()


def test_only_what_was_chosen_is_in_the_file(path: Path) -> None:
    SettingsStore(path).set(theme="light")
    assert json.loads(path.read_text(encoding="utf-8")) == {MAGIC: VERSION, "theme": "light"}


def test_the_config_folder_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNBRAID_CONFIG", str(tmp_path / "config"))
    SettingsStore().set(theme="dark")
    assert (tmp_path / "config" / "settings.json").is_file()


@pytest.mark.parametrize(
    ("name", "bad"),
    [("theme", "pink"), ("theme", 3), ("latency_ms", 5), ("latency_ms", "fast"), ("latency_ms", 100.5),
     ("follow_playhead", 1),
     ("follow_playhead", "yes"), ("spectrogram_top_db", None), ("spectrogram_top_db", float("nan")), ("keys", []),
     ("keys", {"play": 3}), ("audio_device", 7), ("latency_ms", True)],
)  # fmt: skip
def test_a_bad_value_falls_back_alone(path: Path, name: str, bad: Any) -> None:
    good = {"colour_map": "viridis", "export_folder": "/x"}
    write(path, **good, **{name: bad})
    store = SettingsStore(path)
    assert getattr(store.current, name) == getattr(Settings(), name)
    assert store.current.colour_map == "viridis"
    assert store.current.export_folder == "/x"
    assert len(store.notes) == 1


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"a": 1}', '{"unbraid_settings": "x"}', "\ud800"])
def test_a_damaged_file_never_blocks(path: Path, content: str) -> None:
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    store = SettingsStore(path)
    assert store.current == Settings()
    assert len(store.notes) == 1
    store.set(theme="light")
    assert SettingsStore(path).current.theme == "light"


def test_a_folder_in_its_place(path: Path) -> None:
    path.mkdir()
    heard: list[str] = []
    store = SettingsStore(path)
    store.trouble.connect(heard.append)
    store.set(theme="light")
    assert store.current.theme == "light"
    assert len(heard) == 1


def test_what_a_newer_version_wrote_is_kept(path: Path) -> None:
    path.write_text(json.dumps({MAGIC: VERSION + 3, "theme": "light", "hologram": [1, 2]}), encoding="utf-8")
    store = SettingsStore(path)
    assert store.current.theme == "light"
    store.set(follow_playhead=False)
    assert json.loads(path.read_text(encoding="utf-8"))["hologram"] == [1, 2]


def test_an_older_version_is_migrated(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(data: dict[str, Any]) -> dict[str, Any]:
        return {"theme": data["skin"]}

    monkeypatch.setattr(settings, "MIGRATIONS", {VERSION - 1: rename})
    path.write_text(json.dumps({MAGIC: VERSION - 1, "skin": "light"}), encoding="utf-8")
    assert SettingsStore(path).current.theme == "light"


def test_who_listens_is_told(path: Path) -> None:
    store = SettingsStore(path)
    heard: list[tuple[Settings, Settings]] = []
    store.changed.connect(lambda old, new: heard.append((old, new)))
    store.set(theme="light")
    store.set(theme="light")
    assert [(old.theme, new.theme) for old, new in heard] == [("system", "light")]
    store.reset("theme")
    assert store.current.theme == "system"


def test_resetting_all_keeps_what_is_not_in_the_dialog(path: Path) -> None:
    store = SettingsStore(path)
    store.set(theme="light", export_folder="/x", window_state="abc", keys={"play": ("P",)})
    store.reset()
    assert store.current == Settings(window_state="abc", keys={"play": ("P",)})


def test_choosing_what_is_not_allowed(path: Path) -> None:
    store = SettingsStore(path)
    with pytest.raises(ParameterError, match=r"Latency.*from 10 to 1000 ms.*5"):
        store.set(latency_ms=5, theme="light")
    with pytest.raises(ParameterError, match="no setting 'colour'"):
        store.set(colour="red")
    assert store.current == Settings()


def test_a_full_disk_keeps_the_choice(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any, **more: Any) -> None:
        raise AudioFileError("the disk is full")

    store = SettingsStore(path)
    heard: list[str] = []
    store.trouble.connect(heard.append)
    monkeypatch.setattr(atomic, "write_text", full)
    store.set(theme="light")
    assert store.current.theme == "light"
    assert heard == ["the disk is full"]


def test_every_field_is_described() -> None:
    for field in fields():
        assert field.parse(field.default) == field.default, field.name
        if field.section:
            assert field.title, field.name
        if field.kind in ("int", "float"):
            assert field.low < field.high, field.name


def test_every_setting_in_the_dialog_does_something() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "app").rglob("*.py") if path.name != "settings.py"
    )
    assert not [field.name for field in fields() if field.section and not re.search(rf"\b{field.name}\b", code)]
