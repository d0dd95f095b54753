"""The list of recent projects never troubles anyone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from unbraid.core.document import recent


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNBRAID_DATA", str(tmp_path / "data"))


def test_the_last_one_comes_first_and_each_once(tmp_path: Path) -> None:
    assert recent.recent() == []
    for name in "abca":
        recent.remember(tmp_path / name, name)
    assert [one.name for one in recent.recent()] == ["a", "c", "b"]
    assert not recent.recent()[0].is_there
    recent.forget(tmp_path / "c")
    assert [one.name for one in recent.recent()] == ["a", "b"]
    recent.clear()
    assert recent.recent() == []


def test_only_so_many_are_kept(tmp_path: Path) -> None:
    for number in range(recent.MOST + 5):
        recent.remember(tmp_path / str(number), str(number))
    assert len(recent.recent()) == recent.MOST


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"projects": 5}', b'{"projects": [{}]}', b"[" * 5000, b"\xff"])
def test_a_damaged_list_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    recent.recent_file().parent.mkdir(parents=True)
    recent.recent_file().write_bytes(content)
    assert recent.recent() == []
    recent.remember(tmp_path, "again")
    assert [one.name for one in recent.recent()] == ["again"]


def test_a_disk_that_refuses_is_only_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    recent.remember(tmp_path, "x")
    assert "could not be written" in caplog.text
