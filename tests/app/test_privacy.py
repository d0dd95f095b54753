from __future__ import annotations

import getpass
import platform
from pathlib import Path

import pytest

from unbraid.app import privacy
from unbraid.app.privacy import private


@pytest.fixture(autouse=True)
def somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "melanie")
    monkeypatch.setattr(platform, "node", lambda: "studio-pc.local")
    monkeypatch.setattr(Path, "home", lambda: Path("/home/melanie"))


@pytest.mark.parametrize(
    "text",
    [
        "/home/melanie/Music/My secret song.wav could not be written",
        "'/home/melanie/My secret song.flac' exists already",
        r"C:\Users\melanie\Music\My secret song.mp3 is a folder",
        r"\\studio-pc\share\My secret song.wav",
        "~/Music/secret.wav",
        "open “My secret song.wav” failed",
        "secret.unbraid: locked by melanie on studio-pc",
        'File "/home/melanie/tools/secret.py", line 3',
        "/mnt/secret/melanie",
        "MELANIE said",
    ],
)
def test_nothing_private_is_left(text: str) -> None:
    cleaned = private(text)
    for word in ("melanie", "secret", "studio"):
        assert word not in cleaned.lower(), cleaned


def test_what_helps_is_left() -> None:
    where = Path(privacy.__file__)
    text = f'  File "{where}", line 12, in private\n    x = 1 / 0\nZeroDivisionError: division by zero'
    assert private(text) == text.replace(str(where), "unbraid/app/privacy.py")
    assert private("numpy 2.1, 44.1 kHz, 3/4 done, 1/2") == "numpy 2.1, 44.1 kHz, 3/4 done, 1/2"
    assert private("/home/melanie/a.wav could not be read") == "<file>.wav could not be read"


def test_given_names_are_hidden() -> None:
    assert private("playing Blue Monday (live) now", ["Blue Monday (live)", "x", ""]) == "playing <name> now"
