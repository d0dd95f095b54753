"""Takes what is nobody's business out of a report: home, user and machine names, names of files and songs."""

from __future__ import annotations

import contextlib
import getpass
import platform
import re
import sys
from collections.abc import Iterable
from pathlib import Path

SUFFIXES = (
    "wav|wave|flac|mp3|ogg|oga|opus|m4a|mp4|aac|aif|aiff|caf|w64|rf64|wma|mka|webm|mid|midi|unbraid|json|toml|zip|npz|txt"
    "|png|jpg|jpeg|ubs"
)
_PATH_WITH_SUFFIX = re.compile(rf"(?:[A-Za-z]:[\\/]|\\\\|(?<![\w.<>~])/|~/)[^\n\"<>|]*?\.({SUFFIXES})\b", re.IGNORECASE)
_PATH = re.compile(r"(?:[A-Za-z]:\\|\\\\|(?<![\w.<>~/])/(?=[\w.])|~/)[^\s\"'<>|:;,)]+")
_FILE = re.compile(rf"[^\s\"'“”„«»‹›/\\<>()=:,]+\.({SUFFIXES})\b", re.IGNORECASE)
_QUOTED = re.compile(rf"([\"'“„«])[^\"'“”„«»\n]*?\.({SUFFIXES})([\"'”“»])", re.IGNORECASE)


def private(text: str, names: Iterable[str] = ()) -> str:
    """`text` without paths and names. names: further texts to hide, such as the song's and the project's."""
    for name in sorted({n.strip() for n in names if len(n.strip()) > 2}, key=len, reverse=True):
        text = text.replace(name, "<name>")
    for folder, shown in _places():
        text = text.replace(folder, shown)
    text = _QUOTED.sub(lambda m: f"{m[1]}<file>.{m[2]}{m[3]}", text)
    text = _PATH_WITH_SUFFIX.sub(lambda m: f"<file>.{m[1]}", text)
    text = _PATH.sub(lambda m: m[0] if m[0].startswith(("~/.",)) and m[0].endswith(".py") else "<path>", text)
    text = _FILE.sub(lambda m: f"<file>.{m[1]}", text)
    for word, shown in _words():
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", shown, text, flags=re.IGNORECASE)
    return text


def _places() -> list[tuple[str, str]]:
    """Folders of programs, which may be named, by what they are called in a report; longest first."""
    import unbraid.app

    ours = Path(next(iter(unbraid.app.__path__)))
    places = {
        str(Path(__file__).parent): "unbraid/app",
        str(ours): "unbraid/app",
        str(ours.resolve()): "unbraid/app",
        str(ours.resolve().parent / "core"): "unbraid/core",
        str(ours.resolve().parent / "plugins"): "unbraid/plugins",
        str(ours.resolve().parent): "unbraid",
        sys.prefix: "python",
        sys.base_prefix: "python",
    }
    return sorted(((folder, shown) for folder, shown in places.items() if len(folder) > 3), key=lambda p: -len(p[0]))


def _words() -> list[tuple[str, str]]:
    """Names of the user and of the machine."""
    words = {platform.node(): "<machine>", platform.node().partition(".")[0]: "<machine>", Path.home().name: "<user>"}
    with contextlib.suppress(OSError, KeyError, ImportError):
        words[getpass.getuser()] = "<user>"
    common = {"root", "user", "home", "localhost", "python", "unbraid", "main", "app", "core"}
    return [(word, shown) for word, shown in words.items() if len(word) > 2 and word.lower() not in common]
